package dev.sluice.store;

import dev.sluice.store.MigrationInfo.State;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/** How a store's schema compares with the migrations of this jar. Immutable. */
public sealed interface SchemaState {
  /** Compares by the migrations alone, all of them, oldest first. */
  static SchemaState of(String store, List<MigrationInfo> all) {
    List<MigrationInfo> changed = in(all, State.CHANGED, State.FAILED);
    if (!changed.isEmpty()) {
      return new Changed(store, changed);
    }
    List<MigrationInfo> unknown = in(all, State.UNKNOWN);
    if (!unknown.isEmpty()) {
      return new Ahead(store, unknown);
    }
    List<MigrationInfo> pending = in(all, State.PENDING);
    return pending.isEmpty()
        ? new UpToDate(store, all.getLast().version())
        : new Pending(store, pending);
  }

  private static List<MigrationInfo> in(List<MigrationInfo> all, State... states) {
    return all.stream().filter(m -> List.of(states).contains(m.state())).toList();
  }

  /** What is wrong, and what to do; empty when nothing is. */
  Optional<String> problem();

  /** Why Sluice must not write to this store; empty if the schema is no obstacle. */
  default Optional<String> objectionToWrites() {
    return problem();
  }

  /** Every migration is applied and unchanged. */
  record UpToDate(String store, String version) implements SchemaState {
    @Override
    public Optional<String> problem() {
      return Optional.empty();
    }
  }

  /** Some migrations have not been applied yet. */
  record Pending(String store, List<MigrationInfo> migrations) implements SchemaState {
    public Pending {
      migrations = List.copyOf(migrations);
    }

    @Override
    public Optional<String> problem() {
      return Optional.of(
          store + " schema: pending " + names(migrations) + "; run: ./sluice migrate");
    }
  }

  /** The files of applied migrations have changed since, or a migration failed halfway. */
  record Changed(String store, List<MigrationInfo> migrations) implements SchemaState {
    public Changed {
      migrations = List.copyOf(migrations);
    }

    @Override
    public Optional<String> problem() {
      return Optional.of(
          ("%s schema: changed or failed %s; restore the files as they were applied, then"
                  + " run: ./sluice migrate validate")
              .formatted(store, names(migrations)));
    }
  }

  /** The store was migrated by a newer version of Sluice. */
  record Ahead(String store, List<MigrationInfo> migrations) implements SchemaState {
    public Ahead {
      migrations = List.copyOf(migrations);
    }

    @Override
    public Optional<String> problem() {
      return Optional.of(
          ("%s schema: has %s, which this version of Sluice does not know; run the version"
                  + " that applied it")
              .formatted(store, names(migrations)));
    }
  }

  /** There is a table with our name, but not the one that the first migration creates. */
  record Foreign(String store, String reason) implements SchemaState {
    @Override
    public Optional<String> problem() {
      return Optional.of(store + " schema: " + reason);
    }
  }

  /** Something is missing that backfill or verify needs, but that writes and reads do not. */
  record Lacking(String store, String reason) implements SchemaState {
    @Override
    public Optional<String> problem() {
      return Optional.of(store + " schema: " + reason);
    }

    @Override
    public Optional<String> objectionToWrites() {
      return Optional.empty();
    }
  }

  /** The store did not answer. */
  record Unreachable(String store, String reason) implements SchemaState {
    @Override
    public Optional<String> problem() {
      return Optional.of(
          ("%s schema: cannot be read: %s; start the store, check url and user, then run:"
                  + " ./sluice migrate info")
              .formatted(store, reason));
    }
  }

  private static String names(List<MigrationInfo> migrations) {
    return migrations.stream().map(MigrationInfo::toString).collect(Collectors.joining(", "));
  }
}
