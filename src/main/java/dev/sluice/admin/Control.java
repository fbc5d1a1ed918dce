package dev.sluice.admin;

import dev.sluice.api.Json;
import dev.sluice.api.Problem;
import dev.sluice.http.ErrorAnswer;
import dev.sluice.http.MethodNotAllowed;
import dev.sluice.http.auth.Scope;
import dev.sluice.http.auth.TokenAuth;
import dev.sluice.migration.RefusedException;
import io.helidon.http.HeaderValues;
import io.helidon.http.Status;
import io.helidon.webserver.http.HttpRules;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.io.IOException;
import java.io.OutputStreamWriter;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One path of the admin port over one part of the migration: GET shows, POST changes. Runs on the
 * connection's virtual thread, which may wait as long as the part takes. Thread-safe.
 *
 * <p>An invalid request gets a 4xx, a refused one a 409, and a part that is not there yet or that
 * failed a 503: retrying is always harmless, because nothing is done twice.
 *
 * @param path of both methods
 * @param part empty while Sluice starts or stops
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
    Record answer(T part, Members body) throws InvalidException, RefusedException;
  }

  /** What a request wants from the part. */
  @FunctionalInterface
  private interface Question<T, A> {
    A answer(T part) throws InvalidException, RefusedException;
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

  void routing(HttpRules rules, Show<T> show, Change<T> change) {
    routing(rules, show, (present, request) -> Optional.empty(), change);
  }

  void routing(HttpRules rules, Show<T> show, ShowMore<T> more, Change<T> change) {
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
            auth.require((request, response) -> change(request, response, change), Scope.ADMIN))
        .any(path, MethodNotAllowed.allowing("GET, POST"));
  }

  private void change(ServerRequest request, ServerResponse response, Change<T> change) {
    Members body;
    try {
      body = JsonBody.read(request);
    } catch (InvalidException e) {
      ErrorAnswer.send(request, response, e.status(), text(e));
      return;
    }
    answer(request, response, present -> change.answer(present, body), present -> Optional.empty());
  }

  private void answer(
      ServerRequest request,
      ServerResponse response,
      Question<T, Record> question,
      Question<T, Optional<Tail>> more) {
    Optional<T> present = part.now();
    if (present.isEmpty()) {
      ErrorAnswer.sendNotNow(
          request,
          response,
          RETRY_SECONDS,
          path + " cannot be answered now: Sluice is starting or stopping");
      return;
    }
    String json;
    Optional<Tail> tail;
    try {
      tail = more.answer(present.orElseThrow());
      json = Json.write(question.answer(present.orElseThrow()));
    } catch (InvalidException e) {
      ErrorAnswer.send(request, response, e.status(), text(e));
      return;
    } catch (RefusedException e) {
      ErrorAnswer.sendBody(request, response, Status.CONFLICT_409, refused(e));
      return;
    } catch (RuntimeException e) {
      failed(request, response, e);
      return;
    }
    if (tail.isEmpty()) {
      response.header(HeaderValues.CONTENT_TYPE_JSON).send(json + "\n");
    } else if (tails.tryAcquire()) {
      try {
        stream(response.header(HeaderValues.CONTENT_TYPE_JSON), json, tail.get());
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

  private static void stream(ServerResponse response, String json, Tail tail) {
    try (Writer out = new OutputStreamWriter(response.outputStream(), StandardCharsets.UTF_8)) {
      out.write(json, 0, json.length() - 1);
      tail.writeTo(out);
      out.write("}\n");
    } catch (IOException e) {
      throw new UncheckedIOException(e); // the client has left
    }
  }

  private void failed(ServerRequest request, ServerResponse response, RuntimeException e) {
    String method = request.prologue().method().text();
    LOG.error("{} {} failed", method, path, e);
    ErrorAnswer.sendNotNow(
        request,
        response,
        RETRY_SECONDS,
        "%s %s failed; Sluice's log says why. GET %s shows what is in force now"
            .formatted(method, path, path));
  }

  private static String refused(RefusedException refusal) {
    return Json.write(Problem.refused(text(refusal), refusal.report().orElse(null)));
  }

  private static String text(Exception e) {
    return Objects.requireNonNullElse(e.getMessage(), e.toString());
  }
}
