package dev.sluice.ingest.http;

import dev.sluice.ingest.Claim;
import dev.sluice.ingest.Region;
import dev.sluice.ingest.WorkArea;
import io.helidon.http.HeaderNames;
import io.helidon.http.ServerRequestHeaders;
import io.helidon.http.Status;
import io.helidon.webserver.http.ServerRequest;
import java.io.ByteArrayInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Locale;
import java.util.OptionalLong;
import java.util.concurrent.Semaphore;
import java.util.stream.Collectors;

/**
 * Reads and decodes request bodies into work areas, within the size limit of one body. Runs on the
 * connection's virtual thread. Thread-safe: it keeps nothing of a request.
 */
final class BodyReader {
  private static final String DECODED = "the decoded body has";

  private final int maxBytes;
  private final Semaphore zstdDecoders = new Semaphore(Runtime.getRuntime().availableProcessors());

  BodyReader(int maxBytes) {
    this.maxBytes = maxBytes;
  }

  /**
   * Reads the whole body of a request in this format. A body that is refused may be left unread, in
   * whole or in part; if the sender disconnects midway, what its connection throws is passed on.
   *
   * @throws Claim.NoRoomException if there is no memory for it now
   */
  Body read(ServerRequest request, WorkArea area, Format format) {
    ServerRequestHeaders headers = request.headers();
    List<Coding> codings = codings(headers, format);
    if (!Coding.allows(codings)) {
      return new Body.Refused(
          Status.UNSUPPORTED_MEDIA_TYPE_415,
          "Content-Encoding %s is not supported, allowed are %s"
              .formatted(headers.get(HeaderNames.CONTENT_ENCODING).values(), Coding.ALLOWED));
    }
    OptionalLong announced = headers.contentLength();
    long expected = announced.isPresent() ? announced.getAsLong() : -1;
    if (expected > maxBytes) {
      return tooLarge("the body has " + expected + " bytes");
    }
    if (!request.content().hasEntity()) {
      return hasLength(headers) ? new Body.Complete(0) : lengthNeeded();
    }
    return codings.isEmpty()
        ? receive(request, area.body(), expected)
        : decode(request, area, codings, format, expected);
  }

  private static boolean hasLength(ServerRequestHeaders headers) {
    return headers.contains(HeaderNames.CONTENT_LENGTH)
        || headers.contains(HeaderNames.TRANSFER_ENCODING);
  }

  private static Body lengthNeeded() {
    return new Body.Refused(
        Status.LENGTH_REQUIRED_411,
        "there is neither Content-Length nor Transfer-Encoding, so there is no body:"
            + " send one of the two");
  }

  private Body decode(
      ServerRequest request, WorkArea area, List<Coding> codings, Format format, long expected) {
    Body received = receive(request, area.packed(), expected);
    if (!(received instanceof Body.Complete complete)) {
      return received;
    }
    byte[] packed = area.packed().bytes();
    int length = complete.length();
    try {
      if (format.isRemoteWrite()
          && codings.contains(Coding.SNAPPY)
          && !SnappyFrames.begin(packed, length)) {
        return decodeBlock(packed, length, area.body());
      }
      try (InputStream in = decoded(packed, length, codings)) {
        return outcome(area.body().fill(in, -1, maxBytes), DECODED);
      }
    } catch (InflatingStream.TooLargeException e) {
      return tooLarge(DECODED + " more than " + maxBytes + " bytes");
    } catch (EOFException e) {
      return damaged(codings, "it ends in the middle");
    } catch (IOException e) {
      return damaged(codings, String.valueOf(e.getMessage()));
    }
  }

  private Body decodeBlock(byte[] packed, int length, Region into) throws IOException {
    if (length == 0) {
      throw new EOFException();
    }
    int decoded = SnappyBlocks.decodedLength(packed, 0, length);
    if (decoded > maxBytes) {
      return tooLarge(DECODED + " " + decoded + " bytes");
    }
    into.prepare(decoded);
    SnappyBlocks.decode(packed, 0, length, into.bytes());
    return new Body.Complete(decoded);
  }

  /** Decodes the codings in reverse order: the last one applied comes off first. */
  private InputStream decoded(byte[] packed, int length, List<Coding> codings) throws IOException {
    if (codings.contains(Coding.ZSTD)) {
      return new ZstdStream(packed, length, zstdDecoders);
    }
    if (codings.contains(Coding.SNAPPY)) {
      return new SnappyFrames(packed, length);
    }
    InputStream in = new ByteArrayInputStream(packed, 0, length);
    for (int i = codings.size() - 1; i >= 0; i--) {
      try {
        in = new InflatingStream(in, codings.get(i), maxBytes + 1L);
      } catch (IOException e) {
        in.close(); // its inflater holds memory outside the heap
        throw e;
      }
    }
    return in;
  }

  private Body receive(ServerRequest request, Region into, long expected) {
    try {
      return outcome(
          into.fill(request.content().inputStream(), expected, maxBytes), "the body has");
    } catch (IOException e) {
      throw new UncheckedIOException("The server's stream of a body failed", e);
    }
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

  private static Body damaged(List<Coding> codings, String reason) {
    return new Body.Refused(
        Status.BAD_REQUEST_400,
        "the body is not valid %s: %s"
            .formatted(
                codings.stream()
                    .map(coding -> coding.name().toLowerCase(Locale.ROOT))
                    .collect(Collectors.joining(" of ")),
                reason));
  }

  /** Without a {@code Content-Encoding}, remote write is snappy all the same. */
  private static List<Coding> codings(ServerRequestHeaders headers, Format format) {
    if (headers.contains(HeaderNames.CONTENT_ENCODING)) {
      return Coding.of(headers.get(HeaderNames.CONTENT_ENCODING).values());
    }
    return format.isRemoteWrite() ? List.of(Coding.SNAPPY) : List.of();
  }
}
