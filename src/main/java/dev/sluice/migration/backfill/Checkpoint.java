package dev.sluice.migration.backfill;

import dev.sluice.store.History.Position;

/**
 * How far a backfill has come. Immutable.
 *
 * @param position of the last row that is done; in the order of ids with the latest ts so far
 * @param copied rows written
 * @param skipped rows left out because they are not readings
 * @param superseded rows left out because the mirror brought something newer
 * @param refused rows QuestDB permanently refused
 * @param seen on the way, in the order of ids
 */
record Checkpoint(
    Position position, long copied, long skipped, long superseded, long refused, Seen seen) {
  static final Checkpoint START = new Checkpoint(Position.START, 0, 0, 0, 0, Seen.NOTHING);

  /** Where a copy of this course begins. */
  static Checkpoint startOf(Course course) {
    return switch (course) {
      case BY_TIME -> START;
      case BY_ID -> new Checkpoint(Position.START_BY_ID, 0, 0, 0, 0, Seen.NOTHING);
    };
  }

  boolean isStart() {
    return position.equals(Position.START) || position.equals(Position.START_BY_ID);
  }

  /** Rows processed, whatever became of them. */
  long done() {
    return copied + skipped + superseded + refused;
  }

  Checkpoint plus(
      Position end,
      long moreCopied,
      long moreSkipped,
      long moreSuperseded,
      long moreRefused,
      Seen moreSeen) {
    return new Checkpoint(
        end,
        copied + moreCopied,
        skipped + moreSkipped,
        superseded + moreSuperseded,
        refused + moreRefused,
        seen.plus(moreSeen));
  }
}
