package dev.sluice.admin;

import dev.sluice.api.Health;
import dev.sluice.api.Json;
import dev.sluice.http.Availability;
import dev.sluice.http.RetryAfter;
import dev.sluice.http.auth.Scope;
import dev.sluice.http.auth.TokenAuth;
import io.helidon.http.HeaderNames;
import io.helidon.http.Status;
import io.helidon.webserver.http.HttpRules;
import io.helidon.webserver.http.HttpService;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.util.Optional;

/** The operator's read-only routes: health, metrics and status. Thread-safe. */
public final class StatusRoutes implements HttpService {
  private final StatusReport report;
  private final PrometheusMeterRegistry metrics;
  private final TokenAuth auth;
  private final Availability ingest;
  private final SharedAnswer shared = new SharedAnswer();
  private final RetryAfter retryAfter = new RetryAfter(1);

  /**
   * Creates the routes; the caller registers them.
   *
   * @param auth health needs no token, the rest needs the scope read or admin
   * @param ingest whether it would take a request now
   */
  public StatusRoutes(
      StatusReport report, PrometheusMeterRegistry metrics, TokenAuth auth, Availability ingest) {
    this.report = report;
    this.metrics = metrics;
    this.auth = auth;
    this.ingest = ingest;
  }

  @Override
  public void routing(HttpRules rules) {
    rules
        .get("/health/live", (request, response) -> live(response))
        .get("/health/ready", (request, response) -> ready(response))
        .get(
            "/metrics",
            auth.require((request, response) -> metrics(response), Scope.READ, Scope.ADMIN))
        .get("/v1/status", auth.require(this::status, Scope.READ, Scope.ADMIN));
  }

  private void status(ServerRequest request, ServerResponse response) {
    send(response, shared.to(request, "", () -> Json.write(report.status())));
  }

  private static void live(ServerResponse response) {
    send(response, new Health("up", null));
  }

  /** Responds 503 with the reason while a load balancer should send readings elsewhere. */
  private void ready(ServerResponse response) {
    Optional<String> reason = ingest.refusal();
    if (reason.isEmpty()) {
      retryAfter.over();
      send(response, new Health("ready", null));
      return;
    }
    response.status(Status.SERVICE_UNAVAILABLE_503);
    response.header(HeaderNames.RETRY_AFTER, Integer.toString(retryAfter.refused()));
    send(response, new Health("not ready", reason.orElseThrow()));
  }

  private void metrics(ServerResponse response) {
    response.header(HeaderNames.CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8");
    response.send(metrics.scrape());
  }

  private static void send(ServerResponse response, Record answer) {
    send(response, Json.write(answer));
  }

  private static void send(ServerResponse response, String json) {
    response.header(HeaderNames.CONTENT_TYPE, "application/json");
    response.send(json + "\n");
  }
}
