package dev.sluice.store.mysql;

import com.zaxxer.hikari.HikariDataSource;
import com.zaxxer.hikari.metrics.MetricsTrackerFactory;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;

/**
 * The connection pools, with the settings that matter for Connector/J. A pool opens its first
 * connection when it is first asked for one, so a server that is away at start is an answer of
 * {@code getConnection}, not a failed start.
 */
final class Pools {
  /** Longest silence of a server in the middle of a statement. */
  private static final Duration SOCKET_TIMEOUT = Duration.ofSeconds(60);

  private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(5);
  private static final Duration LEAK_THRESHOLD = Duration.ofMinutes(5);
  private static final int READERS = 4;

  /** Two walks side by side, and a question in between. */
  private static final int WALKERS = 3;

  /**
   * Refuse what does not fit instead of bending it; give up on a lock, of rows or of the table,
   * before the socket times out, so that the server says that it was a lock; no zone is ever
   * applied, and if somebody's trigger does apply one, it is UTC. Not to be changed by the URL:
   * {@link Upsert} quotes for this mode.
   */
  private static final String SESSION =
      "sql_mode='STRICT_ALL_TABLES,NO_ZERO_IN_DATE,NO_ZERO_DATE,ERROR_FOR_DIVISION_BY_ZERO,"
          + "NO_ENGINE_SUBSTITUTION',time_zone='+00:00',lock_wait_timeout=5,innodb_lock_wait_timeout=5";

  private static final Map<String, String> DRIVER =
      Map.of(
          "connectTimeout",
          String.valueOf(CONNECT_TIMEOUT.toMillis()),
          "socketTimeout",
          String.valueOf(SOCKET_TIMEOUT.toMillis()),
          "tcpKeepAlive",
          "true",
          "characterEncoding",
          "UTF-8",
          // Saves a round trip for each setting Hikari restores when a connection comes back.
          "useLocalSessionState",
          "true",
          "elideSetAutoCommits",
          "true",
          "maintainTimeStats",
          "false");

  private Pools() {}

  /** For {@link MysqlSink}: one connection a lane. */
  static HikariDataSource writing(MysqlConfig config, Optional<MetricsTrackerFactory> metrics) {
    HikariDataSource pool = pool(config, "sluice-mysql-write", config.poolSize(), metrics);
    pool.setTransactionIsolation("TRANSACTION_READ_COMMITTED");
    // Upserts are written out in full (see Upsert): nothing is prepared, nothing to cache.
    pool.addDataSourceProperty("useServerPrepStmts", "false");
    return pool;
  }

  /** For {@link MysqlReadings}. */
  static HikariDataSource reading(MysqlConfig config, Optional<MetricsTrackerFactory> metrics) {
    HikariDataSource pool = pool(config, "sluice-mysql-read", READERS, metrics);
    pool.setReadOnly(true);
    pool.setMinimumIdle(1);
    pool.setTransactionIsolation("TRANSACTION_READ_COMMITTED");
    pool.addDataSourceProperty("useServerPrepStmts", "true");
    pool.addDataSourceProperty("cachePrepStmts", "true");
    pool.addDataSourceProperty("prepStmtCacheSize", "16");
    pool.addDataSourceProperty("prepStmtCacheSqlLimit", "2048");
    return pool;
  }

  /** For {@link MysqlHistory} and {@link MysqlScan}: rarely used, so nothing is kept open. */
  static HikariDataSource walking(
      MysqlConfig config, String name, Optional<MetricsTrackerFactory> metrics) {
    HikariDataSource pool = pool(config, name, WALKERS, metrics);
    pool.setReadOnly(true);
    pool.setMinimumIdle(0);
    pool.setTransactionIsolation("TRANSACTION_READ_COMMITTED");
    pool.addDataSourceProperty("useServerPrepStmts", "true");
    pool.addDataSourceProperty("cachePrepStmts", "true");
    pool.addDataSourceProperty("prepStmtCacheSize", "16");
    pool.addDataSourceProperty("prepStmtCacheSqlLimit", "65536");
    // Names are taken as the bytes the server sends; whatever the URL says, that is UTF-8.
    pool.addDataSourceProperty("characterEncoding", "UTF-8");
    pool.addDataSourceProperty("characterSetResults", "UTF-8");
    // Rows are taken as fast as they come: no statement more, before each page, to be patient.
    pool.addDataSourceProperty("netTimeoutForStreamingResults", "0");
    return pool;
  }

  private static HikariDataSource pool(
      MysqlConfig config, String name, int size, Optional<MetricsTrackerFactory> metrics) {
    HikariDataSource pool = new HikariDataSource();
    pool.setPoolName(name);
    pool.setJdbcUrl(config.url());
    pool.setUsername(config.user());
    pool.setPassword(config.password());
    pool.setMaximumPoolSize(size);
    pool.setConnectionTimeout(CONNECT_TIMEOUT.toMillis());
    pool.setInitializationFailTimeout(-1);
    pool.setKeepaliveTime(Duration.ofMinutes(2).toMillis());
    pool.setLeakDetectionThreshold(LEAK_THRESHOLD.toMillis());
    metrics.ifPresent(pool::setMetricsTrackerFactory);
    // Connector/J lets properties win over its URL; here the operator's URL wins.
    DRIVER.forEach((key, value) -> {
      if (!config.url().contains(key + "=")) {
        pool.addDataSourceProperty(key, value);
      }
    });
    pool.addDataSourceProperty("sessionVariables", SESSION);
    return pool;
  }
}
