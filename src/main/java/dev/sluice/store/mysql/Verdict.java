package dev.sluice.store.mysql;

import java.sql.DataTruncation;
import java.sql.SQLException;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What an error from the server or the driver means for the readings of the statement. */
enum Verdict {
  /** The victim of a conflict between two transactions: the same statement may well succeed now. */
  AGAIN,
  /** The server will never accept at least one row of the statement as it is. */
  REFUSED,
  /** Not now; time or an operator may fix it. Also used for unknown errors: nothing is dropped. */
  UNAVAILABLE;

  /**
   * Data errors whose SQLSTATE does not say so: wrong value for a column, value not in a list, text
   * not in the character set, CHECK constraint (MySQL), CHECK constraint (MariaDB).
   */
  private static final Set<Integer> DATA_ERRORS = Set.of(1265, 1366, 1411, 3819, 4025);

  /**
   * Deadlock; certification conflict in a group; MariaDB's "record has changed since last read". By
   * number only: the driver also gives SQLSTATE 40001 to a lock wait timeout (1205).
   */
  private static final Set<Integer> VICTIMS = Set.of(1213, 3101, 1020);

  private static final Pattern QUOTED = Pattern.compile("'([^']+)'");

  /** The SQLSTATE of a trigger or procedure that refuses with SIGNAL. */
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

  /** The error in one line: the server's message, its codes, and what would help. */
  static String describe(SQLException e) {
    String advice = advice(e);
    return "%s (SQLSTATE %s, error %s)%s"
        .formatted(
            String.valueOf(e.getMessage()).strip().replaceAll("\\s*\\R\\s*", " "),
            e.getSQLState(),
            e.getErrorCode(),
            advice.isEmpty() ? "" : "; " + advice);
  }

  private static String advice(SQLException e) {
    return switch (e.getErrorCode()) {
      case 1021, 1114, 1041, 1037, 3636 -> "give the MySQL server more disk or memory";
      case 1040, 1203, 1226 -> "raise max_connections or lower mysql.pool-size";
      case 1045, 1698 -> "check mysql.user and mysql.password";
      case 1044, 1142, 1143, 1227 ->
          "GRANT SELECT, INSERT, UPDATE on sensor_data and SELECT on sluice_schema_history to"
              + " mysql.user (MIGRATION.md, Rights)";
      case 1049 -> "create the database named in mysql.url";
      case 1054, 1136, 1146 -> "run: ./sluice migrate validate, and do what it says";
      case 1364 -> "make it optional: " + withDefault(named(e));
      case 1176 -> lostKey(named(e));
      case 1205 ->
          "another session holds a lock on sensor_data: LOCK TABLES, DDL, FLUSH TABLES WITH READ LOCK"
              + " (a backup) or a long transaction; find it with SHOW PROCESSLIST or"
              + " performance_schema.metadata_locks, and end it";
      case 1290, 1836, 3100, 1792 -> "the server is read-only; mysql.url must reach the primary";
      case 1153 -> "raise max_allowed_packet or lower mysql.batch-rows";
      case 1665 -> "set binlog_format = ROW";
      default -> MysqlTls.advice(e);
    };
  }

  /** The first quoted name; the two errors this is used for quote one first. */
  private static String named(SQLException e) {
    Matcher name = QUOTED.matcher(String.valueOf(e.getMessage()));
    return name.find() ? name.group(1) : "its_name";
  }

  private static String withDefault(String column) {
    return ("ALTER TABLE sensor_data ALTER COLUMN `%s` SET DEFAULT ..., with a value of its type"
            + " (./sluice migrate validate has a statement that makes it NULL)")
        .formatted(column);
  }

  /** Advice for a key that is gone or that the optimizer may not use: the error is the same. */
  private static String lostKey(String key) {
    String shape =
        switch (key) {
          case "sensor_data_by_time" -> "KEY sensor_data_by_time (created_at)";
          case "sensor_data_identity" ->
              "UNIQUE KEY sensor_data_identity (device_id, created_at, metric, superseded)";
          default -> "";
        };
    return shape.isEmpty()
        ? "put key " + key + " back as migrations/mysql made it"
        : ("put it back: ALTER TABLE sensor_data ADD %s, ALGORITHM = INPLACE, LOCK = NONE;"
                + " where SHOW INDEX still lists it: ALTER TABLE sensor_data ALTER INDEX %s VISIBLE"
                + " (on MariaDB: NOT IGNORED)")
            .formatted(shape, key);
  }
}
