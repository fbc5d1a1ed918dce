package dev.sluice.store;

import java.io.IOException;
import java.util.List;

/**
 * What a store's own settings mean for Sluice: durability, limits, what it is. Changes nothing.
 * Thread-safe.
 */
@FunctionalInterface
public interface StoreCheckup {
  /**
   * Asks the store, and judges what it answers.
   *
   * @throws IOException if it does not answer; the message names it
   */
  List<StoreFact> facts() throws IOException;
}
