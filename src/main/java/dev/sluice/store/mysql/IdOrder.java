package dev.sluice.store.mysql;

import dev.sluice.reading.Micros;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.util.Arrays;

/**
 * Judges by samples whether rows with greater ids are later: the rows of a sample must lie within a
 * day, but for the few that came late, and behind the sample before it. One sample in twenty may do
 * neither: a fleet that resends what it kept. Stateless. A wrong judgement costs speed, and nothing
 * else.
 */
final class IdOrder {
  private static final int SAMPLES = 64;
  private static final int ROWS = 32;

  private static final String ENDS =
      "SELECT MIN(id), MAX(id) FROM sensor_data FORCE INDEX (PRIMARY) WHERE id <= ?";
  private static final String SAMPLE =
      "SELECT created_at FROM sensor_data FORCE INDEX (PRIMARY) WHERE id >= ? AND id <= ?"
          + " ORDER BY id LIMIT "
          + ROWS;

  private IdOrder() {}

  static boolean followsTime(Connection connection, long lastId) throws SQLException {
    long first;
    long last;
    try (PreparedStatement ends = connection.prepareStatement(ENDS)) {
      ends.setLong(1, lastId);
      try (ResultSet row = ends.executeQuery()) {
        row.next();
        first = row.getLong(1);
        last = row.getLong(2);
      }
    }
    try (PreparedStatement sample = connection.prepareStatement(SAMPLE)) {
      long before = Long.MIN_VALUE;
      int strays = 0;
      for (int i = 0; i < SAMPLES; i++) {
        double share = (double) i / SAMPLES;
        sample.setLong(1, (long) (first + ((double) last - (double) first) * share));
        sample.setLong(2, lastId);
        long[] instants = instants(sample);
        if (instants.length > 0) {
          long median = instants[instants.length / 2];
          strays += spread(instants) > Micros.PER_DAY || median < before ? 1 : 0;
          before = Math.max(before, median);
        }
      }
      return strays <= SAMPLES / 20;
    }
  }

  /** Sorted. */
  private static long[] instants(PreparedStatement sample) throws SQLException {
    Datetime created = new Datetime();
    long[] instants = new long[ROWS];
    int count = 0;
    try (ResultSet row = sample.executeQuery()) {
      while (row.next()) {
        long ts = created.micros(row.getBytes(1));
        if (ts != Datetime.NONE) {
          instants[count++] = ts;
        }
      }
    }
    long[] sorted = Arrays.copyOf(instants, count);
    Arrays.sort(sorted);
    return sorted;
  }

  /** Of all but the earliest and the latest eighth. */
  private static long spread(long[] sorted) {
    int aside = sorted.length / 8;
    return sorted[sorted.length - 1 - aside] - sorted[aside];
  }
}
