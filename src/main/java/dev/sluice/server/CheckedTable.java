package dev.sluice.server;

import dev.sluice.migration.cutover.ProvenTables;
import dev.sluice.store.StoreSchema;
import dev.sluice.store.WriteCheck;
import java.util.Optional;

/**
 * Allows writes while the store's table is the one that was proven and its schema is in order.
 *
 * @param store its name
 */
record CheckedTable(ProvenTables tables, String store, StoreSchema schema) implements WriteCheck {
  @Override
  public Optional<String> objection() {
    tables.lookAt(store);
    return schema.state().objectionToWrites();
  }
}
