package dev.sluice.sink.questdb;

/**
 * How far QuestDB has applied the readings table's write-ahead log. Reads see applied data only.
 *
 * @param suspended applying has stopped on an error; commits still go into the log
 * @param error why it is suspended, in QuestDB's words; empty when it is not
 * @param sequencerTxn last transaction committed
 * @param writerTxn last transaction applied
 */
public record QuestDbStatus(boolean suspended, String error, long sequencerTxn, long writerTxn) {
  /** Transactions committed and not yet visible. */
  public long visibleLag() {
    return Math.max(0, sequencerTxn - writerTxn);
  }
}
