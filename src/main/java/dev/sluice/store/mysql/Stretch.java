package dev.sluice.store.mysql;

import dev.sluice.reading.Micros;
import dev.sluice.reading.Reading;
import dev.sluice.store.History.Position;
import java.sql.PreparedStatement;
import java.sql.SQLException;

/**
 * A range of {@code sensor_data} in the order (created_at, id), as SQL. Immutable.
 *
 * <p>Both ends are written out as ranges of the key of V5, to which InnoDB appends the id: the
 * servers use no index range for a comparison of row values, and with a range on created_at alone,
 * a walk that stops among many rows of one instant would start over at the first of them.
 *
 * @param after position just before the first row
 * @param end position of the last possible row
 * @param lastId rows with greater ids are excluded
 */
record Stretch(Position after, Position end, long lastId) {
  /** After every row. */
  static final Position LAST = new Position(Reading.MAX_TS_MICROS, Long.MAX_VALUE);

  /**
   * Condition for created_at to be an instant: some SQL modes let a month or day of 0 into a table,
   * and days that a month does not have.
   */
  static final String IS_INSTANT =
      "DAYOFMONTH(created_at) BETWEEN 1 AND DAYOFMONTH(LAST_DAY(created_at))";

  private static final String TS = "CAST(? AS DATETIME(6))";
  private static final String BEHIND_ONE = "(created_at = " + TS + " AND id > ?)";
  private static final String BETWEEN = "(created_at > " + TS + " AND created_at < " + TS + ")";
  private static final String UP_TO_ONE = "(created_at = " + TS + " AND id <= ?)";
  private static final String OF_ONE_INSTANT = "created_at = " + TS + " AND id > ? AND id <= ?";
  private static final String FROM =
      " FROM sensor_data FORCE INDEX (sensor_data_by_time) WHERE id <= ? AND "
          + IS_INSTANT
          + " AND ";

  /** The last position on the same day, UTC. */
  static Position endOfDay(long tsMicros) {
    return new Position(
        tsMicros / Micros.PER_DAY * Micros.PER_DAY + Micros.PER_DAY - 1, Long.MAX_VALUE);
  }

  boolean empty() {
    return after.compareTo(end) >= 0;
  }

  /** {@code FROM} and {@code WHERE}; further conditions may follow with {@code AND}. */
  String from() {
    return FROM
        + (ofOneInstant()
            ? OF_ONE_INSTANT
            : "(" + BEHIND_ONE + " OR " + BETWEEN + " OR " + UP_TO_ONE + ")");
  }

  /**
   * Sets the parameters of {@link #from()}, the first ones of the statement.
   *
   * @return index of the next parameter
   */
  int bind(PreparedStatement statement) throws SQLException {
    String first = UtcText.of(after.tsMicros());
    String last = UtcText.of(end.tsMicros());
    int next = 1;
    statement.setLong(next++, lastId);
    statement.setString(next++, first);
    statement.setLong(next++, after.id());
    if (!ofOneInstant()) {
      statement.setString(next++, first);
      statement.setString(next++, last);
      statement.setString(next++, last);
    }
    statement.setLong(next++, end.id());
    return next;
  }

  private boolean ofOneInstant() {
    return after.tsMicros() == end.tsMicros();
  }
}
