package dev.sluice.store.mysql;

import com.mysql.cj.jdbc.JdbcConnection;
import com.zaxxer.hikari.HikariDataSource;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Statements whose answer never came, and those that a process may still send which may not write
 * any more. The client has abandoned their connection, but the server may not have: a statement
 * that waits for a lock, or is still on the network, would run after its own retry and overwrite a
 * newer value with an old one. So before anything more is written, such connections are killed on
 * the server and confirmed gone. Lanes record them, the delivery thread ends them.
 *
 * <p>Only connections of this sink's own user are killed, which needs no privilege. One that runs
 * as another user is either ours inside a trigger, which runs under its definer's name, or, on a
 * server that replaced the first one, someone else's: that one is waited for, but not forever.
 */
final class StrayStatements {
  private static final Logger LOG = LoggerFactory.getLogger(StrayStatements.class);
  private static final int UNKNOWN_THREAD = 1094;
  private static final int NOT_OWNER = 1095;
  private static final Duration LONGEST_WAIT = Duration.ofSeconds(2);
  private static final Duration LONGEST_TRIGGER = Duration.ofMinutes(5);
  private static final long POLL_NANOS = TimeUnit.MILLISECONDS.toNanos(50);

  /** When each connection was abandoned, by the server's id for it. */
  private final Map<Long, Long> failedNanos = new ConcurrentHashMap<>();

  /**
   * The server's id of a connection, known since it was opened. Call this before using the
   * connection: a broken one no longer has it.
   */
  static long idOf(Connection connection) throws SQLException {
    return connection.unwrap(JdbcConnection.class).getSession().getThreadId();
  }

  /** Records a connection that may have been left in the middle of a statement. */
  void failed(long connection, SQLException e) {
    String state = e.getSQLState() == null ? "" : e.getSQLState();
    if (e.getErrorCode() == 0 || state.startsWith("08")) {
      failedNanos.put(connection, System.nanoTime());
    }
  }

  /** Records all connections over which others of this group write. */
  void ofOthers(HikariDataSource pool, WriterMark mark) throws SQLException {
    try (Connection connection = pool.getConnection();
        Statement statement = connection.createStatement()) {
      add(mark.ofOthers(statement, users(statement).keySet()));
    }
  }

  /** Records all connections over which these processes write. */
  void of(HikariDataSource pool, Set<String> writers) throws SQLException {
    try (Connection connection = pool.getConnection();
        Statement statement = connection.createStatement()) {
      add(WriterMark.of(writers, statement, users(statement).keySet()));
    }
  }

  private void add(Set<Long> connections) {
    connections.forEach(id -> failedNanos.put(id, System.nanoTime()));
  }

  /**
   * Ends the statements left on the server.
   *
   * @return what is still running and what would help; empty when nothing is
   * @throws SQLException when the server does not answer; nothing may be written then either
   */
  Optional<String> end(HikariDataSource pool) throws SQLException {
    if (failedNanos.isEmpty()) {
      return Optional.empty();
    }
    try (Connection connection = pool.getConnection();
        Statement statement = connection.createStatement()) {
      String user = user(connection);
      long deadline = System.nanoTime() + LONGEST_WAIT.toNanos();
      killAll(statement, user);
      while (!failedNanos.isEmpty() && System.nanoTime() - deadline < 0) {
        LockSupport.parkNanos(POLL_NANOS);
        killAll(statement, user);
      }
    }
    return failedNanos.isEmpty() ? Optional.empty() : Optional.of(problem());
  }

  /** Kills the connections that still exist, and forgets the others. */
  private void killAll(Statement statement, String user) throws SQLException {
    Map<Long, String> users = users(statement);
    for (Map.Entry<Long, Long> stray : Map.copyOf(failedNanos).entrySet()) {
      long id = stray.getKey();
      boolean gone =
          user.equals(users.getOrDefault(id, user))
              ? gone(statement, id, stray.getValue())
              : tooOld(stray.getValue());
      if (gone) {
        LOG.warn(
            "Connection {}, over which something could still have been written, has ended", id);
        failedNanos.remove(id);
      }
    }
  }

  /** The users that the server's connections run as; shows only connections this user may see. */
  private static Map<Long, String> users(Statement statement) throws SQLException {
    Map<Long, String> users = new HashMap<>();
    try (ResultSet rows = statement.executeQuery("SHOW PROCESSLIST")) {
      while (rows.next()) {
        users.put(rows.getLong("Id"), String.valueOf(rows.getString("User")));
      }
    }
    return users;
  }

  /** A killed connection exists until it has rolled back. */
  private static boolean gone(Statement statement, long id, long failedNanos) throws SQLException {
    try {
      statement.execute("KILL " + id);
      return false;
    } catch (SQLException e) {
      return switch (e.getErrorCode()) {
        case UNKNOWN_THREAD -> true;
        case NOT_OWNER -> tooOld(failedNanos);
        default -> throw e;
      };
    }
  }

  private static boolean tooOld(long failedNanos) {
    return System.nanoTime() - failedNanos > LONGEST_TRIGGER.toNanos();
  }

  private String problem() {
    return "the server still has connections "
        + new TreeSet<>(failedNanos.keySet())
        + ", which nobody uses any more and which may still execute what they were sent: nothing is"
        + " written until they end; see SHOW PROCESSLIST, and KILL them";
  }

  private static String user(Connection connection) throws SQLException {
    String userAtHost = connection.getMetaData().getUserName();
    return userAtHost.substring(0, userAtHost.lastIndexOf('@'));
  }
}
