package dev.sluice.http.connection;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.http.ByteBudget;
import dev.sluice.http.origin.OriginConfig;
import dev.sluice.http.origin.Origins;
import dev.sluice.http.proxy.Proxies;
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
          new ListenAddress("127.0.0.1", 0, 777),
          new ConnectionRules(
              ConnectionLimits.of(10),
              Proxies.none(),
              null,
              Origins.of(OriginConfig.NONE),
              watch,
              new ByteBudget(1 << 20),
              1 << 20));
    }

    assertThat(listener.build().backlog()).isEqualTo(777);
  }
}
