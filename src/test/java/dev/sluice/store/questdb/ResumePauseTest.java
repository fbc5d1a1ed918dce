package dev.sluice.store.questdb;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class ResumePauseTest {
  private final ResumePause pause = new ResumePause();
  private long now = -5;

  @Test
  void isDueAtOnceThenAfterASecondThenMoreRarelyUpToAMinute() {
    assertThat(pause.due(now, 7)).isTrue();
    assertThat(pause.due(now + seconds(1) - 1, 7)).isFalse();
    for (int expected : new int[] {1, 2, 4, 8, 16, 32, 60, 60}) {
      assertThat(pause.due(now + seconds(expected) - 1, 7)).isFalse();
      now += seconds(expected);
      assertThat(pause.due(now, 7)).isTrue();
    }
  }

  @Test
  void startsAnewOnceSomethingHasBeenApplied() {
    assertThat(pause.due(now, 7)).isTrue();
    pause.healthy(8);

    assertThat(pause.due(now, 8)).isTrue();
    assertThat(pause.due(now + seconds(1) - 1, 8)).isFalse();
  }

  /** Between a resume and the next failure the table is not suspended. */
  @Test
  void doesNotStartAnewForATableThatHasOnlyBeenResumed() {
    assertThat(pause.due(now, 7)).isTrue();
    pause.healthy(7);

    assertThat(pause.due(now, 7)).isFalse();
  }

  private static long seconds(int seconds) {
    return Duration.ofSeconds(seconds).toNanos();
  }
}
