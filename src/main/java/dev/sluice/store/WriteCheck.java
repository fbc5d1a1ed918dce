package dev.sluice.store;

import java.util.Optional;

/**
 * Asked by a sink before the first write, and again whenever the store may have become another one
 * since. Thread-safe.
 */
@FunctionalInterface
public interface WriteCheck {
  /** Why the store must not be written now; empty if it may be. */
  Optional<String> objection();
}
