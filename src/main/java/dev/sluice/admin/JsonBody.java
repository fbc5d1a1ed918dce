package dev.sluice.admin;

import io.helidon.common.buffers.DataReader;
import io.helidon.http.HeaderNames;
import io.helidon.http.HttpMediaType;
import io.helidon.http.ServerRequestHeaders;
import io.helidon.http.Status;
import io.helidon.webserver.http.ServerRequest;
import jakarta.json.Json;
import jakarta.json.JsonConfig;
import jakarta.json.JsonReader;
import jakarta.json.JsonReaderFactory;
import jakarta.json.stream.JsonParser;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/**
 * Reads the JSON object of a request to the admin port. Stateless.
 *
 * <p>The media type is required. A page in an operator's browser can send a POST to this machine
 * without a CORS preflight, but not one of this type.
 */
final class JsonBody {
  /** Far above what any request needs. */
  static final int MOST_BYTES = 64 * 1024;

  private static final JsonReaderFactory READERS =
      Json.createReaderFactory(Map.of(JsonConfig.KEY_STRATEGY, JsonConfig.KeyStrategy.NONE));

  private JsonBody() {}

  /**
   * Reads the body as an object.
   *
   * @throws InvalidException if it is anything else, or too large
   */
  static Members read(ServerRequest request) throws InvalidException {
    requireJson(request.headers());
    byte[] bytes = bytes(request);
    requireUtf8(bytes);
    requireOneObject(bytes);
    try (JsonReader reader = READERS.createReader(new ByteArrayInputStream(bytes))) {
      return new Members(reader.readObject());
    } catch (RuntimeException e) {
      throw notAnObject(" that names no member twice", bytes);
    }
  }

  /** The parser refuses what follows the object, which a reader does not. */
  private static void requireOneObject(byte[] bytes) throws InvalidException {
    try (JsonParser parser = Json.createParser(new ByteArrayInputStream(bytes))) {
      parser.next();
      parser.getObject();
      parser.hasNext();
    } catch (RuntimeException e) {
      // mostly JsonException, but not if the nesting is too deep
      throw notAnObject("", bytes);
    }
  }

  private static InvalidException notAnObject(String more, byte[] bytes) {
    String got = new String(bytes, StandardCharsets.UTF_8).strip();
    return new InvalidException(
        "the body must be a JSON object%s; got %s"
            .formatted(more, got.isEmpty() ? "an empty body" : Members.shown(got)));
  }

  private static void requireJson(ServerRequestHeaders headers) throws InvalidException {
    boolean json = headers.contentType().filter(JsonBody::isJson).isPresent();
    if (!json) {
      throw new InvalidException(
          Status.UNSUPPORTED_MEDIA_TYPE_415,
          "Content-Type is "
              + headers.contentType().map(HttpMediaType::text).orElse("missing")
              + ", allowed is application/json");
    }
    if (headers.contains(HeaderNames.CONTENT_ENCODING)
        && !headers.get(HeaderNames.CONTENT_ENCODING).values().equalsIgnoreCase("identity")) {
      throw new InvalidException(
          Status.UNSUPPORTED_MEDIA_TYPE_415,
          "Content-Encoding is "
              + headers.get(HeaderNames.CONTENT_ENCODING).values()
              + ", allowed is identity");
    }
  }

  private static boolean isJson(HttpMediaType type) {
    return type.type().equals("application") && type.subtype().equals("json");
  }

  private static byte[] bytes(ServerRequest request) throws InvalidException {
    if (!request.content().hasEntity()) {
      return new byte[0];
    }
    if (request.headers().contentLength().orElse(0) > MOST_BYTES) {
      throw tooLarge();
    }
    try {
      // Not closed: that would wait for the next chunk, and with it the refusal of a large body.
      InputStream in = request.content().inputStream();
      byte[] bytes = in.readNBytes(MOST_BYTES + 1);
      if (bytes.length > MOST_BYTES) {
        throw tooLarge();
      }
      return bytes;
    } catch (IllegalArgumentException | DataReader.IncorrectNewLineException e) {
      throw new InvalidException("the body's framing is broken: " + e.getMessage());
    } catch (IOException e) {
      throw new UncheckedIOException("The server's stream of a body failed", e);
    }
  }

  private static InvalidException tooLarge() {
    return new InvalidException(
        Status.REQUEST_ENTITY_TOO_LARGE_413,
        "the body has more than " + MOST_BYTES + " bytes, allowed are " + MOST_BYTES);
  }

  /** Otherwise the reader would guess another encoding, or put question marks into a reason. */
  private static void requireUtf8(byte[] bytes) throws InvalidException {
    try {
      StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes));
    } catch (CharacterCodingException e) {
      throw new InvalidException("the body is not UTF-8");
    }
  }
}
