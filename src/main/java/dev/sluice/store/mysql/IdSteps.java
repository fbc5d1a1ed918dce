package dev.sluice.store.mysql;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;

/**
 * Walks the primary key in steps of a fixed number of ids, skipping gaps, so that one statement per
 * step stays short however big the table is. Confined to one thread; holds nothing to close, as the
 * caller owns the connection.
 */
final class IdSteps {
  private static final String FIRST =
      "SELECT id FROM sensor_data FORCE INDEX (PRIMARY) WHERE id > ? AND id <= ?"
          + " ORDER BY id LIMIT 1";

  private final Connection connection;
  private final long lastId;
  private final int ids;
  private long after = Long.MIN_VALUE;
  private long end = Long.MIN_VALUE;

  IdSteps(Connection connection, long lastId, int ids) {
    this.connection = connection;
    this.lastId = lastId;
    this.ids = ids;
  }

  /** Moves to the next step that has a row; false after the last one. */
  boolean next() throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(FIRST)) {
      statement.setLong(1, end);
      statement.setLong(2, lastId);
      try (ResultSet row = statement.executeQuery()) {
        if (!row.next()) {
          return false;
        }
        after = row.getLong(1) - 1;
      }
    }
    end = lastId - after <= ids ? lastId : after + ids;
    return true;
  }

  /** The step's rows have ids greater than this. */
  long after() {
    return after;
  }

  /** The step's rows have ids up to and including this. */
  long end() {
    return end;
  }
}
