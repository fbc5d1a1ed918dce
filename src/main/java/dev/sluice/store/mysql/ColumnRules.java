package dev.sluice.store.mysql;

import static dev.sluice.store.mysql.Objections.ALTER;
import static dev.sluice.store.mysql.Objections.quoted;

import dev.sluice.store.mysql.TableShape.Column;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.TreeMap;

/** The rules for the columns of {@code sensor_data}. Confined to one thread. */
final class ColumnRules {
  static final List<String> OURS = List.of("id", "device_id", "temp", "created_at");
  static final List<String> ADDED = List.of("metric", "value", "superseded");
  private static final int MAX_DEVICE_CHARACTERS = 128;
  private static final int MAX_METRIC_CHARACTERS = 255;

  private final TableShape table;
  private final Objections objections;

  ColumnRules(TableShape table, Objections objections) {
    this.table = table;
    this.objections = objections;
  }

  /** Checks the columns that a table has before V2. */
  void ours() {
    table.column("id").ifPresentOrElse(this::id, () -> missing("id"));
    table.column("device_id").ifPresentOrElse(this::device, () -> missing("device_id"));
    table.column("temp").ifPresentOrElse(this::temp, () -> missing("temp"));
    table.column("created_at").ifPresentOrElse(this::createdAt, () -> missing("created_at"));
    for (String name : OURS) {
      table.column(name).filter(c -> !c.generated().isEmpty()).ifPresent(this::generated);
    }
  }

  /** Checks that, before V2, the names of the columns it adds are free. */
  void reserved() {
    ADDED.forEach(this::reserved);
  }

  /** Checks that, after V2, its columns are as it made them. */
  void added() {
    table
        .column("device_id")
        .filter(c -> c.dataType().equals("varchar"))
        .ifPresent(this::exactDevice);
    table.column("metric").ifPresent(this::metric);
    table
        .column("temp")
        .filter(column -> column.fullType().equals("double") && !column.nullable())
        .ifPresent(column ->
            objections.refuse(
                "column temp does not allow NULL, which it holds for other metrics",
                ALTER + "MODIFY temp " + definition(column, "DOUBLE").replace("NOT NULL", "NULL")));
    table
        .column("value")
        .filter(column -> !column.fullType().equals("double") || !column.nullable())
        .ifPresent(column ->
            objections.refuse(
                "column value is " + column.fullType() + ", not DOUBLE NULL",
                ALTER + "MODIFY value DOUBLE NULL"));
    table
        .column("superseded")
        .filter(
            column -> !column.dataType().equals("bigint") || column.nullable() || !isZero(column))
        .ifPresent(column ->
            objections.refuse(
                "column superseded is not BIGINT NOT NULL DEFAULT 0",
                ALTER + "MODIFY superseded BIGINT NOT NULL DEFAULT 0"));
  }

  /** Checks the columns that Sluice does not know: it must be able to leave them out. */
  void others() {
    new TreeMap<>(table.columns()).forEach(this::other);
  }

  private void missing(String name) {
    if (!name.equals("id")) {
      objections.advise(
          "column " + name + " is missing",
          "if another column holds it: " + ALTER + "RENAME COLUMN its_name TO " + name + ";");
    } else if (table.keys().containsKey("PRIMARY")) {
      objections.refuse(
          "column id is missing",
          ALTER
              + "DROP PRIMARY KEY, ADD KEY former_primary_key ("
              + String.join(", ", table.key("PRIMARY").columns())
              + "), ADD COLUMN id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY");
    } else {
      objections.refuse(
          "column id is missing",
          ALTER + "ADD COLUMN id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY");
    }
  }

