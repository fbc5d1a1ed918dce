package dev.sluice.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Nodes whose threads stand still at any point, that are cut off, fenced, closed and started again:
 * no two terms ever hold at the same time.
 */
@Tag("long")
class LeadershipModelTest {
  private static final int SEEDS = Integer.getInteger("sluice.test.seeds", 2);
  private static final Duration LASTS = Duration.ofSeconds(15);

  private final Nodes nodes = new Nodes();

  /** When a term was first seen to hold, and when last: certainly after, certainly before. */
  private static final class Seen {
    volatile long heldBy = Long.MAX_VALUE;
    volatile long heldAfter = Long.MIN_VALUE;
  }

  /** By number of the term. */
  private final Map<Long, Seen> seen = new ConcurrentSkipListMap<>();

  private final List<Term> terms = new CopyOnWriteArrayList<>();
  private final AtomicBoolean stop = new AtomicBoolean();

  static IntStream seeds() {
    return ThreadLocalRandom.current().ints(SEEDS);
  }

  @AfterEach
  void close() throws Exception {
    stop.set(true);
    nodes.close();
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void noTwoTermsHoldAtOnce(int seed) throws Exception {
    System.out.println("seed " + seed);
    Random random = new Random(seed);
    AtomicBoolean calm = new AtomicBoolean();
    Member[] members = new Member[3];
    for (int i = 0; i < members.length; i++) {
      members[i] = new Member(i, random.nextLong(), calm);
    }
    Thread sampler = Thread.ofPlatform().start(this::sample);
    long end = System.nanoTime() + LASTS.toNanos();
    while (System.nanoTime() < end) {
      TimeUnit.MILLISECONDS.sleep(200 + random.nextInt(1_500));
      Member one = members[random.nextInt(members.length)];
      switch (random.nextInt(5)) {
        case 0 -> nodes.kafka.proxy().stall();
        case 1, 2 -> nodes.kafka.proxy().resume();
        case 3 -> one.again();
        default -> fence();
      }
    }
    nodes.kafka.proxy().resume();
    calm.set(true);
    int before = terms.size();
    await().until(() -> terms.stream().anyMatch(Term::leads));
    stop.set(true);
    sampler.join();

    System.out.println(terms.size() + " terms, " + before + " of them in the storm");
    assertThat(terms).hasSizeGreaterThan(1);
    Seen earlier = null;
    for (Map.Entry<Long, Seen> term : seen.entrySet()) {
      Seen now = term.getValue();
      if (earlier != null && now.heldBy != Long.MAX_VALUE) {
        assertThat(earlier.heldAfter)
            .as("term before %d held after it began, seed %d", term.getKey(), seed)
            .isLessThan(now.heldBy);
      }
      earlier = now;
    }
  }

  private void fence() {
    try {
      nodes.rival().initTransactions();
    } catch (org.apache.kafka.common.errors.TimeoutException busy) {
      // It fences next time.
    }
  }

  /** Asks every term again and again, also those that are over: none may come back. */
  private void sample() {
    while (!stop.get()) {
      for (Term term : terms) {
        long before = System.nanoTime();
        boolean leads = term.leads();
        long after = System.nanoTime();
        if (leads) {
          Seen times = seen.computeIfAbsent(term.number(), number -> new Seen());
          times.heldBy = Math.min(times.heldBy, after);
          times.heldAfter = Math.max(times.heldAfter, before);
        }
      }
    }
  }

  /** A node that is started again and again. */
  private final class Member {
    private final String id;
    private final boolean proxied;
    private final Random random;
    private final AtomicBoolean calm;
    private ControlTopic control;
    private Leadership leadership;

    Member(int number, long seed, AtomicBoolean calm) throws IOException {
      this.id = "n" + number;
      this.proxied = number == 0;
      this.random = new Random(seed);
      this.calm = calm;
      open();
    }

    private void open() throws IOException {
      control = nodes.control(proxied ? nodes.proxied : nodes.direct, Nodes.info(id));
      leadership = nodes.closed(new Leadership(control, new Listening(), this::mayPause));
      leadership.start();
    }

    void again() throws IOException {
      if (proxied) {
        nodes.kafka.proxy().resume();
      }
      leadership.close();
      control.close();
      open();
    }

    private void mayPause(Leadership.Step step) {
      if (!calm.get() && random.nextInt(step == Leadership.Step.POLL ? 60 : 4) == 0) {
        try {
          TimeUnit.MILLISECONDS.sleep(random.nextInt(2_500));
        } catch (InterruptedException e) {
          throw new AssertionError(e);
        }
      }
    }
  }

  private final class Listening implements LeadershipListener {
    @Override
    public void lead(Term term) {
      terms.add(term);
    }

    @Override
    public void stopLeading(String why) {}
  }
}
