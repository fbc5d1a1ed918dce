package dev.sluice.admin;

import dev.sluice.api.Json;
import dev.sluice.http.ErrorAnswer;
import dev.sluice.http.MethodNotAllowed;
import dev.sluice.http.auth.Scope;
import dev.sluice.http.auth.TokenAuth;
import io.helidon.http.Status;
import io.helidon.webserver.http.HttpRules;
import io.helidon.webserver.http.HttpService;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;

/** {@code GET /v1/history}: the last 15 minutes and what is wrong now. Thread-safe. */
public final class HistoryRoutes implements HttpService {
  private static final String PATH = "/v1/history";

  private final History history;
  private final TokenAuth auth;
  private final SharedAnswer shared = new SharedAnswer();

  /** Creates the routes; the caller registers them. */
  public HistoryRoutes(History history, TokenAuth auth) {
    this.history = history;
    this.auth = auth;
  }

  @Override
  public void routing(HttpRules rules) {
    rules
        .get(PATH, auth.require(this::show, Scope.READ, Scope.ADMIN))
        .any(PATH, MethodNotAllowed.allowing("GET"));
  }

  private void show(ServerRequest request, ServerResponse response) {
    final long since;
    String text = Query.text(request, "since").orElse("0");
    try {
      since = Long.parseLong(text);
    } catch (NumberFormatException e) {
      ErrorAnswer.send(
          request,
          response,
          Status.BAD_REQUEST_400,
          "since is " + text + ", allowed are whole seconds since 1970-01-01T00:00:00Z");
      return;
    }
    Query.answer(response, shared.to(request, text, () -> Json.write(history.since(since))));
  }
}
