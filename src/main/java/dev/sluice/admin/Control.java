package dev.sluice.admin;

import dev.sluice.api.Json;
import dev.sluice.api.Problem;
import dev.sluice.audit.AuditLog;
import dev.sluice.audit.UnrecordedException;
import dev.sluice.http.ErrorAnswer;
import dev.sluice.http.MethodNotAllowed;
import dev.sluice.http.auth.Client;
import dev.sluice.http.auth.Scope;
import dev.sluice.http.auth.TokenAuth;
import dev.sluice.migration.RefusedException;
import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import io.helidon.http.Status;
import io.helidon.webserver.http.HttpRules;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import jakarta.json.JsonObject;
import jakarta.json.JsonValue;
import java.io.IOException;
import java.io.OutputStreamWriter;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One path of the admin port over one part of the migration: GET shows, POST changes. Runs on the
 * connection's virtual thread, which may wait as long as the part takes. Thread-safe.
 *
 * <p>An invalid request gets a 4xx, a refused one a 409, one that another node must be asked a 421,
 * and a part that is not there yet or that failed a 503: retrying is always harmless, because
 * nothing is done twice. A change that cannot be recorded gets a 503 too, and is not made.
 *
 * @param path of both methods
 * @param part empty while Sluice starts or stops, or another node has it
 * @param tails one permit for each response with a tail that may be under way at the same time
 */
record Control<T>(String path, OpenPart<T> part, TokenAuth auth, Semaphore tails) {
  /** A tail is long, and written while delivery continues. */
  static final int MOST_TAILS = 4;

  private static final int RETRY_SECONDS = 5;

  private static final Logger LOG = LoggerFactory.getLogger(Control.class);

  Control(String path, OpenPart<T> part, TokenAuth auth) {
    this(path, part, auth, new Semaphore(MOST_TAILS));
  }

  /** Shows the state of the part. */
  @FunctionalInterface
  interface Show<T> {
    Record answer(T part, ServerRequest request) throws InvalidException;
  }

  /** Shows what is too long to be held in memory, after the members that are not. */
  @FunctionalInterface
  interface ShowMore<T> {
    Optional<Tail> answer(T part, ServerRequest request) throws InvalidException;
  }

  /** Writes members of a JSON object, each preceded by a comma. */
  @FunctionalInterface
  interface Tail {
    void writeTo(Writer out) throws IOException;
  }

  /** Makes the change that the body asks for. */
  @FunctionalInterface
  interface Change<T> {
    /**
     * The answer once the change is made.
     *
     * @param line hash of the audit line that records the request
     */
    Record answer(T part, Members body, String line) throws InvalidException, RefusedException;
  }

  /**
   * A change, and what is recorded of it.
   *
   * @param members those of the body that are recorded: what is asked for, and no free text
   */
  record Audited<T>(AuditLog log, Change<T> change, List<String> members) {
    Audited(AuditLog log, Change<T> change, String... members) {
      this(log, change, List.of(members));
    }
  }

  /** What a request wants from the part. */
  @FunctionalInterface
  private interface Question<T, A> {
    A answer(T part) throws InvalidException, RefusedException;
  }

  /**
   * What a request is answered.
   *
   * @param retrySeconds when to try again; 0 if that is not asked for
   * @param result of a change, as it is recorded
   */
  private record Outcome(Status status, String json, int retrySeconds, JsonObject result) {
    void send(ServerRequest request, ServerResponse response) {
      if (status.equals(Status.OK_200)) {
        response.header(HeaderValues.CONTENT_TYPE_JSON).send(json + "\n");
        return;
      }
      if (retrySeconds > 0) {
        response.header(HeaderNames.RETRY_AFTER, Integer.toString(retrySeconds));
      }
      ErrorAnswer.sendBody(request, response, status, json);
    }
  }

  /** GET only. */
  void routing(HttpRules rules, Show<T> show) {
    rules
        .get(
            path,
            auth.require(
                (request, response) ->
                    answer(
                        request,
                        response,
                        present -> show.answer(present, request),
                        present -> Optional.empty()),
                Scope.READ,
                Scope.ADMIN))
        .any(path, MethodNotAllowed.allowing("GET"));
  }

  void routing(HttpRules rules, Show<T> show, Audited<T> audited) {
    routing(rules, show, (present, request) -> Optional.empty(), audited);
  }

  void routing(HttpRules rules, Show<T> show, ShowMore<T> more, Audited<T> audited) {
    rules
        .get(
            path,
            auth.require(
                (request, response) ->
                    answer(
                        request,
                        response,
                        present -> show.answer(present, request),
                        present -> more.answer(present, request)),
                Scope.READ,
                Scope.ADMIN))
        .post(
            path,
            auth.require(
                (client, request, response) -> change(client, request, response, audited),
                Scope.ADMIN))
        .any(path, MethodNotAllowed.allowing("GET, POST"));
  }

