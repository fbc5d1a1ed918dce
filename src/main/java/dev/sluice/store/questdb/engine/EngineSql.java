package dev.sluice.store.questdb.engine;

import dev.sluice.store.questdb.QuestDbSql;
import io.questdb.cairo.CairoEngine;
import io.questdb.cairo.CairoException;
import io.questdb.cairo.ColumnType;
import io.questdb.cairo.security.AllowAllSecurityContext;
import io.questdb.cairo.sql.Record;
import io.questdb.cairo.sql.RecordCursor;
import io.questdb.cairo.sql.RecordCursorFactory;
import io.questdb.cairo.sql.RecordMetadata;
import io.questdb.griffin.SqlException;
import io.questdb.griffin.SqlExecutionContextImpl;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** SQL through the embedded engine, with all privileges. */
final class EngineSql implements QuestDbSql {
  private final CairoEngine engine;
  private final int queryWorkers;

  EngineSql(CairoEngine engine, int queryWorkers) {
    this.engine = engine;
    this.queryWorkers = queryWorkers;
  }

  @Override
  public void execute(String statement) throws IOException {
    try (SqlExecutionContextImpl context = context()) {
      engine.execute(statement, context);
    } catch (SqlException | CairoException e) {
      throw failed(statement, e);
    }
  }

  @Override
  public List<List<String>> query(String select) throws IOException {
    try (SqlExecutionContextImpl context = context();
        RecordCursorFactory factory = engine.select(select, context);
        RecordCursor cursor = factory.getCursor(context)) {
      RecordMetadata columns = factory.getMetadata();
      List<List<String>> rows = new ArrayList<>();
      while (cursor.hasNext()) {
        rows.add(row(cursor.getRecord(), columns));
      }
      return rows;
    } catch (SqlException | CairoException e) {
      throw failed(select, e);
    }
  }

  private static List<String> row(Record row, RecordMetadata columns) {
    List<String> values = new ArrayList<>();
    for (int i = 0; i < columns.getColumnCount(); i++) {
      Object value =
          ColumnType.isVarchar(columns.getColumnType(i)) ? row.getVarcharA(i) : row.getStrA(i);
      values.add(value == null ? "" : value.toString());
    }
    return values;
  }

  private SqlExecutionContextImpl context() {
    SqlExecutionContextImpl context =
        new SqlExecutionContextImpl(engine, queryWorkers).with(AllowAllSecurityContext.INSTANCE);
    context.initNow();
    return context;
  }

  private static IOException failed(String statement, Exception cause) {
    return new IOException("QuestDB refuses \"" + statement + "\": " + cause.getMessage(), cause);
  }
}
