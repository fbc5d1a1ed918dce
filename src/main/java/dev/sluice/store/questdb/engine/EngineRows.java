package dev.sluice.store.questdb.engine;

import dev.sluice.reading.Reading;
import dev.sluice.store.ReadingQuery;
import dev.sluice.store.questdb.PageOrder;
import dev.sluice.store.questdb.QuestDbReadings;
import dev.sluice.store.questdb.QuestDbTable;
import io.questdb.cairo.CairoEngine;
import io.questdb.cairo.CairoError;
import io.questdb.cairo.CairoException;
import io.questdb.cairo.TableToken;
import io.questdb.cairo.security.AllowAllSecurityContext;
import io.questdb.cairo.sql.BindVariableService;
import io.questdb.cairo.sql.Record;
import io.questdb.cairo.sql.RecordCursor;
import io.questdb.cairo.sql.RecordCursorFactory;
import io.questdb.cairo.sql.TableReferenceOutOfDateException;
import io.questdb.griffin.SqlException;
import io.questdb.griffin.SqlExecutionContextImpl;
import io.questdb.griffin.engine.functions.bind.BindVariableServiceImpl;
import io.questdb.std.str.Utf8String;
import java.io.IOException;

/**
 * Reads rows through the embedded engine's SQL; values are bound, never part of a query's text. A
 * page is read a few partitions at a time until it is full, and only so many reads run at the same
 * time.
 */
final class EngineRows implements QuestDbReadings.Rows {
  private final CairoEngine engine;
  private final int queryWorkers;
  private final Readers readers;

  EngineRows(EmbeddedQuestDb database) {
    this.engine = database.engine();
    this.queryWorkers = database.queryWorkers();
    this.readers = database.readers();
  }

  @Override
  public void read(ReadingQuery query, PageOrder page) throws IOException {
    readers.take();
    try {
      PartitionWalk walk =
          PartitionWalk.of(
              engine,
              table(),
              QuestDbReadings.fromMicros(query),
              QuestDbReadings.toMicros(query),
              query.descending());
      read(query, page, walk);
    } catch (SqlException | CairoException | CairoError | TableReferenceOutOfDateException e) {
      throw new IOException(
          "QuestDB did not read device " + query.device() + ": " + e.getMessage(), e);
    } finally {
      readers.giveBack();
    }
  }

  private TableToken table() throws IOException {
    TableToken table = engine.getTableTokenIfExists(QuestDbTable.NAME);
    if (table == null) {
      throw new IOException(QuestDbTable.MISSING);
    }
    return table;
  }

  private void read(ReadingQuery query, PageOrder page, PartitionWalk walk) throws SqlException {
    BindVariableService values = values(query, walk);
    try (SqlExecutionContextImpl context =
            new SqlExecutionContextImpl(engine, queryWorkers)
                .with(AllowAllSecurityContext.INSTANCE, values);
        RecordCursorFactory factory = engine.select(select(query), context)) {
      while (walk.next()) {
        values.setTimestamp(1, walk.fromMicros());
        values.setTimestamp(2, walk.toMicros());
        if (!readPiece(query, page, factory, context)) {
          return;
        }
      }
    }
  }

  /** Reads one piece; false when the page needs no more. */
  private static boolean readPiece(
      ReadingQuery query,
      PageOrder page,
      RecordCursorFactory factory,
      SqlExecutionContextImpl context)
      throws SqlException {
    try (RecordCursor cursor = factory.getCursor(context)) {
      Record row = cursor.getRecord();
      while (cursor.hasNext()) {
        if (!page.add(reading(query.device(), row))) {
          return false;
        }
      }
      return true;
    }
  }

  private BindVariableService values(ReadingQuery query, PartitionWalk walk) throws SqlException {
    BindVariableService values = new BindVariableServiceImpl(engine.getConfiguration());
    values.setVarchar(0, new Utf8String(query.device()));
    values.setTimestamp(1, walk.fromMicros());
    values.setTimestamp(2, walk.toMicros());
    if (query.metric().isPresent()) {
      values.setStr(3, query.metric().get());
    }
    return values;
  }

  private static String select(ReadingQuery query) {
    return "SELECT ts, metric, value FROM "
        + QuestDbTable.NAME
        + " WHERE device_id = $1 AND ts >= $2 AND ts < $3"
        + (query.metric().isPresent() ? " AND metric = $4" : "")
        + (query.descending() ? " ORDER BY ts DESC" : " ORDER BY ts");
  }

  private static Reading reading(String device, Record row) {
    return new Reading(
        device, String.valueOf(row.getSymA(1)), row.getTimestamp(0), row.getDouble(2));
  }
}
