package dev.sluice.schema;

import dev.sluice.schema.TableShape.Column;
import dev.sluice.schema.TableShape.ForeignKey;
import dev.sluice.schema.TableShape.Trigger;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * Decides whether Sluice may write to a {@code sensor_data}, whoever made it and whatever has
 * become of it since. Pure. What it refuses, {@code migrations/mysql/beforeValidate.sql} refuses
 * too, for who migrates with the stock Flyway tool; MIGRATION.md lists both what is and what is
 * not.
 */
final class TableRules {
  private static final List<String> OURS = List.of("id", "device_id", "temp", "created_at");
  private static final List<String> ADDED = List.of("metric", "value", "superseded");
  private static final int MAX_DEVICE_CHARACTERS = 128;
  private static final int MAX_METRIC_CHARACTERS = 255;
  private static final int LEAST_PAGE_BYTES = 16 * 1024;
  private static final String ALTER = "ALTER TABLE sensor_data ";
  private static final String[] BY_IDENTITY = {"device_id", "created_at", "metric"};
  private static final String[] IDENTITY = {"device_id", "created_at", "metric", "superseded"};

  /** An assignment to a column that Sluice writes: in SET, behind a comma of it, or by INTO. */
  private static final Pattern CHANGES =
      Pattern.compile(
          "(?:\\bSET|,|\\bINTO)\\s+NEW\\s*\\.\\s*`?"
              + "(?:id|device_id|temp|created_at|metric|value|superseded)\\b",
          Pattern.CASE_INSENSITIVE);

  static final String ADD_IDENTITY =
      ALTER
          + "ADD UNIQUE KEY sensor_data_identity (device_id, created_at, metric, superseded),"
          + " ALGORITHM = INPLACE, LOCK = NONE";
  static final String ADD_BY_TIME =
      ALTER + "ADD KEY sensor_data_by_time (created_at), ALGORITHM = INPLACE, LOCK = NONE";

  /**
   * What is in the way.
   *
   * @param what is not as it must be
   * @param mend statements that put it right, to be run in one session; none where there are none
   * @param note what to know before, or to do instead; may be empty
   */
  record Objection(String what, List<String> mend, String note) {
    Objection {
      mend = List.copyOf(mend);
    }

    @Override
    public String toString() {
      return what
          + (mend.isEmpty() ? "" : "; run: " + String.join("; ", mend) + ";")
          + (note.isEmpty() ? "" : " -- " + note);
    }
  }

  private final TableShape table;
  private final List<Objection> objections = new ArrayList<>();

  private TableRules(TableShape table) {
    this.table = table;
  }

  /** Why the table may be neither migrated nor written to; empty when it may, or is not there. */
  static List<Objection> objections(TableShape table) {
    TableRules rules = new TableRules(table);
    if (table.exists()) {
      rules.look();
    }
    return List.copyOf(rules.objections);
  }

  private void look() {
    if (!table.type().equals("BASE TABLE")) {
      refuseKind();
      return;
    }
    columns();
    if (table.widened()) {
      widenedColumns();
    } else {
      table.foreignKeys().forEach(this::foreignKey);
      ADDED.forEach(this::reserved);
    }
    new TreeMap<>(table.columns()).forEach(this::foreignColumn);
    primaryKey();
    new TreeMap<>(table.keys()).values().forEach(this::key);
    table.triggers().forEach(this::trigger);
    partitions();
    if (table.pageBytes() < LEAST_PAGE_BYTES) {
      advise(
          "InnoDB's pages have " + table.pageBytes() + " bytes, the keys need " + LEAST_PAGE_BYTES,
          "only a server set up with innodb_page_size = 16384 will do");
    }
  }

  private void refuseKind() {
    if (table.type().equals("SYSTEM VERSIONED")) {
      refuse("it is system-versioned", ALTER + "DROP SYSTEM VERSIONING");
    } else {
      refuse(
          "it is a " + table.type().toLowerCase(Locale.ROOT) + ", not a table",
          "RENAME TABLE sensor_data TO sensor_data_view",
          "then rename the table under it to sensor_data, or let migrate make one");
    }
  }

  private void columns() {
    table.column("id").ifPresentOrElse(this::id, () -> missing("id"));
    table.column("device_id").ifPresentOrElse(this::device, () -> missing("device_id"));
    table.column("temp").ifPresentOrElse(this::temp, () -> missing("temp"));
    table.column("created_at").ifPresentOrElse(this::createdAt, () -> missing("created_at"));
    for (String name : OURS) {
      table.column(name).filter(c -> !c.generated().isEmpty()).ifPresent(this::generated);
    }
  }

