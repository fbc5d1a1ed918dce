package dev.sluice.store.questdb;

import dev.sluice.store.ReadingQuery;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * Which rows of the table, in order of ts. The conditions on ts are such that the engine recognises
 * them as intervals: nothing is filtered by ts, and nothing is sorted.
 *
 * @param device only this device, if present
 * @param metric only this metric, if present
 * @param fromMicros first instant, inclusive, microseconds since the epoch
 * @param toMicros last instant, exclusive
 * @param instants only these instants of the range, unless empty
 * @param descending newest first
 */
public record RowQuery(
    Optional<String> device,
    Optional<String> metric,
    long fromMicros,
    long toMicros,
    List<Long> instants,
    boolean descending) {
  /** The rows that can be on a page. */
  static RowQuery page(ReadingQuery query) {
    long from = query.fromMicros();
    long to = query.toMicros();
    if (query.after().isPresent()) {
      long after = query.after().get().tsMicros();
      from = query.descending() ? from : Math.max(from, after);
      to = query.descending() ? Math.min(to, after + 1) : to;
    }
    return new RowQuery(
        Optional.of(query.device()), query.metric(), from, to, List.of(), query.descending());
  }

  /** All rows of a range. */
  public static RowQuery range(long fromMicros, long toMicros) {
    return new RowQuery(Optional.empty(), Optional.empty(), fromMicros, toMicros, List.of(), false);
  }

  /** All rows of a few instants, at least one, ascending. */
  public static RowQuery at(List<Long> instants) {
    return new RowQuery(
        Optional.empty(),
        Optional.empty(),
        instants.getFirst(),
        instants.getLast() + 1,
        instants,
        false);
  }

  /** The same rows, from another part of time. */
  public RowQuery within(long fromMicros, long toMicros) {
    return new RowQuery(device, metric, fromMicros, toMicros, instants, descending);
  }

  /** Whether every row of the range is wanted, which can be any number. */
  public boolean isScan() {
    return device.isEmpty() && instants.isEmpty();
  }

  /**
   * The SQL with its values in the text; its first column is ts as a number.
   *
   * @param hashed whether the table has the column {@code device_hash}
   */
  public String literalSql(boolean hashed) {
    String byName = "device_id = " + literal(device.orElse(""));
    return sql(
        "cast(ts AS LONG)",
        hashed
            ? hashIs(String.valueOf(DeviceHash.of(device.orElse("")))) + " AND " + byName
            : byName,
        literal(metric.orElse("")),
        QuestDbTable.timestamp(fromMicros),
        QuestDbTable.timestamp(toMicros));
  }

  /** The SQL with values to bind: $1 and $2 are the range, $3 is the device, $4 the metric. */
  public String boundSql() {
    return sql("ts", "device_id = $3", "$4", "$1", "$2");
  }

  /**
   * Likewise, with the device's hash as $5. It compares no texts, which the engine cannot compile:
   * so rows of other devices with that hash, and rows without one, come along.
   */
  public String boundSqlByHash() {
    return sql("ts", hashIs("$5"), "$4", "$1", "$2");
  }

  private static String hashIs(String hash) {
    return "(%1$s = %2$s OR %1$s = NULL)".formatted(DeviceHash.COLUMN, hash);
  }

  private String sql(String column, String deviceIs, String metricIs, String from, String to) {
    return "SELECT "
        + column
        + ", device_id, metric, value FROM "
        + QuestDbTable.NAME
        + " WHERE "
        + (device.isPresent() ? deviceIs + " AND " : "")
        + (metric.isPresent() ? "metric = " + metricIs + " AND " : "")
        + (instants.isEmpty() ? QuestDbTable.between(from, to) : "ts IN (" + list() + ")")
        + (descending ? " ORDER BY ts DESC" : " ORDER BY ts");
  }

  private String list() {
    return instants.stream().map(QuestDbTable::instant).collect(Collectors.joining(", "));
  }

  private static String literal(String text) {
    return "'" + text.replace("'", "''") + "'";
  }
}
