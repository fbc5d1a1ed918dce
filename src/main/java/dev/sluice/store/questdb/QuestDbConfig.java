package dev.sluice.store.questdb;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * Settings {@code questdb.*}.
 *
 * @param mode {@code questdb.mode}
 * @param directory {@code <data.dir>/questdb}, of the embedded engine; the client of a remote
 *     server keeps its native library there
 * @param url {@code questdb.url}: {@code http://host:9000} of a remote server
 * @param user {@code questdb.user} of a remote server, may be empty
 * @param password {@code questdb.password} of a remote server, may be empty
 * @param consolePort {@code questdb.console-port} of the embedded engine, 0 is off
 * @param pgPort {@code questdb.pg-port} of the embedded engine, 0 is off
 * @param consolePassword {@code questdb.console-password} of console and PG wire; if empty, a
 *     random one is kept in {@link #consolePasswordFile()}
 * @param batchRows {@code questdb.batch-rows}: most rows of one commit
 * @param linger {@code questdb.linger}: how long a batch waits to fill
 * @param durableAfter {@code questdb.durable-after}: how long journal segments are kept after
 *     delivery to a remote server that acknowledges before it syncs
 * @param maxReaders {@code questdb.max-readers}: most reads the embedded engine answers at the same
 *     time; if empty, the kernel's limit on mappings decides
 */
public record QuestDbConfig(
    Mode mode,
    Path directory,
    String url,
    String user,
    String password,
    int consolePort,
    int pgPort,
    Optional<String> consolePassword,
    int batchRows,
    Duration linger,
    Duration durableAfter,
    OptionalInt maxReaders) {
  /** The only user of the embedded engine's console and PG wire. */
  public static final String CONSOLE_USER = "sluice";

  /** Where QuestDB runs. */
  public enum Mode {
    EMBEDDED,
    REMOTE
  }

  /** Whether the embedded engine has a console or a PG wire. */
  public boolean hasServers() {
    return consolePort != 0 || pgPort != 0;
  }

  /** Where the password of console and PG wire is kept if none is set. */
  public Path consolePasswordFile() {
    return directory.resolve("console-password");
  }

  /** These settings without console and PG wire: for a command that only needs the tables. */
  public QuestDbConfig withoutServers() {
    return new QuestDbConfig(
        mode,
        directory,
        url,
        user,
        password,
        0,
        0,
        consolePassword,
        batchRows,
        linger,
        durableAfter,
        maxReaders);
  }
}
