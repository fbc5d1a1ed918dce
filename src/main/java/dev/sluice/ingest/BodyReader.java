package dev.sluice.ingest;

import io.helidon.common.buffers.DataReader;
import io.helidon.http.DirectHandler.EventType;
import io.helidon.http.HeaderNames;
import io.helidon.http.RequestException;
import io.helidon.http.ServerRequestHeaders;
import io.helidon.http.Status;
import io.helidon.webserver.http.DirectTransportRequest;
import io.helidon.webserver.http.ServerRequest;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.OptionalLong;

/**
 * Reads and decodes request bodies into work areas, within the limit of one body. Runs on the
 * connection's virtual thread. Thread-safe: it holds nothing of a request.
 */
final class BodyReader {
  private final int maxBytes;

  BodyReader(int maxBytes) {
    this.maxBytes = maxBytes;
  }

  /**
   * Reads the whole body. One that is refused may be left unread, in whole or in part; when the
   * sender goes away in the middle, what its connection throws goes through.
   *
   * @throws Claim.NoRoomException when there is no memory for it now
   */
  Body read(ServerRequest request, WorkArea area) {
    ServerRequestHeaders headers = request.headers();
    Coding coding = coding(headers);
    if (coding == Coding.UNKNOWN) {
      return new Body.Refused(
          Status.UNSUPPORTED_MEDIA_TYPE_415,
          "Content-Encoding "
              + headers.get(HeaderNames.CONTENT_ENCODING).get()
              + " is not supported, allowed are gzip, deflate and identity");
    }
    OptionalLong announced = headers.contentLength();
    long expected = announced.isPresent() ? announced.getAsLong() : -1;
    if (expected > maxBytes) {
      return tooLarge("the body has " + expected + " bytes");
    }
    if (!request.content().hasEntity()) {
      return new Body.Complete(0);
    }
    return coding == Coding.IDENTITY
        ? receive(request, area.body(), expected)
        : decode(request, area, coding, expected);
  }

  private Body decode(ServerRequest request, WorkArea area, Coding coding, long expected) {
    Body packed = receive(request, area.packed(), expected);
    if (!(packed instanceof Body.Complete complete)) {
      return packed;
    }
    try (InputStream in = coding.decode(area.packed().bytes(), complete.length())) {
      return outcome(area.body().fill(in, -1, maxBytes), "the decoded body has");
    } catch (EOFException e) {
      return damaged(coding, "it ends in the middle");
    } catch (IOException e) {
      return damaged(coding, String.valueOf(e.getMessage()));
    }
  }

  private Body receive(ServerRequest request, Region into, long expected) {
    try {
      return outcome(
          into.fill(request.content().inputStream(), expected, maxBytes), "the body has");
    } catch (RequestException e) {
      throw brokenFraming(request, e.eventType(), e.status(), e);
    } catch (IllegalArgumentException | DataReader.IncorrectNewLineException e) {
      throw brokenFraming(request, EventType.BAD_REQUEST, Status.BAD_REQUEST_400, e);
    } catch (IOException e) {
      throw new UncheckedIOException("The server's stream of a body failed", e);
    }
  }

  /** Where the next request starts is unknown now, so the connection ends with the answer. */
  private static RequestException brokenFraming(
      ServerRequest request, EventType type, Status status, RuntimeException cause) {
    return RequestException.builder()
        .type(type)
        .status(status)
        .request(DirectTransportRequest.create(request.prologue(), request.headers()))
        .message("The body's framing is broken")
        .cause(cause)
        .setKeepAlive(false)
        .build();
  }

  private Body outcome(int filled, String subject) {
    return filled == Region.TOO_LARGE
        ? tooLarge(subject + " more than " + maxBytes + " bytes")
        : new Body.Complete(filled);
  }

  private Body tooLarge(String observed) {
    return new Body.Refused(
        Status.REQUEST_ENTITY_TOO_LARGE_413,
        observed + ", allowed are " + maxBytes + " (ingest.max-body-bytes): send smaller batches");
  }

  private static Body damaged(Coding coding, String reason) {
    return new Body.Refused(
        Status.BAD_REQUEST_400,
        "the body is not valid "
            + coding.name().toLowerCase(java.util.Locale.ROOT)
            + ": "
            + reason);
  }

  private static Coding coding(ServerRequestHeaders headers) {
    return headers.contains(HeaderNames.CONTENT_ENCODING)
        ? Coding.of(headers.get(HeaderNames.CONTENT_ENCODING).values())
        : Coding.IDENTITY;
  }
}
