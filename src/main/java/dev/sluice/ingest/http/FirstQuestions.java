package dev.sluice.ingest.http;

import dev.sluice.http.Availability;
import dev.sluice.http.ErrorAnswer;
import dev.sluice.http.JsonStrings;
import dev.sluice.http.MethodNotAllowed;
import dev.sluice.http.RetryAfter;
import dev.sluice.http.auth.Scope;
import dev.sluice.http.auth.TokenAuth;
import io.helidon.common.parameters.Parameters;
import io.helidon.common.uri.UriQuery;
import io.helidon.http.Header;
import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import io.helidon.http.Status;
import io.helidon.webserver.http.HttpRules;
import io.helidon.webserver.http.HttpService;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;

/**
 * Answers what clients of InfluxDB and QuestDB ask before they write; without an answer they never
 * write. Must be registered after every other route of the port. Thread-safe.
 */
public final class FirstQuestions implements HttpService {
  private static final String VERSION = "1.8-sluice";
  private static final Header VERSION_HEADER =
      HeaderValues.createCached("X-Influxdb-Version", VERSION);

  /** The only version of QuestDB's text protocol that is ordinary line protocol. */
  private static final byte[] SETTINGS =
      ascii("{\"config\":{\"line.proto.support.versions\":[1]}}");

  private static final byte[] VERBOSE_PING = ascii("{\"version\":\"" + VERSION + "\"}");
  private static final byte[] SET_UP = ascii("{\"allowed\":false}");

  /** Where clients of InfluxDB and QuestDB send queries, and what deletes. */
  private static final List<String> LANGUAGES =
      List.of(
          "/api/v2/query",
          "/api/v2/delete",
          "/api/v3/query_sql",
          "/api/v3/query_influxql",
          "/exec");

  private static final int MOST_FORM_BYTES = 8 * 1024;
  private static final int LEAST_RETRY_SECONDS = 5;

  private final TokenAuth auth;
  private final Availability ingest;
  private final RetryAfter retryAfter = new RetryAfter(LEAST_RETRY_SECONDS);

  /**
   * Creates routes that are not registered yet.
   *
   * @param auth applies to statements only: clients ask the other questions before they send a
   *     token
   * @param ingest whether it would take a request now
   */
  public FirstQuestions(TokenAuth auth, Availability ingest) {
    this.auth = auth;
    this.ingest = ingest;
  }

  @Override
  public void routing(HttpRules rules) {
    rules
        .get("/ping", this::ping)
        .head("/ping", this::ping)
        .get("/api/v2/ping", this::ping)
        .head("/api/v2/ping", this::ping)
        .get("/health", this::health)
        .head("/health", this::health)
        .get("/ready", this::health)
        .head("/ready", this::health)
        .get("/settings", (request, response) -> send(request, response, SETTINGS))
        .get("/api/v2/setup", (request, response) -> send(request, response, SET_UP))
        .get("/api/v2/buckets", auth.require(this::buckets, Scope.READ, Scope.WRITE))
        .get("/api/v2/orgs", auth.require(this::orgs, Scope.READ, Scope.WRITE))
        .get("/query", auth.require(this::query, Scope.READ, Scope.WRITE))
        .post("/query", auth.require(this::query, Scope.READ, Scope.WRITE))
        .any("/ping", MethodNotAllowed.allowing("GET, HEAD"))
        .any("/api/v2/ping", MethodNotAllowed.allowing("GET, HEAD"))
        .any("/api/v2/setup", MethodNotAllowed.allowing("GET"))
        .any("/api/v2/buckets", MethodNotAllowed.allowing("GET"))
        .any("/api/v2/orgs", MethodNotAllowed.allowing("GET"))
        .any("/health", MethodNotAllowed.allowing("GET, HEAD"))
        .any("/ready", MethodNotAllowed.allowing("GET, HEAD"))
        .any("/settings", MethodNotAllowed.allowing("GET"))
        .any("/query", MethodNotAllowed.allowing("GET, POST"));
    for (String path : LANGUAGES) {
      rules.any(path, FirstQuestions::noLanguage);
    }
  }

