package dev.sluice.store.questdb.engine;

import dev.sluice.store.questdb.DeviceHash;
import dev.sluice.store.questdb.QuestDbTable;
import dev.sluice.store.questdb.RowCursor;
import dev.sluice.store.questdb.RowQuery;
import io.questdb.cairo.CairoEngine;
import io.questdb.cairo.CairoError;
import io.questdb.cairo.CairoException;
import io.questdb.cairo.TableReader;
import io.questdb.cairo.sql.Record;
import io.questdb.cairo.sql.RecordCursor;
import io.questdb.cairo.sql.RecordCursorFactory;
import io.questdb.cairo.sql.TableReferenceOutOfDateException;
import io.questdb.cairo.vm.api.MemoryCR;
import io.questdb.griffin.SqlException;
import io.questdb.griffin.SqlExecutionContextImpl;
import io.questdb.std.Misc;
import io.questdb.std.Numbers;
import io.questdb.std.str.Utf8Sequence;
import io.questdb.std.str.Utf8String;
import io.questdb.std.str.Utf8s;
import java.io.IOException;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/**
 * Rows from cursors of the embedded engine with the columns ts, device_id, metric, value: one
 * cursor after another, each over a piece of the range. Confined to one thread. While a cursor is
 * open, files that the table has since replaced stay on disk.
 *
 * <p>A piece whose rows have the hash of their device is read by that, and rows of other devices
 * are left out here; a piece from before there were hashes is read by name. A piece of both kinds
 * is read right either way, since a row without a hash also comes along.
 */
final class EngineCursor implements RowCursor {
  /** So many of a partition's oldest rows tell whether it is from before there were hashes. */
  private static final int LOOKED_AT = 100;

  private final CairoEngine engine;
  private final RowQuery query;
  private final Utf8String wanted;
  private final SqlExecutionContextImpl context;
  private final PartitionWalk walk;
  private final Readers readers;
  private final String failure;
  private @Nullable RecordCursorFactory byName;
  private @Nullable RecordCursorFactory byHash;
  private boolean hashed;
  private @Nullable RecordCursor cursor;
  private Record row = new Record() {};
  private byte[] device = new byte[0];
  private boolean metricKnown;
  private int metricKey;
  private String metric = "";
  private boolean closed;

  /**
   * Takes over what it is given.
   *
   * @param readers where a turn is given back
   * @param failure what to report when the engine fails
   */
  EngineCursor(
      CairoEngine engine,
      RowQuery query,
      SqlExecutionContextImpl context,
      PartitionWalk walk,
      Readers readers,
      String failure) {
    this.engine = engine;
    this.query = query;
    this.wanted = new Utf8String(query.device().orElse(""));
    this.context = context;
    this.walk = walk;
    this.readers = readers;
    this.failure = failure;
  }

  @Override
  public boolean next() throws IOException {
    try {
      while (!closed) {
        if (cursor != null && cursor.hasNext()) {
          if (!hashed || isWanted(row.getVarcharA(1))) {
            return true;
          }
        } else {
          cursor = Misc.free(cursor);
          if (!walk.next()) {
            return false;
          }
          context.getBindVariableService().setTimestamp(0, walk.fromMicros());
          context.getBindVariableService().setTimestamp(1, walk.toMicros());
          hashed = query.device().isPresent() && haveHashes(walk.partitions());
          cursor = (hashed ? byHash() : byName()).getCursor(context);
          row = cursor.getRecord();
        }
      }
      return false;
    } catch (SqlException | CairoException | CairoError | TableReferenceOutOfDateException e) {
      throw new IOException(failure + ": " + e.getMessage(), e);
    }
  }

  private boolean isWanted(@Nullable Utf8Sequence device) {
    return device != null && Utf8s.equals(device, wanted);
  }

  private RecordCursorFactory byName() throws SqlException {
    RecordCursorFactory known = byName;
    if (known == null) {
      known = engine.select(query.boundSql(), context);
      byName = known;
    }
    return known;
  }

  private RecordCursorFactory byHash() throws SqlException {
    RecordCursorFactory known = byHash;
    if (known == null) {
      known = engine.select(query.boundSqlByHash(), context);
      byHash = known;
    }
    return known;
  }

  /** Whether the oldest rows of each of the partitions that begin there have hashes. */
  private boolean haveHashes(LongStream begins) {
    try (TableReader table = engine.getReader(engine.verifyTableName(QuestDbTable.NAME))) {
      int column = table.getMetadata().getColumnIndexQuiet(DeviceHash.COLUMN);
      return column >= 0 && begins.allMatch(begin -> haveHashes(table, column, begin));
    }
  }

  private static boolean haveHashes(TableReader table, int column, long begin) {
    int partition = table.getPartitionIndexByTimestamp(begin);
    if (partition < 0 || partition >= table.getPartitionCount()) {
      return false; // it has been dropped meanwhile
    }
    long rows = table.openPartition(partition);
    int base = table.getColumnBase(partition);
    if (table.getColumnTop(base, column) > 0) {
      return false;
    }
    MemoryCR hashes = table.getColumn(TableReader.getPrimaryColumnIndex(base, column));
    for (long i = 0; i < Math.min(rows, LOOKED_AT); i++) {
      if (hashes.getInt(i * Integer.BYTES) == Numbers.INT_NULL) {
        return false;
      }
    }
    return true;
  }

  @Override
  public long tsMicros() {
    return row.getTimestamp(0);
  }

  @Override
  public byte[] device() {
    Utf8Sequence name = row.getVarcharA(1);
    if (name == null) {
      return new byte[0];
    }
    if (device.length != name.size()) {
      device = new byte[name.size()];
    }
    for (int i = 0; i < device.length; i++) {
      device[i] = name.byteAt(i);
    }
    return device;
  }

  @Override
  public String metric() {
    int key = row.getInt(2);
    if (key != metricKey || !metricKnown) {
      metricKnown = true;
      metricKey = key;
      CharSequence text = row.getSymA(2);
      metric = text == null ? "" : text.toString();
    }
    return metric;
  }

  @Override
  public double value() {
    return row.getDouble(3);
  }

  @Override
  public void close() {
    if (!closed) {
      closed = true;
      Misc.free(cursor);
      Misc.free(byName);
      Misc.free(byHash);
      Misc.free(context);
      readers.giveBack();
    }
  }
}
