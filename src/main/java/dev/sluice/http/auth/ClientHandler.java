package dev.sluice.http.auth;

import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;

/** A handler that needs to know who sends the request. */
@FunctionalInterface
public interface ClientHandler {
  /** Answers a request of a client that may send it. */
  void handle(Client client, ServerRequest request, ServerResponse response) throws Exception;
}
