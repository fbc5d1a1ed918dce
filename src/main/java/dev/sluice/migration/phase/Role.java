package dev.sluice.migration.phase;

/**
 * The part a store plays in the migration. Which adapter plays it is decided where it is opened.
 */
public enum Role {
  /** The store that is being left. */
  LEGACY,
  /** The store that takes over. */
  NEXT
}