  private void missing(String name) {
    if (!name.equals("id")) {
      advise(
          "column " + name + " is missing",
          "where another column holds it: " + ALTER + "RENAME COLUMN its_name TO " + name + ";");
    } else if (table.keys().containsKey("PRIMARY")) {
      refuse(
          "column id is missing",
          ALTER
              + "DROP PRIMARY KEY, ADD KEY former_primary_key ("
              + String.join(", ", key("PRIMARY").columns())
              + "), ADD COLUMN id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY");
    } else {
      refuse(
          "column id is missing",
          ALTER + "ADD COLUMN id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY");
    }
  }

  private void generated(Column column) {
    String name = column.name();
    refuse(
        "column " + name + " is generated, so nothing can be written to it",
        List.of(
            ALTER + "ADD COLUMN kept_" + name + " " + column.fullType() + " NULL AFTER " + name,
            "UPDATE sensor_data SET kept_" + name + " = " + name,
            ALTER + "DROP COLUMN " + name,
            ALTER + "RENAME COLUMN kept_" + name + " TO " + name),
        "");
  }

  private void id(Column column) {
    String mend = ALTER + "MODIFY id BIGINT NOT NULL AUTO_INCREMENT";
    if (!column.dataType().equals("bigint")) {
      refuse("column id is " + column.fullType() + ", not BIGINT", mend);
    } else if (!column.extra().contains("auto_increment")) {
      refuse("column id is not AUTO_INCREMENT", mend);
    } else if (table.idsPastSigned()) {
      refuse(
          "there are ids above 9223372036854775807, more than Sluice can count",
          List.of(
              "SET @n = (SELECT COALESCE(MAX(id), 0) FROM sensor_data"
                  + " WHERE id <= 9223372036854775807)",
              "UPDATE sensor_data SET id = (@n := @n + 1) WHERE id > 9223372036854775807"
                  + " ORDER BY id",
              mend),
          "only if nothing else refers to these ids");
    }
  }

  private void device(Column column) {
    String type = "VARCHAR(" + MAX_DEVICE_CHARACTERS + ")";
    if (!column.dataType().equals("varchar")) {
      refuse(
          "column device_id is " + column.fullType() + ", not VARCHAR",
          ALTER + "MODIFY device_id " + definition(column, type));
    } else if (column.characters() > MAX_DEVICE_CHARACTERS) {
      refuse(
          "column device_id is longer than " + MAX_DEVICE_CHARACTERS,
          ALTER + "MODIFY device_id " + definition(column, type),
          "fails while there is one longer than that: SELECT id, device_id FROM sensor_data"
              + " WHERE CHAR_LENGTH(device_id) > "
              + MAX_DEVICE_CHARACTERS
              + ";");
    }
  }

  private void temp(Column column) {
    if (!column.fullType().equals("double")) {
      String mend = ALTER + "MODIFY temp " + definition(column, "DOUBLE");
      refuse(
          "column temp is " + column.fullType() + ", not DOUBLE: readings would be rounded",
          mend,
          column.dataType().equals("float")
              ? "the new column holds what FLOAT had kept: 21.1 becomes 21.100000381469727"
              : "");
    }
  }

  private void createdAt(Column column) {
    String mend = ALTER + "MODIFY created_at " + definition(column, "DATETIME(6)");
    if (column.dataType().equals("timestamp")) {
      refuse(
          "column created_at is " + column.fullType() + ", not datetime(6)",
          List.of("SET time_zone = '+00:00'", mend),
          "both in one session: TIMESTAMP becomes what the session's time zone makes of it, and Sluice"
              + " takes it for UTC; from then on other writers must write UTC, too");
    } else if (!column.fullType().equals("datetime(6)")) {
      refuse(
          "column created_at is "
              + column.fullType()
              + ", not datetime(6): readings less than its precision apart would fall together",
          mend);
    } else if (column.extra().contains("on update")) {
      refuse("column created_at changes by itself (ON UPDATE)", mend);
    }
  }

