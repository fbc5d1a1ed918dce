package dev.sluice.sink.questdb;

import dev.sluice.reading.Reading;
import dev.sluice.sink.ReadingQuery;
import io.questdb.cairo.CairoEngine;
import io.questdb.cairo.CairoException;
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

/** Rows through the embedded engine's SQL, the text of a query never holding a value. */
final class EngineRows implements QuestDbReadings.Rows {
  private final CairoEngine engine;
  private final int queryWorkers;

  EngineRows(EmbeddedQuestDb database) {
    this.engine = database.engine();
    this.queryWorkers = database.queryWorkers();
  }

  @Override
  public void read(ReadingQuery query, PageOrder page) throws IOException {
    try (SqlExecutionContextImpl context = context(query);
        RecordCursorFactory factory = engine.select(select(query), context);
        RecordCursor cursor = factory.getCursor(context)) {
      Record row = cursor.getRecord();
      while (cursor.hasNext() && page.add(reading(query.device(), row))) {}
    } catch (SqlException | CairoException | TableReferenceOutOfDateException e) {
      throw new IOException(
          "QuestDB did not read device " + query.device() + ": " + e.getMessage(), e);
    }
  }

  private SqlExecutionContextImpl context(ReadingQuery query) throws SqlException {
    BindVariableService values = new BindVariableServiceImpl(engine.getConfiguration());
    values.setVarchar(0, new Utf8String(query.device()));
    values.setTimestamp(1, QuestDbReadings.fromMicros(query));
    values.setTimestamp(2, QuestDbReadings.toMicros(query));
    if (query.metric().isPresent()) {
      values.setStr(3, query.metric().get());
    }
    return new SqlExecutionContextImpl(engine, queryWorkers)
        .with(AllowAllSecurityContext.INSTANCE, values);
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
