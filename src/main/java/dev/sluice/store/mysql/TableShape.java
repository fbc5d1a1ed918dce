package dev.sluice.store.mysql;

import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The current definition of {@code sensor_data}, limited to what this user may see. Immutable.
 *
 * @param type {@code BASE TABLE}, {@code VIEW} and others; empty when there is no such table
 * @param engine as the server spells it
 * @param mariaDb whether the server is MariaDB
 * @param columns by name in lower case, in their order
 * @param keys by name
 * @param foreignKeys over id or device_id, of this table or of one that refers to it
 * @param triggers that run before a row is written; visible only with the TRIGGER privilege
 * @param partitionedBy the expression; null when it is not partitioned
 * @param idsPastSigned whether an id is above 2^63 - 1
 * @param pageBytes InnoDB's page size
 */
record TableShape(
    String type,
    String engine,
    boolean mariaDb,
    Map<String, Column> columns,
    Map<String, Key> keys,
    List<ForeignKey> foreignKeys,
    List<Trigger> triggers,
    @Nullable String partitionedBy,
    boolean idsPastSigned,
    int pageBytes) {
  private static final String TABLE = "sensor_data";
  private static final String HERE = " WHERE table_schema = DATABASE() AND table_name = '" + TABLE;
  private static final String KIND =
      "SELECT table_type, COALESCE(engine, ''), VERSION() LIKE '%MariaDB%', @@innodb_page_size"
          + " FROM information_schema.tables"
          + HERE
          + "'";
  private static final String COLUMNS =
      "SELECT column_name, data_type, column_type, COALESCE(character_maximum_length, 0),"
          + " COALESCE(collation_name, ''), is_nullable = 'YES', column_default, extra,"
          + " COALESCE(generation_expression, ''), column_comment FROM information_schema.columns"
          + HERE
          + "' ORDER BY ordinal_position";
  private static final String KEYS =
      "SELECT index_name, non_unique, COALESCE(CONCAT(column_name, '(', sub_part, ')'),"
          + " column_name, '(expression)')"
          + " FROM information_schema.statistics"
          + HERE
          + "' ORDER BY index_name, seq_in_index";
  private static final String FOREIGN_KEYS =
      "SELECT constraint_name, table_name, column_name, referenced_table_name,"
          + " referenced_column_name FROM information_schema.key_column_usage"
          + " WHERE table_schema = DATABASE() AND referenced_table_name IS NOT NULL"
          + " AND (table_name = 'sensor_data' AND column_name IN ('id', 'device_id')"
          + " OR referenced_table_name = 'sensor_data'"
          + " AND referenced_column_name IN ('id', 'device_id'))"
          + " ORDER BY table_name, constraint_name";
  private static final String TRIGGERS =
      "SELECT trigger_name, action_statement FROM information_schema.triggers"
          + " WHERE event_object_schema = DATABASE() AND event_object_table = 'sensor_data'"
          + " AND action_timing = 'BEFORE' ORDER BY trigger_name";
  private static final String PARTITIONS =
      "SELECT COALESCE(partition_expression, 'its primary key'),"
          + " COALESCE(subpartition_expression, '') FROM information_schema.partitions"
          + HERE
          + "' AND partition_method IS NOT NULL LIMIT 1";
  private static final String PAST_SIGNED =
      "SELECT COALESCE(MAX(id) > 9223372036854775807, 0) FROM sensor_data";

  private static final Pattern DRAWN =
      Pattern.compile(
          "(uuid_to_bin\\()?uuid(_short|_v4|_v7)?\\(\\)(, ?\\w+)?\\)?", Pattern.CASE_INSENSITIVE);

  TableShape {
    columns = Map.copyOf(columns);
    keys = Map.copyOf(keys);
    foreignKeys = List.copyOf(foreignKeys);
    triggers = List.copyOf(triggers);
  }

  /**
   * A column.
   *
   * @param name as it was declared
   * @param dataType without length and precision
   * @param fullType with length and precision
   * @param characters maximum length, if it holds text
   * @param collation if it holds text
   * @param nullable takes NULL
   * @param byDefault as the server spells it: bare on MySQL, an expression on MariaDB
   * @param extra in lower case
   * @param generated the expression; empty when it is not generated
   * @param comment of the column
   */
  record Column(
      String name,
      String dataType,
      String fullType,
      long characters,
      String collation,
      boolean nullable,
      @Nullable String byDefault,
      String extra,
      String generated,
      String comment) {
    boolean hasDefault() {
      return (byDefault != null && !byDefault.equals("NULL"))
          || extra.contains("default_generated");
    }

    /** Whether the default gives each row a different value, such as a UUID. */
    boolean drawn() {
      return byDefault != null && DRAWN.matcher(byDefault).matches();
    }

    boolean isInteger() {
      return dataType.endsWith("int");
    }

    /** Whether an INSERT that leaves it out fails. An ENUM does not: it takes its first value. */
    boolean required() {
      return !nullable
          && !hasDefault()
          && generated.isEmpty()
          && !extra.contains("auto_increment")
          && !dataType.equals("enum");
    }
  }

  /**
   * A key.
   *
   * @param name of the key
   * @param unique whether it holds each value once
   * @param columns in lower case, in their order; a column indexed by prefix appears as
   *     name(length)
   */
  record Key(String name, boolean unique, List<String> columns) {
    Key {
      columns = List.copyOf(columns);
    }

    Key and(Key more) {
      return new Key(name, unique, Stream.concat(columns.stream(), more.columns.stream()).toList());
    }

    @Override
    public String toString() {
      return name + " (" + String.join(", ", columns) + ")";
    }
  }

  /** A foreign key of {@code table} on {@code column}. */
  record ForeignKey(String name, String table, String column, String toTable, String toColumn) {
    /** Whether it ties this column of sensor_data to another column. */
    boolean ties(String mine) {
      return (table.equals(TABLE) && column.equalsIgnoreCase(mine))
          || (toTable.equals(TABLE) && toColumn.equalsIgnoreCase(mine));
    }
  }

  /** A trigger and what it does. */
  record Trigger(String name, String body) {}

  static TableShape of(Connection connection) throws SQLException {
    List<List<@Nullable String>> kind = rows(connection, KIND);
    if (kind.isEmpty()) {
      return new TableShape(
          "", "", false, Map.of(), Map.of(), List.of(), List.of(), null, false, Integer.MAX_VALUE);
    }
    Map<String, Column> columns = columns(connection);
    return new TableShape(
        text(kind.getFirst(), 0),
        text(kind.getFirst(), 1),
        text(kind.getFirst(), 2).equals("1"),
        columns,
        keys(connection),
        rows(connection, FOREIGN_KEYS).stream()
            .map(row ->
                new ForeignKey(
                    text(row, 0), text(row, 1), text(row, 2), text(row, 3), text(row, 4)))
            .toList(),
        rows(connection, TRIGGERS).stream()
            .map(row -> new Trigger(text(row, 0), text(row, 1)))
            .toList(),
        rows(connection, PARTITIONS).stream()
            .map(row -> (text(row, 0) + " " + text(row, 1)).strip())
            .findFirst()
            .orElse(null),
        unsigned(columns) && text(rows(connection, PAST_SIGNED).getFirst(), 0).equals("1"),
        Integer.parseInt(text(kind.getFirst(), 3)));
  }

  boolean exists() {
    return !type.isEmpty();
  }

  /** Whether V2 has been applied. */
  boolean widened() {
    return columns.keySet().containsAll(List.of("metric", "value", "superseded"));
  }

  Optional<Column> column(String name) {
    return Optional.ofNullable(columns.get(name));
  }

  /** A key that is known to exist. */
  Key key(String name) {
    return Optional.ofNullable(keys.get(name)).orElseThrow();
  }

  /** The collation under which bytes alone decide what is equal. */
  String exactCollation() {
    return mariaDb ? "utf8mb4_nopad_bin" : "utf8mb4_0900_bin";
  }

  boolean hasKey(String name, boolean unique, String... over) {
    Key key = keys.get(name);
    return key != null && key.unique == unique && key.columns.equals(List.of(over));
  }

  private static boolean unsigned(Map<String, Column> columns) {
    Column id = columns.get("id");
    return id != null && id.fullType.contains("unsigned");
  }

  private static Map<String, Column> columns(Connection connection) throws SQLException {
    Map<String, Column> columns = new LinkedHashMap<>();
    for (List<@Nullable String> row : rows(connection, COLUMNS)) {
      Column column =
          new Column(
              text(row, 0),
              text(row, 1),
              text(row, 2),
              Long.parseLong(text(row, 3)),
              text(row, 4),
              text(row, 5).equals("1"),
              row.get(6),
              text(row, 7).toLowerCase(Locale.ROOT),
              text(row, 8),
              text(row, 9));
      columns.put(column.name.toLowerCase(Locale.ROOT), column);
    }
    return columns;
  }

  private static Map<String, Key> keys(Connection connection) throws SQLException {
    Map<String, Key> keys = new LinkedHashMap<>();
    for (List<@Nullable String> row : rows(connection, KEYS)) {
      String column = text(row, 2).toLowerCase(Locale.ROOT);
      Key one = new Key(text(row, 0), text(row, 1).equals("0"), List.of(column));
      keys.merge(one.name, one, Key::and);
    }
    return keys;
  }

  private static String text(List<@Nullable String> row, int column) {
    return String.valueOf(row.get(column));
  }

  private static List<List<@Nullable String>> rows(Connection connection, String sql)
      throws SQLException {
    List<List<@Nullable String>> rows = new ArrayList<>();
    try (PreparedStatement statement = connection.prepareStatement(sql);
        ResultSet result = statement.executeQuery()) {
      int columns = result.getMetaData().getColumnCount();
      while (result.next()) {
        List<@Nullable String> row = new ArrayList<>(columns);
        for (int i = 1; i <= columns; i++) {
          row.add(result.getString(i));
        }
        rows.add(row);
      }
    }
    return rows;
  }
}
