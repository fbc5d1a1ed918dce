package dev.sluice.query;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.reading.Reading;
import dev.sluice.store.ReadingQuery;
import dev.sluice.store.ReadingSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ShadowReadsTest {
  private static final ReadingQuery QUERY =
      new ReadingQuery("s-17", Optional.empty(), 0, 100, false, Optional.empty(), 10);

  private final Source mysql = new Source("mysql");
  private final Source questDb = new Source("questdb");
  private final AtomicInteger settlings = new AtomicInteger();
  private volatile Runnable whileSettling = () -> {};
  private volatile boolean settles = true;
  private final ShadowReads shadow =
      new ShadowReads(
          1,
          new ShadowReads.BothStores() {
            @Override
            public Optional<ReadingSource> other(ReadingSource answered) {
              return Optional.of(answered == mysql ? questDb : mysql);
            }

            @Override
            public boolean awaitCaughtUp() {
              settlings.incrementAndGet();
              whileSettling.run();
              return settles;
            }
          });

  @Test
  void countsAnEqualAnswerWithoutAskingTwice() {
    both(1, 2);

    answerAndCompare();

    awaitCounts(1, 0, 0);
    assertThat(settlings).hasValue(0);
    assertThat(mysql.reads).hasValue(1);
    assertThat(questDb.reads).hasValue(1);
  }

  @ParameterizedTest
  @ValueSource(strings = {"missing", "extra", "value", "metric", "order"})
  void countsADifferenceThatStays(String kind) {
    both(1, 2);
    switch (kind) {
      case "missing" -> questDb.readings.removeLast();
      case "extra" -> questDb.add("temp", 3);
      case "value" -> questDb.readings.set(1, new Reading("s-17", "temp", 2, Math.nextUp(2.0)));
      case "metric" -> questDb.readings.set(1, new Reading("s-17", "Temp", 2, 2));
      default -> questDb.readings.add(questDb.readings.removeFirst());
    }

    answerAndCompare();

    awaitCounts(1, 1, 0);
    assertThat(settlings).hasValue(1);
  }

  @Test
  void doesNotCountADifferenceThatIsOnlyLag() {
    both(1);
    mysql.add("temp", 2);
    whileSettling = () -> questDb.add("temp", 2);

    answerAndCompare();

    awaitCounts(1, 0, 0);
  }

  @Test
  void doesNotCountADifferenceMadeByWritesBetweenTheTwoReads() {
    both(1);
    AtomicInteger next = new AtomicInteger(2);
    // Every time the stores have been brought to rest, another reading is only in the one.
    whileSettling =
        () -> {
          mysql.readings.clear();
          questDb.readings.clear();
          both(next.get());
          questDb.add("humidity", next.incrementAndGet());
        };
    questDb.add("humidity", 2);

    answerAndCompare();

    awaitCounts(0, 0, 1);
    assertThat(settlings).hasValue(3);
  }

  @Test
  void skipsWhenTheOtherStoreIsAway() {
    both(1);
    questDb.away = true;

    answerAndCompare();

    awaitCounts(0, 0, 1);
  }

  @Test
  void skipsWhenThereIsNoOtherStoreOrTheStoresDoNotSettle() {
    ShadowReads alone = new ShadowReads(1, new OneOther(Optional.empty()));
    alone.compare(QUERY, mysql, new PageDigest());
    await().until(() -> alone.counts().skipped() == 1);

    both(1);
    questDb.add("temp", 2);
    settles = false;
    answerAndCompare();
    awaitCounts(0, 0, 1);
  }

  @Test
  void neverWaitsAndSkipsWhatFindsNoRoom() {
    both(1);
    questDb.hangs = new CountDownLatch(1);
    long start = System.nanoTime();

    for (int i = 0; i < 50; i++) {
      answerAndCompare();
    }

    assertThat(System.nanoTime() - start).isLessThan(60_000_000_000L);
    assertThat(shadow.counts().skipped()).isEqualTo(50 - ShadowReads.MOST);
    assertThat(shadow.counts().compared()).isZero();
    questDb.hangs.countDown();
    awaitCounts(ShadowReads.MOST, 0, 50 - ShadowReads.MOST);
    answerAndCompare();
    awaitCounts(ShadowReads.MOST + 1, 0, 50 - ShadowReads.MOST);
  }

  @Test
  void survivesAStoreThatFailsUnexpectedly() {
    both(1);
    questDb.broken = true;
    for (int i = 0; i < 2 * ShadowReads.MOST; i++) {
      int done = i + 1;
      answerAndCompare();
      await().until(() -> shadow.counts().skipped() == done);
    }
  }

  @Test
  void drawsItsShare() {
    assertThat(draws(0)).isZero();
    assertThat(draws(1)).isEqualTo(10_000);
    assertThat(draws(0.25)).isBetween(2_000, 3_000);
  }

  private static int draws(double share) {
    ShadowReads shadow = new ShadowReads(share, new OneOther(Optional.empty()));
    int drawn = 0;
    for (int i = 0; i < 10_000; i++) {
      drawn += shadow.draw() ? 1 : 0;
    }
    return drawn;
  }

  private void both(long... ts) {
    for (long each : ts) {
      mysql.add("temp", each);
      questDb.add("temp", each);
    }
  }

  private void answerAndCompare() {
    PageDigest digest = new PageDigest();
    mysql.read(digest);
    shadow.compare(QUERY, mysql, digest);
  }

  private void awaitCounts(long compared, long different, long skipped) {
    ShadowCounts expected = new ShadowCounts(1, compared, different, skipped);
    await().untilAsserted(() -> assertThat(shadow.counts()).isEqualTo(expected));
  }

  /** A store that is a list. */
  private static final class Source implements ReadingSource {
    private final String name;
    private final List<Reading> readings = new CopyOnWriteArrayList<>();
    private final AtomicInteger reads = new AtomicInteger();
    private volatile boolean away;
    private volatile boolean broken;
    private volatile CountDownLatch hangs = new CountDownLatch(0);

    Source(String name) {
      this.name = name;
    }

    void add(String metric, long ts) {
      readings.add(new Reading("s-17", metric, ts, ts));
    }

    void read(Consumer<Reading> each) {
      reads.incrementAndGet();
      new ArrayList<>(readings).forEach(each);
    }

    @Override
    public String name() {
      return name;
    }

    @Override
    public void read(ReadingQuery query, Consumer<Reading> each) throws UnavailableException {
      try {
        hangs.await();
      } catch (InterruptedException e) {
        throw new AssertionError(e);
      }
      if (away) {
        throw new UnavailableException("away", null);
      }
      if (broken) {
        throw new IllegalStateException("closed");
      }
      read(each);
    }
  }
}
