package dev.sluice.store.mysql;

import com.mysql.cj.jdbc.MysqlDataSource;
import dev.sluice.store.StoreCheckup;
import dev.sluice.store.StoreFact;
import dev.sluice.store.StoreFact.Verdict;
import java.io.IOException;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Looks at the variables of the server at {@code mysql.url}, through a connection of its own that
 * is closed afterwards. Needs no privilege and changes nothing. Thread-safe.
 */
public final class MysqlCheckup implements StoreCheckup {
  private static final int CONNECT_TIMEOUT_MS = 5_000;
  private static final int ANSWER_TIMEOUT_MS = 10_000;
  private static final Pattern VERSION = Pattern.compile("(\\d+)\\.(\\d+)");

  private static final String VARIABLES =
      "SHOW GLOBAL VARIABLES WHERE Variable_name IN ('version', 'innodb_flush_log_at_trx_commit',"
          + " 'log_bin', 'sync_binlog', 'max_connections', 'max_user_connections', 'sql_mode',"
          + " 'read_only', 'super_read_only')";

  /** How far the server's own zone is ahead of UTC now, in minutes. */
  private static final String ZONE =
      "SELECT TIMESTAMPDIFF(MINUTE, UTC_TIMESTAMP(), NOW()), @@session.time_zone";

  private final MysqlConfig config;

  /** Connects to nothing yet. */
  public MysqlCheckup(MysqlConfig config) {
    this.config = config;
  }

  @Override
  public List<StoreFact> facts() throws IOException {
    try (Connection connection = source().getConnection();
        Statement statement = connection.createStatement()) {
      Map<String, String> variables = variables(statement);
      List<StoreFact> facts = new ArrayList<>(judge(variables, Pools.mostConnections(config)));
      try (ResultSet row = statement.executeQuery(ZONE)) {
        row.next();
        facts.add(zone(row.getInt(1), row.getString(2)));
      }
      return facts;
    } catch (SQLException e) {
      throw new IOException("MySQL does not answer: " + e.getMessage(), e);
    }
  }

  private static Map<String, String> variables(Statement statement) throws SQLException {
    Map<String, String> variables = new HashMap<>();
    try (ResultSet row = statement.executeQuery(VARIABLES)) {
      while (row.next()) {
        variables.put(row.getString(1).toLowerCase(Locale.ROOT), row.getString(2));
      }
    }
    return variables;
  }

  /**
   * Judges the server's variables.
   *
   * @param needed connections that Sluice may open
   */
  static List<StoreFact> judge(Map<String, String> variables, int needed) {
    List<StoreFact> facts = new ArrayList<>();
    facts.add(version(variables.getOrDefault("version", "")));
    facts.add(
        StoreFact.of(
            "innodb_flush_log_at_trx_commit",
            is(variables, "innodb_flush_log_at_trx_commit", "1"),
            Verdict.ADVICE,
            variables.getOrDefault("innodb_flush_log_at_trx_commit", "?"),
            "1",
            "with another value a power cut takes commits back that MySQL had confirmed; Sluice"
                + " keeps its journal longer for it, others that write do not",
            "SET PERSIST innodb_flush_log_at_trx_commit = 1 (MariaDB: SET GLOBAL, and my.cnf)"));
    if (isOn(variables, "log_bin")) {
      facts.add(
          StoreFact.of(
              "sync_binlog",
              is(variables, "sync_binlog", "1"),
              Verdict.ADVICE,
              variables.getOrDefault("sync_binlog", "?"),
              "1, as there is a binary log",
              "recovery after a power cut rolls back what the binary log has lost, and replicas"
                  + " keep it",
              "SET PERSIST sync_binlog = 1 (MariaDB: SET GLOBAL, and my.cnf)"));
    }
    facts.add(connections(variables, needed));
    facts.add(
        StoreFact.of(
            "sql_mode",
            variables.getOrDefault("sql_mode", "").contains("STRICT_"),
            Verdict.ADVICE,
            variables.getOrDefault("sql_mode", ""),
            "STRICT_TRANS_TABLES or STRICT_ALL_TABLES",
            "Sluice sets its own; others that write sensor_data have values cut to fit without an"
                + " error, and both stores then disagree",
            "SET PERSIST sql_mode = CONCAT(@@sql_mode, ',STRICT_TRANS_TABLES')"));
    boolean readOnly = isOn(variables, "read_only") || isOn(variables, "super_read_only");
    facts.add(
        StoreFact.of(
            "read_only",
            !readOnly,
            Verdict.BROKEN,
            readOnly ? "ON" : "OFF",
            "OFF",
            "no reading can be delivered to it; the journal fills",
            "point mysql.url at the primary, or SET GLOBAL read_only = OFF"));
    return facts;
  }

  private static StoreFact version(String version) {
    Matcher numbers = VERSION.matcher(version);
    boolean mariaDb = version.contains("MariaDB");
    boolean fine = false;
    if (numbers.find()) {
      int major = Integer.parseInt(numbers.group(1));
      int minor = Integer.parseInt(numbers.group(2));
      fine = mariaDb ? major > 10 || (major == 10 && minor >= 6) : major >= 8;
    }
    return StoreFact.of(
        "version",
        fine,
        Verdict.ADVICE,
        version,
        "MySQL 8.0 or MariaDB 10.6, or newer",
        "older ones get no fixes; Sluice is tested on MySQL 9.7 and MariaDB 11.4",
        "upgrade the server");
  }

  private static StoreFact connections(Map<String, String> variables, int needed) {
    long most = Long.parseLong(variables.getOrDefault("max_connections", "0"));
    long perUser = Long.parseLong(variables.getOrDefault("max_user_connections", "0"));
    long allowed = perUser > 0 ? Math.min(most, perUser) : most;
    boolean enough = needed <= allowed;
    return StoreFact.of(
        "max_connections",
        enough && 2L * needed <= most,
        enough ? Verdict.ADVICE : Verdict.BROKEN,
        allowed + (perUser > 0 ? " (max_user_connections " + perUser + ")" : ""),
        "at least twice the " + needed + " that Sluice may open (mysql.pool-size and reads)",
        "a connection that is refused delays delivery, and others need some too",
        "SET PERSIST max_connections = "
            + Math.max(151, 2L * needed)
            + ", or lower mysql.pool-size");
  }

  private static StoreFact zone(int minutesAhead, String name) {
    return StoreFact.of(
        "time_zone",
        minutesAhead == 0,
        Verdict.ADVICE,
        "%s, %+d min".formatted(name, minutesAhead),
        "UTC",
        "created_at is UTC, and Sluice sets its own session's zone; others that write it with"
            + " NOW() are off by the difference",
        "SET PERSIST time_zone = '+00:00' (MariaDB: SET GLOBAL, and my.cnf)");
  }

  private static boolean is(Map<String, String> variables, String name, String value) {
    return value.equals(variables.get(name));
  }

  private static boolean isOn(Map<String, String> variables, String name) {
    String value = variables.getOrDefault(name, "OFF");
    return !value.equalsIgnoreCase("OFF") && !value.equals("0");
  }

  private MysqlDataSource source() throws SQLException {
    MysqlDataSource source = new MysqlDataSource();
    source.setUrl(config.url());
    source.setUser(config.user());
    source.setPassword(config.password());
    source.setConnectTimeout(CONNECT_TIMEOUT_MS);
    source.setSocketTimeout(ANSWER_TIMEOUT_MS);
    return source;
  }
}
