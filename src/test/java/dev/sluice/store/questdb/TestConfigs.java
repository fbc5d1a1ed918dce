package dev.sluice.store.questdb;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalInt;

/** Settings for tests. */
public final class TestConfigs {
  static final Duration DURABLE_AFTER = Duration.ofSeconds(30);

  private TestConfigs() {}

  public static QuestDbConfig embedded(Path directory) {
    return embedded(directory, 0, 0);
  }

  public static QuestDbConfig embedded(Path directory, int consolePort, int pgPort) {
    return embedded(directory, consolePort, pgPort, Optional.empty());
  }

  public static QuestDbConfig embedded(
      Path directory, int consolePort, int pgPort, Optional<String> consolePassword) {
    return new QuestDbConfig(
        QuestDbConfig.Mode.EMBEDDED,
        directory,
        "",
        "",
        "",
        consolePort,
        pgPort,
        consolePassword,
        100_000,
        Duration.ofMillis(20),
        DURABLE_AFTER,
        OptionalInt.empty());
  }

  public static QuestDbConfig remote(String url) {
    return new QuestDbConfig(
        QuestDbConfig.Mode.REMOTE,
        // Not another test JVM's: both would unpack the client's library there at once.
        Path.of("target", "remote-questdb", System.getProperty("sluice.test.fork", "0")),
        url,
        "",
        "",
        0,
        0,
        Optional.empty(),
        100_000,
        Duration.ofMillis(20),
        DURABLE_AFTER,
        OptionalInt.empty());
  }
}
