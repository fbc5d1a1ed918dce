package dev.sluice.http.limit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.math.BigInteger;
import java.util.SplittableRandom;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class GcraTest {
  private static final long SECOND = 1_000_000_000;
  private static final int CELL = Cells.READINGS;

  private final Cells cells = new Cells();

  /**
   * The other form that I.371 gives of the algorithm, and proves to be the same: a bucket that
   * leaks all the time. What is in it is counted in nanoseconds.
   */
  private static final class LeakyBucket {
    private final BigInteger perSecond;
    private long level;
    private long leakedNanos;

    LeakyBucket(long perSecond) {
      this.perSecond = BigInteger.valueOf(perSecond);
    }

    boolean passes(long nowNanos, long amount) {
      level = Math.max(0, level - (nowNanos - leakedNanos));
      leakedNanos = nowNanos;
      if (level >= SECOND) {
        return false;
      }
      BigInteger[] cost =
          BigInteger.valueOf(amount)
              .multiply(BigInteger.valueOf(SECOND))
              .divideAndRemainder(perSecond);
      level += cost[0].longValueExact() + cost[1].signum();
      return true;
    }
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 3, 7, 1_000, 32_768, 999_983, 1_000_000_000})
  void decidesAsALeakyBucketDoes(long perSecond) {
    long seed = System.nanoTime();
    SplittableRandom random = new SplittableRandom(seed);
    Gcra rate = new Gcra(perSecond);
    LeakyBucket bucket = new LeakyBucket(perSecond);
    long now = 0;
    int passed = 0;
    for (int i = 0; i < 200_000; i++) {
      long amount =
          1 + random.nextLong(random.nextInt(10) == 0 ? 3 * perSecond : 1 + perSecond / 5);
      boolean passes = rate.pass(cells, CELL, now, amount) == 0;
      assertThat(passes)
          .as("request %s of rate %s, seed %s", i, perSecond, seed)
          .isEqualTo(bucket.passes(now, amount));
      passed += passes ? 1 : 0;
      now += random.nextLong(random.nextInt(20) == 0 ? 4 * SECOND : SECOND / 5);
    }
    assertThat(passed).isBetween(1_000, 199_000);
  }

  @Test
  void tellsTheWaitExactly() {
    Gcra rate = new Gcra(10);
    assertThat(rate.pass(cells, CELL, 0, 25)).isZero();

    long wait = rate.pass(cells, CELL, 0, 1);

    assertThat(wait).isEqualTo(1_500_000_001);
    assertThat(rate.waitNanos(cells, CELL, 0)).isEqualTo(wait);
    assertThat(rate.waitNanos(cells, CELL, wait - 1)).isEqualTo(1);
    assertThat(rate.pass(cells, CELL, wait - 1, 1)).isEqualTo(1);
    assertThat(rate.pass(cells, CELL, wait, 1)).isZero();
  }

  @Test
  void letsASecondsWorthPassAtOnceAndNoMore() {
    for (long perSecond : new long[] {1, 2, 3, 7, 1_000}) {
      Cells fresh = new Cells();
      Gcra rate = new Gcra(perSecond);
      for (int i = 0; i < perSecond; i++) {
        assertThat(rate.pass(fresh, CELL, 5, 1)).isZero();
      }
      assertThat(rate.pass(fresh, CELL, 5, 1)).isPositive();
    }
  }

  @Test
  void letsARequestLargerThanTheBurstPassAndThenCollectsItsDebt() {
    Gcra rate = new Gcra(1);

    assertThat(rate.pass(cells, CELL, 0, 1L << 30)).isZero();

    long wait = rate.waitNanos(cells, CELL, 0);
    assertThat(wait).isEqualTo(((1L << 30) - 1) * SECOND + 1);
    assertThat(rate.ahead(cells, CELL, 0)).isEqualTo(1L << 30);
    assertThat(rate.pass(cells, CELL, wait, 1L << 30)).isZero();
  }

  @ParameterizedTest
  @ValueSource(longs = {3, 7, 999_983, 123_456_789})
  void neitherDriftsNorExceedsTheRateWhenAlwaysAsked(long perSecond) {
    long seed = System.nanoTime();
    SplittableRandom random = new SplittableRandom(seed);
    Gcra rate = new Gcra(perSecond);
    long now = 0;
    double passed = 0;
    long largest = Math.max(2, perSecond / 3);
    for (int i = 0; i < 300_000; i++) {
      long amount = 1 + random.nextLong(largest);
      now += rate.waitNanos(cells, CELL, now);
      assertThat(rate.pass(cells, CELL, now, amount)).isZero();
      passed += amount;
    }
    double allowed = (now / 1e9 + 1) * perSecond;
    assertThat(passed).as("seed %s", seed).isLessThanOrEqualTo(allowed + largest);
    assertThat(passed).as("seed %s", seed).isGreaterThan(0.999_999 * (allowed - largest));
  }

  @Test
  void neverLetsMorePassBecauseManyAskAtOnce() throws InterruptedException {
    Gcra rate = new Gcra(10_000);
    AtomicInteger passed = new AtomicInteger();
    CountDownLatch go = new CountDownLatch(1);
    Thread[] threads = new Thread[8];
    for (int t = 0; t < threads.length; t++) {
      threads[t] =
          Thread.ofPlatform()
              .start(() -> {
                awaitUninterrupted(go);
                for (int i = 0; i < 10_000; i++) {
                  if (rate.pass(cells, CELL, 1_000, 1) == 0) {
                    passed.incrementAndGet();
                  }
                }
              });
    }
    go.countDown();
    for (Thread thread : threads) {
      thread.join();
    }

    assertThat(passed).hasValue(10_000);
  }

  @Test
  void refusesARateThatNothingPasses() {
    assertThatThrownBy(() -> new Gcra(0)).hasMessageContaining("the rate is 0");
  }

  private static void awaitUninterrupted(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new AssertionError("nobody interrupts this thread", e);
    }
  }
}
