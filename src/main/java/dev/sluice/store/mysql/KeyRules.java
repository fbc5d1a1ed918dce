package dev.sluice.store.mysql;

import static dev.sluice.store.mysql.Objections.ALTER;
import static dev.sluice.store.mysql.Objections.quoted;

import dev.sluice.store.mysql.TableShape.Column;
import java.util.List;
import java.util.TreeMap;

/** The rules for the keys of {@code sensor_data}. Confined to one thread. */
final class KeyRules {
  private static final String[] BY_IDENTITY = {"device_id", "created_at", "metric"};
  private static final String[] IDENTITY = {"device_id", "created_at", "metric", "superseded"};

  private final TableShape table;
  private final Objections objections;

  KeyRules(TableShape table, Objections objections) {
    this.table = table;
    this.objections = objections;
  }

  void primary() {
    if (!table.column("id").map(Column::isInteger).orElse(false)) {
      return; // a new id brings a new primary key
    }
    if (!table.keys().containsKey("PRIMARY")) {
      objections.refuse("it has no primary key", ALTER + "ADD PRIMARY KEY (id)");
      return;
    }
    List<String> columns = table.key("PRIMARY").columns();
    boolean good =
        columns.getFirst().equals("id")
            && columns.stream().allMatch(List.of("id", "created_at")::contains);
    if (!good) {
      objections.refuse(
          "its primary key is ("
              + String.join(", ", columns)
              + "), but Sluice needs (id), or (id, created_at) for partitions",
          ALTER
              + "DROP PRIMARY KEY, ADD PRIMARY KEY (id), ADD KEY former_primary_key ("
              + String.join(", ", columns)
              + ")");
    }
  }

  /** Checks all keys except the primary one. */
  void others() {
    new TreeMap<>(table.keys()).values().forEach(this::other);
  }

  private void other(TableShape.Key key) {
    switch (key.name()) {
      case "PRIMARY" -> {}
      case "sensor_data_by_identity" -> taken(key, false, BY_IDENTITY);
      case "sensor_data_identity" -> taken(key, true, IDENTITY);
      case "sensor_data_by_time" -> taken(key, false, "created_at");
      default -> {
        if (key.unique() && key.columns().stream().noneMatch(this::setsApart)) {
          objections.refuse(
              "unique key "
                  + key
                  + " would match Sluice's readings before Sluice's own key does, so one reading"
                  + " would overwrite another",
              ALTER + "DROP KEY " + quoted(key.name()),
              "V4's key keeps each (device_id, created_at, metric) unique, so INSERT IGNORE and ON"
                  + " DUPLICATE KEY UPDATE by device_id and created_at work as before");
        }
      }
    }
  }

  private void taken(TableShape.Key key, boolean unique, String... over) {
    if (!table.hasKey(key.name(), unique, over)) {
      objections.refuse(
          "key " + key + " has a name that Sluice reserves",
          ALTER + "RENAME INDEX " + key.name() + " TO legacy_" + key.name());
    }
  }

  /**
   * Whether no two rows that Sluice writes are equal in this part of a key: each gets its own
   * value, such as the id, or all get NULL.
   */
  private boolean setsApart(String part) {
    String name = part.replaceFirst("\\(\\d+\\)$", "");
    if (ColumnRules.OURS.contains(name) || ColumnRules.ADDED.contains(name)) {
      return name.equals("id");
    }
    return table
        .column(name)
        .filter(c -> c.generated().isEmpty() && (c.drawn() || (c.nullable() && !c.hasDefault())))
        .isPresent();
  }
}
