package dev.sluice.migration;

import java.util.Optional;

/** Which of the two stores the other is to be made equal to. Thread-safe. */
@FunctionalInterface
public interface Truth {
  /** Whether it is MySQL; otherwise nothing of QuestDB's may be taken out or overwritten. */
  boolean isMysql();

  /**
   * Looks whether the tables are those that were proven, so that what is begun now is not ended by
   * what had been found a moment later.
   */
  default void look() {}

  /** Why MySQL's rows must not be copied to QuestDB; empty when they may. */
  default Optional<String> copyObjection() {
    return Optional.empty();
  }
}
