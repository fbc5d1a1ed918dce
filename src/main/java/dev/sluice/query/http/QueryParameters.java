package dev.sluice.query.http;

import dev.sluice.reading.Micros;
import dev.sluice.reading.Reading;
import dev.sluice.store.ReadingQuery;
import dev.sluice.store.ReadingQuery.Position;
import io.helidon.common.uri.UriQuery;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.OffsetDateTime;
import java.util.Optional;
import java.util.Set;

/**
 * Reads the parameters of {@code GET /v1/readings}. Confined to one request. After {@link
 * #query()}, {@link #error()} describes the first error, and the query counts only if that is
 * empty.
 */
final class QueryParameters {
  static final int DEFAULT_LIMIT = 1_000;
  static final int MAX_LIMIT = 100_000;

  private static final Set<String> KNOWN =
      Set.of("device", "metric", "from", "to", "limit", "order", "page", "u", "p");
  private static final long END_MICROS = Reading.MAX_TS_MICROS + 1;

  private final UriQuery given;
  private String error = "";

  QueryParameters(UriQuery given) {
    this.given = given;
  }

  /** The error: parameter, value, and what is allowed; empty if there is none. */
  String error() {
    return error;
  }

  ReadingQuery query() {
    refuseUnknown();
    String device = text("device");
    if (device.isEmpty()) {
      fail("device is missing: ask for /v1/readings?device=<id>");
    }
    long from = instant("from", 0);
    long to = instant("to", END_MICROS);
    if (from > to) {
      fail("from is " + text("from") + ", which is after to, " + text("to"));
    }
    return new ReadingQuery(
        device,
        Optional.of(text("metric")).filter(metric -> !metric.isEmpty()),
        from,
        to,
        descending(),
        page(),
        limit());
  }

  /** The same request for the page of this token, without any credentials it carried. */
  String targetOf(String pageToken) {
    StringBuilder target = new StringBuilder("/v1/readings?");
    for (String name : new String[] {"device", "metric", "from", "to", "limit", "order"}) {
      String value = text(name);
      if (!value.isEmpty()) {
        target.append(name).append('=');
        target.append(URLEncoder.encode(value, StandardCharsets.UTF_8)).append('&');
      }
    }
    return target.append("page=").append(pageToken).toString();
  }

  private void refuseUnknown() {
    for (String name : given.isEmpty() ? Set.<String>of() : given.names()) {
      if (!KNOWN.contains(name)) {
        fail(
            "parameter "
                + name
                + " is unknown, allowed are device, metric, from, to, limit, order and page");
      }
    }
  }

  private boolean descending() {
    String order = text("order");
    if (!order.isEmpty() && !order.equals("asc") && !order.equals("desc")) {
      fail("order is " + order + ", allowed are asc and desc");
    }
    return order.equals("desc");
  }

  private Optional<Position> page() {
    String token = text("page");
    if (token.isEmpty()) {
      return Optional.empty();
    }
    Optional<Position> position = PageToken.parse(token);
    if (position.isEmpty()) {
      fail("page is " + token + ", allowed is only the next value of an earlier answer");
    }
    return position;
  }

  private int limit() {
    String limit = text("limit");
    if (limit.isEmpty()) {
      return DEFAULT_LIMIT;
    }
    try {
      int number = Integer.parseInt(limit);
      if (number >= 1 && number <= MAX_LIMIT) {
        return number;
      }
    } catch (NumberFormatException e) {
      // Refused below, like a number out of range.
    }
    fail("limit is " + limit + ", allowed are 1.." + MAX_LIMIT);
    return DEFAULT_LIMIT;
  }

  /**
   * Milliseconds since the epoch, or ISO 8601 with an offset; clamped to what a reading can have.
   */
  private long instant(String name, long absent) {
    String value = text(name);
    if (value.isEmpty()) {
      return absent;
    }
    try {
      long micros =
          Character.isDigit(value.charAt(value.length() - 1)) && isInteger(value)
              ? Math.multiplyExact(Long.parseLong(value), 1_000)
              : Micros.of(OffsetDateTime.parse(value.replace(' ', '+')).toInstant());
      return Math.clamp(micros, 0, END_MICROS);
    } catch (ArithmeticException | NumberFormatException | DateTimeException e) {
      fail(
          ("%s is %s, allowed are milliseconds since 1970 or ISO 8601 with an offset, like"
                  + " 2026-11-21T22:00:00Z")
              .formatted(name, value));
      return absent;
    }
  }

  private static boolean isInteger(String value) {
    return value.chars().skip(value.startsWith("-") ? 1 : 0).allMatch(c -> c >= '0' && c <= '9');
  }

  private String text(String name) {
    return given.isEmpty() ? "" : given.first(name).orElse("");
  }

  private void fail(String what) {
    if (error.isEmpty()) {
      error = what;
    }
  }
}
