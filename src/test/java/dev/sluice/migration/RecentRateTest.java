package dev.sluice.migration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class RecentRateTest {
  private final AtomicLong nanos = new AtomicLong(-5);
  private final RecentRate rate = new RecentRate(nanos::get);

  @Test
  void isOfTheTimeSinceTheStartAtFirst() {
    pass(500);
    rate.add(1_000);

    assertThat(rate.perSecond()).isEqualTo(2_000);
  }

  @Test
  void forgetsWhatIsOverAMinuteOld() {
    for (int second = 0; second < 200; second++) {
      rate.add(second < 100 ? 1_000_000 : 10);
      pass(1_000);
    }

    assertThat(rate.perSecond()).isCloseTo(10, within(0.5));

    pass(3_600_000);
    assertThat(rate.perSecond()).isZero();
  }

  private void pass(long millis) {
    nanos.addAndGet(TimeUnit.MILLISECONDS.toNanos(millis));
  }
}
