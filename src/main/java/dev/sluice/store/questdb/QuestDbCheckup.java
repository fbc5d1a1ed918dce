package dev.sluice.store.questdb;

import dev.sluice.store.StoreCheckup;
import dev.sluice.store.StoreFact;
import dev.sluice.store.StoreFact.Verdict;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Looks at QuestDB's parameters, and at the table's log. Changes nothing. Thread-safe. */
public final class QuestDbCheckup implements StoreCheckup {
  private static final String PARAMETERS =
      "SELECT property_path, value FROM (SHOW PARAMETERS) WHERE property_path IN"
          + " ('cairo.commit.mode', 'http.security.readonly', 'line.http.enabled', 'readonly')";

  private static final String SUSPENDED =
      "SELECT CAST(suspended AS VARCHAR), errorMessage FROM wal_tables() WHERE name = '"
          + QuestDbTable.NAME
          + "'";

  private static final Pattern VERSION = Pattern.compile("QuestDB (\\d{1,4})\\.");
  private static final int TESTED_VERSION = 9;
  private static final String WANTED_VERSION = TESTED_VERSION + " or newer";
  private static final String WHY_VERSION = "older ones are not tested with Sluice";

  private final QuestDbSql sql;
  private final QuestDbConfig.Mode mode;

  public QuestDbCheckup(QuestDbSql sql, QuestDbConfig.Mode mode) {
    this.sql = sql;
    this.mode = mode;
  }

  /** For an embedded engine that is not open in this process: opening it would apply its log. */
  public static StoreCheckup notOpen() {
    return () ->
        List.of(
            new StoreFact(
                "engine",
                Verdict.UNKNOWN,
                "embedded: only a running Sluice can ask it, and it sets its own parameters",
                "a running Sluice",
                "its table can be suspended",
                ""));
  }

  @Override
  public List<StoreFact> facts() throws IOException {
    Map<String, String> parameters = new HashMap<>();
    sql.query(PARAMETERS).forEach(row -> parameters.put(row.get(0), row.get(1)));
    List<StoreFact> facts = new ArrayList<>();
    facts.add(commitMode(parameters.getOrDefault("cairo.commit.mode", "?")));
    if (mode == QuestDbConfig.Mode.REMOTE) {
      facts.add(version(sql.query("SELECT build()")));
      facts.add(writable(parameters));
    }
    facts.add(suspended(sql.query(SUSPENDED)));
    return facts;
  }

  /** {@code Build Information: QuestDB 9.3.4, JDK 17.0.11, Commit Hash ...}. */
  static StoreFact version(List<List<String>> build) {
    String text = build.isEmpty() ? "" : build.getFirst().getFirst();
    Matcher version = VERSION.matcher(text);
    if (!version.find()) {
      return new StoreFact(
          "version", Verdict.UNKNOWN, "it says " + text, WANTED_VERSION, WHY_VERSION, "");
    }
    return StoreFact.of(
        "version",
        Integer.parseInt(version.group(1)) >= TESTED_VERSION,
        Verdict.ADVICE,
        text,
        WANTED_VERSION,
        WHY_VERSION,
        "upgrade the server");
  }

  static StoreFact commitMode(String mode) {
    return StoreFact.of(
        "cairo.commit.mode",
        mode.equals("sync"),
        Verdict.ADVICE,
        mode,
        "sync",
        "otherwise it acknowledges before the disk has it; Sluice keeps the journal for"
            + " questdb.durable-after instead, which a power cut in a busy minute can outlast",
        "cairo.commit.mode=sync in its server.conf, then restart it");
  }

  static StoreFact writable(Map<String, String> parameters) {
    boolean readOnly =
        Boolean.parseBoolean(parameters.get("http.security.readonly"))
            || Boolean.parseBoolean(parameters.get("readonly"));
    boolean closed = "false".equals(parameters.get("line.http.enabled"));
    return StoreFact.of(
        "writes",
        !readOnly && !closed,
        Verdict.BROKEN,
        readOnly ? "read-only" : closed ? "line.http.enabled=false" : "allowed",
        "allowed over HTTP",
        "no reading can be delivered to it; the journal fills",
        "http.security.readonly=false and line.http.enabled=true in its server.conf");
  }

  static StoreFact suspended(List<List<String>> table) {
    boolean suspended = !table.isEmpty() && Boolean.parseBoolean(table.getFirst().get(0));
    return StoreFact.of(
        "table",
        !suspended,
        Verdict.BROKEN,
        table.isEmpty()
            ? "none yet"
            : suspended ? "suspended: " + table.getFirst().get(1) : "not suspended",
        "not suspended",
        "a suspended table takes writes that nobody sees",
        "remove the cause (a full disk?), then ALTER TABLE " + QuestDbTable.NAME + " RESUME WAL");
  }
}
