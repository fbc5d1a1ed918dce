package dev.sluice.store.questdb.engine;

import dev.sluice.store.questdb.DeviceHash;
import dev.sluice.store.questdb.QuestDbRows;
import dev.sluice.store.questdb.QuestDbTable;
import dev.sluice.store.questdb.RowCursor;
import dev.sluice.store.questdb.RowQuery;
import io.questdb.cairo.CairoEngine;
import io.questdb.cairo.CairoError;
import io.questdb.cairo.CairoException;
import io.questdb.cairo.TableToken;
import io.questdb.cairo.security.AllowAllSecurityContext;
import io.questdb.cairo.sql.BindVariableService;
import io.questdb.cairo.sql.TableReferenceOutOfDateException;
import io.questdb.griffin.SqlException;
import io.questdb.griffin.SqlExecutionContextImpl;
import io.questdb.griffin.engine.functions.bind.BindVariableServiceImpl;
import io.questdb.std.Misc;
import io.questdb.std.str.Utf8String;
import java.io.IOException;
import java.util.Optional;

/**
 * Rows through the embedded engine's SQL; names are bound, never part of a query's text. Only so
 * many cursors are open at the same time.
 */
final class EngineRows implements QuestDbRows {
  static final String NOT_READ = "QuestDB's table " + QuestDbTable.NAME + " cannot be read";

  private final CairoEngine engine;
  private final int queryWorkers;
  private final Readers readers;

  EngineRows(CairoEngine engine, int queryWorkers, Readers readers) {
    this.engine = engine;
    this.queryWorkers = queryWorkers;
    this.readers = readers;
  }

  @Override
  public int mostOpen() {
    return readers.most();
  }

  @Override
  public RowCursor open(RowQuery query) throws IOException {
    String failure =
        query.device().map(device -> "QuestDB did not read device " + device).orElse(NOT_READ);
    readers.take();
    SqlExecutionContextImpl context = new SqlExecutionContextImpl(engine, queryWorkers);
    boolean opened = false;
    try {
      PartitionWalk walk = walk(query);
      context.with(AllowAllSecurityContext.INSTANCE, values(query));
      EngineCursor cursor = new EngineCursor(engine, query, context, walk, readers, failure);
      opened = true;
      return cursor;
    } catch (SqlException | CairoException | CairoError | TableReferenceOutOfDateException e) {
      throw new IOException(failure + ": " + e.getMessage(), e);
    } finally {
      if (!opened) {
        Misc.free(context);
        readers.giveBack();
      }
    }
  }

  /** A range goes a few partitions at a time; instants are so few that all of theirs are opened. */
  private PartitionWalk walk(RowQuery query) throws IOException {
    TableToken table = engine.getTableTokenIfExists(QuestDbTable.NAME);
    if (table == null) {
      throw new IOException(QuestDbTable.MISSING);
    }
    return query.instants().isEmpty()
        ? PartitionWalk.of(engine, table, query.fromMicros(), query.toMicros(), query.descending())
        : new PartitionWalk(new long[0], query.fromMicros(), query.toMicros(), false);
  }

  private BindVariableService values(RowQuery query) throws SqlException {
    BindVariableService values = new BindVariableServiceImpl(engine.getConfiguration());
    values.setTimestamp(0, query.fromMicros());
    values.setTimestamp(1, query.toMicros());
    if (query.device().isPresent()) {
      values.setVarchar(2, new Utf8String(query.device().get()));
      values.setInt(4, DeviceHash.of(query.device().get()));
    }
    if (query.metric().isPresent()) {
      values.setStr(3, query.metric().get());
    }
    return values;
  }

  @Override
  public Optional<String> tableId() {
    return Optional.ofNullable(engine.getTableTokenIfExists(QuestDbTable.NAME))
        .map(table -> String.valueOf(table.getTableId()));
  }
}
