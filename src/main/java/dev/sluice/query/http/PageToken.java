package dev.sluice.query.http;

import dev.sluice.reading.Reading;
import dev.sluice.store.ReadingQuery.Position;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Optional;

/** Where a page ended, as opaque text that clients hand back. Stateless. */
final class PageToken {
  private PageToken() {}

  static String of(Position position) {
    byte[] metric = position.metric().getBytes(StandardCharsets.UTF_8);
    byte[] bytes =
        ByteBuffer.allocate(Long.BYTES + metric.length)
            .putLong(position.tsMicros())
            .put(metric)
            .array();
    return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
  }

  /** The position; empty if {@link #of} never made this text. */
  static Optional<Position> parse(String token) {
    byte[] bytes;
    try {
      bytes = Base64.getUrlDecoder().decode(token);
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
    int metricBytes = bytes.length - Long.BYTES;
    if (metricBytes < 1 || metricBytes > Reading.MAX_METRIC_BYTES) {
      return Optional.empty();
    }
    long ts = ByteBuffer.wrap(bytes).getLong();
    if (ts < 0 || ts > Reading.MAX_TS_MICROS) {
      return Optional.empty();
    }
    return Optional.of(
        new Position(ts, new String(bytes, Long.BYTES, metricBytes, StandardCharsets.UTF_8)));
  }
}
