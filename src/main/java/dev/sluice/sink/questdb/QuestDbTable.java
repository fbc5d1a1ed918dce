package dev.sluice.sink.questdb;

/** The table {@code migrations/questdb} makes. */
final class QuestDbTable {
  static final String NAME = "readings";

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
        + "; remove the cause (often a full disk), it is resumed by itself (by hand: ALTER TABLE "
        + NAME
        + " RESUME WAL)";
  }
}
