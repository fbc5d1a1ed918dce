package dev.sluice.migration.backfill;

import dev.sluice.store.History.Position;

/**
 * How far a backfill has come. Immutable.
 *
 * @param position of the last row that is done
 * @param copied rows written
 * @param skipped rows that are no readings, and so left out
 * @param superseded rows left out because something newer came by the mirror
 * @param refused rows QuestDB refused for good
 */
record Checkpoint(Position position, long copied, long skipped, long superseded, long refused) {
  static final Checkpoint START = new Checkpoint(Position.START, 0, 0, 0, 0);

  /** Rows looked at, whatever became of them. */
  long done() {
    return copied + skipped + superseded + refused;
  }

  Checkpoint plus(
      Position end, long moreCopied, long moreSkipped, long moreSuperseded, long moreRefused) {
    return new Checkpoint(
        end,
        copied + moreCopied,
        skipped + moreSkipped,
        superseded + moreSuperseded,
        refused + moreRefused);
  }
}
