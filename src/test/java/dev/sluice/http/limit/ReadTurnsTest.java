package dev.sluice.http.limit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;

class ReadTurnsTest {
  private static final Duration LONG = Duration.ofMinutes(1);

  private final ReadTurns turns = new ReadTurns();

  @Test
  void areGivenToWhoeverWaitedOnceOneEnds() {
    assertThat(turns.enter(1, LONG)).isTrue();
    CompletableFuture<Boolean> second = new CompletableFuture<>();
    Thread waiting = Thread.ofPlatform().start(() -> second.complete(turns.enter(1, LONG)));
    await().until(() -> waiting.getState() == Thread.State.TIMED_WAITING);
    assertThat(second).isNotDone();

    turns.leave();

    assertThat(second.join()).isTrue();
  }

  @Test
  void areNotWaitedForForever() {
    assertThat(turns.enter(1, LONG)).isTrue();

    assertThat(turns.enter(1, Duration.ofMillis(1))).isFalse();
    assertThat(turns.enter(2, Duration.ZERO)).isTrue();
  }

  @Test
  void areGivenUpByAnInterruptedThread() {
    assertThat(turns.enter(1, LONG)).isTrue();
    Thread.currentThread().interrupt();

    assertThat(turns.enter(1, LONG)).isFalse();
    assertThat(Thread.interrupted()).isTrue();
  }
}
