package dev.sluice;

import dev.sluice.ingest.IngestCounters;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.jvm.ClassLoaderMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmGcMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmThreadMetrics;
import io.micrometer.core.instrument.binder.system.FileDescriptorMetrics;
import io.micrometer.core.instrument.binder.system.ProcessorMetrics;
import io.micrometer.core.instrument.binder.system.UptimeMetrics;
import java.util.function.ToDoubleFunction;

/** Meters of the process: ingest's counters, and what the JVM tells of itself. */
final class ProcessMetrics implements AutoCloseable {
  private final JvmGcMetrics gc = new JvmGcMetrics();

  /** Binds all of them. */
  ProcessMetrics(MeterRegistry registry, IngestCounters ingest) {
    FunctionCounter.builder("sluice.ingest.rejected.readings", ingest, IngestCounters::rejected)
        .description("Readings refused by name within requests that were read")
        .register(registry);
    requests(registry, ingest, "complete", IngestCounters::completeRequests);
    requests(registry, ingest, "partial", IngestCounters::partialRequests);
    requests(registry, ingest, "refused", IngestCounters::refusedRequests);
    requests(registry, ingest, "not_now", IngestCounters::notNowRequests);
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

  private static void requests(
      MeterRegistry registry,
      IngestCounters ingest,
      String outcome,
      ToDoubleFunction<IngestCounters> count) {
    FunctionCounter.builder("sluice.ingest.requests", ingest, count)
        .tag("outcome", outcome)
        .description("Requests with readings, by what became of them")
        .register(registry);
  }
}
