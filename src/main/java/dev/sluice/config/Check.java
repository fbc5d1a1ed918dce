package dev.sluice.config;

import java.util.Optional;

/**
 * What a component sees of the settings to check its own: rules between values that are each
 * allowed on their own. What it refuses is collected, so that all problems are listed together.
 */
public interface Check {
  /** The value of a key that has a default. */
  <T> T required(Key<T> key);

  /** The value of a key that may be absent. */
  <T> Optional<T> optional(Key<T> key);

  /**
   * Refuses the value of a key.
   *
   * @param allowed what would be allowed, given the other settings
   */
  void refuse(Key<?> key, String allowed);

  /**
   * Refuses that a key is not set.
   *
   * @param reason why it must be set
   */
  void demand(Key<?> key, String reason);
}
