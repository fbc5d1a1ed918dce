package dev.sluice.ingest.http;

import dev.sluice.http.ByteBudget;
import dev.sluice.http.Gate;
import dev.sluice.http.MethodNotAllowed;
import dev.sluice.http.auth.Scope;
import dev.sluice.http.auth.TokenAuth;
import dev.sluice.ingest.IngestConfig;
import dev.sluice.ingest.IngestCounters;
import dev.sluice.ingest.IngestLatency;
import dev.sluice.ingest.format.Format;
import dev.sluice.ingest.format.Precision;
import dev.sluice.journal.Appender;
import io.helidon.http.HeaderNames;
import io.helidon.http.ServerRequestHeaders;
import io.helidon.http.Status;
import io.helidon.webserver.http.HttpRules;
import io.helidon.webserver.http.HttpService;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.time.InstantSource;
import java.util.Optional;

/**
 * The routes that take readings in. To be registered after every other route of the port: it
 * answers what is left of its paths with 405.
 */
public final class IngestRoutes implements HttpService {
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
      Appender journal,
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
        .any("/v1/readings", MethodNotAllowed.allowing("GET, POST"))
        .any("/write", MethodNotAllowed.allowing("POST"))
        .any("/api/v2/write", MethodNotAllowed.allowing("POST"));
  }

  private void readings(ServerRequest request, ServerResponse response) {
    Format format = format(request.headers());
    if (format == Format.UNKNOWN) {
      ingest
          .refuse(
              request,
              response,
              format,
              Status.UNSUPPORTED_MEDIA_TYPE_415,
              "Content-Type "
                  + request.headers().get(HeaderNames.CONTENT_TYPE).values()
                  + " is not supported, allowed are application/json and application/x-ndjson"
                  + " (line protocol goes to /write)")
          .run();
      return;
    }
    ingest.take(request, response, format, Precision.DEFAULT);
  }

  /**
   * What {@code POST /v1/readings} makes of a {@code Content-Type}. None, or an empty one, means
   * JSON, and so does the form type that {@code curl -d} sends unless told otherwise: no form is
   * ever a reading. A type that ends in {@code +json} is another format written as JSON, and would
   * be stored as nonsense.
   */
  private static Format format(ServerRequestHeaders headers) {
    if (!headers.contains(HeaderNames.CONTENT_TYPE)) {
      return Format.JSON;
    }
    String value = headers.get(HeaderNames.CONTENT_TYPE).values();
    int end = value.indexOf(';');
    String type = (end < 0 ? value : value.substring(0, end)).strip();
    if (type.isEmpty()
        || type.equalsIgnoreCase("application/json")
        || type.equalsIgnoreCase("application/x-www-form-urlencoded")) {
      return Format.JSON;
    }
    if (type.equalsIgnoreCase("application/x-ndjson")
        || type.equalsIgnoreCase("application/ndjson")
        || type.equalsIgnoreCase("application/jsonl")) {
      return Format.NDJSON;
    }
    return Format.UNKNOWN;
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
      ingest
          .refuse(
              request,
              response,
              Format.LINES,
              Status.BAD_REQUEST_400,
              "precision is " + precision(request) + ", allowed are " + allowed)
          .run();
      return;
    }
    ingest.take(request, response, Format.LINES, precision.get());
  }

  private static String precision(ServerRequest request) {
    return request.query().isEmpty() ? "" : request.query().first("precision").orElse("");
  }
}
