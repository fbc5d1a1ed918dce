package dev.sluice.admin.metrics;

import dev.sluice.journal.Journal;
import dev.sluice.journal.JournalStats;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.util.function.ToDoubleFunction;

/**
 * The journal's meters. Like all of Sluice's own meters: prefix {@code sluice_}, base units, {@code
 * _total} on counters, never a device label; everything is read at the scrape, nothing is counted
 * twice.
 */
public final class JournalMetrics implements MeterBinder {
  private final Journal journal;

  public JournalMetrics(Journal journal) {
    this.journal = journal;
  }

  @Override
  public void bindTo(MeterRegistry registry) {
    gauge(registry, "first.offset", "Offset of the oldest reading kept", JournalStats::firstOffset);
    gauge(registry, "next.offset", "Offset of the next reading", JournalStats::nextOffset);
    bytes(registry, "size", "Bytes of all segments", JournalStats::bytes);
    bytes(registry, "max", "Limit on the bytes of all segments", JournalStats::maxBytes);
    gauge(
        registry,
        "full",
        "1 while an append would be refused, else 0",
        stats -> stats.full().isEmpty() ? 0 : 1);
    FunctionCounter.builder("sluice.journal.accepted.readings", journal, j -> j.stats().accepted())
        .description("Readings appended and acknowledged since the start")
        .register(registry);
    FunctionCounter.builder("sluice.journal.lost.readings", journal, j -> j.stats().lost())
        .description("Readings in offset ranges that recovery could not restore")
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
