package dev.sluice.store.questdb.engine;

import dev.sluice.store.questdb.RowCursor;
import dev.sluice.store.questdb.RowQuery;
import io.questdb.cairo.CairoEngine;
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
 * cursor after another, each over a piece of the range. Where rows of a device are wanted, the rows
 * of a piece that were written before there were buckets are a piece of their own, in which every
 * row is looked at. Confined to one thread. While a cursor is open, files that the table has since
 * replaced stay on disk.
 */
final class EngineCursor implements RowCursor {
  private final CairoEngine engine;
  private final RowQuery query;
  private final RecordCursorFactory factory;
  private final SqlExecutionContextImpl context;
  private final PartitionWalk walk;
  private final Readers readers;
  private final String failure;
  private @Nullable RecordCursorFactory unbucketed;
  private @Nullable RecordCursor cursor;
  private Record row = new Record() {};
  private byte[] device = new byte[0];
  private boolean metricKnown;
  private int metricKey;
  private String metric = "";
  private boolean closed;

  /** Until when the rows of the walk's piece have no bucket. */
  private long seam;

  /** Whether a part of the walk's piece, on the other side of the seam, is still to be read. */
  private boolean halfway;

  /**
   * Takes over what it is given, unless it throws.
   *
   * @param context with the query's values
   * @param readers where a turn is given back
   * @param failure what to report when the engine fails
   */
  EngineCursor(
      CairoEngine engine,
      RowQuery query,
      SqlExecutionContextImpl context,
      PartitionWalk walk,
      Readers readers,
      String failure)
      throws SqlException {
    this.engine = engine;
    this.query = query;
    this.factory = engine.select(query.boundSql(), context);
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
        if (!turn()) {
          return false;
        }
      }
      return !closed;
    } catch (SqlException | CairoException | CairoError | TableReferenceOutOfDateException e) {
      throw new IOException(failure + ": " + e.getMessage(), e);
    }
  }

  /** Opens a cursor over the next part of the range; false after the last. */
  private boolean turn() throws SqlException {
    boolean first = !halfway;
    if (first) {
      if (!walk.next()) {
        return false;
      }
      seam =
          query.byBucket()
              ? Unbucketed.end(engine, walk.fromMicros(), walk.toMicros())
              : walk.fromMicros();
      halfway = seam > walk.fromMicros() && seam < walk.toMicros();
    } else {
      halfway = false;
    }
    boolean whole = first && !halfway;
    boolean later = whole ? seam < walk.toMicros() : first == query.descending();
    long from = later ? seam : walk.fromMicros();
    long to = later ? walk.toMicros() : whole ? walk.toMicros() : seam;
    open(later ? factory : unbucketed(), from, to);
    return true;
  }

  private RecordCursorFactory unbucketed() throws SqlException {
    RecordCursorFactory compiled = unbucketed;
    if (compiled == null) {
      compiled = engine.select(query.inAnyBucket().boundSql(), context);
      unbucketed = compiled;
    }
    return compiled;
  }

  private void open(RecordCursorFactory part, long fromMicros, long toMicros) throws SqlException {
    context.getBindVariableService().setTimestamp(0, fromMicros);
    context.getBindVariableService().setTimestamp(1, toMicros);
    RecordCursor opened = part.getCursor(context);
    cursor = opened;
    row = opened.getRecord();
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
      Misc.free(unbucketed);
      Misc.free(context);
      readers.giveBack();
    }
  }
}