  private void change(
      Client client, ServerRequest request, ServerResponse response, Audited<T> audited) {
    Members body;
    try {
      body = JsonBody.read(request);
    } catch (InvalidException e) {
      ErrorAnswer.send(request, response, e.status(), text(e));
      return;
    }
    Optional<T> present = part.now();
    if (present.isEmpty()) {
      sendNotYet(request, response);
      return;
    }
    AuditLog.Change line;
    try {
      line =
          audited
              .log()
              .before(
                  AuditLines.actor(client, request),
                  request.prologue().method().text(),
                  path,
                  AuditLines.given(body, audited.members()));
    } catch (UnrecordedException e) {
      ErrorAnswer.sendNotNow(request, response, RETRY_SECONDS, text(e));
      return;
    }
    Outcome outcome;
    try {
      outcome =
          outcome(
              request,
              present.orElseThrow(),
              part -> audited.change().answer(part, body, line.hash()));
    } catch (Error e) {
      line.ended(Status.INTERNAL_SERVER_ERROR_500.code(), JsonValue.EMPTY_JSON_OBJECT);
      throw e;
    }
    line.ended(outcome.status().code(), outcome.result());
    outcome.send(request, response);
  }

  private void answer(
      ServerRequest request,
      ServerResponse response,
      Question<T, Record> question,
      Question<T, Optional<Tail>> more) {
    Optional<T> present = part.now();
    if (present.isEmpty()) {
      sendNotYet(request, response);
      return;
    }
    Optional<Tail> tail;
    try {
      tail = more.answer(present.orElseThrow());
    } catch (InvalidException | RefusedException | RuntimeException e) {
      failure(request, e).send(request, response);
      return;
    }
    Outcome outcome = outcome(request, present.orElseThrow(), question);
    if (tail.isEmpty() || !outcome.status().equals(Status.OK_200)) {
      outcome.send(request, response);
    } else if (tails.tryAcquire()) {
      try {
        stream(response.header(HeaderValues.CONTENT_TYPE_JSON), outcome.json(), tail.get());
      } finally {
        tails.release();
      }
    } else {
      ErrorAnswer.sendNotNow(
          request,
          response,
          RETRY_SECONDS,
          path
              + " is already streaming to "
              + MOST_TAILS
              + " other clients, the maximum: try again");
    }
  }

  private void sendNotYet(ServerRequest request, ServerResponse response) {
    Optional<String> elsewhere = part.elsewhere();
    if (elsewhere.isPresent()) {
      ErrorAnswer.send(
          request,
          response,
          Status.MISDIRECTED_REQUEST_421,
          path + " is not answered here: " + elsewhere.get());
      return;
    }
    ErrorAnswer.sendNotNow(
        request,
        response,
        RETRY_SECONDS,
        path + " cannot be answered now: Sluice is starting or stopping");
  }

  private Outcome outcome(ServerRequest request, T present, Question<T, Record> question) {
    try {
      Record answer = question.answer(present);
      return new Outcome(Status.OK_200, Json.write(answer), 0, AuditLines.result(answer));
    } catch (InvalidException | RefusedException | RuntimeException e) {
      return failure(request, e);
    }
  }

  private Outcome failure(ServerRequest request, Exception e) {
    return switch (e) {
      case InvalidException invalid ->
          new Outcome(
              invalid.status(),
              ErrorAnswer.body(invalid.status(), text(e)),
              0,
              JsonValue.EMPTY_JSON_OBJECT);
      case RefusedException refused ->
          new Outcome(
              Status.CONFLICT_409,
              Json.write(Problem.refused(text(e), refused.report().orElse(null))),
              0,
              AuditLines.result(refused));
      default -> failed(request, e);
    };
  }

  private static void stream(ServerResponse response, String json, Tail tail) {
    try (Writer out = new OutputStreamWriter(response.outputStream(), StandardCharsets.UTF_8)) {
      out.write(json, 0, json.length() - 1);
      tail.writeTo(out);
      out.write("}\n");
    } catch (IOException e) {
      throw new UncheckedIOException(e); // the client has left
    }
  }

  private Outcome failed(ServerRequest request, Exception e) {
    String method = request.prologue().method().text();
    LOG.error("{} {} failed", method, path, e);
    String message =
        "%s %s failed; Sluice's log says why. GET %s shows what is in force now"
            .formatted(method, path, path);
    return new Outcome(
        Status.SERVICE_UNAVAILABLE_503,
        ErrorAnswer.body(Status.SERVICE_UNAVAILABLE_503, message),
        RETRY_SECONDS,
        JsonValue.EMPTY_JSON_OBJECT);
  }

  private static String text(Exception e) {
    return Objects.requireNonNullElse(e.getMessage(), e.toString());
  }
}
