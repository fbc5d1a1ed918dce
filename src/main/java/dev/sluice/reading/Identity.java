package dev.sluice.reading;

/**
 * What makes two readings the same: a later one replaces the earlier. Immutable.
 *
 * @param tsMicros microseconds since the Unix epoch, UTC
 */
public record Identity(String device, String metric, long tsMicros) {}
