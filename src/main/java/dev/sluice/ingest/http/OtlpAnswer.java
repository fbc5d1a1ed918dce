package dev.sluice.ingest.http;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.sluice.http.ErrorAnswer;
import dev.sluice.http.JsonStrings;
import dev.sluice.ingest.format.Rejections;
import io.helidon.http.Header;
import io.helidon.http.HeaderNames;
import io.helidon.http.HeaderValues;
import io.helidon.http.Status;
import io.helidon.webserver.http.ServerResponse;
import java.io.ByteArrayOutputStream;

/**
 * The answers to OTLP requests, in the encoding of the request: {@code
 * ExportMetricsServiceResponse} with a 200, {@code google.rpc.Status} with anything else. Clients
 * send again what a 429 or 503 answers, and nothing else that is sent here.
 */
final class OtlpAnswer {
  private static final Header PROTOBUF =
      HeaderValues.createCached(HeaderNames.CONTENT_TYPE, "application/x-protobuf");

  private static final byte[] COMPLETE_PROTOBUF = {};
  private static final byte[] COMPLETE_JSON = "{}".getBytes(UTF_8);

  /** Rejections that are told in full; clients log them as one line. */
  private static final int TOLD = 5;

  // Codes of google.rpc.Status.
  private static final int INVALID_ARGUMENT = 3;
  private static final int RESOURCE_EXHAUSTED = 8;
  private static final int UNAVAILABLE = 14;

  // Tags of protobuf fields: the number, then whether it is a varint (0) or a range (2).
  private static final int FIELD_1_VARINT = 1 << 3;
  private static final int FIELD_1_RANGE = (1 << 3) | 2;
  private static final int FIELD_2_RANGE = (2 << 3) | 2;

  private OtlpAnswer() {}

  /** What was refused of a request, the first few of it, and why. */
  static String refused(String positionName, Rejections rejections) {
    StringBuilder out = new StringBuilder(256);
    int told = Math.min(TOLD, rejections.kept());
    for (int i = 0; i < told; i++) {
      out.append(i == 0 ? "" : "; ").append(positionName).append(' ');
      out.append(rejections.position(i)).append(": ").append(rejections.reason(i));
    }
    if (rejections.count() > told) {
      out.append("; and ").append(rejections.count() - told).append(" more");
    }
    return out.toString();
  }

  /** Sends the answer; to be called once. */
  static void send(IngestRequest request, WriteAnswer answer) {
    switch (answer) {
      case WriteAnswer.Complete complete ->
          send(request, Status.OK_200, isJson(request) ? COMPLETE_JSON : COMPLETE_PROTOBUF);
      case WriteAnswer.Partly partly ->
          send(
              request,
              Status.OK_200,
              isJson(request) ? partialJson(partly) : partialProtobuf(partly));
      case WriteAnswer.Never never -> {
        if (never.status().equals(Status.LENGTH_REQUIRED_411)) {
          // What comes next is the body, if there is one, and not another request.
          request.response().header(HeaderValues.CONNECTION_CLOSE);
        }
        sendStatus(request, never.status(), INVALID_ARGUMENT, never.reason());
      }
      case WriteAnswer.NotNow notNow -> {
        retryAfter(request, notNow.retrySeconds());
        sendStatus(request, Status.SERVICE_UNAVAILABLE_503, UNAVAILABLE, notNow.message());
      }
      case WriteAnswer.Limited over -> {
        retryAfter(request, over.retrySeconds());
        sendStatus(request, request.overLimit(), RESOURCE_EXHAUSTED, over.message());
      }
    }
  }

  private static boolean isJson(IngestRequest request) {
    return request.format() == Format.OTLP_JSON;
  }

  private static void retryAfter(IngestRequest request, int seconds) {
    request.response().header(HeaderNames.RETRY_AFTER, Integer.toString(seconds));
  }

  private static void sendStatus(IngestRequest request, Status status, int code, String message) {
    send(
        request,
        status,
        isJson(request) ? statusJson(code, message) : statusProtobuf(code, message));
  }

  private static void send(IngestRequest request, Status status, byte[] body) {
    ServerResponse response = request.response();
    response
        .status(status)
        .header(isJson(request) ? HeaderValues.CONTENT_TYPE_JSON : PROTOBUF)
        .header(ErrorAnswer.NO_SNIFF);
    response.send(body);
  }

  private static byte[] partialJson(WriteAnswer.Partly partly) {
    StringBuilder out = new StringBuilder(512);
    // Integers of 64 bits are texts in JSON made of protobuf.
    out.append("{\"partialSuccess\":{\"rejectedDataPoints\":\"").append(partly.points());
    out.append("\",\"errorMessage\":");
    JsonStrings.quote(out, partly.reason());
    return out.append("}}").toString().getBytes(UTF_8);
  }

  private static byte[] statusJson(int code, String message) {
    StringBuilder out = new StringBuilder(256);
    out.append("{\"code\":").append(code).append(",\"message\":");
    JsonStrings.quote(out, message);
    return out.append('}').toString().getBytes(UTF_8);
  }

  private static byte[] partialProtobuf(WriteAnswer.Partly partly) {
    byte[] partial = statusProtobuf(partly.points(), partly.reason());
    ByteArrayOutputStream out = new ByteArrayOutputStream(partial.length + 8);
    out.write(FIELD_1_RANGE);
    varint(out, partial.length);
    out.writeBytes(partial);
    return out.toByteArray();
  }

  /**
   * A message whose field 1 is a number and whose field 2 is a text: that is what a Status is, and
   * an ExportMetricsPartialSuccess.
   */
  private static byte[] statusProtobuf(int number, String text) {
    byte[] utf8 = text.getBytes(UTF_8);
    ByteArrayOutputStream out = new ByteArrayOutputStream(utf8.length + 16);
    out.write(FIELD_1_VARINT);
    varint(out, number);
    out.write(FIELD_2_RANGE);
    varint(out, utf8.length);
    out.writeBytes(utf8);
    return out.toByteArray();
  }

  private static void varint(ByteArrayOutputStream out, int number) {
    int left = number;
    while (left >= 0x80) {
      out.write((left & 0x7f) | 0x80);
      left >>>= 7;
    }
    out.write(left);
  }
}
