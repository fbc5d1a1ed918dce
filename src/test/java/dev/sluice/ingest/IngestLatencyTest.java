package dev.sluice.ingest;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class IngestLatencyTest {
  private static final long SECOND = TimeUnit.SECONDS.toNanos(1);

  private final IngestLatency latency = new IngestLatency();
  private final long begin = System.nanoTime();

  @Test
  void isZeroWithoutARequest() {
    assertThat(latency.quantile(0.99, begin + SECOND)).isZero();
  }

  @Test
  void tellsTheQuantilesOfTheLastSecond() {
    for (int ms = 1; ms <= 1_000; ms++) {
      latency.record(TimeUnit.MILLISECONDS.toNanos(ms));
    }

    long now = begin + 2 * SECOND;
    assertThat(latency.quantile(0.5, now)).isBetween(ms(495), ms(505));
    assertThat(latency.quantile(0.99, now)).isBetween(ms(980), ms(1_000));
    assertThat(latency.quantile(0.999, now)).isBetween(ms(990), ms(1_010));
  }

  @Test
  void forgetsWhatIsOlderThanTheLastLookOfASecondAgo() {
    latency.record(TimeUnit.SECONDS.toNanos(3));
    assertThat(latency.quantile(0.99, begin + 2 * SECOND)).isGreaterThan(ms(2_900));

    latency.record(TimeUnit.MILLISECONDS.toNanos(2));

    assertThat(latency.quantile(0.99, begin + 2 * SECOND + 1)).isGreaterThan(ms(2_900));
    assertThat(latency.quantile(0.99, begin + 3 * SECOND)).isBetween(ms(1), ms(3));
    assertThat(latency.quantile(0.99, begin + 4 * SECOND)).isZero();
  }

  @Test
  void takesWhatIsTooShortOrTooLongToBeTold() {
    latency.record(-1);
    latency.record(Long.MAX_VALUE);

    long now = begin + 2 * SECOND;
    assertThat(latency.quantile(0.5, now)).isLessThan(ms(1));
    assertThat(latency.quantile(1, now)).isGreaterThan(Duration.ofMinutes(9));
  }

  private static Duration ms(long ms) {
    return Duration.ofMillis(ms);
  }
}
