package dev.sluice.ingest;

import dev.sluice.http.ByteBudget;
import dev.sluice.http.ErrorAnswer;
import dev.sluice.http.Gate;
import dev.sluice.http.MethodNotAllowed;
import dev.sluice.http.Scope;
import dev.sluice.http.TokenAuth;
import dev.sluice.journal.AppendResult;
import dev.sluice.reading.ReadingBuffer;
import io.helidon.http.Header;
import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import io.helidon.http.Status;
import io.helidon.webserver.http.HttpRules;
import io.helidon.webserver.http.HttpService;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.time.InstantSource;
import java.util.Optional;
import java.util.function.Function;

/**
 * The routes that take readings in, and those that clients of InfluxDB ask first. To be registered
 * after every other route of the port: it answers what is left of its paths with 405.
 */
public final class IngestRoutes implements HttpService {
  private static final Header VERSION =
      HeaderValues.createCached("X-Influxdb-Version", "1.8-sluice");
  private static final byte[] NO_RESULTS =
      "{\"results\":[]}".getBytes(java.nio.charset.StandardCharsets.US_ASCII);

  private final Ingest ingest;
  private final TokenAuth auth;
  private final IngestCounters counters = new IngestCounters();
  private final IngestLatency latency = new IngestLatency();

  /**
   * Routes that are not registered yet.
   *
   * @param budget what bodies are claimed from; shared with the listener's connections
   * @param journal where readings go; its answer is the ack
   * @param gate turns requests away while it is not open
   * @param clock time of readings that bring none
   */
  public IngestRoutes(
      IngestConfig config,
      ByteBudget budget,
      Function<ReadingBuffer, AppendResult> journal,
      Gate gate,
      TokenAuth auth,
      InstantSource clock) {
    this.ingest = new Ingest(config, budget, journal, gate, counters, latency, clock);
    this.auth = auth;
  }

  /** What these routes have done so far. */
  public IngestCounters counters() {
    return counters;
  }

  /** How long they take to answer. */
  public IngestLatency latency() {
    return latency;
  }

  @Override
  public void routing(HttpRules rules) {
    rules
        .post("/v1/readings", auth.require(this::readings, Scope.WRITE))
        .post("/write", auth.require(this::writeV1, Scope.WRITE))
        .post("/api/v2/write", auth.require(this::writeV2, Scope.WRITE))
        .get("/ping", this::ping)
        .head("/ping", this::ping)
        .get("/query", auth.require(this::query, Scope.READ, Scope.WRITE))
        .post("/query", auth.require(this::query, Scope.READ, Scope.WRITE))
        .any("/v1/readings", MethodNotAllowed.allowing("GET, POST"))
        .any("/write", MethodNotAllowed.allowing("POST"))
        .any("/api/v2/write", MethodNotAllowed.allowing("POST"))
        .any("/ping", MethodNotAllowed.allowing("GET, HEAD"))
        .any("/query", MethodNotAllowed.allowing("GET, POST"));
  }

  private void readings(ServerRequest request, ServerResponse response) {
    Format format = Format.of(request.headers());
    if (format == Format.UNKNOWN) {
      ErrorAnswer.send(
          request,
          response,
          Status.UNSUPPORTED_MEDIA_TYPE_415,
          "Content-Type "
              + request.headers().get(HeaderNames.CONTENT_TYPE).values()
              + " is not supported, allowed are application/json and application/x-ndjson"
              + " (line protocol goes to /write)");
      return;
    }
    ingest.take(request, response, format, Precision.DEFAULT);
  }

  private void writeV1(ServerRequest request, ServerResponse response) {
    String name = precision(request);
    write(
        request,
        response,
        name.isEmpty() ? Optional.of(Precision.DEFAULT) : Precision.ofV1(name),
        "ns, u, ms, s, m, h");
  }

  private void writeV2(ServerRequest request, ServerResponse response) {
    String name = precision(request);
    write(
        request,
        response,
        name.isEmpty() ? Optional.of(Precision.DEFAULT) : Precision.ofV2(name),
        "ns, us, ms, s");
  }

  private void write(
      ServerRequest request,
      ServerResponse response,
      Optional<Precision> precision,
      String allowed) {
    if (precision.isEmpty()) {
      ErrorAnswer.send(
          request,
          response,
          Status.BAD_REQUEST_400,
          "precision is " + precision(request) + ", allowed are " + allowed);
      return;
    }
    ingest.take(request, response, Format.LINES, precision.get());
  }

  private static String precision(ServerRequest request) {
    return request.query().isEmpty() ? "" : request.query().first("precision").orElse("");
  }

  private void ping(ServerRequest request, ServerResponse response) {
    response.status(Status.NO_CONTENT_204).header(VERSION).send();
  }

  /** Telegraf asks for its database to be created before it writes; there is nothing to create. */
  private void query(ServerRequest request, ServerResponse response) {
    response.header(HeaderValues.CONTENT_TYPE_JSON).header(VERSION).send(NO_RESULTS);
  }
}
