package dev.sluice.store.mysql;

import static dev.sluice.store.mysql.Objections.ALTER;
import static dev.sluice.store.mysql.Objections.quoted;

import dev.sluice.store.mysql.TableShape.ForeignKey;
import dev.sluice.store.mysql.TableShape.Trigger;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * Decides whether Sluice may write to a {@code sensor_data}, whoever created it and whatever has
 * happened to it since. Pure. What it refuses, {@code migrations/mysql/beforeValidate.sql} also
 * refuses, for those who migrate with the stock Flyway tool; MIGRATION.md lists what is and is not
 * allowed.
 */
final class TableRules {
  private static final int LEAST_PAGE_BYTES = 16 * 1024;

  private static final String WRITTEN =
      "`?NEW`?\\s*\\.\\s*`?(?:id|device_id|temp|created_at|metric|value|superseded)";

  /**
   * An assignment to a column that Sluice writes: after SET, after a comma in one, or through INTO.
   * Without the equals sign it could be one of a list of values that go elsewhere.
   */
  private static final Pattern CHANGES =
      Pattern.compile(
          "(?:(?:\\bSET\\s|,)\\s*" + WRITTEN + "`?\\s*:?=|\\bINTO\\s+" + WRITTEN + "\\b)",
          Pattern.CASE_INSENSITIVE);

  /** Code that never runs for Sluice, which gives every row a device and a time. */
  private static final Pattern IF_NOT_GIVEN =
      Pattern.compile(
          "\\bIF\\s+`?NEW`?\\s*\\.\\s*`?(?:created_at|device_id)`?\\s+IS\\s+NULL\\s+THEN\\s[^;]*;"
              + "\\s*END\\s+IF\\b",
          Pattern.CASE_INSENSITIVE);

  static final String ADD_IDENTITY =
      ALTER
          + "ADD UNIQUE KEY sensor_data_identity (device_id, created_at, metric, superseded),"
          + " ALGORITHM = INPLACE, LOCK = NONE";
  static final String ADD_BY_TIME =
      ALTER + "ADD KEY sensor_data_by_time (created_at), ALGORITHM = INPLACE, LOCK = NONE";

  private final TableShape table;
  private final Objections objections = new Objections();

  private TableRules(TableShape table) {
    this.table = table;
  }

  /** Why the table may be neither migrated nor written to; empty when it may, or does not exist. */
  static List<Objections.Objection> objections(TableShape table) {
    TableRules rules = new TableRules(table);
    if (table.exists()) {
      rules.look();
    }
    return rules.objections.all();
  }

  private void look() {
    if (!table.type().equals("BASE TABLE")) {
      refuseKind();
      return;
    }
    ColumnRules columns = new ColumnRules(table, objections);
    KeyRules keys = new KeyRules(table, objections);
    columns.ours();
    if (table.widened()) {
      columns.added();
    } else {
      table.foreignKeys().stream().filter(key -> key.ties("device_id")).forEach(this::foreignKey);
      columns.reserved();
    }
    keys.primary(); // before columns.others(): a primary key column cannot be NULL
    columns.others();
    keys.others();
    table.triggers().forEach(this::trigger);
    partitions();
    if (table.pageBytes() < LEAST_PAGE_BYTES) {
      objections.advise(
          "InnoDB's pages have " + table.pageBytes() + " bytes, the keys need " + LEAST_PAGE_BYTES,
          "only a server set up with innodb_page_size = 16384 will do");
    }
  }

  private void refuseKind() {
    if (table.type().equals("SYSTEM VERSIONED")) {
      objections.refuse("it is system-versioned", ALTER + "DROP SYSTEM VERSIONING");
    } else {
      objections.refuse(
          "it is a " + table.type().toLowerCase(Locale.ROOT) + ", not a table",
          "RENAME TABLE sensor_data TO sensor_data_view",
          "then rename the table under it to sensor_data, or let migrate make one");
    }
  }

  /** Only before V2, which changes the column's type; afterwards the foreign key may exist. */
  private void foreignKey(ForeignKey key) {
    String mine = key.table().equals("sensor_data") ? key.toTable() : key.table();
    String column = key.table().equals("sensor_data") ? key.toColumn() : key.column();
    objections.refuse(
        "foreign key %s of %s ties device_id to %s.%s, but V2 changes its type"
            .formatted(key.name(), key.table(), mine, column),
        "ALTER TABLE " + quoted(key.table()) + " DROP FOREIGN KEY " + quoted(key.name()),
        "then ./sluice migrate; then, to restore it: ALTER TABLE "
            + quoted(mine)
            + " MODIFY "
            + quoted(column)
            + " VARCHAR(128) CHARACTER SET utf8mb4 COLLATE "
            + table.exactCollation()
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
            + "); from then on, readings of a device it does not know are dead-lettered");
  }

  private void trigger(Trigger trigger) {
    String body = IF_NOT_GIVEN.matcher(trigger.body()).replaceAll("");
    if (CHANGES.matcher(body).find()) {
      objections.refuse(
          "trigger "
              + trigger.name()
              + " changes what is written, so MySQL would not hold the values that were sent",
          "DROP TRIGGER " + quoted(trigger.name()),
          "first save what SHOW CREATE TRIGGER " + quoted(trigger.name()) + " says");
    }
  }

  /** Every unique key must include the columns of the partition expression, V4's too. */
  private void partitions() {
    Optional.ofNullable(table.partitionedBy())
        .filter(expression -> !expression.toLowerCase(Locale.ROOT).contains("created_at"))
        .ifPresent(expression ->
            objections.refuse(
                "it is partitioned by " + expression + ", which V4's unique key does not include",
                ALTER + "REMOVE PARTITIONING",
                "or partition it by created_at, with PRIMARY KEY (id, created_at)"));
  }
}
