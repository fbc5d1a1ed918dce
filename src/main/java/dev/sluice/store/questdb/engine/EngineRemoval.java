package dev.sluice.store.questdb.engine;

import dev.sluice.reading.Identity;
import dev.sluice.store.ReadingSource.UnavailableException;
import dev.sluice.store.questdb.DeviceHash;
import dev.sluice.store.questdb.QuestDbTable;
import io.questdb.cairo.CairoEngine;
import io.questdb.cairo.CairoError;
import io.questdb.cairo.CairoException;
import io.questdb.cairo.TableWriter;
import io.questdb.cairo.security.AllowAllSecurityContext;
import io.questdb.cairo.sql.Record;
import io.questdb.cairo.sql.RecordCursor;
import io.questdb.cairo.sql.RecordCursorFactory;
import io.questdb.cairo.sql.TableRecordMetadata;
import io.questdb.cairo.sql.TableReferenceOutOfDateException;
import io.questdb.cairo.wal.WalUtils;
import io.questdb.cairo.wal.WalWriter;
import io.questdb.griffin.SqlException;
import io.questdb.griffin.SqlExecutionContextImpl;
import java.util.Set;

/**
 * Removes readings of one ts from the embedded engine's table: those that stay are written back in
 * one transaction that replaces the whole ts, the way the engine refreshes its materialized views.
 * The commit is synced like any other. Confined to one thread.
 */
final class EngineRemoval {
  private static final int COLUMNS = 5;

  private final CairoEngine engine;
  private final int queryWorkers;

  EngineRemoval(CairoEngine engine, int queryWorkers) {
    this.engine = engine;
    this.queryWorkers = queryWorkers;
  }

  /**
   * Removes these identities, all of ts {@code tsMicros}; commits nothing when none of them exists.
   */
  void remove(long tsMicros, Set<Identity> identities) throws UnavailableException {
    String select =
        "SELECT device_id, metric, value, %s FROM %s WHERE %s"
            .formatted(
                DeviceHash.COLUMN, QuestDbTable.NAME, QuestDbTable.between(tsMicros, tsMicros + 1));
    try (SqlExecutionContextImpl context =
            new SqlExecutionContextImpl(engine, queryWorkers)
                .with(AllowAllSecurityContext.INSTANCE);
        RecordCursorFactory factory = engine.select(select, context);
        RecordCursor cursor = factory.getCursor(context);
        WalWriter writer = engine.getWalWriter(engine.verifyTableName(QuestDbTable.NAME))) {
      checkColumns(writer.getMetadata());
      if (writeRest(cursor, writer, tsMicros, identities)) {
        // The upper end is exclusive.
        writer.commitWithParams(tsMicros, tsMicros + 1, WalUtils.WAL_DEDUP_MODE_REPLACE_RANGE);
      }
    } catch (SqlException | CairoException | CairoError | TableReferenceOutOfDateException e) {
      throw new UnavailableException(
          "QuestDB did not remove readings of ts " + tsMicros + ": " + e.getMessage(), e);
    }
  }

  /** The values of a column added by someone else would be lost when rows are written back. */
  private static void checkColumns(TableRecordMetadata columns) throws UnavailableException {
    if (columns.getColumnCount() != COLUMNS) {
      throw new UnavailableException(
          ("QuestDB's table %s has %s columns and not the %s of migrations/questdb: removing"
                  + " a reading would empty the others; drop them, or remove the readings by hand")
              .formatted(QuestDbTable.NAME, columns.getColumnCount(), COLUMNS),
          null);
    }
  }

  /**
   * Writes back the rows that stay; returns whether any is left out. Closing the writer without a
   * commit rolls back.
   */
  private static boolean writeRest(
      RecordCursor cursor, WalWriter writer, long tsMicros, Set<Identity> identities) {
    int device = writer.getMetadata().getColumnIndex("device_id");
    int metric = writer.getMetadata().getColumnIndex("metric");
    int value = writer.getMetadata().getColumnIndex("value");
    int hash = writer.getMetadata().getColumnIndex(DeviceHash.COLUMN);
    boolean removed = false;
    Record from = cursor.getRecord();
    while (cursor.hasNext()) {
      Identity identity =
          new Identity(
              String.valueOf(from.getVarcharA(0)), String.valueOf(from.getSymA(1)), tsMicros);
      if (isNamed(from) && identities.contains(identity)) {
        removed = true;
        continue;
      }
      TableWriter.Row to = writer.newRow(tsMicros);
      to.putVarchar(device, from.getVarcharA(0));
      to.putSym(metric, from.getSymA(1));
      to.putDouble(value, from.getDouble(2));
      to.putInt(hash, from.getInt(3));
      to.append();
    }
    return removed;
  }

  /** NULL is not the device "null". */
  private static boolean isNamed(Record row) {
    return row.getVarcharA(0) != null && row.getSymA(1) != null;
  }
}
