package dev.sluice.admin.metrics;

import dev.sluice.delivery.Delivery;
import dev.sluice.delivery.DeliveryStatus;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Meter;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.ToDoubleFunction;

/**
 * The meters of each sink that is delivered to; they come and go with it, so that a sink that has
 * left does not look like one that has stalled. Thread-safe.
 */
public final class SinkMetrics {
  private final MeterRegistry registry;
  private final Map<String, List<Meter>> meters = new ConcurrentHashMap<>();

  public SinkMetrics(MeterRegistry registry) {
    this.registry = registry;
  }

  /** Registers the meters of this delivery, replacing those of any earlier one to the same sink. */
  public void joined(Delivery delivery) {
    left(delivery.sinkName());
    meters.put(
        delivery.sinkName(),
        List.of(
            gauge(
                delivery,
                "backlog.readings",
                "Readings not yet delivered or dead-lettered",
                s -> s.lagReadings()),
            counter(
                delivery,
                "delivered.readings",
                "Readings the store has acknowledged, ever",
                s -> s.delivered()),
            counter(
                delivery,
                "dead.letters",
                "Readings the store refused permanently, ever",
                s -> s.deadLetters()),
            counter(
                delivery,
                "lost.readings",
                "Readings skipped because the journal had lost them, ever",
                s -> s.lost()),
            gauge(delivery, "cursor.offset", "First reading not durably stored", s -> s.cursor()),
            gauge(
                delivery,
                "up",
                "1 while delivery runs, 0 while it retries or has ended",
                s -> s.state() == DeliveryStatus.State.RUNNING ? 1 : 0),
            gauge(
                delivery,
                "conservation.residue.readings",
                "Accepted minus delivered, backlog, dead letters and lost: must be 0",
                s -> s.residue()),
            lag(delivery)));
  }

  /** Removes the meters of this sink. */
  public void left(String sink) {
    List<Meter> gone = meters.remove(sink);
    if (gone != null) {
      gone.forEach(registry::remove);
    }
  }

  private Meter gauge(
      Delivery delivery, String name, String description, ToDoubleFunction<DeliveryStatus> value) {
    return Gauge.builder("sluice.sink." + name, delivery, d -> value.applyAsDouble(d.status()))
        .tag("sink", delivery.sinkName())
        .description(description)
        .register(registry);
  }

  private Meter counter(
      Delivery delivery, String name, String description, ToDoubleFunction<DeliveryStatus> value) {
    return FunctionCounter.builder(
            "sluice.sink." + name, delivery, d -> value.applyAsDouble(d.status()))
        .tag("sink", delivery.sinkName())
        .description(description)
        .register(registry);
  }

  private Meter lag(Delivery delivery) {
    return Gauge.builder("sluice.sink.lag", delivery, d -> d.status().lagSeconds())
        .tag("sink", delivery.sinkName())
        .baseUnit("seconds")
        .description("Age of the oldest reading not yet delivered or dead-lettered")
        .register(registry);
  }
}
