package dev.sluice.store;

import java.io.IOException;
import java.util.List;

/** The migrations of one store. */
public interface StoreSchema {
  /** How the store compares with the migrations in this jar; changes nothing. */
  SchemaState state();

  /**
   * Every migration known to this jar or the store, oldest first; changes nothing.
   *
   * @throws IOException when the store does not answer
   */
  List<MigrationInfo> info() throws IOException;

  /** Applies what is pending; retries a migration that failed before. */
  MigrateResult migrate();

  /**
   * Brings the history in line with the files: removes the entries of failed migrations and adopts
   * the files' current checksums. The tables are not touched.
   *
   * @return what was done, one line each; empty when there was nothing to do
   * @throws IOException when the store does not answer or refuses
   */
  List<String> repair() throws IOException;

  /**
   * Starts a history in a store that already has tables but no Sluice history, so that every
   * migration counts as pending. {@link #migrate} does this by itself, too.
   *
   * @return what was done, one line each; empty when there already is a history
   * @throws IOException when the store does not answer or refuses
   */
  List<String> baseline() throws IOException;
}
