package dev.sluice.admin.metrics;

import dev.sluice.http.limit.Limit;
import dev.sluice.http.limit.LimitCounters;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;

/** Counts of what clients' limits refused, by limit and never by client. Thread-safe. */
public final class LimitMetrics implements MeterBinder {
  private final LimitCounters counters;

  /** Binds nothing yet. */
  public LimitMetrics(LimitCounters counters) {
    this.counters = counters;
  }

  @Override
  public void bindTo(MeterRegistry registry) {
    for (Limit limit : Limit.values()) {
      // A meter only holds its object weakly; the function keeps this one.
      FunctionCounter.builder("sluice.limited", this, me -> counters.refused(limit))
          .tag("limit", limit.label())
          .description("Requests, failed tokens and connections refused by a client's limit")
          .register(registry);
    }
  }
}
