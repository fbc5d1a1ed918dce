package dev.sluice.store.mysql;

import java.time.Duration;

/**
 * Settings {@code mysql.*}.
 *
 * @param url {@code mysql.url}: {@code jdbc:mysql://host:port/database}
 * @param user {@code mysql.user}
 * @param password {@code mysql.password}
 * @param poolSize {@code mysql.pool-size}: connections that write
 * @param batchRows {@code mysql.batch-rows}: most rows of one INSERT
 * @param linger {@code mysql.linger}: how long a batch waits to fill
 */
public record MysqlConfig(
    String url, String user, String password, int poolSize, int batchRows, Duration linger) {
  /** Most connections that write: any more would only wait for each other in the server. */
  public static final int MAX_POOL_SIZE = 64;

  private static final int LEAST_BY_DEFAULT = 2;
  private static final int MOST_BY_DEFAULT = 4;

  /** Most rows of one INSERT. */
  public static final int MAX_BATCH_ROWS = 20_000;

  /** Refuses impossible settings, naming key, value and range. */
  public MysqlConfig {
    check("mysql.pool-size", poolSize, MAX_POOL_SIZE);
    check("mysql.batch-rows", batchRows, MAX_BATCH_ROWS);
  }

  /** The default of {@code mysql.pool-size}: one per processor, 2 to 4. */
  public static int poolSizeHere() {
    return Math.clamp(
        Runtime.getRuntime().availableProcessors(), LEAST_BY_DEFAULT, MOST_BY_DEFAULT);
  }

  private static void check(String key, int value, int max) {
    if (value < 1 || value > max) {
      throw new IllegalArgumentException(key + " is " + value + ", allowed are 1.." + max);
    }
  }

  /** Leaves out the password and the URL, whose parameters may hold secrets. */
  @Override
  public String toString() {
    return "MysqlConfig[user=" + user + ", poolSize=" + poolSize + ", batchRows=" + batchRows + "]";
  }
}
