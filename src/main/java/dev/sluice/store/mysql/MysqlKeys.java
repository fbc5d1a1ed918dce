package dev.sluice.store.mysql;

import dev.sluice.config.Check;
import dev.sluice.config.Key;
import dev.sluice.config.ValueType;
import java.time.Duration;
import java.util.List;

/** The keys of {@link MysqlConfig}. */
public final class MysqlKeys {
  public static final Key<String> URL =
      Key.of(
          "mysql.url",
          ValueType.url("jdbc:mysql://host:port/database", "jdbc:mysql:"),
          "The legacy store. Required by serve in a phase that writes MySQL.");
  public static final Key<String> USER =
      Key.of("mysql.user", "sluice", ValueType.name(), "User for MySQL.");
  public static final Key<String> PASSWORD =
      Key.of(
          "mysql.password", "", ValueType.password(), "Its password; best set in the environment.");
  public static final Key<MysqlTls> TLS =
      Key.of(
          "mysql.tls",
          ValueType.choice(MysqlTls.values()),
          "Encryption; by default verify, and for a server on this machine as the driver likes.");
  public static final Key<Integer> POOL_SIZE =
      Key.of(
          "mysql.pool-size",
          ValueType.integer(1, MysqlConfig.MAX_POOL_SIZE),
          "Write connections, so batches in flight; by default one per processor, 2 to 4.");
  public static final Key<Integer> BATCH_ROWS =
      Key.of(
          "mysql.batch-rows",
          "5000",
          ValueType.integer(1, MysqlConfig.MAX_BATCH_ROWS),
          "Most rows of one INSERT.");
  public static final Key<Duration> LINGER =
      Key.of(
          "mysql.linger",
          "20ms",
          ValueType.duration("0ms", "1m"),
          "How long a batch waits to fill.");

  /** All of them, in the order of the reference. */
  public static final List<Key<?>> ALL =
      List.of(URL, USER, PASSWORD, TLS, POOL_SIZE, BATCH_ROWS, LINGER);

  private MysqlKeys() {}

  /** Refuses a URL that says itself how to encrypt, and perhaps something else than the setting. */
  public static void check(Check settings) {
    if (settings.optional(TLS).isPresent()
        && settings.optional(URL).map(MysqlTls::isIn).orElse(false)) {
      settings.refuse(TLS, "this setting or sslMode in mysql.url, not both");
    }
  }
}
