package dev.sluice.http;

import io.helidon.http.Header;
import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import io.helidon.http.Status;
import io.helidon.webserver.http.Handler;

/** The answer of a path to methods that it has no route for. */
public final class MethodNotAllowed {
  private MethodNotAllowed() {}

  /**
   * Returns the handler to register for a path after the handlers of its methods.
   *
   * @param methods the allowed methods, as in an {@code Allow} header
   */
  public static Handler allowing(String methods) {
    Header allow = HeaderValues.createCached(HeaderNames.ALLOW, methods);
    return (request, response) -> {
      response.header(allow);
      ErrorAnswer.send(
          request,
          response,
          Status.METHOD_NOT_ALLOWED_405,
          "%s is not allowed on %s, allowed are %s"
              .formatted(request.prologue().method().text(), request.path().path(), methods));
    };
  }
}
