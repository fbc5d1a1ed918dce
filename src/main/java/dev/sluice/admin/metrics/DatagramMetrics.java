package dev.sluice.admin.metrics;

import dev.sluice.ingest.udp.DatagramListener;
import dev.sluice.ingest.udp.Refusal;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;

/** What became of datagrams, including those that the kernel dropped. Thread-safe. */
public final class DatagramMetrics implements MeterBinder {
  private final DatagramListener listener;

  /** Binds nothing yet. */
  public DatagramMetrics(DatagramListener listener) {
    this.listener = listener;
  }

  @Override
  public void bindTo(MeterRegistry registry) {
    // A meter only holds its object weakly; the functions keep this one.
    FunctionCounter.builder("sluice.udp.datagrams", this, me -> listener.counters().received())
        .description("Datagrams read from the socket, kept or refused")
        .register(registry);
    for (Refusal refusal : Refusal.values()) {
      FunctionCounter.builder(
              "sluice.udp.refused.datagrams", this, me -> listener.counters().refused(refusal))
          .tag("reason", refusal.label())
          .description("Datagrams read from the socket of which nothing was kept")
          .register(registry);
    }
    if (listener.kernelDropped().isPresent()) {
      FunctionCounter.builder(
              "sluice.udp.kernel.dropped", this, me -> listener.kernelDropped().orElse(0))
          .description("Datagrams that the kernel dropped because the socket's buffer was full")
          .register(registry);
    }
  }
}
