package dev.sluice.store.questdb.engine;

import dev.sluice.reading.Reading;
import dev.sluice.store.ReadingSource.UnavailableException;
import dev.sluice.store.ReadingStream;
import dev.sluice.store.questdb.QuestDbTable;
import io.questdb.cairo.CairoEngine;
import io.questdb.cairo.CairoError;
import io.questdb.cairo.CairoException;
import io.questdb.cairo.TableToken;
import io.questdb.cairo.sql.Record;
import io.questdb.cairo.sql.RecordCursor;
import io.questdb.cairo.sql.RecordCursorFactory;
import io.questdb.cairo.sql.TableReferenceOutOfDateException;
import io.questdb.griffin.SqlException;
import io.questdb.griffin.SqlExecutionContextImpl;
import io.questdb.std.Misc;
import io.questdb.std.str.Utf8Sequence;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * Readings from cursors of the embedded engine with the columns ts, device_id, metric, value: one
 * cursor after another, each over a piece of the range. Confined to one thread. While a cursor is
 * open, files that the table has since replaced stay on disk.
 */
final class EngineStream implements ReadingStream {
  private final CairoEngine engine;
  private final TableToken table;
  private final SqlExecutionContextImpl context;
  private final RecordCursorFactory factory;
  private final Pieces pieces;
  private @Nullable RecordCursor cursor;
  private Record row = new Record() {};
  private byte[] device = new byte[0];
  private boolean metricKnown;
  private int metricKey;
  private String metric = "";
  private boolean metricAllowed;
  private boolean closed;

  EngineStream(
      CairoEngine engine,
      TableToken table,
      SqlExecutionContextImpl context,
      RecordCursorFactory factory,
      Pieces pieces) {
    this.engine = engine;
    this.table = table;
    this.context = context;
    this.factory = factory;
    this.pieces = pieces;
  }

  /** The pieces that the cursors read, one after another. */
  @FunctionalInterface
  interface Pieces {
    /** Sets the query's values to the next piece; false after the last one. */
    boolean next() throws SqlException;
  }

  @Override
  public boolean next() throws UnavailableException {
    try {
      while (!closed && advance()) {
        if (isReading()) {
          return true;
        }
      }
    } catch (SqlException | CairoException | CairoError | TableReferenceOutOfDateException e) {
      throw EngineScan.notRead(e);
    }
    if (!table.equals(engine.getTableTokenIfExists(QuestDbTable.NAME))) {
      throw new UnavailableException(
          "QuestDB's table " + QuestDbTable.NAME + " was dropped while it was read", null);
    }
    return false;
  }

  private boolean advance() throws SqlException {
    while (cursor == null || !cursor.hasNext()) {
      cursor = Misc.free(cursor);
      if (!pieces.next()) {
        return false;
      }
      cursor = factory.getCursor(context);
      row = cursor.getRecord();
    }
    return true;
  }

  private boolean isReading() {
    Utf8Sequence name = row.getVarcharA(1);
    if (name == null || !Double.isFinite(row.getDouble(3))) {
      return false;
    }
    int key = row.getInt(2);
    if (key != metricKey || !metricKnown) {
      metricKnown = true;
      metricKey = key;
      CharSequence text = row.getSymA(2);
      metric = text == null ? "" : text.toString();
      metricAllowed = Reading.isMetric(metric.getBytes(StandardCharsets.UTF_8));
    }
    if (device.length != name.size()) {
      device = new byte[name.size()];
    }
    for (int i = 0; i < device.length; i++) {
      device[i] = name.byteAt(i);
    }
    return metricAllowed && Reading.isDevice(device);
  }

  @Override
  public long tsMicros() {
    return row.getTimestamp(0);
  }

  @Override
  public String device() {
    return new String(device, StandardCharsets.UTF_8);
  }

  @Override
  public String metric() {
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
    }
  }
}
