package dev.sluice.http.connection;

import dev.sluice.http.ErrorAnswer;
import io.helidon.http.DirectHandler;
import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import io.helidon.http.ServerResponseHeaders;
import io.helidon.http.Status;
import java.nio.charset.StandardCharsets;

/**
 * The server's answer where no route answers: nothing at that path, not HTTP, too large, an
 * internal failure. It has the same form as {@link ErrorAnswer}. Stateless.
 */
final class UnroutedAnswer implements DirectHandler {
  /** For conditions that do not pass in a second: too many connections, or too much in flight. */
  private static final int RETRY_SECONDS = 10;

  @Override
  public TransportResponse handle(
      TransportRequest request,
      EventType eventType,
      Status status,
      ServerResponseHeaders headers,
      String message) {
    headers.set(HeaderValues.CONTENT_TYPE_JSON);
    if (status.code() == Status.SERVICE_UNAVAILABLE_503.code()) {
      headers.set(HeaderValues.create(HeaderNames.RETRY_AFTER, RETRY_SECONDS));
    }
    TransportResponse.Builder response =
        TransportResponse.builder()
            .status(status)
            .headers(headers)
            .keepAlive(eventType.keepAlive());
    if (!request.method().equals("HEAD")) {
      response.entity(json(request, status).getBytes(StandardCharsets.UTF_8));
    }
    return response.build();
  }

  /**
   * Anything that may have been a write, including one cut off in its first line, is refused as a
   * write.
   */
  private static String json(TransportRequest request, Status status) {
    String text = text(request, status);
    boolean never = status.code() == 400 || status.code() == 413;
    return never && !request.method().equals("GET")
        ? ErrorAnswer.nothingKept(status, text)
        : ErrorAnswer.body(status, text);
  }

  private static String text(TransportRequest request, Status status) {
    if (request instanceof Refusal refusal) {
      return refusal.reason();
    }
    return switch (status.code()) {
      case 400 -> "this is not a well-formed HTTP/1.1 request, or its headers are too large";
      case 404 -> "nothing is served at " + request.path();
      case 413 -> "the body is too large: send smaller batches";
      case 414 -> "the request line is too long";
      case 503 -> "too much is in flight; nothing was stored, try again";
      case 500 -> "this is a fault in Sluice; its log has the details";
      default -> status.reasonPhrase();
    };
  }
}