  private void generated(Column column) {
    String name = column.name();
    objections.refuse(
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
    if (!column.isInteger()) {
      renamedId(column);
    } else if (!column.dataType().equals("bigint")) {
      tiedId("column id is " + column.fullType() + ", not BIGINT", mend);
    } else if (!column.extra().contains("auto_increment")) {
      tiedId("column id is not AUTO_INCREMENT", mend);
    } else if (table.idsPastSigned()) {
      objections.refuse(
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

  /** A column that a foreign key refers to, or restricts, cannot be changed. */
  private void tiedId(String what, String mend) {
    List<TableShape.ForeignKey> ties =
        table.foreignKeys().stream().filter(key -> key.ties("id")).toList();
    List<String> statements = new ArrayList<>();
    for (TableShape.ForeignKey key : ties) {
      statements.add(
          "ALTER TABLE " + quoted(key.table()) + " DROP FOREIGN KEY " + quoted(key.name()));
    }
    statements.add(mend);
    objections.refuse(
        what,
        statements,
        ties.isEmpty()
            ? ""
            : "first save what SHOW CREATE TABLE says about these foreign keys; to restore them,"
                + " make the columns at their other ends BIGINT too, and add them again");
  }

  /** Changing the type in place would turn the ids into other ids, or into none. */
  private void renamedId(Column column) {
    Optional<TableShape.Key> primary = Optional.ofNullable(table.keys().get("PRIMARY"));
    String former =
        primary
            .map(key ->
                "DROP PRIMARY KEY, ADD KEY former_primary_key ("
                    + String.join(", ", key.columns()).replaceAll("\\bid\\b", "legacy_id")
                    + "), ")
            .orElse("");
    objections.refuse(
        "column id is " + column.fullType() + ", not BIGINT",
        ALTER
            + former
            + "CHANGE id legacy_id "
            + column.fullType()
            + " NULL, ADD COLUMN id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY FIRST",
        "the existing ids stay in legacy_id: change whatever reads or writes them as id");
  }

  private void device(Column column) {
    String type = "VARCHAR(" + MAX_DEVICE_CHARACTERS + ")";
    if (!column.dataType().equals("varchar")) {
      objections.refuse(
          "column device_id is " + column.fullType() + ", not VARCHAR",
          ALTER + "MODIFY device_id " + definition(column, type));
    } else if (column.characters() > MAX_DEVICE_CHARACTERS) {
      objections.refuse(
          "column device_id is longer than " + MAX_DEVICE_CHARACTERS,
          ALTER + "MODIFY device_id " + definition(column, type),
          "fails while a longer one exists: SELECT id, device_id FROM sensor_data"
              + " WHERE CHAR_LENGTH(device_id) > "
              + MAX_DEVICE_CHARACTERS
              + ";");
    }
  }

  private void temp(Column column) {
    if (!column.fullType().equals("double")) {
      String mend = ALTER + "MODIFY temp " + definition(column, "DOUBLE");
      objections.refuse(
          "column temp is " + column.fullType() + ", not DOUBLE: readings would be rounded",
          mend,
          column.dataType().equals("float")
              ? "the new column holds what FLOAT had stored: 21.1 becomes 21.100000381469727"
              : "");
    }
  }

  private void createdAt(Column column) {
    String mend = ALTER + "MODIFY created_at " + definition(column, "DATETIME(6)");
    if (column.dataType().equals("timestamp")) {
      objections.refuse(
          "column created_at is " + column.fullType() + ", not datetime(6)",
          List.of("SET time_zone = '+00:00'", mend),
          "both in one session: TIMESTAMP is converted to the session's time zone, and Sluice"
              + " reads it as UTC; from then on other writers must write UTC too");
    } else if (!column.fullType().equals("datetime(6)")) {
      objections.refuse(
          "column created_at is "
              + column.fullType()
              + ", not datetime(6): readings less than its precision apart would become one",
          mend);
    } else if (column.extra().contains("on update")) {
      objections.refuse("column created_at changes by itself (ON UPDATE)", mend);
    }
  }

  private void reserved(String name) {
    table
        .column(name)
        .ifPresent(column ->
            objections.refuse(
                "column " + column.name() + " has a name that Sluice reserves",
                ALTER
                    + "RENAME COLUMN "
                    + quoted(column.name())
                    + " TO "
                    + quoted("legacy_" + name)));
  }

  private void other(String name, Column column) {
    if (!OURS.contains(name) && !ADDED.contains(name) && column.required()) {
      objections.refuse(
          "column " + column.name() + " needs a value in every INSERT",
          ALTER + "MODIFY " + quoted(column.name()) + " " + column.fullType() + " NULL");
    }
  }

  private static boolean isZero(Column column) {
    return "0".equals(column.byDefault());
  }

  private void exactDevice(Column column) {
    if (column.characters() < MAX_DEVICE_CHARACTERS
        || !column.collation().equals(table.exactCollation())) {
      objections.refuse(
          "column device_id is %s %s: ids would be cut short or confused with each other"
              .formatted(column.fullType(), column.collation()),
          ALTER + "MODIFY device_id " + definition(column, exactText(MAX_DEVICE_CHARACTERS)));
    }
  }

  private void metric(Column column) {
    if (!column.dataType().equals("varchar")
        || column.characters() != MAX_METRIC_CHARACTERS
        || !column.collation().equals(table.exactCollation())
        || column.nullable()
        || !String.valueOf(column.byDefault()).replace("'", "").equals("temp")) {
      objections.refuse(
          "column metric is %s %s, not as V2 made it"
              .formatted(column.fullType(), column.collation()),
          ALTER + "MODIFY metric " + exactText(MAX_METRIC_CHARACTERS) + " NOT NULL DEFAULT 'temp'");
    }
  }

  private String exactText(int characters) {
    return "VARCHAR(" + characters + ") CHARACTER SET utf8mb4 COLLATE " + table.exactCollation();
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
}
