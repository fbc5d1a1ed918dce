package dev.sluice.http;

import io.helidon.http.Header;
import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import io.helidon.http.Method;
import io.helidon.http.Status;
import io.helidon.webserver.http.ServerRequest;
import io.helidon.webserver.http.ServerResponse;
import java.nio.charset.StandardCharsets;

/**
 * The form of every refusal: one JSON object with {@code code} and {@code message}, which clients
 * of version 2 of the InfluxDB API read, and {@code error}, which clients of version 1 read.
 */
public final class ErrorAnswer {
  /** Stops browsers from guessing a content type other than the declared one. */
  public static final Header NO_SNIFF =
      HeaderValues.createCached("X-Content-Type-Options", "nosniff");

  /**
   * The words by which clients of version 1 of the InfluxDB API recognise that a batch will never
   * be accepted; without them, influxdb-java resends a refused batch forever.
   */
  private static final String NEVER = "partial write: unable to parse ";

  private ErrorAnswer() {}

  /** Sends {@code status} with this message. */
  public static void send(
      ServerRequest request, ServerResponse response, Status status, String message) {
    sendBody(request, response, status, body(status, message));
  }

  /** Sends 503 and asks the client to retry after this many seconds. */
  public static void sendNotNow(
      ServerRequest request, ServerResponse response, int retrySeconds, String message) {
    sendLater(request, response, Status.SERVICE_UNAVAILABLE_503, retrySeconds, message);
  }

  /** Sends {@code status} and asks the client to retry after this many seconds. */
  public static void sendLater(
      ServerRequest request,
      ServerResponse response,
      Status status,
      int retrySeconds,
      String message) {
    response.header(HeaderNames.RETRY_AFTER, Integer.toString(retrySeconds));
    send(request, response, status, message);
  }

  /** Sends {@code status} with JSON built by the caller. */
  public static void sendBody(
      ServerRequest request, ServerResponse response, Status status, String json) {
    response.status(status).header(HeaderValues.CONTENT_TYPE_JSON).header(NO_SNIFF);
    sendTo(request, response, json.getBytes(StandardCharsets.UTF_8));
  }

  /** Sends this body, or only the headers if the request is a HEAD. */
  public static void sendTo(ServerRequest request, ServerResponse response, byte[] body) {
    if (request.prologue().method().equals(Method.HEAD)) {
      response.send();
    } else {
      response.send(body);
    }
  }

  /**
   * The text of {@code message} and {@code error} for a write that is refused in part or as a
   * whole.
   */
  public static String never(String what, String reason, int dropped) {
    return NEVER + what + ": " + reason + " dropped=" + dropped;
  }

  /**
   * The JSON object for a write of which nothing was kept, and which must not be sent again. It
   * does not say how much was dropped: what cannot be read has not been counted.
   */
  public static String nothingKept(Status status, String reason) {
    return writeHead(status, NEVER + "the request: " + reason, 0).append("]}").toString();
  }

  /**
   * Begins the JSON object for a write that is refused in part or as a whole, up to the items of
   * {@code rejected}.
   */
  public static StringBuilder writeHead(Status status, String message, int accepted) {
    StringBuilder out = new StringBuilder(256);
    out.append(body(status, message));
    out.setLength(out.length() - 1);
    return out.append(",\"accepted\":").append(accepted).append(",\"rejected\":[");
  }

  /** The JSON object for {@code status} and {@code message}. */
  public static String body(Status status, String message) {
    StringBuilder out = new StringBuilder(64 + 2 * message.length());
    out.append("{\"code\":");
    JsonStrings.quote(out, code(status));
    out.append(",\"message\":");
    JsonStrings.quote(out, message);
    out.append(",\"error\":");
    JsonStrings.quote(out, message);
    return out.append('}').toString();
  }

  /** The error code for a status, as version 2 of the InfluxDB API spells it. */
  static String code(Status status) {
    return switch (status.code()) {
      case 400, 411, 414, 431 -> "invalid";
      case 401 -> "unauthorized";
      case 403 -> "forbidden";
      case 404 -> "not found";
      case 405 -> "method not allowed";
      case 413 -> "request too large";
      case 415 -> "unsupported media type";
      case 429 -> "too many requests";
      case 503 -> "unavailable";
      default -> status.code() < 500 ? "invalid" : "internal error";
    };
  }
}
