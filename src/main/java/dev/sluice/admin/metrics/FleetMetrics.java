package dev.sluice.admin.metrics;

import dev.sluice.api.FleetSummary;
import dev.sluice.fleet.FleetLedger;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.function.ToDoubleFunction;

/**
 * The fleet's meters, read at the scrape: devices by state, gaps by cause, never a device. 0 while
 * there is no ledger. A meter only holds its object weakly, so it is each meter's function that
 * keeps this one. Thread-safe.
 */
public final class FleetMetrics implements MeterBinder {
  private static final double[] QUANTILES = {0.5, 0.9, 0.99, 1};
  private static final double PERCENT = 100;
  private static final double MILLIS = 1_000;
  private static final double HUNDREDTHS = 100;

  private final Supplier<Optional<FleetLedger>> ledger;

  /** Binds nothing yet. */
  public FleetMetrics(Supplier<Optional<FleetLedger>> ledger) {
    this.ledger = ledger;
  }

  @Override
  public void bindTo(MeterRegistry registry) {
    state(registry, "live", FleetSummary.States::live);
    state(registry, "late", FleetSummary.States::late);
    state(registry, "silent", FleetSummary.States::silent);
    state(registry, "learning", FleetSummary.States::learning);
    state(registry, "retired", FleetSummary.States::retired);
    gauge("unwatched.devices", "Devices heard beyond fleet.max-devices, about", l -> l.unwatched())
        .register(registry);
    for (String cause : FleetLedger.causes()) {
      FunctionCounter.builder("sluice.fleet.gaps", this, me -> read(l -> l.settledGaps(cause)))
          .tag("cause", cause)
          .description("Gaps that are over, ever; those of a device a minute later")
          .register(registry);
    }
    for (double quantile : QUANTILES) {
      gauge(
              "lateness",
              "From a reading's ts to its arrival, over the last ten to twenty minutes",
              l -> l.latenessMillis().getValueAtPercentile(quantile * PERCENT) / MILLIS)
          .baseUnit("seconds")
          .tag("quantile", String.valueOf(quantile))
          .register(registry);
      gauge(
              "interval.ratio",
              "Intervals against each device's typical one, over the last ten to twenty minutes",
              l -> l.ratioHundredths().getValueAtPercentile(quantile * PERCENT) / HUNDREDTHS)
          .tag("quantile", String.valueOf(quantile))
          .register(registry);
    }
    gauge("backlog.readings", "Readings the ledger has not read", l -> l.progress().lagReadings())
        .register(registry);
    gauge("lag", "Age of the last frame the ledger has read", l -> l.progress().lagSeconds())
        .baseUnit("seconds")
        .register(registry);
    gauge("memory", "Memory of all devices, names included", l -> l.progress().bytes())
        .baseUnit("bytes")
        .register(registry);
    FunctionCounter.builder(
            "sluice.fleet.skipped.readings", this, me -> read(l -> l.progress().skippedReadings()))
        .description("Readings the ledger passed over, as the journal needed the room")
        .register(registry);
  }

  private void state(
      MeterRegistry registry, String state, ToDoubleFunction<FleetSummary.States> count) {
    gauge("devices", "Devices by state", l -> count.applyAsDouble(l.states()))
        .tag("state", state)
        .register(registry);
  }

  private Gauge.Builder<FleetMetrics> gauge(
      String name, String description, ToDoubleFunction<FleetLedger> value) {
    return Gauge.builder("sluice.fleet." + name, this, me -> read(value)).description(description);
  }

  private double read(ToDoubleFunction<FleetLedger> value) {
    return ledger.get().map(value::applyAsDouble).orElse(0.0);
  }
}
