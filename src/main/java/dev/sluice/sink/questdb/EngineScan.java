package dev.sluice.sink.questdb;

import dev.sluice.sink.ReadingSource.UnavailableException;
import dev.sluice.sink.ReadingStream;
import io.questdb.cairo.CairoEngine;
import io.questdb.cairo.CairoError;
import io.questdb.cairo.CairoException;
import io.questdb.cairo.TableToken;
import io.questdb.cairo.security.AllowAllSecurityContext;
import io.questdb.cairo.sql.RecordCursorFactory;
import io.questdb.cairo.sql.TableReferenceOutOfDateException;
import io.questdb.griffin.SqlException;
import io.questdb.griffin.SqlExecutionContextImpl;
import io.questdb.std.Misc;

/** Scans through the embedded engine's cursors; the table is stored by ts, so nothing is sorted. */
final class EngineScan implements QuestDbScan.Rows {
  private static final String SELECT =
      "SELECT ts, device_id, metric, value FROM " + QuestDbTable.NAME + " WHERE ";

  private final CairoEngine engine;
  private final int queryWorkers;

  EngineScan(EmbeddedQuestDb database) {
    this.engine = database.engine();
    this.queryWorkers = database.queryWorkers();
  }

  @Override
  public ReadingStream between(long from, long to) throws UnavailableException {
    return where("ts >= " + from + " AND ts < " + to);
  }

  @Override
  public ReadingStream where(String condition) throws UnavailableException {
    TableToken table = engine.getTableTokenIfExists(QuestDbTable.NAME);
    if (table == null) {
      throw new UnavailableException(QuestDbTable.MISSING, null);
    }
    SqlExecutionContextImpl context =
        new SqlExecutionContextImpl(engine, queryWorkers).with(AllowAllSecurityContext.INSTANCE);
    RecordCursorFactory factory = null;
    try {
      factory = engine.select(SELECT + condition + " ORDER BY ts", context);
      return new EngineStream(engine, table, context, factory, factory.getCursor(context));
    } catch (SqlException | CairoException | CairoError | TableReferenceOutOfDateException e) {
      Misc.free(factory);
      Misc.free(context);
      throw notRead(e);
    }
  }

  static UnavailableException notRead(Throwable cause) {
    return new UnavailableException(
        "QuestDB's table " + QuestDbTable.NAME + " cannot be read: " + cause.getMessage(), cause);
  }
}
