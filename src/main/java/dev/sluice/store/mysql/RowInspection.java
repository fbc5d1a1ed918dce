package dev.sluice.store.mysql;

import dev.sluice.reading.Reading;
import dev.sluice.store.History.Finding;
import dev.sluice.store.History.Inspected;
import dev.sluice.store.History.RowClass;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Checks every row, along the primary key, for what cannot be copied as it is. Names are judged
 * here by the same rule that decides which rows a read skips, not by a similar one in SQL.
 */
final class RowInspection {
  private static final int STEP_IDS = 50_000;
  private static final int EXCERPT_CHARACTERS = 64;
  private static final DateTimeFormatter LATEST =
      DateTimeFormatter.ofPattern("uuuu-MM-dd HH:mm:ss", Locale.ROOT).withZone(ZoneOffset.UTC);

  /** Most ids that one statement asks for. */
  private static final int IDS = 200;

  /** Only a superseded row triggers a lookup of the row that counts instead. */
  private static final String COLUMNS =
      "SELECT id, device_id, metric, temp, value, superseded, CAST(created_at AS CHAR), "
          + Stretch.IS_INSTANT
          + ", created_at < CAST('1970-01-01' AS DATETIME(6)),"
          + " IF(superseded = 0, NULL, (SELECT counts.id FROM sensor_data AS counts"
          + " WHERE counts.device_id = sensor_data.device_id"
          + " AND counts.created_at = sensor_data.created_at"
          + " AND counts.metric = sensor_data.metric AND counts.superseded = 0)),"
          + " created_at > CAST(? AS DATETIME(6)) FROM sensor_data ";

  private static final String SELECT =
      COLUMNS + "FORCE INDEX (PRIMARY) WHERE id > ? AND id <= ? ORDER BY id";
  private static final String BY_IDS =
      COLUMNS + "FORCE INDEX (PRIMARY) WHERE id IN (?" + ", ?".repeat(IDS - 1) + ") ORDER BY id";
  private static final String AHEAD =
      COLUMNS
          + "FORCE INDEX (sensor_data_by_time) WHERE created_at > CAST(? AS DATETIME(6))"
          + " AND id <= ? AND superseded = 0";

  private RowInspection() {}

  /**
   * Checks every row up to an id and passes on what a backfill would not copy as it is.
   *
   * @param latest rows with later times are findings
   * @return how many rows were checked
   */
  static long run(
      Connection connection,
      long lastId,
      Instant latest,
      Consumer<Finding> each,
      Inspected progress)
      throws SQLException {
    IdSteps steps = new IdSteps(connection, lastId, STEP_IDS);
    long rows = 0;
    try (PreparedStatement statement = connection.prepareStatement(SELECT)) {
      statement.setFetchSize(Integer.MIN_VALUE);
      while (steps.next()) {
        statement.setString(1, LATEST.format(latest));
        statement.setLong(2, steps.after());
        statement.setLong(3, steps.end());
        try (ResultSet row = statement.executeQuery()) {
          while (row.next()) {
            rows++;
            finding(row, latest).ifPresent(each);
          }
        }
        progress.upTo(steps.end(), rows);
      }
    }
    return rows;
  }

  /** Passes on what is wrong with these rows, unless they are later than {@code latest}. */
  static void explain(Connection connection, long[] ids, Instant latest, Consumer<Finding> each)
      throws SQLException {
    if (ids.length == 0) {
      return;
    }
    try (PreparedStatement statement = connection.prepareStatement(BY_IDS)) {
      statement.setString(1, LATEST.format(latest));
      for (int from = 0; from < ids.length; from += IDS) {
        for (int i = 0; i < IDS; i++) {
          statement.setLong(2 + i, ids[Math.min(from + i, ids.length - 1)]);
        }
        try (ResultSet row = statement.executeQuery()) {
          while (row.next()) {
            finding(row, latest)
                .filter(found -> found.rowClass() != RowClass.FAR_FUTURE)
                .ifPresent(each);
          }
        }
      }
    }
  }

  /** Passes on the rows later than {@code latest}, by the key of V5, all in one statement. */
  static void ahead(Connection connection, long lastId, Instant latest, Consumer<Finding> each)
      throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(AHEAD)) {
      statement.setFetchSize(Integer.MIN_VALUE);
      statement.setString(1, LATEST.format(latest));
      statement.setString(2, LATEST.format(latest));
      statement.setLong(3, lastId);
      try (ResultSet row = statement.executeQuery()) {
        while (row.next()) {
          finding(row, latest)
              .filter(found -> found.rowClass() == RowClass.FAR_FUTURE)
              .ifPresent(each);
        }
      }
    }
  }

  private static Optional<Finding> finding(ResultSet row, Instant latest) throws SQLException {
    byte @Nullable [] device = row.getBytes(2);
    byte[] metric = row.getBytes(3);
    if (row.getLong(6) != 0) {
      return found(row, RowClass.DUPLICATE, superseded(row));
    }
    if (device == null) {
      return found(row, RowClass.INCOMPLETE, "device_id is NULL");
    }
    if (row.getString(7) == null) {
      return found(row, RowClass.INCOMPLETE, "created_at is NULL");
    }
    if (row.getBoolean(9)) {
      String reason = "created_at " + row.getString(7) + " is before 1970-01-01";
      return found(row, RowClass.BEFORE_1970, reason);
    }
    if (!row.getBoolean(8)) {
      String reason = "created_at " + row.getString(7) + " is on a day that does not exist";
      return found(row, RowClass.INCOMPLETE, reason);
    }
    if (row.getBoolean(11)) {
      String reason =
          ("created_at %s is ahead of the clock; readings are accepted up to %s"
                  + " (ingest.max-ahead)")
              .formatted(row.getString(7), LATEST.format(latest));
      return found(row, RowClass.FAR_FUTURE, reason);
    }
    if (!TimeWalk.hasValue(row, metric, 4, 5)) {
      return found(row, RowClass.INCOMPLETE, "its value is NULL");
    }
    if (!Reading.isDevice(device)) {
      return found(
          row, RowClass.INVALID_NAME, objection("device_id", device, Reading.MAX_DEVICE_BYTES));
    }
    return Reading.isMetric(metric)
        ? Optional.empty()
        : found(row, RowClass.INVALID_NAME, objection("metric", metric, Reading.MAX_METRIC_BYTES));
  }

  private static Optional<Finding> found(ResultSet row, RowClass rowClass, String reason)
      throws SQLException {
    return Optional.of(new Finding(rowClass, "id=" + row.getLong(1), reason));
  }

  private static String superseded(ResultSet row) throws SQLException {
    long counts = row.getLong(10);
    return row.wasNull()
        ? "no row with its device_id, created_at and metric counts any more"
        : "for its device_id, created_at and metric, id=" + counts + " counts";
  }

  private static String objection(String column, byte[] name, int maxBytes) {
    if (name.length == 0) {
      return column + " is empty";
    }
    String text = new String(name, StandardCharsets.UTF_8);
    String excerpt =
        text.codePointCount(0, text.length()) <= EXCERPT_CHARACTERS
            ? text
            : text.substring(0, text.offsetByCodePoints(0, EXCERPT_CHARACTERS)) + "…";
    return name.length > maxBytes
        ? column + " '" + excerpt + "' has " + name.length + " bytes, allowed are 1.." + maxBytes
        : column + " '" + excerpt + "' holds a control character";
  }
}
