package dev.sluice.migration.backfill;

import dev.sluice.store.History.Position;

/**
 * How far a backfill has come. Immutable.
 *
 * @param position of the last row that is done
 * @param copied rows written
 * @param skipped rows left out because they are not readings
 * @param superseded rows left out because the mirror brought something newer
 * @param refused rows QuestDB permanently refused
 */
record Checkpoint(Position position, long copied, long skipped, long superseded, long refused) {
  static final Checkpoint START = new Checkpoint(Position.START, 0, 0, 0, 0);

  /** Rows processed, whatever became of them. */
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
