package dev.sluice.admin.metrics;

import dev.sluice.ingest.IngestCounters;
import dev.sluice.ingest.IngestLatency;
import dev.sluice.ingest.format.IgnoredKind;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.jvm.ClassLoaderMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmGcMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmThreadMetrics;
import io.micrometer.core.instrument.binder.system.FileDescriptorMetrics;
import io.micrometer.core.instrument.binder.system.ProcessorMetrics;
import io.micrometer.core.instrument.binder.system.UptimeMetrics;
import java.util.function.ToDoubleFunction;

/** Meters of the process: what ingest does and how fast, and what the JVM reports about itself. */
public final class ProcessMetrics implements AutoCloseable {
  private final JvmGcMetrics gc = new JvmGcMetrics();

  /** Binds all of them. */
  public ProcessMetrics(MeterRegistry registry, IngestCounters ingest, IngestLatency latency) {
    FunctionCounter.builder("sluice.ingest.rejected.readings", ingest, IngestCounters::rejected)
        .description("Readings rejected one by one in requests that could be parsed")
        .register(registry);
    FunctionCounter.builder("sluice.ingest.restamped.readings", ingest, IngestCounters::restamped)
        .description(
            "Readings stored at the time of receipt because their own was outside the window")
        .register(registry);
    for (IgnoredKind kind : IgnoredKind.values()) {
      FunctionCounter.builder("sluice.ingest.ignored.values", ingest, i -> i.ignored(kind))
          .tag("kind", kind.label())
          .description("Values sent along with readings but not stored")
          .register(registry);
    }
    requests(registry, ingest, "complete", IngestCounters::completeRequests);
    requests(registry, ingest, "partial", IngestCounters::partialRequests);
    requests(registry, ingest, "refused", IngestCounters::refusedRequests);
    requests(registry, ingest, "not_now", IngestCounters::notNowRequests);
    requests(registry, ingest, "over_limit", IngestCounters::overLimitRequests);
    latency(registry, latency, 0.5);
    latency(registry, latency, 0.99);
    latency(registry, latency, 0.999);
    new ClassLoaderMetrics().bindTo(registry);
    new JvmMemoryMetrics().bindTo(registry);
    gc.bindTo(registry);
    new JvmThreadMetrics().bindTo(registry);
    new ProcessorMetrics().bindTo(registry);
    new UptimeMetrics().bindTo(registry);
    new FileDescriptorMetrics().bindTo(registry);
  }

  @Override
  public void close() {
    gc.close();
  }

  private static void latency(MeterRegistry registry, IngestLatency latency, double quantile) {
    Gauge.builder("sluice.ingest.latency", latency, l -> l.quantile(quantile).toNanos() / 1e9)
        .tag("quantile", String.valueOf(quantile))
        .baseUnit("seconds")
        .description("From a request's body to its answer, since the last scrape")
        .register(registry);
  }

  private static void requests(
      MeterRegistry registry,
      IngestCounters ingest,
      String outcome,
      ToDoubleFunction<IngestCounters> count) {
    FunctionCounter.builder("sluice.ingest.requests", ingest, count)
        .tag("outcome", outcome)
        .description("Requests with readings, by outcome")
        .register(registry);
  }
}
