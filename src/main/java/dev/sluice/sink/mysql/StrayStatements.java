package dev.sluice.sink.mysql;

import com.mysql.cj.jdbc.JdbcConnection;
import com.zaxxer.hikari.HikariDataSource;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Statements whose answer never came. The client has given up its connection, the server may not
 * have: a statement that waits for a lock, or that a network still carries, would be executed after
 * its own retry and put an old value over a newer one. So before anything more is written, such
 * connections are killed on the server and seen to be gone. Lanes add, the delivery thread ends.
 *
 * <p>Only connections of this sink's own user are looked for and killed, which needs no privilege.
 * What a server that has been restarted or replaced does not know any more is gone.
 */
final class StrayStatements {
  private static final Logger LOG = LoggerFactory.getLogger(StrayStatements.class);
  private static final int UNKNOWN_THREAD = 1094;
  private static final Duration LONGEST_WAIT = Duration.ofSeconds(2);
  private static final long POLL_NANOS = TimeUnit.MILLISECONDS.toNanos(20);

  private final Set<Long> connections = ConcurrentHashMap.newKeySet();

  /**
   * The server's number of a connection, known since it was made. To be asked before the connection
   * is used: a broken one tells nothing.
   */
  static long idOf(Connection connection) throws SQLException {
    return connection.unwrap(JdbcConnection.class).getSession().getThreadId();
  }

  /** This connection may have been left in the middle of a statement. */
  void failed(long connection, SQLException e) {
    String state = e.getSQLState() == null ? "" : e.getSQLState();
    if (e.getErrorCode() == 0 || state.startsWith("08")) {
      connections.add(connection);
    }
  }

  /**
   * Ends what was left on the server.
   *
   * @return what is still there and what would help; empty when nothing is
   * @throws SQLException when the server does not answer; nothing may be written then either
   */
  Optional<String> end(HikariDataSource pool) throws SQLException {
    if (connections.isEmpty()) {
      return Optional.empty();
    }
    try (Connection connection = pool.getConnection();
        Statement statement = connection.createStatement()) {
      String user = user(connection);
      long deadline = System.nanoTime() + LONGEST_WAIT.toNanos();
      Set<Long> left = left(statement, user);
      String refusal = kill(statement, left);
      while (!left.isEmpty() && System.nanoTime() - deadline < 0) {
        LockSupport.parkNanos(POLL_NANOS);
        left = left(statement, user);
      }
      connections.retainAll(left);
      return left.isEmpty() ? Optional.empty() : Optional.of(problem(left, refusal));
    }
  }

  /** Those of ours that the server still has. */
  private Set<Long> left(Statement statement, String user) throws SQLException {
    Set<Long> left = new TreeSet<>();
    try (ResultSet rows = statement.executeQuery("SHOW PROCESSLIST")) {
      while (rows.next()) {
        long id = rows.getLong("Id");
        if (connections.contains(id) && user.equals(rows.getString("User"))) {
          left.add(id);
        }
      }
    }
    return left;
  }

  /** Why a connection could not be killed; empty when all could, or had just ended. */
  private static String kill(Statement statement, Set<Long> left) {
    String refusal = "";
    for (long id : left) {
      try {
        statement.execute("KILL " + id);
        LOG.warn("Killed connection {}, whose answer never came, before its readings go again", id);
      } catch (SQLException e) {
        if (e.getErrorCode() != UNKNOWN_THREAD) {
          refusal = "; it could not be killed: " + Verdict.describe(e);
        }
      }
    }
    return refusal;
  }

  private static String problem(Set<Long> left, String refusal) {
    return "the server still has the connections "
        + left
        + ", whose answer never came, and may yet execute what they were sent: nothing is written"
        + " until they have ended (SHOW PROCESSLIST, KILL)"
        + refusal;
  }

  private static String user(Connection connection) throws SQLException {
    String userAtHost = connection.getMetaData().getUserName();
    return userAtHost.substring(0, userAtHost.lastIndexOf('@'));
  }
}
