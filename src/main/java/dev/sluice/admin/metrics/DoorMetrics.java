package dev.sluice.admin.metrics;

import dev.sluice.audit.AuditLog;
import dev.sluice.http.origin.Origins;
import dev.sluice.http.proxy.Proxies;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;

/** Meters of what is refused before any route sees it, and of what is recorded. */
public final class DoorMetrics implements MeterBinder {
  private final Origins origins;
  private final Proxies proxies;
  private final AuditLog audit;

  /** Reads these at each scrape. */
  public DoorMetrics(Origins origins, Proxies proxies, AuditLog audit) {
    this.origins = origins;
    this.proxies = proxies;
    this.audit = audit;
  }

  @Override
  public void bindTo(MeterRegistry registry) {
    String refused = "Requests refused for the host name they are for, or the page that sent them";
    FunctionCounter.builder("sluice.http.refused.requests", origins, Origins::misdirected)
        .tag("reason", "host")
        .description(refused)
        .register(registry);
    FunctionCounter.builder("sluice.http.refused.requests", origins, Origins::foreign)
        .tag("reason", "origin")
        .description(refused)
        .register(registry);
    String headers =
        "Connections from http.proxy-protocol-from, by what came of their PROXY header";
    FunctionCounter.builder("sluice.proxy.headers", proxies, Proxies::accepted)
        .tag("result", "accepted")
        .description(headers)
        .register(registry);
    FunctionCounter.builder("sluice.proxy.headers", proxies, Proxies::refused)
        .tag("result", "refused")
        .description(headers)
        .register(registry);
    FunctionCounter.builder("sluice.audit.lines", audit, AuditLog::lines)
        .description("Lines written to the audit file since the start")
        .register(registry);
    FunctionCounter.builder("sluice.audit.failures", audit, AuditLog::failures)
        .description(
            "Attempts to write to the audit file that failed; changes are refused meanwhile")
        .register(registry);
  }
}
