package dev.sluice.testing;

import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * {@code serve} in phase {@code mirror} on a migrated database of its own, with embedded QuestDB:
 * the settings that tests of the whole jar start from.
 */
public record ServeFixture(Path directory, TestMysql mysql, List<String> settings) {
  private static final String PASSWORD = "open-sesame";

  /** Migrates a fresh MySQL database and QuestDB with the jar's own command. */
  public static ServeFixture migrated(Path directory) {
    return migrated(directory, TestMysql.freshDatabase());
  }

  /** Likewise, on this database. */
  public static ServeFixture migrated(Path directory, TestMysql mysql) {
    List<String> settings = new ArrayList<>();
    settings.add("data.dir=" + directory.resolve("data"));
    settings.add("ingest.port=0");
    settings.add("admin.port=0");
    settings.add("questdb.console-port=0");
    settings.add("questdb.pg-port=" + SluiceProcess.freePort());
    settings.add("questdb.console-password=" + PASSWORD);
    settings.add("cutover.initial-phase=mirror");
    settings.add("mysql.url=" + mysql.url());
    settings.add("mysql.user=" + mysql.user());
    settings.add("mysql.password=" + mysql.password());
    try (SluiceProcess migrate = SluiceProcess.launch(directory, "migrate", settings)) {
      int exit = migrate.awaitExit(Duration.ofMinutes(2));
      if (exit != 0) {
        throw new AssertionError("migrate exited " + exit + ": " + migrate.out() + migrate.log());
      }
    }
    return new ServeFixture(directory, mysql, List.copyOf(settings));
  }

  /** Starts the jar with these settings changed or added. */
  public SluiceProcess start(String... changed) {
    return SluiceProcess.start(directory, "serve", with(changed));
  }

  /**
   * Embedded QuestDB's PostgreSQL wire, once it is open; a process that joins it later names none.
   */
  public URI pg() {
    String key = "questdb.pg-port=";
    return settings.stream()
        .filter(setting -> setting.startsWith(key))
        .map(setting ->
            URI.create(
                "postgresql://sluice:"
                    + PASSWORD
                    + "@127.0.0.1:"
                    + setting.substring(key.length())
                    + "/qdb"))
        .findFirst()
        .orElseThrow();
  }

  /** The settings with these in the place of those of the same key, or added. */
  public List<String> with(String... changed) {
    Map<String, String> all = new LinkedHashMap<>();
    settings.forEach(setting -> all.put(key(setting), setting));
    List.of(changed).forEach(setting -> all.put(key(setting), setting));
    return List.copyOf(all.values());
  }

  private static String key(String setting) {
    return setting.substring(0, setting.indexOf('='));
  }
}
