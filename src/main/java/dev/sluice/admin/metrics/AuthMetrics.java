package dev.sluice.admin.metrics;

import dev.sluice.http.auth.FailedTokenLog;
import dev.sluice.http.auth.FailedTokens.Reason;
import dev.sluice.http.auth.TokenAuth;
import dev.sluice.http.auth.TokensFile;
import dev.sluice.http.auth.TokensFileException.Fault;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.time.Instant;

/**
 * Meters of tokens, read at the scrape: how many are known, how the tokens file is, how many
 * requests were refused. None of them while everyone may come in. A meter only holds its object
 * weakly, so the caller keeps what they are about. Thread-safe.
 */
public final class AuthMetrics implements MeterBinder {
  private static final double NANOS = 1e9;

  private final TokenAuth auth;
  private final FailedTokenLog failed;

  /** Binds nothing yet. */
  public AuthMetrics(TokenAuth auth, FailedTokenLog failed) {
    this.auth = auth;
    this.failed = failed;
  }

  @Override
  public void bindTo(MeterRegistry registry) {
    auth.file().ifPresent(file -> bind(registry, file));
  }

  private void bind(MeterRegistry registry, TokensFile file) {
    tokens(registry, "valid", Gauge.builder("sluice.auth.tokens", file, f -> f.valid(now())));
    tokens(registry, "expired", Gauge.builder("sluice.auth.tokens", file, f -> f.expired(now())));
    Gauge.builder("sluice.auth.file.age", file, f -> f.age().toNanos() / NANOS)
        .baseUnit("seconds")
        .description("Time since the tokens file was last good")
        .register(registry);
    Gauge.builder("sluice.auth.file.stale.after", file, f -> f.staleAfter().toNanos() / NANOS)
        .baseUnit("seconds")
        .description("Age of the tokens file after which no token is valid: auth.stale-after")
        .register(registry);
    for (Fault fault : Fault.values()) {
      FunctionCounter.builder("sluice.auth.file.refusals", file, f -> f.refused(fault))
          .tag("reason", fault.label())
          .description("Versions of the tokens file that were refused")
          .register(registry);
    }
    for (Reason reason : Reason.values()) {
      FunctionCounter.builder("sluice.auth.failures", failed, f -> f.count(reason))
          .tag("reason", reason.label())
          .description("Requests that were refused for their token or certificate")
          .register(registry);
    }
  }

  private static void tokens(MeterRegistry registry, String state, Gauge.Builder<?> gauge) {
    gauge
        .tag("state", state)
        .description("Tokens and certificates in the tokens file")
        .register(registry);
  }

  private static Instant now() {
    return Instant.now();
  }
}
