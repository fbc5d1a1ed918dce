package dev.sluice.store.mysql;

import dev.sluice.reading.Reading;
import dev.sluice.store.ReadingQuery;
import java.util.ArrayList;
import java.util.List;

/**
 * A page as SQL. Immutable. Bounds on created_at are written out in addition to the position where
 * the previous page ended, because the servers use no index range for a comparison of row values.
 *
 * @param sql one SELECT: instant in microseconds, metric, value
 * @param parameters for its question marks, in order
 * @param empty no such reading can exist; do not run the query
 */
record PageQuery(String sql, List<Object> parameters, boolean empty) {
  private static final String VALUE = "IF(metric = 'temp', temp, value)";
  private static final String SELECT =
      "SELECT TIMESTAMPDIFF(MICROSECOND, '1970-01-01', created_at), metric, "
          + VALUE
          + " FROM sensor_data WHERE device_id = ?"
          + " AND created_at >= CAST(? AS DATETIME(6)) AND created_at <= CAST(? AS DATETIME(6))"
          + " AND superseded = 0 AND "
          + VALUE
          + " IS NOT NULL";

  static PageQuery of(ReadingQuery query) {
    long first = Math.max(0, query.fromMicros());
    long last = Math.min(query.toMicros() - 1, Reading.MAX_TS_MICROS);
    if (query.after().isPresent()) {
      long ended = query.after().get().tsMicros();
      first = query.descending() ? first : Math.max(first, ended);
      last = query.descending() ? Math.min(last, ended) : last;
    }
    return first > last ? new PageQuery("", List.of(), true) : of(query, first, last);
  }

  private static PageQuery of(ReadingQuery query, long first, long last) {
    boolean down = query.descending();
    StringBuilder sql = new StringBuilder(SELECT);
    List<Object> parameters = new ArrayList<>();
    parameters.add(query.device());
    parameters.add(UtcText.of(first));
    parameters.add(UtcText.of(last));
    if (query.metric().isPresent()) {
      sql.append(" AND metric = ?");
      parameters.add(query.metric().get());
    }
    if (query.after().isPresent()) {
      sql.append(" AND NOT (created_at = CAST(? AS DATETIME(6)) AND metric ")
          .append(down ? ">= ?)" : "<= ?)");
      parameters.add(UtcText.of(query.after().get().tsMicros()));
      parameters.add(query.after().get().metric());
    }
    String order = down ? " DESC" : "";
    sql.append(" ORDER BY created_at").append(order).append(", metric").append(order);
    sql.append(" LIMIT ?");
    parameters.add(query.limit());
    return new PageQuery(sql.toString(), parameters, false);
  }
}
