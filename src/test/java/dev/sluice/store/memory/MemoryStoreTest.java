package dev.sluice.store.memory;

import dev.sluice.store.ReadingSource;
import dev.sluice.store.Sink;
import dev.sluice.store.StoreContract;

/** Shows that the contract asks for nothing that only one of the real stores can give. */
class MemoryStoreTest extends StoreContract {
  private final MemoryStore store = new MemoryStore();

  @Override
  public Sink sink() {
    return store;
  }

  @Override
  public ReadingSource source() {
    return store;
  }

  @Override
  public void awaitVisible() {}
}
