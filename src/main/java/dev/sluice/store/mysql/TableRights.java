package dev.sluice.store.mysql;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;

/**
 * Checks whether a user may see the tables at all. {@code information_schema} hides a table without
 * a grant, as if it did not exist; querying the table itself tells the two apart.
 */
final class TableRights {
  private static final String SHOWS =
      "SELECT 1 FROM information_schema.tables WHERE table_schema = DATABASE() AND table_name = ?";
  private static final int DENIED_IN_DATABASE = 1044;
  private static final int DENIED_ON_TABLE = 1142;
  private static final int NO_SUCH_TABLE = 1146;

  private TableRights() {}

  /** A privilege is missing; the message names it, and the statement that grants it. */
  static final class MissingException extends Exception {
    private static final long serialVersionUID = 1;

    MissingException(String message, Throwable cause) {
      super(message, cause);
    }
  }

  /** Checks both tables; neither need exist. */
  static void check(Connection connection, String historyTable)
      throws SQLException, MissingException {
    readable(connection, "sensor_data", "SELECT, INSERT, UPDATE");
    readable(connection, historyTable);
  }

  /** Whether the table exists. */
  static boolean readable(Connection connection, String table)
      throws SQLException, MissingException {
    return readable(connection, table, "SELECT");
  }

  /**
   * Only a table that is not listed is queried itself, because a query waits while it is locked.
   */
  private static boolean readable(Connection connection, String table, String rights)
      throws SQLException, MissingException {
    return shows(connection, table) || answers(connection, table, rights);
  }

  private static boolean shows(Connection connection, String table) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(SHOWS)) {
      statement.setString(1, table);
      try (ResultSet row = statement.executeQuery()) {
        return row.next();
      }
    }
  }

  private static boolean answers(Connection connection, String table, String rights)
      throws SQLException, MissingException {
    try (Statement statement = connection.createStatement()) {
      statement.executeQuery("SELECT 1 FROM " + table + " LIMIT 0").close();
      return true;
    } catch (SQLException e) {
      if (e.getErrorCode() == NO_SUCH_TABLE) {
        return false;
      }
      if (e.getErrorCode() == DENIED_ON_TABLE || e.getErrorCode() == DENIED_IN_DATABASE) {
        throw new MissingException(
            ("the right SELECT on table %s is missing (%s); run: GRANT %s ON %s.%s TO %s (./sluice"
                    + " migrate creates a missing table; it needs more rights: MIGRATION.md, Rights)")
                .formatted(
                    table,
                    e.getMessage(),
                    rights,
                    connection.getCatalog(),
                    table,
                    account(connection)),
            e);
      }
      throw e;
    }
  }

  /** The account, spelled as in GRANT. */
  private static String account(Connection connection) throws SQLException {
    try (Statement statement = connection.createStatement();
        ResultSet row = statement.executeQuery("SELECT CURRENT_USER()")) {
      row.next();
      String account = row.getString(1);
      int at = account.lastIndexOf('@');
      return "'" + account.substring(0, at) + "'@'" + account.substring(at + 1) + "'";
    }
  }
}
