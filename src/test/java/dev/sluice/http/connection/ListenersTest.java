package dev.sluice.http.connection;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.http.ByteBudget;
import io.helidon.webserver.ListenerConfig;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class ListenersTest {
  @Test
  void asksTheKernelForTheBacklogItIsGiven() {
    ListenerConfig.Builder listener = ListenerConfig.builder();
    try (StallWatch watch = new StallWatch(Duration.ofSeconds(30))) {
      Listeners.configure(
          listener,
          "127.0.0.1",
          0,
          777,
          1 << 20,
          ConnectionLimits.of(10),
          watch,
          new ByteBudget(1 << 20),
          null);
    }

    assertThat(listener.build().backlog()).isEqualTo(777);
  }
}
