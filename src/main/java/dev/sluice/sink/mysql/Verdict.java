package dev.sluice.sink.mysql;

import java.sql.DataTruncation;
import java.sql.SQLException;
import java.util.Set;

/** What an error of the server or the driver means for the readings of the statement. */
enum Verdict {
  /** A victim of two transactions in each other's way: the same statement may well succeed now. */
  AGAIN,
  /** The server will never take at least one row of the statement as it is. */
  REFUSED,
  /** Not now; time or an operator may change it. Also for what is not known: nothing is dropped. */
  UNAVAILABLE;

  /**
   * Data errors whose SQLSTATE does not say so: wrong value for a column, value out of a list, text
   * that is not in the character set, CHECK constraint (MySQL), CHECK constraint (MariaDB).
   */
  private static final Set<Integer> DATA_ERRORS = Set.of(1265, 1366, 1411, 3819, 4025);

  /**
   * Deadlock; certification conflict in a group; MariaDB's "record has changed since last read". By
   * number only: the driver gives SQLSTATE 40001 to a lock wait timeout (1205) as well.
   */
  private static final Set<Integer> VICTIMS = Set.of(1213, 3101, 1020);

  /** A trigger or procedure that refuses with SIGNAL. */
  private static final String SIGNAL = "45000";

  /** Classifies by error number first, then by the class of the SQLSTATE. */
  static Verdict of(SQLException e) {
    int code = e.getErrorCode();
    String state = e.getSQLState() == null ? "" : e.getSQLState();
    if (VICTIMS.contains(code)) {
      return AGAIN;
    }
    boolean data =
        e instanceof DataTruncation
            || DATA_ERRORS.contains(code)
            || state.startsWith("22")
            || state.startsWith("23")
            || state.equals(SIGNAL);
    return data ? REFUSED : UNAVAILABLE;
  }

  /** The error in one line: the words of the server, its numbers, and what would help. */
  static String describe(SQLException e) {
    String advice = advice(e.getErrorCode());
    return String.valueOf(e.getMessage()).strip().replaceAll("\\s*\\R\\s*", " ")
        + " (SQLSTATE "
        + e.getSQLState()
        + ", error "
        + e.getErrorCode()
        + ")"
        + (advice.isEmpty() ? "" : "; " + advice);
  }

  private static String advice(int code) {
    return switch (code) {
      case 1021, 1114, 1041, 1037, 3636 -> "give the MySQL server more disk or memory";
      case 1040, 1203, 1226 -> "raise max_connections or lower mysql.pool-size";
      case 1044, 1045, 1142, 1143, 1227, 1698 -> "check mysql.user, mysql.password and grants";
      case 1049 -> "create the database named in mysql.url";
      case 1054, 1136, 1146, 1176, 1364 -> "run: ./sluice migrate";
      case 1205 -> "another session holds locks on sensor_data; see SHOW PROCESSLIST";
      case 1290, 1836, 3100, 1792 -> "the server is read-only; mysql.url must reach the primary";
      case 1153 -> "raise max_allowed_packet or lower mysql.batch-rows";
      case 1665 -> "set binlog_format = ROW";
      default -> "";
    };
  }
}
