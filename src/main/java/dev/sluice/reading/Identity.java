package dev.sluice.reading;

/**
 * What identifies a reading: a later reading with the same identity replaces the earlier one.
 * Immutable.
 *
 * @param tsMicros microseconds since the Unix epoch, UTC
 */
public record Identity(String device, String metric, long tsMicros) {}
