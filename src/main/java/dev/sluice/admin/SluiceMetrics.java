package dev.sluice.admin;

import dev.sluice.delivery.Delivery;
import dev.sluice.delivery.DeliveryStatus;
import dev.sluice.journal.Journal;
import dev.sluice.journal.JournalStats;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.util.Collection;
import java.util.function.ToDoubleFunction;

/**
 * Sluice's own meters: prefix {@code sluice_}, base units, {@code _total} on counters, never a
 * label of a device. Everything is read at the scrape; nothing is counted twice.
 */
public final class SluiceMetrics implements MeterBinder {
  private final Journal journal;
  private final Collection<Delivery> deliveries;

  /**
   * @param deliveries the running ones
   */
  public SluiceMetrics(Journal journal, Collection<Delivery> deliveries) {
    this.journal = journal;
    this.deliveries = deliveries;
  }

  @Override
  public void bindTo(MeterRegistry registry) {
    gauge(registry, "first.offset", "Offset of the oldest reading kept", JournalStats::firstOffset);
    gauge(registry, "next.offset", "Offset the next reading gets", JournalStats::nextOffset);
    bytes(registry, "size", "Bytes of all segments", JournalStats::bytes);
    bytes(registry, "max", "Limit of the bytes of all segments", JournalStats::maxBytes);
    gauge(
        registry,
        "full",
        "1 while an append would be refused, else 0",
        stats -> stats.full().isEmpty() ? 0 : 1);
    FunctionCounter.builder("sluice.journal.accepted.readings", journal, j -> j.stats().accepted())
        .description("Readings appended and acknowledged since the start")
        .register(registry);
    FunctionCounter.builder("sluice.journal.lost.readings", journal, j -> j.stats().lost())
        .description("Readings in offset ranges given up by recovery")
        .register(registry);
    deliveries.forEach(delivery -> bind(registry, delivery));
  }

  private static void bind(MeterRegistry registry, Delivery delivery) {
    sink(registry, delivery, "backlog.readings", "Readings not yet settled", s -> s.lagReadings());
    FunctionCounter.builder("sluice.sink.delivered.readings", delivery, d -> d.status().delivered())
        .tag("sink", delivery.sinkName())
        .description("Readings the store has acknowledged, ever")
        .register(registry);
    FunctionCounter.builder("sluice.sink.dead.letters", delivery, d -> d.status().deadLetters())
        .tag("sink", delivery.sinkName())
        .description("Readings the store refused for good, ever")
        .register(registry);
    FunctionCounter.builder("sluice.sink.lost.readings", delivery, d -> d.status().lost())
        .tag("sink", delivery.sinkName())
        .description("Readings passed over because the journal had lost them, ever")
        .register(registry);
    sink(registry, delivery, "cursor.offset", "First reading not durably stored", s -> s.cursor());
    sink(
        registry,
        delivery,
        "up",
        "1 while delivery runs, 0 while it retries or has ended",
        s -> s.state() == DeliveryStatus.State.RUNNING ? 1 : 0);
    sink(
        registry,
        delivery,
        "conservation.residue.readings",
        "Accepted less delivered, backlog, dead letters and lost: must be 0",
        s -> s.residue());
    Gauge.builder("sluice.sink.lag", delivery, d -> d.status().lagSeconds())
        .tag("sink", delivery.sinkName())
        .baseUnit("seconds")
        .description("Age of the oldest reading not yet settled")
        .register(registry);
  }

  private static void sink(
      MeterRegistry registry,
      Delivery delivery,
      String name,
      String description,
      ToDoubleFunction<DeliveryStatus> value) {
    Gauge.builder("sluice.sink." + name, delivery, d -> value.applyAsDouble(d.status()))
        .tag("sink", delivery.sinkName())
        .description(description)
        .register(registry);
  }

  private void gauge(
      MeterRegistry registry,
      String name,
      String description,
      ToDoubleFunction<JournalStats> value) {
    Gauge.builder("sluice.journal." + name, journal, j -> value.applyAsDouble(j.stats()))
        .description(description)
        .register(registry);
  }

  private void bytes(
      MeterRegistry registry,
      String name,
      String description,
      ToDoubleFunction<JournalStats> value) {
    Gauge.builder("sluice.journal." + name, journal, j -> value.applyAsDouble(j.stats()))
        .baseUnit("bytes")
        .description(description)
        .register(registry);
  }
}
