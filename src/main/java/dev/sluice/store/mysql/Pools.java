package dev.sluice.store.mysql;

import com.zaxxer.hikari.HikariDataSource;
import com.zaxxer.hikari.metrics.MetricsTrackerFactory;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;

/**
 * The connection pools, with the settings that matter for Connector/J. A pool opens its first
 * connection when it is first asked for one, so a server that is down at startup makes {@code
 * getConnection} fail, not the start.
 */
final class Pools {
  /** Longest a server may stay silent in the middle of a statement. */
  private static final Duration SOCKET_TIMEOUT = Duration.ofSeconds(60);

  private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(5);
  private static final Duration LEAK_THRESHOLD = Duration.ofMinutes(5);
  static final int READERS = 4;

  /** Two walks in parallel, and a query in between. */
  private static final int WALKERS = 3;

  /**
   * Strict, so that the server refuses what does not fit instead of altering it. Waits for locks,
   * on rows or the table, end before the socket times out, so that the error names the lock. No
   * time zone is ever applied, and if a trigger does apply one, it is UTC. The URL must not change
   * these: {@link Upsert} quotes for this mode.
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
          // Saves a round trip for each setting that Hikari restores when a connection is returned.
          "useLocalSessionState",
          "true",
          "elideSetAutoCommits",
          "true",
          "maintainTimeStats",
          "false");

  /** Those of {@link OtherWriters}, a schema check and a {@link MysqlCheckup}. */
  private static final int SINGLE = 3;

  private Pools() {}

  /** Most connections that Sluice opens at the same time. */
  static int mostConnections(MysqlConfig config) {
    return config.poolSize() + READERS + 2 * WALKERS + SINGLE;
  }

  /** For {@link MysqlSink}: one connection per lane, each with this mark. */
  static HikariDataSource writing(
      MysqlConfig config, Optional<MetricsTrackerFactory> metrics, Optional<WriterMark> mark) {
    HikariDataSource pool = pool(config, "sluice-mysql-write", config.poolSize(), metrics);
    mark.ifPresent(marked -> pool.setConnectionInitSql(marked.onOpen()));
    // Upserts are written out in full (see Upsert): nothing is prepared, nothing to cache.
    pool.addDataSourceProperty("useServerPrepStmts", "false");
    return pool;
  }

  /** For {@link MysqlReadings}: prepares its few statements and keeps one connection open. */
  static HikariDataSource reading(MysqlConfig config, Optional<MetricsTrackerFactory> metrics) {
    return preparing(pool(config, "sluice-mysql-read", READERS, metrics), 1, "2048");
  }

  /** For {@link MysqlHistory} and {@link MysqlScan}: rarely used, so nothing is kept open. */
  static HikariDataSource walking(
      MysqlConfig config, String name, Optional<MetricsTrackerFactory> metrics) {
    HikariDataSource pool = preparing(pool(config, name, WALKERS, metrics), 0, "65536");
    // Names are used as the bytes the server sends, so these must be UTF-8 whatever the URL says.
    pool.addDataSourceProperty("characterEncoding", "UTF-8");
    pool.addDataSourceProperty("characterSetResults", "UTF-8");
    // Rows are read as fast as they arrive: no need for the driver's extra statement before each
    // page that raises the server's timeout.
    pool.addDataSourceProperty("netTimeoutForStreamingResults", "0");
    return pool;
  }

  private static HikariDataSource preparing(HikariDataSource pool, int idle, String longestSql) {
    pool.setReadOnly(true);
    pool.setMinimumIdle(idle);
    pool.addDataSourceProperty("useServerPrepStmts", "true");
    pool.addDataSourceProperty("cachePrepStmts", "true");
    pool.addDataSourceProperty("prepStmtCacheSize", "16");
    pool.addDataSourceProperty("prepStmtCacheSqlLimit", longestSql);
    return pool;
  }

  private static HikariDataSource pool(
      MysqlConfig config, String name, int size, Optional<MetricsTrackerFactory> metrics) {
    HikariDataSource pool = new HikariDataSource();
    pool.setPoolName(name);
    pool.setTransactionIsolation("TRANSACTION_READ_COMMITTED");
    pool.setJdbcUrl(config.url());
    pool.setUsername(config.user());
    pool.setPassword(config.password());
    pool.setMaximumPoolSize(size);
    pool.setConnectionTimeout(CONNECT_TIMEOUT.toMillis());
    pool.setInitializationFailTimeout(-1);
    pool.setKeepaliveTime(Duration.ofMinutes(2).toMillis());
    pool.setLeakDetectionThreshold(LEAK_THRESHOLD.toMillis());
    metrics.ifPresent(pool::setMetricsTrackerFactory);
    // In Connector/J, properties override the URL; here the operator's URL wins.
    DRIVER.forEach((key, value) -> {
      if (!config.url().contains(key + "=")) {
        pool.addDataSourceProperty(key, value);
      }
    });
    pool.addDataSourceProperty("sessionVariables", SESSION);
    return pool;
  }
}
