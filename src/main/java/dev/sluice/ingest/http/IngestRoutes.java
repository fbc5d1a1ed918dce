package dev.sluice.ingest.http;

import dev.sluice.http.ByteBudget;
import dev.sluice.http.MethodNotAllowed;
import dev.sluice.http.auth.Client;
import dev.sluice.http.auth.Scope;
import dev.sluice.http.auth.TokenAuth;
import dev.sluice.http.limit.Limits;
import dev.sluice.ingest.Admission;
import dev.sluice.ingest.IngestConfig;
import dev.sluice.ingest.format.Precision;
import io.helidon.http.HeaderNames;
import io.helidon.http.ServerRequestHeaders;
import io.helidon.http.Status;
import io.helidon.webserver.http.HttpRules;
import io.helidon.webserver.http.HttpService;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.util.Optional;

/**
 * The routes that take readings in. To be registered after every other route of the port: it
 * answers what is left of its paths with 405.
 */
public final class IngestRoutes implements HttpService {
  private static final Optional<Format> JSON = Optional.of(Format.JSON);
  private static final Optional<Format> NDJSON = Optional.of(Format.NDJSON);

  private static final Status LIMITED = Status.TOO_MANY_REQUESTS_429;

  /** Telegraf and others that speak version 1 drop what a 429 answers, and so does Prometheus. */
  private static final Status LIMITED_503 = Status.SERVICE_UNAVAILABLE_503;

  private static final String PROTOBUF = "application/x-protobuf";
  private static final String PROTO = "proto=";
  private static final String WRITE_1 = "prometheus.WriteRequest";
  private static final String WRITE_2 = "io.prometheus.write.v2.Request";

  private static final String PRECISIONS_V3 =
      "auto, nanosecond, microsecond, millisecond, second, ns, us, ms, s";

  private final Ingest ingest;
  private final TokenAuth auth;

  /**
   * Routes that are not registered yet.
   *
   * @param budget what bodies are claimed from; shared with the listener's connections
   * @param admission where bodies go once they are read
   * @param limits what each client may do
   */
  public IngestRoutes(
      IngestConfig config, ByteBudget budget, Admission admission, TokenAuth auth, Limits limits) {
    this.ingest = new Ingest(config, budget, admission, limits);
    this.auth = auth;
  }

  @Override
  public void routing(HttpRules rules) {
    metricsRouting(rules);
    rules
        .post("/v1/readings", auth.require(this::readings, Scope.WRITE))
        .post("/write", auth.require(this::writeV1, Scope.WRITE))
        .post("/api/v2/write", auth.require(this::writeV2, Scope.WRITE))
        .post("/api/v1/write", auth.require(this::remoteWrite, Scope.WRITE))
        .post("/api/v3/write_lp", auth.require(this::writeV3, Scope.WRITE))
        .any("/v1/readings", MethodNotAllowed.allowing("GET, POST"))
        .any("/write", MethodNotAllowed.allowing("POST"))
        .any("/api/v2/write", MethodNotAllowed.allowing("POST"))
        .any("/api/v1/write", MethodNotAllowed.allowing("POST"))
        .any("/api/v3/write_lp", MethodNotAllowed.allowing("POST"));
  }

  /** The routes of a port that takes OTLP only; they share all limits with these. */
  public HttpService otlpOnly() {
    return this::metricsRouting;
  }

  private void metricsRouting(HttpRules rules) {
    rules
        .post("/v1/metrics", auth.require(this::metrics, Scope.WRITE))
        .any("/v1/metrics", MethodNotAllowed.allowing("POST"));
  }

  private void metrics(Client client, ServerRequest request, ServerResponse response) {
    boolean json = isType(request.headers(), "application/json");
    if (!json && !isType(request.headers(), "application/x-protobuf")) {
      ingest.refuse(
          new IngestRequest(
              client, request, response, LIMITED, Format.OTLP_JSON, Precision.DEFAULT),
          Status.UNSUPPORTED_MEDIA_TYPE_415,
          "Content-Type is not application/x-protobuf or application/json, the encodings of OTLP");
      return;
    }
    Format format = json ? Format.OTLP_JSON : Format.OTLP_PROTOBUF;
    ingest.take(new IngestRequest(client, request, response, LIMITED, format, Precision.DEFAULT));
  }

  private static boolean isType(ServerRequestHeaders headers, String type) {
    return headers.contains(HeaderNames.CONTENT_TYPE)
        && mediaType(headers.get(HeaderNames.CONTENT_TYPE).values()).equalsIgnoreCase(type);
  }

  /** A {@code Content-Type} without its parameters. */
  private static String mediaType(String value) {
    int end = value.indexOf(';');
    return (end < 0 ? value : value.substring(0, end)).strip();
  }

  private void readings(Client client, ServerRequest request, ServerResponse response) {
    Optional<Format> format = format(request.headers());
    if (format.isEmpty()) {
      ingest.refuse(
          new IngestRequest(client, request, response, LIMITED, Format.JSON, Precision.DEFAULT),
          Status.UNSUPPORTED_MEDIA_TYPE_415,
          "Content-Type "
              + request.headers().get(HeaderNames.CONTENT_TYPE).values()
              + " is not supported, allowed are application/json and application/x-ndjson"
              + " (line protocol goes to /write)");
      return;
    }
    ingest.take(
        new IngestRequest(client, request, response, LIMITED, format.get(), Precision.DEFAULT));
  }