  private void ping(ServerRequest request, ServerResponse response) {
    response.header(VERSION_HEADER);
    String verbose = parameter(request, "verbose");
    if (verbose.isEmpty() || verbose.equals("0") || verbose.equals("false")) {
      response.status(Status.NO_CONTENT_204).send();
    } else {
      send(request, response, VERBOSE_PING);
    }
  }

  private void health(ServerRequest request, ServerResponse response) {
    String reason = ingest.refusal().orElse("");
    response.header(VERSION_HEADER);
    if (reason.isEmpty()) {
      retryAfter.over();
    } else {
      response.status(Status.SERVICE_UNAVAILABLE_503);
      response.header(HeaderNames.RETRY_AFTER, Integer.toString(retryAfter.refused()));
    }
    StringBuilder json = new StringBuilder(128);
    json.append("{\"name\":\"sluice\",\"status\":\"").append(reason.isEmpty() ? "pass" : "fail");
    json.append("\",\"message\":");
    JsonStrings.quote(json, reason.isEmpty() ? "ready for readings" : reason);
    json.append(",\"checks\":[],\"version\":\"").append(VERSION).append("\"}");
    send(request, response, utf8(json.toString()));
  }

  private void buckets(ServerRequest request, ServerResponse response) {
    response.header(VERSION_HEADER);
    send(request, response, utf8(Namesakes.bucket(parameter(request, "name"))));
  }

  private void orgs(ServerRequest request, ServerResponse response) {
    response.header(VERSION_HEADER);
    send(request, response, utf8(Namesakes.organization(parameter(request, "org"))));
  }

  /** So that nobody takes it for a wrong address, and looks for another. */
  private static void noLanguage(ServerRequest request, ServerResponse response) {
    ErrorAnswer.send(
        request,
        response,
        Status.NOT_FOUND_404,
        "Sluice takes readings in, and answers neither SQL, Flux nor InfluxQL at "
            + request.path().path()
            + ": read with GET /v1/readings, or ask the stores themselves");
  }

  private void query(ServerRequest request, ServerResponse response) {
    Optional<String> statements = statements(request);
    if (statements.isEmpty()) {
      ErrorAnswer.send(
          request,
          response,
          Status.BAD_REQUEST_400,
          "parameter q is missing: it holds the statements, in the query or in a form of at most "
              + MOST_FORM_BYTES
              + " bytes");
      return;
    }
    response.header(VERSION_HEADER);
    send(request, response, utf8(Statements.answer(statements.orElseThrow())));
  }

  private static Optional<String> statements(ServerRequest request) {
    String inQuery = parameter(request, "q");
    if (!inQuery.isBlank()) {
      return Optional.of(inQuery);
    }
    if (!request.content().hasEntity()) {
      return Optional.empty();
    }
    try {
      InputStream in = request.content().inputStream();
      byte[] form = in.readNBytes(MOST_FORM_BYTES + 1);
      return form.length > MOST_FORM_BYTES
          ? Optional.empty()
          : first(UriQuery.create(new String(form, StandardCharsets.UTF_8)), "q");
    } catch (IOException e) {
      throw new UncheckedIOException("The server's stream of a body failed", e);
    }
  }

  private static Optional<String> first(Parameters parameters, String name) {
    return parameters.first(name).asOptional().filter(value -> !value.isBlank());
  }

  private static String parameter(ServerRequest request, String name) {
    return request.query().isEmpty() ? "" : request.query().first(name).orElse("");
  }

  private static void send(ServerRequest request, ServerResponse response, byte[] json) {
    response.header(HeaderValues.CONTENT_TYPE_JSON);
    ErrorAnswer.sendTo(request, response, json);
  }

  private static byte[] utf8(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }
}
