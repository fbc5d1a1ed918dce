package dev.sluice.store.questdb;

import dev.sluice.config.Check;
import dev.sluice.config.Key;
import dev.sluice.config.ValueType;
import java.time.Duration;
import java.util.List;

/** The keys of {@link QuestDbConfig}. */
public final class QuestDbKeys {
  public static final Key<QuestDbConfig.Mode> MODE =
      Key.of(
          "questdb.mode",
          "embedded",
          ValueType.choice(QuestDbConfig.Mode.values()),
          "embedded: the engine in this process; remote: a server at questdb.url.");
  public static final Key<String> URL =
      Key.of(
          "questdb.url",
          ValueType.url("http://host:port or https://host:port", "http://", "https://"),
          "The remote server. Required when questdb.mode is remote.");
  public static final Key<String> USER =
      Key.of("questdb.user", "", ValueType.text(), "User for the remote server, if it needs one.");
  public static final Key<String> PASSWORD =
      Key.of(
          "questdb.password",
          "",
          ValueType.password(),
          "Its password; best set in the environment.");
  public static final Key<Integer> CONSOLE_PORT =
      Key.of(
          "questdb.console-port",
          ValueType.portOrOff(),
          "Read-only web console of the embedded engine, on loopback; by default 9000 under up,"
              + " else off.");
  public static final Key<Integer> PG_PORT =
      Key.of(
          "questdb.pg-port",
          ValueType.portOrOff(),
          "Read-only PostgreSQL wire of the embedded engine, on loopback; by default 8812 under up,"
              + " else off.");
  public static final Key<String> CONSOLE_PASSWORD =
      Key.of(
          "questdb.console-password",
          ValueType.password(),
          "Of user sluice on console and PG wire; by default random, in"
              + " <data.dir>/questdb/console-password.");
  public static final Key<Integer> BATCH_ROWS =
      Key.of(
          "questdb.batch-rows",
          "500000",
          ValueType.integer(1, 1_000_000),
          "Most rows of one commit.");
  public static final Key<Duration> LINGER =
      Key.of(
          "questdb.linger",
          "200ms",
          ValueType.duration("0ms", "1m"),
          "How long a batch waits to fill.");
  public static final Key<Duration> DURABLE_AFTER =
      Key.of(
          "questdb.durable-after",
          "60s",
          ValueType.duration("0ms", "1d"),
          "How long segments are kept for a remote server that acks before it syncs.");
  public static final Key<Integer> MAX_READERS =
      Key.of(
          "questdb.max-readers",
          ValueType.integer(1, 1_000),
          "Most reads the embedded engine answers at once; by default what vm.max_map_count"
              + " allows, 1 to 16.");

  /** All of them, in the order of the reference. */
  public static final List<Key<?>> ALL =
      List.of(
          MODE,
          URL,
          USER,
          PASSWORD,
          CONSOLE_PORT,
          PG_PORT,
          CONSOLE_PASSWORD,
          BATCH_ROWS,
          LINGER,
          DURABLE_AFTER,
          MAX_READERS);

  private QuestDbKeys() {}

  /** Refuses a remote server without an address. */
  public static void check(Check settings) {
    boolean remote = settings.required(MODE) == QuestDbConfig.Mode.REMOTE;
    if (remote && settings.optional(URL).isEmpty()) {
      settings.demand(URL, "questdb.mode is remote");
    }
  }
}
