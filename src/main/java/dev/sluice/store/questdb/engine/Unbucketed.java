package dev.sluice.store.questdb.engine;

import dev.sluice.store.questdb.DeviceBucket;
import dev.sluice.store.questdb.QuestDbTable;
import io.questdb.cairo.BitmapIndexReader;
import io.questdb.cairo.CairoEngine;
import io.questdb.cairo.TableReader;
import io.questdb.cairo.TableUtils;
import io.questdb.cairo.sql.RowCursor;
import io.questdb.cairo.sql.SymbolTable;

/**
 * Until when rows have no bucket: those written before the table had buckets, and what others
 * insert. Asks the index, which lists rows without a bucket like any others. Thread-safe.
 */
final class Unbucketed {
  private Unbucketed() {}

  /**
   * The end, exclusive, of the rows without a bucket in a range: all at or after it have one. The
   * start of the range if all of them have. Opens the partitions of the range, the latest first,
   * and may end at that of a partition although its rows without a bucket end earlier.
   */
  static long end(CairoEngine engine, long fromMicros, long toMicros) {
    try (TableReader reader = engine.getReader(engine.verifyTableName(QuestDbTable.NAME))) {
      int column = reader.getMetadata().getColumnIndex(DeviceBucket.COLUMN);
      int first = Math.max(0, reader.getPartitionIndexByTimestamp(fromMicros));
      int latest = reader.getPartitionIndexByTimestamp(toMicros - 1);
      for (int i = Math.min(latest, reader.getPartitionCount() - 1); i >= first; i--) {
        long last = last(reader, i, column);
        if (last >= fromMicros) {
          return Math.min(last + 1, toMicros);
        }
      }
      return fromMicros;
    }
  }

  /** The ts of a partition's last row without a bucket; below any ts if there is none. */
  private static long last(TableReader reader, int partition, int column) {
    long rows = reader.openPartition(partition);
    if (rows <= 0) {
      return Long.MIN_VALUE;
    }
    BitmapIndexReader index =
        reader.getBitmapIndexReader(partition, column, BitmapIndexReader.DIR_BACKWARD);
    int none = TableUtils.toIndexKey(SymbolTable.VALUE_IS_NULL);
    RowCursor found = index.getCursor(true, none, 0, rows - 1);
    if (!found.hasNext()) {
      return Long.MIN_VALUE;
    }
    int ts =
        TableReader.getPrimaryColumnIndex(
            reader.getColumnBase(partition), reader.getMetadata().getTimestampIndex());
    return reader.getColumn(ts).getLong(found.next() * Long.BYTES);
  }
}
