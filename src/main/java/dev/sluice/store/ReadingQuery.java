package dev.sluice.store;

import java.util.Optional;

/**
 * A page of one device's readings, ordered by (ts, metric byte-wise) ascending, or descending.
 *
 * @param device whose readings
 * @param metric only this metric, if present
 * @param fromMicros first instant, inclusive, microseconds since the epoch
 * @param toMicros last instant, exclusive
 * @param descending newest first
 * @param after if present, skip everything up to and including this position in that order
 * @param limit most readings to return, at least 1
 */
public record ReadingQuery(
    String device,
    Optional<String> metric,
    long fromMicros,
    long toMicros,
    boolean descending,
    Optional<Position> after,
    int limit) {
  /** Where a page ended. */
  public record Position(long tsMicros, String metric) {}
}
