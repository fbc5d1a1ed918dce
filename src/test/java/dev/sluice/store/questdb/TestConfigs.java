package dev.sluice.store.questdb;

import java.nio.file.Path;
import java.time.Duration;
import java.util.OptionalInt;

/** Settings for tests. */
public final class TestConfigs {
  static final Duration DURABLE_AFTER = Duration.ofSeconds(30);

  private TestConfigs() {}

  public static QuestDbConfig embedded(Path directory) {
    return embedded(directory, 0, 0);
  }

  public static QuestDbConfig embedded(Path directory, int consolePort, int pgPort) {
    return new QuestDbConfig(
        QuestDbConfig.Mode.EMBEDDED,
        directory,
        "",
        "",
        "",
        consolePort,
        pgPort,
        100_000,
        Duration.ofMillis(20),
        DURABLE_AFTER,
        OptionalInt.empty());
  }

  public static QuestDbConfig remote(String url) {
    return new QuestDbConfig(
        QuestDbConfig.Mode.REMOTE,
        Path.of("target", "remote-questdb"),
        url,
        "",
        "",
        0,
        0,
        100_000,
        Duration.ofMillis(20),
        DURABLE_AFTER,
        OptionalInt.empty());
  }
}
