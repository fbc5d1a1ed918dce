package dev.sluice.store;

import java.io.IOException;
import java.util.List;

/** The migrations of one store. */
public interface StoreSchema {
  /** How the store compares with the migrations of this jar; changes nothing. */
  SchemaState state();

  /**
   * Every migration this jar or the store knows, oldest first; changes nothing.
   *
   * @throws IOException when the store does not answer
   */
  List<MigrationInfo> info() throws IOException;

  /** Applies what is pending; a migration that failed before is tried again. */
  MigrateResult migrate();

  /**
   * Brings the history in line with the files: forgets entries of failed migrations and takes on
   * the files' present checksums. The tables are not touched.
   *
   * @return what was done, a line each; nothing when there was nothing to do
   * @throws IOException when the store does not answer or refuses
   */
  List<String> repair() throws IOException;

  /**
   * Begins a history in a store that has tables of its own but none of Sluice's history, so that
   * every migration counts as pending; what {@link #migrate} also does by itself.
   *
   * @return what was done, a line each; nothing when there is a history
   * @throws IOException when the store does not answer or refuses
   */
  List<String> baseline() throws IOException;
}
