package dev.sluice.store.mysql;

import com.mysql.cj.jdbc.MysqlDataSource;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Detects another Sluice that writes to the same table, which is rarely intended: each would
 * overwrite the other's readings of the same identity, and neither would account for them in its
 * proofs. It warns and stops nothing.
 *
 * <p>It uses two of the server's advisory locks, which need no privilege and are released with
 * their connection: the first Sluice holds one, any later one the other, so that each sees the
 * other. The locks belong to one server: two that write to two servers of a group do not notice
 * each other. Has its own connection, which only its own daemon thread touches; any thread may call
 * {@link #warning}. While the server does not answer, there is no warning.
 */
public final class OtherWriters implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(OtherWriters.class);
  private static final Duration EVERY = Duration.ofSeconds(10);
  private static final int CONNECT_TIMEOUT_MS = 5_000;
  private static final int ANSWER_TIMEOUT_MS = 10_000;

  /**
   * Lock names have at most 64 characters, and a database's name alone may have that many. Newer
   * MySQL has no SHA1.
   */
  private static final String FIRST = "CONCAT('sluice:first:', LEFT(SHA2(DATABASE(), 256), 40))";

  private static final String FURTHER =
      "CONCAT('sluice:further:', LEFT(SHA2(DATABASE(), 256), 40))";
  private static final String HOLDERS =
      "SELECT CONNECTION_ID(), COALESCE(IS_USED_LOCK("
          + FIRST
          + "), 0), COALESCE(IS_USED_LOCK("
          + FURTHER
          + "), 0)";

  private final MysqlDataSource source;
  private final Duration every;
  private final CountDownLatch stop = new CountDownLatch(1);
  private final Thread thread;

  /**
   * Ids by which the server knows our connections: a broken one may live on for a while, with its
   * lock.
   */
  private final Set<Long> mine = new HashSet<>();

  private @Nullable Connection connection;
  private volatile Optional<String> warning = Optional.empty();

  /** Connects to nothing yet. */
  public OtherWriters(MysqlConfig config) {
    this(config, EVERY);
  }

  OtherWriters(MysqlConfig config, Duration every) {
    this.every = every;
    source = new MysqlDataSource();
    source.setUrl(config.url());
    source.setUser(config.user());
    source.setPassword(config.password());
    try {
      source.setConnectTimeout(CONNECT_TIMEOUT_MS);
      source.setSocketTimeout(ANSWER_TIMEOUT_MS);
    } catch (SQLException e) {
      throw new AssertionError("Connector/J refused its own property", e);
    }
    thread = Thread.ofPlatform().daemon().name("sluice-mysql-others").unstarted(this::run);
  }

  /** Checks now, and every few seconds from then on. */
  public void start() {
    thread.start();
  }

  /** A warning about another Sluice; empty while none is seen. */
  public Optional<String> warning() {
    return warning;
  }

  /** Stops the thread, which takes at most a statement's timeout. */
  @Override
  public void close() {
    stop.countDown();
    boolean interrupted = false;
    while (thread.isAlive()) {
      try {
        thread.join();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private void run() {
    try {
      do {
        tell(look());
      } while (!stop.await(every.toNanos(), TimeUnit.NANOSECONDS));
    } catch (InterruptedException e) {
      throw new AssertionError("unexpected interrupt of " + Thread.currentThread().getName(), e);
    } finally {
      disconnect();
    }
  }

  private void tell(Optional<String> seen) {
    if (seen.isPresent() && warning.isEmpty()) {
      LOG.warn("{}", seen.get());
    } else if (seen.isEmpty() && warning.isPresent()) {
      LOG.info("No other Sluice writes sensor_data any more");
    }
    warning = seen;
  }

  private Optional<String> look() {
    try (Statement statement = connected().createStatement();
        ResultSet row = statement.executeQuery(HOLDERS)) {
      row.next();
      long self = row.getLong(1);
      long first = row.getLong(2);
      long further = row.getLong(3);
      if (mine.stream().anyMatch(id -> id > self)) {
        mine.clear(); // the server counts from the start again: these ids may be others' now
      }
      mine.add(self);
      if (first == 0 && !take(FIRST)) {
        return Optional.empty(); // another Sluice was faster: the next check reports it
      }
      boolean led = first == 0 || mine.contains(first);
      if (led && further == self) {
        ask("SELECT RELEASE_LOCK(" + FURTHER + ")");
      } else if (!led && further == 0) {
        take(FURTHER);
      }
      long other = led ? further : first;
      return other == 0 || mine.contains(other) ? Optional.empty() : Optional.of(words(other));
    } catch (SQLException e) {
      LOG.debug("Cannot check whether another Sluice writes sensor_data", e);
      disconnect();
      return Optional.empty();
    }
  }

  private static String words(long other) {
    return "another Sluice also writes sensor_data in this MySQL (its connection there: "
        + other
        + "; SHOW PROCESSLIST): each overwrites the other's value for the same device, metric and"
        + " time, and neither's backfill and parity know of the other. Stop one, or give it its"
        + " own database (mysql.url)";
  }

  private boolean take(String name) throws SQLException {
    return ask("SELECT GET_LOCK(" + name + ", 0)");
  }

  private boolean ask(String sql) throws SQLException {
    try (Statement statement = connected().createStatement();
        ResultSet row = statement.executeQuery(sql)) {
      return row.next() && row.getInt(1) == 1;
    }
  }

  private Connection connected() throws SQLException {
    Connection open = connection;
    if (open == null) {
      open = source.getConnection();
      connection = open;
    }
    return open;
  }

  private void disconnect() {
    Connection open = connection;
    connection = null;
    if (open != null) {
      try {
        open.close();
      } catch (SQLException e) {
        LOG.debug("A broken connection did not close", e);
      }
    }
  }
}
