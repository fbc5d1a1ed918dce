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
 * What every refusal looks like: one JSON object with {@code code} and {@code message}, which
 * clients of version 2 of the InfluxDB API read, and {@code error}, which those of version 1 do.
 */
public final class ErrorAnswer {
  /** A browser is not to take an answer for anything else than it says it is. */
  public static final Header NO_SNIFF =
      HeaderValues.createCached("X-Content-Type-Options", "nosniff");

  /**
   * The words by which clients of version 1 of the InfluxDB API know that a batch will never be
   * taken; influxdb-java sends one that is refused without them again for ever.
   */
  private static final String NEVER = "partial write: unable to parse ";

  private ErrorAnswer() {}

  /** Sends {@code status} with this message. */
  public static void send(
      ServerRequest request, ServerResponse response, Status status, String message) {
    sendBody(request, response, status, body(status, message));
  }

  /** Sends 503 and asks the client to come again after this many seconds. */
  public static void sendNotNow(
      ServerRequest request, ServerResponse response, int retrySeconds, String message) {
    response.header(HeaderNames.RETRY_AFTER, Integer.toString(retrySeconds));
    send(request, response, Status.SERVICE_UNAVAILABLE_503, message);
  }

  /** Sends {@code status} with a JSON text made by the caller. */
  public static void sendBody(
      ServerRequest request, ServerResponse response, Status status, String json) {
    response.status(status).header(HeaderValues.CONTENT_TYPE_JSON).header(NO_SNIFF);
    sendTo(request, response, json.getBytes(StandardCharsets.UTF_8));
  }

  /** Sends this body, and nothing of it to a HEAD. */
  public static void sendTo(ServerRequest request, ServerResponse response, byte[] body) {
    if (request.prologue().method().equals(Method.HEAD)) {
      response.send();
    } else {
      response.send(body);
    }
  }

  /** What {@code message} and {@code error} say of a write of which some or all is refused. */
  public static String never(String what, String reason, int dropped) {
    return NEVER + what + ": " + reason + " dropped=" + dropped;
  }

  /**
   * The JSON object for a write of which nothing was kept, and which is not to be sent again. How
   * much was dropped it does not say: nobody has counted what cannot be read.
   */
  public static String nothingKept(Status status, String reason) {
    return writeHead(status, NEVER + "the request: " + reason, 0).append("]}").toString();
  }

  /**
   * Begins the JSON object of a write that is refused in part or in whole, up to the items of
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

  /** The word for a status, as version 2 of the InfluxDB API spells it. */
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
