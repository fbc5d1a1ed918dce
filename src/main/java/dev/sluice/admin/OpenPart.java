package dev.sluice.admin;

import java.util.Optional;

/**
 * A part of the process that routes find only while it is open. Thread-safe.
 *
 * @param <T> the part
 */
@FunctionalInterface
public interface OpenPart<T> {
  /** The part; empty while Sluice starts or stops. */
  Optional<T> now();
}
