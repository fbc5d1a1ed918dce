package dev.sluice.sink.questdb;

/** The table {@code migrations/questdb} makes. */
final class QuestDbTable {
  static final String NAME = "readings";

  /** From the transaction that failed: nothing is skipped. */
  static final String RESUME = "ALTER TABLE " + NAME + " RESUME WAL";

  static final String MISSING = "QuestDB has no table " + NAME + "; run: ./sluice migrate";

  private QuestDbTable() {}

  /** Why nothing is written to a suspended table, and what helps. */
  static String suspended(QuestDbStatus status) {
    return "QuestDB suspended table "
        + NAME
        + " behind transaction "
        + status.writerTxn()
        + " of "
        + status.sequencerTxn()
        + (status.error().isEmpty() ? "" : ": " + status.error())
        + "; remove the cause (often a full disk), and it is resumed by itself (by hand: "
        + RESUME
        + ")";
  }
}
