package dev.sluice.journal.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.journal.Progress;
import java.util.ArrayDeque;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class RunsTest {
  /** One run, as simply as can be. */
  private record Run(
      long from, long to, int partition, Trail.Spot start, Trail.Spot end, boolean lost) {}

  @Test
  void holdsWhatAQueueOfRunsWould() {
    long seed = System.nanoTime();
    System.out.println("holdsWhatAQueueOfRunsWould: seed " + seed);
    SplittableRandom random = new SplittableRandom(seed);
    Runs runs = new Runs();
    ArrayDeque<Run> queue = new ArrayDeque<>();
    long offset = 0;
    for (int step = 0; step < 20_000; step++) {
      int what = random.nextInt(10);
      if (what < 6 || queue.isEmpty()) {
        long to = offset + random.nextInt(1, 9);
        Run run =
            new Run(
                offset,
                to,
                random.nextInt(64),
                new Trail.Spot(random.nextInt(99), random.nextInt(9)),
                new Trail.Spot(random.nextInt(99), random.nextInt(9)),
                random.nextBoolean());
        runs.add(run.from, run.to, run.partition, run.start, run.end, run.lost);
        queue.add(run);
        offset = to;
      } else if (what < 7) {
        Run last = queue.removeLast();
        Run longer =
            new Run(
                last.from,
                last.to + 3,
                last.partition,
                last.start,
                new Trail.Spot(7, 7),
                last.lost);
        runs.extendLast(longer.to, longer.end);
        queue.add(longer);
        offset = longer.to;
      } else if (what < 8 && queue.getFirst().to - queue.getFirst().from > 1) {
        Run first = queue.removeFirst();
        Trail.Spot start = new Trail.Spot(5, 5);
        runs.cutFirst(first.from + 1, start);
        queue.addFirst(
            new Run(first.from + 1, first.to, first.partition, start, first.end, first.lost));
      } else {
        runs.removeFirst();
        queue.removeFirst();
      }
      assertThat(runs.size()).isEqualTo(queue.size());
    }
    int i = 0;
    for (Run run : queue) {
      assertThat(
              new Run(
                  runs.from(i),
                  runs.to(i),
                  runs.partition(i),
                  runs.start(i),
                  runs.end(i),
                  runs.isLost(i)))
          .isEqualTo(run);
      i++;
    }
  }

  /** A store that lags costs 44 bytes a record up to a limit, and goes on when it has kept some. */
  @Test
  void aTrailIsFullAtItsLimitUntilSomeOfItIsKept() {
    Kept[] start = {Kept.beginningAt(0), Kept.beginningAt(0)};
    Trail trail = new Trail(start, 0);
    for (int n = 0; n < Runs.MOST; n++) {
      assertThat(trail.isFull()).isFalse();
      trail.give(n % 2, 3, new Trail.Spot(n / 2 + 1, 0), false);
    }
    assertThat(trail.isFull()).isTrue();
    assertThat(trail.offset()).isEqualTo(3L * Runs.MOST);
    assertThat(trail.mark(301)).isEqualTo(KafkaMark.everywhere(new long[] {50, 50}));

    Progress before = Progress.at(0);
    Progress progress = before.plusDelivered(301);
    Kept[] kept = trail.with(before, progress);
    assertThat(kept[0]).isEqualTo(new Kept(50, 1, 0, 151, 0, 0));
    assertThat(kept[1]).isEqualTo(new Kept(50, 0, 0, 150, 0, 0));
    trail.kept(kept, progress.offset());

    assertThat(trail.isFull()).isFalse();
    trail.give(0, 3, new Trail.Spot(Runs.MOST / 2 + 1, 0), false);
    assertThat(trail.mark(trail.offset()))
        .isEqualTo(KafkaMark.everywhere(new long[] {Runs.MOST / 2 + 1, Runs.MOST / 2}));
  }
}