  /** Only before V2, which changes the column's type; afterwards it may be there. */
  private void foreignKey(ForeignKey key) {
    String mine = key.table().equals("sensor_data") ? key.toTable() : key.table();
    String column = key.table().equals("sensor_data") ? key.toColumn() : key.column();
    refuse(
        "foreign key "
            + key.name()
            + " of "
            + key.table()
            + " ties device_id to "
            + mine
            + "."
            + column
            + ", and V2 changes its type",
        "ALTER TABLE " + quoted(key.table()) + " DROP FOREIGN KEY " + quoted(key.name()),
        "then ./sluice migrate; then, to have it back: ALTER TABLE "
            + quoted(mine)
            + " MODIFY "
            + quoted(column)
            + " VARCHAR(128) CHARACTER SET utf8mb4 COLLATE "
            + exact()
            + " NOT NULL; ALTER TABLE "
            + quoted(key.table())
            + " ADD CONSTRAINT "
            + quoted(key.name())
            + " FOREIGN KEY ("
            + quoted(key.column())
            + ") REFERENCES "
            + quoted(key.toTable())
            + " ("
            + quoted(key.toColumn())
            + "); readings of a device it does not know are dead-lettered then");
  }

  private void reserved(String name) {
    table
        .column(name)
        .ifPresent(column ->
            refuse(
                "column " + column.name() + " is a name Sluice needs for itself",
                ALTER
                    + "RENAME COLUMN "
                    + quoted(column.name())
                    + " TO "
                    + quoted("legacy_" + name)));
  }

  private void foreignColumn(String name, Column column) {
    if (!OURS.contains(name) && !ADDED.contains(name) && column.required()) {
      refuse(
          "column " + column.name() + " must be given a value by every INSERT",
          ALTER + "MODIFY " + quoted(column.name()) + " " + column.fullType() + " NULL");
    }
  }

  private void widenedColumns() {
    table
        .column("device_id")
        .filter(c -> c.dataType().equals("varchar"))
        .ifPresent(this::exactDevice);
    table.column("metric").ifPresent(this::metric);
    table
        .column("temp")
        .filter(column -> column.fullType().equals("double") && !column.nullable())
        .ifPresent(column ->
            refuse(
                "column temp does not take NULL, which it is for other metrics",
                ALTER + "MODIFY temp " + definition(column, "DOUBLE").replace("NOT NULL", "NULL")));
    table
        .column("value")
        .filter(column -> !column.fullType().equals("double") || !column.nullable())
        .ifPresent(column ->
            refuse(
                "column value is " + column.fullType() + ", not DOUBLE NULL",
                ALTER + "MODIFY value DOUBLE NULL"));
    table
        .column("superseded")
        .filter(
            column -> !column.dataType().equals("bigint") || column.nullable() || !isZero(column))
        .ifPresent(column ->
            refuse(
                "column superseded is not BIGINT NOT NULL DEFAULT 0",
                ALTER + "MODIFY superseded BIGINT NOT NULL DEFAULT 0"));
  }

  private static boolean isZero(Column column) {
    return "0".equals(column.byDefault());
  }

  private void exactDevice(Column column) {
    if (column.characters() < MAX_DEVICE_CHARACTERS || !column.collation().equals(exact())) {
      refuse(
          "column device_id is "
              + column.fullType()
              + " "
              + column.collation()
              + ": ids would be cut or taken for each other",
          ALTER + "MODIFY device_id " + definition(column, exactText(MAX_DEVICE_CHARACTERS)));
    }
  }

  private void metric(Column column) {
    if (!column.dataType().equals("varchar")
        || column.characters() != MAX_METRIC_CHARACTERS
        || !column.collation().equals(exact())
        || column.nullable()
        || !String.valueOf(column.byDefault()).replace("'", "").equals("temp")) {
      refuse(
          "column metric is "
              + column.fullType()
              + " "
              + column.collation()
              + ", not as V2 made it",
          ALTER + "MODIFY metric " + exactText(MAX_METRIC_CHARACTERS) + " NOT NULL DEFAULT 'temp'");
    }
  }

  private void primaryKey() {
    if (!table.keys().containsKey("PRIMARY")) {
      if (table.columns().containsKey("id")) {
        refuse("it has no primary key", ALTER + "ADD PRIMARY KEY (id)");
      }
      return;
    }
    List<String> columns = key("PRIMARY").columns();
    boolean good =
        columns.getFirst().equals("id")
            && columns.stream().allMatch(List.of("id", "created_at")::contains);
    if (!good && table.columns().containsKey("id")) {
      refuse(
          "its primary key is ("
              + String.join(", ", columns)
              + "), where Sluice needs (id), or (id, created_at) for partitions",
          ALTER
              + "DROP PRIMARY KEY, ADD PRIMARY KEY (id), ADD KEY former_primary_key ("
              + String.join(", ", columns)
              + ")");
    }
  }

