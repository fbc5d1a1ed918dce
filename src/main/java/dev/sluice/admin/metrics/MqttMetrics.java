package dev.sluice.admin.metrics;

import dev.sluice.ingest.mqtt.Closed;
import dev.sluice.ingest.mqtt.Fate;
import dev.sluice.ingest.mqtt.MqttCounters;
import dev.sluice.ingest.mqtt.MqttEndpoint;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;

/** Meters of the MQTT port; there are none unless it is enabled. */
public final class MqttMetrics implements MeterBinder {
  private final MqttEndpoint endpoint;

  /** Reads this at each scrape. */
  public MqttMetrics(MqttEndpoint endpoint) {
    this.endpoint = endpoint;
  }

  @Override
  public void bindTo(MeterRegistry registry) {
    MqttCounters counters = endpoint.counters();
    Gauge.builder("sluice.mqtt.connections", endpoint, MqttEndpoint::connections)
        .description("Connections to the MQTT port")
        .register(registry);
    FunctionCounter.builder("sluice.mqtt.connects", counters, MqttCounters::connects)
        .description("Clients that connected by MQTT, each time they did")
        .register(registry);
    FunctionCounter.builder("sluice.mqtt.waits", counters, MqttCounters::waits)
        .description("Times that messages of a connection were put off, and not acknowledged yet")
        .register(registry);
    for (Fate fate : Fate.values()) {
      FunctionCounter.builder("sluice.mqtt.messages", counters, c -> c.messages(fate))
          .tag("result", fate.label())
          .description("Messages settled, by what became of them")
          .register(registry);
    }
    for (Closed why : Closed.values()) {
      FunctionCounter.builder("sluice.mqtt.closed", counters, c -> c.closed(why))
          .tag("reason", why.label())
          .description("Connections that Sluice closed or did not let in, by reason")
          .register(registry);
    }
  }
}
