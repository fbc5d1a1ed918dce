package dev.sluice.server;

import dev.sluice.settings.Mode;
import dev.sluice.store.MigrateResult;
import dev.sluice.store.SchemaState;
import dev.sluice.store.StoreSchema;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Checks a store's schema before the store is opened. */
final class SchemaCheck {
  private static final Logger LOG = LoggerFactory.getLogger(SchemaCheck.class);

  private SchemaCheck() {}

  /**
   * Checks when Sluice starts: {@code up} migrates, {@code serve} refuses a pending or changed
   * migration. A store that does not answer does not prevent the start: an ack does not depend on
   * it, and its schema is checked again before anything is written.
   *
   * @return why the store cannot be opened; empty when it can
   */
  static Optional<String> atStart(StoreSchema schema, Mode mode) {
    SchemaState state = schema.state();
    if (mode == Mode.UP && !(state instanceof SchemaState.UpToDate)) {
      if (schema.migrate() instanceof MigrateResult.Failed(String reason)) {
        return Optional.of(reason);
      }
      state = schema.state();
    }
    if (state instanceof SchemaState.Lacking) {
      LOG.warn("Starting anyway: {}", state.problem().orElseThrow());
      return Optional.empty();
    }
    if (state instanceof SchemaState.Unreachable) {
      LOG.warn("Starting without it: {}", state.problem().orElseThrow());
      return Optional.empty();
    }
    return state.problem();
  }

  /**
   * Migrates a store that joins while Sluice runs, even under {@code serve}: the store is Sluice's
   * own, and the migrate command goes by the phase recorded so far, and cannot open an embedded
   * store that this process owns.
   *
   * @return why the store cannot join; empty when it can
   */
  static Optional<String> whenJoining(StoreSchema schema) {
    return switch (schema.migrate()) {
      case MigrateResult.Failed(String reason) -> Optional.of(reason);
      case MigrateResult.Migrated migrated -> {
        migrated.applied().forEach(migration -> LOG.info("Applied {}", migration));
        yield Optional.empty();
      }
    };
  }
}