  private void key(TableShape.Key key) {
    switch (key.name()) {
      case "PRIMARY" -> {}
      case "sensor_data_by_identity" -> taken(key, false, BY_IDENTITY);
      case "sensor_data_identity" -> taken(key, true, IDENTITY);
      case "sensor_data_by_time" -> taken(key, false, "created_at");
      default -> {
        if (key.unique() && key.columns().stream().noneMatch(this::setsApart)) {
          refuse(
              "unique key "
                  + key
                  + " would meet Sluice's readings before its own does, and one reading would"
                  + " overwrite another",
              ALTER + "DROP KEY " + quoted(key.name()),
              "V4's own key holds each (device_id, created_at, metric) once, so who writes INSERT"
                  + " IGNORE or ON DUPLICATE KEY UPDATE by device_id and created_at goes on as before");
        }
      }
    }
  }

  private void taken(TableShape.Key key, boolean unique, String... over) {
    if (!table.hasKey(key.name(), unique, over)) {
      refuse(
          "key " + key + " has a name Sluice needs for itself",
          ALTER + "RENAME INDEX " + key.name() + " TO legacy_" + key.name());
    }
  }

  /** Whether no two rows Sluice writes are equal in it: an id of their own each, or NULL in all. */
  private boolean setsApart(String name) {
    if (OURS.contains(name) || ADDED.contains(name)) {
      return name.equals("id");
    }
    return table
        .column(name)
        .filter(c -> c.nullable() && !c.hasDefault() && c.generated().isEmpty())
        .isPresent();
  }

  private void trigger(Trigger trigger) {
    if (CHANGES.matcher(trigger.body()).find()) {
      refuse(
          "trigger "
              + trigger.name()
              + " changes what is written, so that MySQL would hold other values than were sent",
          "DROP TRIGGER " + quoted(trigger.name()),
          "keep what SHOW CREATE TRIGGER " + quoted(trigger.name()) + " says");
    }
  }

  /** Each unique key must hold the columns of the expression, V4's too. */
  private void partitions() {
    Optional.ofNullable(table.partitionedBy())
        .filter(expression -> !expression.toLowerCase(Locale.ROOT).contains("created_at"))
        .ifPresent(expression ->
            refuse(
                "it is partitioned by " + expression + ", which V4's unique key does not hold",
                ALTER + "REMOVE PARTITIONING",
                "or partition it by created_at, with PRIMARY KEY (id, created_at)"));
  }

  private TableShape.Key key(String name) {
    Map<String, TableShape.Key> keys = table.keys();
    return Optional.ofNullable(keys.get(name)).orElseThrow();
  }

  private String exact() {
    return table.mariaDb() ? "utf8mb4_nopad_bin" : "utf8mb4_0900_bin";
  }

  private String exactText(int characters) {
    return "VARCHAR(" + characters + ") CHARACTER SET utf8mb4 COLLATE " + exact();
  }

  /** The column's definition with another type, and without ON UPDATE. */
  private String definition(Column column, String type) {
    String comment =
        column.comment().isEmpty() ? "" : " COMMENT '" + column.comment().replace("'", "''") + "'";
    return type + (column.nullable() ? " NULL" : " NOT NULL") + byDefault(column) + comment;
  }

  private String byDefault(Column column) {
    String text = column.byDefault();
    if (text == null || text.equals("NULL")) {
      return "";
    }
    if (text.toLowerCase(Locale.ROOT).startsWith("current_timestamp")) {
      return " DEFAULT CURRENT_TIMESTAMP(6)";
    }
    if (table.mariaDb()) {
      return " DEFAULT " + text;
    }
    return column.extra().contains("default_generated")
        ? " DEFAULT (" + text.replace("\\'", "'") + ")"
        : " DEFAULT '" + text.replace("'", "''") + "'";
  }

  private void refuse(String what, String mend) {
    refuse(what, List.of(mend), "");
  }

  private void refuse(String what, String mend, String note) {
    refuse(what, List.of(mend), note);
  }

  private void advise(String what, String note) {
    refuse(what, List.of(), note);
  }

  private void refuse(String what, List<String> mend, String note) {
    objections.add(new Objection(what, mend, note));
  }

  private static String quoted(String name) {
    return name.matches("\\w+") ? name : "`" + name.replace("`", "``") + "`";
  }
}
