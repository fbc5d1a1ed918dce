package dev.sluice.store;

/**
 * Progress of a store that applies its write-ahead log asynchronously, for the readings table.
 * Reads see applied data only.
 *
 * @param suspended applying has stopped on an error; commits still go into the log
 * @param error why it is suspended, in the store's words; empty when it is not
 * @param sequencerTxn last transaction committed
 * @param writerTxn last transaction applied
 */
public record WalStatus(boolean suspended, String error, long sequencerTxn, long writerTxn) {
  /** Number of transactions committed but not yet visible. */
  public long visibleLag() {
    return Math.max(0, sequencerTxn - writerTxn);
  }
}
