package dev.sluice.admin;

import dev.sluice.http.RetryAfter;
import dev.sluice.http.auth.Scope;
import dev.sluice.http.auth.TokenAuth;
import io.helidon.http.HeaderNames;
import io.helidon.http.Status;
import io.helidon.webserver.http.HttpRules;
import io.helidon.webserver.http.HttpService;
import io.helidon.webserver.http.ServerResponse;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import jakarta.json.Json;
import jakarta.json.JsonObject;
import java.util.Optional;
import java.util.function.Supplier;

/** The operator's read-only routes: health, metrics and status. Thread-safe. */
public final class StatusRoutes implements HttpService {
  private final StatusReport report;
  private final PrometheusMeterRegistry metrics;
  private final TokenAuth auth;
  private final Supplier<Optional<String>> refusal;
  private final RetryAfter retryAfter = new RetryAfter(1);

  /**
   * Creates the routes; the caller registers them.
   *
   * @param auth health needs no token, the rest needs the scope read or admin
   * @param refusal why ingest would refuse a request now; empty if it would accept it
   */
  public StatusRoutes(
      StatusReport report,
      PrometheusMeterRegistry metrics,
      TokenAuth auth,
      Supplier<Optional<String>> refusal) {
    this.report = report;
    this.metrics = metrics;
    this.auth = auth;
    this.refusal = refusal;
  }

  @Override
  public void routing(HttpRules rules) {
    rules
        .get("/health/live", (request, response) -> live(response))
        .get("/health/ready", (request, response) -> ready(response))
        .get(
            "/metrics",
            auth.require((request, response) -> metrics(response), Scope.READ, Scope.ADMIN))
        .get(
            "/v1/status",
            auth.require(
                (request, response) -> send(response, report.json()), Scope.READ, Scope.ADMIN));
  }

  private static void live(ServerResponse response) {
    send(response, Json.createObjectBuilder().add("status", "up").build());
  }

  /** Responds 503 with the reason while a load balancer should send readings elsewhere. */
  private void ready(ServerResponse response) {
    Optional<String> reason = refusal.get();
    if (reason.isEmpty()) {
      retryAfter.over();
      send(response, Json.createObjectBuilder().add("status", "ready").build());
      return;
    }
    response.status(Status.SERVICE_UNAVAILABLE_503);
    response.header(HeaderNames.RETRY_AFTER, Integer.toString(retryAfter.refused()));
    send(
        response,
        Json.createObjectBuilder()
            .add("status", "not ready")
            .add("reason", reason.orElseThrow())
            .build());
  }

  private void metrics(ServerResponse response) {
    response.header(HeaderNames.CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8");
    response.send(metrics.scrape());
  }

  private static void send(ServerResponse response, JsonObject json) {
    response.header(HeaderNames.CONTENT_TYPE, "application/json");
    response.send(json + "\n");
  }
}
