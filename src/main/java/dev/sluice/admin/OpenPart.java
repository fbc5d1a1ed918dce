package dev.sluice.admin;

import java.util.Optional;

/**
 * A part of the process that routes find only while it is open. Thread-safe.
 *
 * @param <T> the part
 */
@FunctionalInterface
public interface OpenPart<T> {
  /** The part; empty while Sluice starts or stops, or while it is {@link #elsewhere}. */
  Optional<T> now();

  /** Which other process has the part, in words; empty if it can only be here. */
  default Optional<String> elsewhere() {
    return Optional.empty();
  }
}
