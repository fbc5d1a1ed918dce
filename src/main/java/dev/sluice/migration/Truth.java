package dev.sluice.migration;

import java.util.Optional;

/**
 * Which of the two stores is right when they differ: the other is made equal to it. Thread-safe.
 */
@FunctionalInterface
public interface Truth {
  /** Whether MySQL is; if not, nothing in QuestDB may be removed or overwritten. */
  boolean isMysql();

  /**
   * Checks now whether the tables are still those that were proven, so that work started next is
   * not ended a moment later by a change that had already happened.
   */
  default void look() {}

  /** Why MySQL's rows must not be copied to QuestDB; empty if they may be. */
  default Optional<String> copyObjection() {
    return Optional.empty();
  }
}
