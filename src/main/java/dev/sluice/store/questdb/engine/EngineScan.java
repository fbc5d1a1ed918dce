package dev.sluice.store.questdb.engine;

import dev.sluice.store.ReadingSource.UnavailableException;
import dev.sluice.store.ReadingStream;
import dev.sluice.store.questdb.QuestDbScan;
import dev.sluice.store.questdb.QuestDbTable;
import io.questdb.cairo.CairoEngine;
import io.questdb.cairo.CairoError;
import io.questdb.cairo.CairoException;
import io.questdb.cairo.TableToken;
import io.questdb.cairo.security.AllowAllSecurityContext;
import io.questdb.cairo.sql.BindVariableService;
import io.questdb.cairo.sql.RecordCursorFactory;
import io.questdb.cairo.sql.TableReferenceOutOfDateException;
import io.questdb.griffin.SqlException;
import io.questdb.griffin.SqlExecutionContextImpl;
import io.questdb.griffin.engine.functions.bind.BindVariableServiceImpl;
import io.questdb.std.Misc;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Scans through the embedded engine's cursors, a few partitions at a time; the table is stored by
 * ts, so nothing is sorted. There are few scans at any time, so they do not take turns with the
 * reads of clients.
 */
final class EngineScan implements QuestDbScan.Rows {
  static final String SELECT =
      "SELECT ts, device_id, metric, value FROM " + QuestDbTable.NAME + " WHERE ";

  private final CairoEngine engine;
  private final int queryWorkers;

  EngineScan(EmbeddedQuestDb database) {
    this.engine = database.engine();
    this.queryWorkers = database.queryWorkers();
  }

  @Override
  public ReadingStream between(long from, long to) throws UnavailableException {
    try {
      PartitionWalk walk = PartitionWalk.of(engine, table(), from, to, false);
      BindVariableService values = new BindVariableServiceImpl(engine.getConfiguration());
      values.setTimestamp(0, from);
      values.setTimestamp(1, to);
      return open(
          "ts >= $1 AND ts < $2",
          values,
          () -> {
            if (!walk.next()) {
              return false;
            }
            values.setTimestamp(0, walk.fromMicros());
            values.setTimestamp(1, walk.toMicros());
            return true;
          });
    } catch (SqlException | CairoException | CairoError | TableReferenceOutOfDateException e) {
      throw notRead(e);
    }
  }

  @Override
  public ReadingStream where(String condition) throws UnavailableException {
    AtomicBoolean once = new AtomicBoolean(true);
    return open(
        condition,
        new BindVariableServiceImpl(engine.getConfiguration()),
        () -> once.getAndSet(false));
  }

  private TableToken table() throws UnavailableException {
    TableToken table = engine.getTableTokenIfExists(QuestDbTable.NAME);
    if (table == null) {
      throw new UnavailableException(QuestDbTable.MISSING, null);
    }
    return table;
  }

  private ReadingStream open(
      String condition, BindVariableService values, EngineStream.Pieces pieces)
      throws UnavailableException {
    TableToken table = table();
    SqlExecutionContextImpl context =
        new SqlExecutionContextImpl(engine, queryWorkers)
            .with(AllowAllSecurityContext.INSTANCE, values);
    try {
      RecordCursorFactory factory = engine.select(SELECT + condition + " ORDER BY ts", context);
      return new EngineStream(engine, table, context, factory, pieces);
    } catch (SqlException | CairoException | CairoError | TableReferenceOutOfDateException e) {
      Misc.free(context);
      throw notRead(e);
    }
  }

  static UnavailableException notRead(Throwable cause) {
    return new UnavailableException(
        "QuestDB's table " + QuestDbTable.NAME + " cannot be read: " + cause.getMessage(), cause);
  }
}
