package dev.sluice.schema;

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
}
