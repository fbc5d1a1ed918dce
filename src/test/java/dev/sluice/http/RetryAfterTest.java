package dev.sluice.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RetryAfterTest {
  private final AtomicLong nanos = new AtomicLong(-5_000_000_000L);
  private final RetryAfter retryAfter = new RetryAfter(10, nanos::get);

  @ParameterizedTest
  @CsvSource({"0,10", "9,10", "10,10", "10.9,10", "11,11", "35,35", "60,60", "100000,60"})
  void growsWithHowLongTheConditionHasLasted(double seconds, int expected) {
    assertThat(RetryAfter.seconds(10, Duration.ofMillis((long) (seconds * 1_000))))
        .isEqualTo(expected);
  }

  @Test
  void countsFromTheFirstRefusalAndAnewOnceTheConditionIsOver() {
    assertThat(retryAfter.refused()).isEqualTo(10);
    nanos.addAndGet(Duration.ofSeconds(25).toNanos());
    assertThat(retryAfter.refused()).isEqualTo(25);

    retryAfter.over();
    nanos.addAndGet(Duration.ofSeconds(25).toNanos());

    assertThat(retryAfter.refused()).isEqualTo(10);
  }

  /** As influxdb-client-java does: five times in all. */
  @Test
  void isOutlastedByNoOutageOfTwoMinutesInFiveTries() {
    long begin = nanos.get();
    for (int i = 0; i < 5; i++) {
      nanos.addAndGet(Duration.ofSeconds(retryAfter.refused()).toNanos());
    }

    assertThat(Duration.ofNanos(nanos.get() - begin)).isGreaterThan(Duration.ofMinutes(2));
  }
}
