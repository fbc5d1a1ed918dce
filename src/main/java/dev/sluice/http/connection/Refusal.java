package dev.sluice.http.connection;

import io.helidon.http.DirectHandler.EventType;
import io.helidon.http.DirectHandler.TransportRequest;
import io.helidon.http.RequestException;
import io.helidon.http.ServerRequestHeaders;
import io.helidon.http.Status;

/**
 * A request that the connection itself refuses, before a route sees it or while one reads its body.
 * The connection ends with the answer, because it is not known where the next request starts, or
 * there is no memory to find out. {@link UnroutedAnswer} takes its text from here. Immutable.
 *
 * @param reason what is wrong, for the client to read
 */
record Refusal(String reason) implements TransportRequest {
  /** Refuses what RFC 9110 or 9112 does not allow. */
  static RequestException badRequest(String reason) {
    return of(Status.BAD_REQUEST_400, reason);
  }

  /** Refuses what may be accepted in a moment. */
  static RequestException notNow(String reason) {
    return of(Status.SERVICE_UNAVAILABLE_503, reason);
  }

  static RequestException of(Status status, String reason) {
    return RequestException.builder()
        .type(status.code() < 500 ? EventType.BAD_REQUEST : EventType.OTHER)
        .status(status)
        .request(new Refusal(reason))
        .message(reason)
        .setKeepAlive(false)
        .build();
  }

  @Override
  public String protocolVersion() {
    return "HTTP/1.1";
  }

  @Override
  public String method() {
    return "";
  }

  @Override
  public String path() {
    return "";
  }

  @Override
  public ServerRequestHeaders headers() {
    return ServerRequestHeaders.create();
  }
}
