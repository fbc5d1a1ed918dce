package dev.sluice.testing;

import static org.awaitility.Awaitility.await;

import jakarta.json.Json;
import jakarta.json.JsonObject;
import jakarta.json.JsonObjectBuilder;
import jakarta.json.JsonReader;
import java.io.IOException;
import java.io.StringReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;

/** Who moves the phases of a running Sluice, over its admin port. */
public final class Operator implements AutoCloseable {
  private final HttpClient http = HttpClient.newHttpClient();
  private final Supplier<URI> admin;

  /** An answer with its status. */
  public record Answer(int status, JsonObject body) {
    /** The body of a 200. */
    public JsonObject ok() {
      if (status != 200) {
        throw new AssertionError("answered " + status + ": " + body);
      }
      return body;
    }
  }

  /**
   * @param admin asked for each request: a restarted process has another port
   */
  public Operator(Supplier<URI> admin) {
    this.admin = admin;
  }

  public JsonObject get(String path) {
    return send(HttpRequest.newBuilder(admin.get().resolve(path)).GET()).ok();
  }

  public Answer post(String path, Map<String, Object> body) {
    JsonObjectBuilder json = Json.createObjectBuilder(body);
    return send(
        HttpRequest.newBuilder(admin.get().resolve(path))
            .header("Content-Type", "application/json")
            .POST(HttpRequest.BodyPublishers.ofString(json.build().toString())));
  }

  /** The readiness report for this phase. */
  public JsonObject report(String phase) {
    return post("/v1/cutover", Map.of("to", phase)).ok();
  }

  /** Reports, and goes there. */
  public JsonObject flip(String phase) {
    return flipWith(phase, report(phase)).ok();
  }

  /** Goes there on this report, confirming what has to be. */
  public Answer flipWith(String phase, JsonObject report) {
    if (!report.getBoolean("ready")) {
      throw new AssertionError("not ready for " + phase + ": " + report);
    }
    return post(
        "/v1/cutover",
        Map.of(
            "to",
            phase,
            "execute",
            true,
            "report",
            report.getString("id"),
            "by",
            "test",
            "reason",
            "because",
            "confirm",
            phase.equals("retired") ? "sensor_data" : ""));
  }

  /** Starts a backfill with these decisions and waits until it is complete. */
  public JsonObject backfill(Map<String, Object> decisions) {
    post("/v1/backfill", Map.of("action", "start", "decisions", decisions)).ok();
    return awaitBackfill("complete");
  }

  /** Waits until the backfill's state is this one; any other end is a failure. */
  public JsonObject awaitBackfill(String state) {
    await()
        .atMost(Duration.ofMinutes(5))
        .pollInterval(Duration.ofMillis(100))
        .until(() -> {
          JsonObject now = get("/v1/backfill");
          String is = now.getString("state");
          if (!is.equals(state) && Set.of("failed", "cancelled", "complete").contains(is)) {
            throw new AssertionError("backfill is " + now);
          }
          return is.equals(state);
        });
    return get("/v1/backfill");
  }

  /** Verifies what this scope names and waits for the end. */
  public JsonObject verify(String scope) {
    post("/v1/verify", Map.of("action", "start", "scope", scope)).ok();
    await()
        .atMost(Duration.ofMinutes(5))
        .pollInterval(Duration.ofMillis(100))
        .until(() -> !get("/v1/verify").getString("state").equals("running"));
    JsonObject end = get("/v1/verify");
    if (!end.getString("state").equals("done")) {
      throw new AssertionError("verify is " + end);
    }
    return end;
  }

  @Override
  public void close() {
    http.close();
  }

  private Answer send(HttpRequest.Builder request) {
    try {
      HttpResponse<String> response =
          http.send(
              request.timeout(Duration.ofMinutes(2)).build(), HttpResponse.BodyHandlers.ofString());
      try (JsonReader reader = Json.createReader(new StringReader(response.body()))) {
        return new Answer(response.statusCode(), reader.readObject());
      }
    } catch (IOException e) {
      throw new AssertionError(e);
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }
}
