package dev.sluice.testing;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.sluice.config.SettingsException;
import dev.sluice.config.Sources;
import dev.sluice.server.StoreMigrations;
import dev.sluice.settings.Mode;
import dev.sluice.settings.Settings;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * {@code serve} in phase {@code mirror} on a migrated database of its own, with embedded QuestDB:
 * the settings that tests of the whole jar start from.
 */
public record ServeFixture(Path directory, TestMysql mysql, List<String> settings) {
  private static final String PASSWORD = "open-sesame";

  /** Migrates a fresh MySQL database and QuestDB, as {@code ./sluice migrate} does. */
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
    settings.add("questdb.pg-port=" + TestPorts.free());
    settings.add("questdb.console-password=" + PASSWORD);
    settings.add("cutover.initial-phase=mirror");
    settings.add("mysql.url=" + mysql.url());
    settings.add("mysql.user=" + mysql.user());
    settings.add("mysql.password=" + mysql.password());
    migrate(settings);
    return new ServeFixture(directory, mysql, List.copyOf(settings));
  }

  /** In this JVM, which has long loaded what a new one would have to load first. */
  public static void migrate(List<String> settings) {
    ByteArrayOutputStream said = new ByteArrayOutputStream();
    try {
      int exit =
          new StoreMigrations()
              .migrate(
                  Settings.load(
                      Mode.SERVE,
                      new Sources(Optional.empty(), Path.of("none.yaml"), Map.of(), settings)),
                  new PrintStream(said, true, UTF_8));
      if (exit != 0) {
        throw new AssertionError("migrate exited " + exit + ": " + said.toString(UTF_8));
      }
    } catch (SettingsException e) {
      throw new AssertionError(e);
    }
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
