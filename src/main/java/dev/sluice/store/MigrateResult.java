package dev.sluice.store;

import java.util.List;

/** The outcome of a request to migrate a store. */
public sealed interface MigrateResult {
  /**
   * The store is up to date.
   *
   * @param applied what this run applied, oldest first; empty when nothing was pending
   */
  record Migrated(List<MigrationInfo> applied) implements MigrateResult {
    public Migrated {
      applied = List.copyOf(applied);
    }
  }

  /**
   * The store is not up to date; what was applied before the failure stays applied.
   *
   * @param reason what failed, on what, and what to do
   */
  record Failed(String reason) implements MigrateResult {}
}
