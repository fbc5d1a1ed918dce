package dev.sluice.admin.metrics;

import dev.sluice.http.tls.Tls;
import dev.sluice.http.tls.TlsDoor;
import dev.sluice.http.tls.TlsStatus;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.util.List;
import java.util.function.ToDoubleFunction;

/** Meters of the certificates and handshakes; there are none without TLS. */
public final class TlsMetrics implements MeterBinder {
  private final Tls tls;

  public TlsMetrics(Tls tls) {
    this.tls = tls;
  }

  @Override
  public void bindTo(MeterRegistry registry) {
    seconds(
        registry,
        "certificate.expiry.timestamp",
        "When the first certificate of the chain in use to expire does, since 1970",
        status -> status.notAfter().getEpochSecond());
    seconds(
        registry,
        "certificate.loaded.timestamp",
        "When the certificate in use was read, since 1970",
        status -> status.loadedAt().getEpochSecond());
    Gauge.builder("sluice.tls.files.ok", tls, t -> t.status().fault().isEmpty() ? 1 : 0)
        .description("0 while the files of tls.* cannot be used, and the certificate stays, else 1")
        .register(registry);
    FunctionCounter.builder("sluice.tls.reloads", tls, t -> t.status().reloads())
        .description("Certificates replaced while running")
        .register(registry);
    FunctionCounter.builder("sluice.tls.reload.failures", tls, t -> t.status().failures())
        .description("Checks that found files of tls.* that cannot be used")
        .register(registry);
    for (TlsDoor door : List.of(tls.ingest(), tls.admin(), tls.mqtt())) {
      handshakes(registry, door, "ok", TlsDoor::handshakes);
      handshakes(registry, door, "refused", TlsDoor::refusals);
      handshakes(registry, door, "not_tls", TlsDoor::plainTexts);
    }
  }

  private void seconds(
      MeterRegistry registry, String name, String description, ToDoubleFunction<TlsStatus> value) {
    Gauge.builder("sluice.tls." + name, tls, t -> value.applyAsDouble(t.status()))
        .description(description)
        .baseUnit("seconds")
        .register(registry);
  }

  private static void handshakes(
      MeterRegistry registry, TlsDoor door, String result, ToDoubleFunction<TlsDoor> count) {
    FunctionCounter.builder("sluice.tls.handshakes", door, count)
        .tag("port", door.name())
        .tag("result", result)
        .description("Connections, by what became of the handshake")
        .register(registry);
  }
}
