package dev.sluice.sink.questdb;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class ResumePauseTest {
  private final ResumePause pause = new ResumePause();
  private long now = -5;

  @Test
  void isDueAtOnceThenAfterASecondThenMoreRarelyUpToAMinute() {
    assertThat(pause.due(now)).isTrue();
    assertThat(pause.due(now + seconds(1) - 1)).isFalse();
    for (int expected : new int[] {1, 2, 4, 8, 16, 32, 60, 60}) {
      assertThat(pause.due(now + seconds(expected) - 1)).isFalse();
      now += seconds(expected);
      assertThat(pause.due(now)).isTrue();
    }
  }

  @Test
  void startsAnewOnceHealthy() {
    assertThat(pause.due(now)).isTrue();
    pause.healthy();

    assertThat(pause.due(now)).isTrue();
    assertThat(pause.due(now + seconds(1) - 1)).isFalse();
  }

  private static long seconds(int seconds) {
    return Duration.ofSeconds(seconds).toNanos();
  }
}
