package dev.sluice.query.http;

import dev.sluice.http.ErrorAnswer;
import dev.sluice.http.auth.Scope;
import dev.sluice.http.auth.TokenAuth;
import io.helidon.http.Status;
import io.helidon.webserver.http.HttpRules;
import io.helidon.webserver.http.HttpService;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;

/**
 * {@code GET /v1/readings} of a node that has no stores to read from: 404, and who has.
 * Thread-safe.
 */
public final class ReadsElsewhere implements HttpService {
  /** Knows who answers reads. Thread-safe. */
  @FunctionalInterface
  public interface Readers {
    /** Their URLs, for a person; empty if none is known. */
    String urls();
  }

  private final TokenAuth auth;
  private final Readers readers;

  /** Creates the route; the caller registers it. */
  public ReadsElsewhere(TokenAuth auth, Readers readers) {
    this.auth = auth;
    this.readers = readers;
  }

  @Override
  public void routing(HttpRules rules) {
    rules.get("/v1/readings", auth.require(this::answer, Scope.READ));
  }

  private void answer(ServerRequest request, ServerResponse response) {
    String urls = readers.urls();
    ErrorAnswer.send(
        request,
        response,
        Status.NOT_FOUND_404,
        "this Sluice has no store to read from, as its node.roles are ingest; ask one that has"
            + " delivery among them"
            + (urls.isEmpty() ? "; none is up now" : ": " + urls));
  }
}
