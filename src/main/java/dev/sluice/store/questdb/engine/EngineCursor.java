package dev.sluice.store.questdb.engine;

import dev.sluice.store.questdb.RowCursor;
import io.questdb.cairo.CairoError;
import io.questdb.cairo.CairoException;
import io.questdb.cairo.sql.Record;
import io.questdb.cairo.sql.RecordCursor;
import io.questdb.cairo.sql.RecordCursorFactory;
import io.questdb.cairo.sql.TableReferenceOutOfDateException;
import io.questdb.griffin.SqlException;
import io.questdb.griffin.SqlExecutionContextImpl;
import io.questdb.std.Misc;
import io.questdb.std.str.Utf8Sequence;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * Rows from cursors of the embedded engine with the columns ts, device_id, metric, value: one
 * cursor after another, each over a piece of the range. Confined to one thread. While a cursor is
 * open, files that the table has since replaced stay on disk.
 */
final class EngineCursor implements RowCursor {
  private final RecordCursorFactory factory;
  private final SqlExecutionContextImpl context;
  private final PartitionWalk walk;
  private final Readers readers;
  private final String failure;
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
      RecordCursorFactory factory,
      SqlExecutionContextImpl context,
      PartitionWalk walk,
      Readers readers,
      String failure) {
    this.factory = factory;
    this.context = context;
    this.walk = walk;
    this.readers = readers;
    this.failure = failure;
  }

  @Override
  public boolean next() throws IOException {
    try {
      while (!closed && (cursor == null || !cursor.hasNext())) {
        cursor = Misc.free(cursor);
        if (!walk.next()) {
          return false;
        }
        context.getBindVariableService().setTimestamp(0, walk.fromMicros());
        context.getBindVariableService().setTimestamp(1, walk.toMicros());
        cursor = factory.getCursor(context);
        row = cursor.getRecord();
      }
      return !closed;
    } catch (SqlException | CairoException | CairoError | TableReferenceOutOfDateException e) {
      throw new IOException(failure + ": " + e.getMessage(), e);
    }
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
      Misc.free(factory);
      Misc.free(context);
      readers.giveBack();
    }
  }
}
