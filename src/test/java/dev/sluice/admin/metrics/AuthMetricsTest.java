package dev.sluice.admin.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.http.auth.AuthConfig;
import dev.sluice.http.auth.ClientWatch;
import dev.sluice.http.auth.FailedTokenLog;
import dev.sluice.http.auth.FailedTokens.Reason;
import dev.sluice.http.auth.TokenAuth;
import dev.sluice.testing.TokenFiles;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AuthMetricsTest {
  private final PrometheusMeterRegistry registry =
      new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
  private final FailedTokenLog failed = new FailedTokenLog();

  @Test
  void reportTokensTheirFileAndFailures(@TempDir Path folder) throws IOException {
    Path file =
        TokenFiles.write(
            folder.resolve("tokens"),
            TokenFiles.line("a", "write"),
            TokenFiles.line("b", "write"),
            TokenFiles.line("c", "write until=2020-01-01"));
    var config = new AuthConfig(AuthConfig.Mode.TOKENS, Optional.of(file));
    try (TokenAuth auth = TokenAuth.of(config, failed, ClientWatch.NONE, InstantSource.system())) {
      new AuthMetrics(auth, failed).bindTo(registry);
      failed.failed(Reason.UNKNOWN, null, "");
      failed.failed(Reason.UNKNOWN, null, "");

      assertThat(registry.scrape().lines())
          .contains(
              "sluice_auth_tokens{state=\"valid\"} 2.0",
              "sluice_auth_tokens{state=\"expired\"} 1.0",
              "sluice_auth_file_refusals_total{reason=\"mode\"} 0.0",
              "sluice_auth_failures_total{reason=\"unknown\"} 2.0",
              "sluice_auth_file_stale_after_seconds 86400.0",
              "sluice_auth_failures_total{reason=\"address\"} 0.0")
          .anyMatch(line -> line.matches("sluice_auth_file_age_seconds \\d.*"));
    }
  }

  @Test
  void areNoneWhereEveryoneMayComeIn() {
    new AuthMetrics(TokenAuth.everybody(), failed).bindTo(registry);

    assertThat(registry.scrape()).doesNotContain("sluice_auth");
  }
}
