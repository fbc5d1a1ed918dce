package dev.sluice.schema;

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

/** Decides whether a {@code sensor_data} that Flyway knows nothing of is the table of V1. */
final class AdoptedTable {
  private static final String TABLE = "sensor_data";
  private static final List<String> OURS = List.of("id", "device_id", "temp", "created_at");
  private static final List<String> RESERVED = List.of("metric", "value", "superseded");
  private static final String IDENTITY = "device_id,created_at,metric,superseded";
  private static final int MAX_DEVICE_CHARACTERS = 128;

  /** One row of {@code information_schema.columns}. */
  private record Column(
      String dataType, String fullType, long characters, boolean required, String extra) {}

  private AdoptedTable() {}

  static boolean exists(Connection connection, String table) throws SQLException {
    return !columns(connection, table).isEmpty();
  }

  /** Why it cannot be adopted and what to do; empty when it can, or when there is no such table. */
  static Optional<String> mismatch(Connection connection) throws SQLException {
    Map<String, Column> columns = columns(connection, TABLE);
    if (columns.isEmpty()) {
      return Optional.empty();
    }
    List<String> differences = differences(columns);
    return differences.isEmpty()
        ? Optional.empty()
        : Optional.of(
            "table sensor_data is there already and is not the one migrations/mysql/V1 describes: "
                + String.join("; ", differences)
                + "; nothing was changed. Bring it to V1, or give Sluice a database of its own"
                + " (mysql.url)");
  }

  /** Whether the key is there without which an upsert would add rows instead of replacing them. */
  static boolean keepsIdentities(Connection connection) throws SQLException {
    String sql =
        "SELECT GROUP_CONCAT(column_name ORDER BY seq_in_index) FROM information_schema.statistics"
            + " WHERE table_schema = DATABASE() AND table_name = ?"
            + " AND index_name = 'sensor_data_identity' AND non_unique = 0";
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      statement.setString(1, TABLE);
      try (ResultSet row = statement.executeQuery()) {
        return row.next() && IDENTITY.equals(row.getString(1));
      }
    }
  }

  private static List<String> differences(Map<String, Column> columns) {
    List<String> differences = new ArrayList<>();
    expect(columns, "id", "bigint", differences);
    expect(columns, "device_id", "varchar", differences);
    expect(columns, "temp", "double", differences);
    expect(columns, "created_at", "datetime(6)", differences);
    columns.forEach((name, column) -> objection(name, column).ifPresent(differences::add));
    return differences;
  }

  private static Optional<String> objection(String name, Column column) {
    if (RESERVED.contains(name)) {
      return Optional.of("column " + name + " is a name Sluice needs for itself");
    }
    if (column.extra.contains("on update")) {
      return Optional.of("column " + name + " changes by itself (ON UPDATE)");
    }
    if (name.equals("id") && !column.extra.contains("auto_increment")) {
      return Optional.of("column id is not AUTO_INCREMENT");
    }
    if (name.equals("device_id") && column.characters > MAX_DEVICE_CHARACTERS) {
      return Optional.of("column device_id is longer than " + MAX_DEVICE_CHARACTERS);
    }
    if (column.required && !OURS.contains(name)) {
      return Optional.of("column " + name + " must be given a value by every INSERT");
    }
    return Optional.empty();
  }

  private static void expect(
      Map<String, Column> columns, String name, String type, List<String> differences) {
    Column column = columns.get(name);
    if (column == null) {
      differences.add("column " + name + " is missing");
    } else if (!type.equals(type.contains("(") ? column.fullType : column.dataType)) {
      differences.add("column " + name + " is " + column.fullType + ", not " + type);
    }
  }

  private static Map<String, Column> columns(Connection connection, String table)
      throws SQLException {
    String sql =
        "SELECT column_name, data_type, column_type, COALESCE(character_maximum_length, 0),"
            + " is_nullable = 'NO' AND column_default IS NULL, extra"
            + " FROM information_schema.columns"
            + " WHERE table_schema = DATABASE() AND table_name = ? ORDER BY ordinal_position";
    Map<String, Column> columns = new LinkedHashMap<>();
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      statement.setString(1, table);
      try (ResultSet row = statement.executeQuery()) {
        while (row.next()) {
          columns.put(
              row.getString(1),
              new Column(
                  row.getString(2),
                  row.getString(3),
                  row.getLong(4),
                  row.getBoolean(5),
                  row.getString(6).toLowerCase(Locale.ROOT)));
        }
      }
    }
    return columns;
  }
}
