package dev.sluice.admin;

import dev.sluice.files.FirstLines;
import dev.sluice.http.ErrorAnswer;
import dev.sluice.http.MethodNotAllowed;
import dev.sluice.http.auth.Scope;
import dev.sluice.http.auth.TokenAuth;
import io.helidon.http.Status;
import io.helidon.webserver.http.Handler;
import io.helidon.webserver.http.HttpRules;
import io.helidon.webserver.http.HttpService;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import jakarta.json.Json;
import jakarta.json.JsonArrayBuilder;
import jakarta.json.JsonException;
import jakarta.json.JsonObjectBuilder;
import jakarta.json.JsonReader;
import java.io.IOException;
import java.io.StringReader;
import java.nio.file.Path;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * The first lines of the files that Sluice keeps for people: {@code GET /v1/dead-letters} and
 * {@code GET /v1/verify/mismatches?hour=}. Read on the connection's virtual thread, from files that
 * another thread may append to or replace: a line that is not whole yet is left out. Thread-safe.
 */
public final class ListingRoutes implements HttpService {
  static final int MOST_LINES = 100;

  private static final int MOST_BYTES = 1 << 20;
  private static final String DEAD_LETTERS = "/v1/dead-letters";
  private static final String MISMATCHES = "/v1/verify/mismatches";

  /** The hour becomes a file name: nothing in it may lead to another directory. */
  private static final Pattern HOUR = Pattern.compile("\\d{4}-\\d\\d-\\d\\dT\\d\\d");

  private final Map<String, Path> deadLetters;
  private final Path mismatches;
  private final TokenAuth auth;

  /** Answers a request, or fails to read a file. */
  @FunctionalInterface
  private interface Show {
    void answer(ServerRequest request, ServerResponse response) throws IOException;
  }

  /**
   * Creates the routes; the caller registers them.
   *
   * @param deadLetters the file of each store, by the store's name
   * @param mismatches the folder with one file an hour
   */
  public ListingRoutes(Map<String, Path> deadLetters, Path mismatches, TokenAuth auth) {
    this.deadLetters = Map.copyOf(deadLetters);
    this.mismatches = mismatches;
    this.auth = auth;
  }

  @Override
  public void routing(HttpRules rules) {
    rules
        .get(DEAD_LETTERS, auth.require(handler(this::deadLetters), Scope.READ, Scope.ADMIN))
        .any(DEAD_LETTERS, MethodNotAllowed.allowing("GET"))
        .get(MISMATCHES, auth.require(handler(this::mismatches), Scope.READ, Scope.ADMIN))
        .any(MISMATCHES, MethodNotAllowed.allowing("GET"));
  }

  private static Handler handler(Show show) {
    return (request, response) -> {
      try {
        show.answer(request, response);
      } catch (IOException e) {
        ErrorAnswer.sendNotNow(
            request, response, 5, "a file could not be read (" + e + "): see its permissions");
      }
    };
  }

  private void deadLetters(ServerRequest request, ServerResponse response) throws IOException {
    JsonObjectBuilder json = Json.createObjectBuilder();
    for (Map.Entry<String, Path> store : deadLetters.entrySet()) {
      json.add(store.getKey(), listing(store.getValue()));
    }
    Query.answer(response, json.build());
  }

  private void mismatches(ServerRequest request, ServerResponse response) throws IOException {
    String hour = Query.text(request, "hour").orElse("");
    if (!HOUR.matcher(hour).matches()) {
      ErrorAnswer.send(
          request,
          response,
          Status.BAD_REQUEST_400,
          "hour is "
              + (hour.isEmpty() ? "missing" : hour)
              + ", allowed are hours as the parity map names them, like 2026-11-21T22");
      return;
    }
    Query.answer(response, listing(mismatches.resolve(hour + ".ndjson")).add("hour", hour).build());
  }

  /** {@code file}, {@code bytes}, {@code lines} (parsed), {@code more}: whether others follow. */
  private static JsonObjectBuilder listing(Path file) throws IOException {
    FirstLines first = FirstLines.of(file, MOST_LINES, MOST_BYTES);
    JsonArrayBuilder lines = Json.createArrayBuilder();
    for (String line : first.lines()) {
      try (JsonReader reader = Json.createReader(new StringReader(line))) {
        lines.add(reader.readObject());
      } catch (JsonException e) {
        lines.add(Json.createObjectBuilder().add("reason", "not a line of Sluice's: " + line));
      }
    }
    return Json.createObjectBuilder()
        .add("file", file.toString())
        .add("bytes", first.bytes())
        .add("lines", lines)
        .add("more", first.more());
  }
}