  /**
   * What {@code POST /v1/readings} makes of a {@code Content-Type}. None, or an empty one, means
   * JSON, and so does the form type that {@code curl -d} sends unless told otherwise: no form is
   * ever a reading. A type that ends in {@code +json} is another format written as JSON, and would
   * be stored as nonsense.
   */
  private static Optional<Format> format(ServerRequestHeaders headers) {
    if (!headers.contains(HeaderNames.CONTENT_TYPE)) {
      return JSON;
    }
    String type = mediaType(headers.get(HeaderNames.CONTENT_TYPE).values());
    if (type.isEmpty()
        || type.equalsIgnoreCase("application/json")
        || type.equalsIgnoreCase("application/x-www-form-urlencoded")) {
      return JSON;
    }
    if (type.equalsIgnoreCase("application/x-ndjson")
        || type.equalsIgnoreCase("application/ndjson")
        || type.equalsIgnoreCase("application/jsonl")) {
      return NDJSON;
    }
    return Optional.empty();
  }

  private void writeV1(Client client, ServerRequest request, ServerResponse response) {
    String name = precision(request);
    write(
        client,
        request,
        response,
        LIMITED_503,
        name.isEmpty() ? Optional.of(Precision.DEFAULT) : Precision.ofV1(name),
        "ns, u, ms, s, m, h");
  }

  private void writeV2(Client client, ServerRequest request, ServerResponse response) {
    String name = precision(request);
    write(
        client,
        request,
        response,
        LIMITED,
        name.isEmpty() ? Optional.of(Precision.DEFAULT) : Precision.ofV2(name),
        "ns, us, ms, s");
  }

  /** {@code no_sync} changes nothing: an answer that did not wait for the journal is no answer. */
  private void writeV3(Client client, ServerRequest request, ServerResponse response) {
    String name = precision(request);
    Optional<Precision> precision =
        name.isEmpty() ? Optional.of(Precision.AUTO) : Precision.ofV3(name);
    Optional<Boolean> partial = flag(parameter(request, "accept_partial"), true);
    Optional<Boolean> noSync = flag(parameter(request, "no_sync"), false);
    if (precision.isEmpty() || partial.isEmpty() || noSync.isEmpty()) {
      refuse(
          client,
          request,
          response,
          LIMITED,
          precision.isEmpty()
              ? "precision is %s, allowed are %s".formatted(name, PRECISIONS_V3)
              : "accept_partial and no_sync must be true or false");
      return;
    }
    ingest.take(
        new IngestRequest(
            client, request, response, LIMITED, Format.LINES, precision.get(), !partial.get()));
  }

  private static Optional<Boolean> flag(String text, boolean missing) {
    return switch (text) {
      case "" -> Optional.of(missing);
      case "true" -> Optional.of(true);
      case "false" -> Optional.of(false);
      default -> Optional.empty();
    };
  }

  private void write(
      Client client,
      ServerRequest request,
      ServerResponse response,
      Status overLimit,
      Optional<Precision> precision,
      String allowed) {
    if (precision.isEmpty()) {
      refuse(
          client,
          request,
          response,
          overLimit,
          "precision is " + precision(request) + ", allowed are " + allowed);
      return;
    }
    ingest.take(
        new IngestRequest(client, request, response, overLimit, Format.LINES, precision.get()));
  }

  private void remoteWrite(Client client, ServerRequest request, ServerResponse response) {
    Optional<Format> format = remoteWriteFormat(request.headers());
    var write =
        new IngestRequest(
            client,
            request,
            response,
            LIMITED_503,
            format.orElse(Format.REMOTE_WRITE_1),
            Precision.DEFAULT);
    if (format.isPresent()) {
      ingest.take(write);
    } else {
      ingest.refuse(
          write,
          Status.UNSUPPORTED_MEDIA_TYPE_415,
          "Content-Type "
              + request.headers().get(HeaderNames.CONTENT_TYPE).values()
              + " is not supported, allowed are application/x-protobuf alone, with "
              + PROTO
              + WRITE_1
              + " or with "
              + PROTO
              + WRITE_2);
    }
  }

  /** The version of remote write that a {@code Content-Type} names; without one it is the first. */
  private static Optional<Format> remoteWriteFormat(ServerRequestHeaders headers) {
    String[] parts =
        headers.contains(HeaderNames.CONTENT_TYPE)
            ? headers.get(HeaderNames.CONTENT_TYPE).values().split(";", -1)
            : new String[] {PROTOBUF};
    String message = WRITE_1;
    for (int i = 1; i < parts.length; i++) {
      String parameter = parts[i].strip();
      if (parameter.regionMatches(true, 0, PROTO, 0, PROTO.length())) {
        message = parameter.substring(PROTO.length()).replace("\"", "");
      }
    }
    return !parts[0].strip().equalsIgnoreCase(PROTOBUF)
        ? Optional.empty()
        : switch (message) {
          case WRITE_1 -> Optional.of(Format.REMOTE_WRITE_1);
          case WRITE_2 -> Optional.of(Format.REMOTE_WRITE_2);
          default -> Optional.empty();
        };
  }

  /** Turns away lines whose parameters nobody understands. */
  private void refuse(
      Client client,
      ServerRequest request,
      ServerResponse response,
      Status overLimit,
      String reason) {
    ingest.refuse(
        new IngestRequest(client, request, response, overLimit, Format.LINES, Precision.DEFAULT),
        Status.BAD_REQUEST_400,
        reason);
  }

  private static String precision(ServerRequest request) {
    return parameter(request, "precision");
  }

  private static String parameter(ServerRequest request, String name) {
    return request.query().isEmpty() ? "" : request.query().first(name).orElse("");
  }
}
