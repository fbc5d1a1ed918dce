package dev.sluice.store.questdb.engine;

import dev.sluice.reading.Counted;
import dev.sluice.reading.ReadingBatch;
import dev.sluice.store.Sink;
import dev.sluice.store.WalStatus;
import dev.sluice.store.WriteResult;
import dev.sluice.store.questdb.DeviceHash;
import dev.sluice.store.questdb.QuestDbConfig;
import dev.sluice.store.questdb.QuestDbTable;
import dev.sluice.store.questdb.TimeOrder;
import dev.sluice.store.questdb.Utf8Span;
import io.questdb.cairo.CairoEngine;
import io.questdb.cairo.CairoError;
import io.questdb.cairo.CairoException;
import io.questdb.cairo.TableToken;
import io.questdb.cairo.TableWriter;
import io.questdb.cairo.sql.TableRecordMetadata;
import io.questdb.cairo.sql.TableReferenceOutOfDateException;
import io.questdb.cairo.wal.WalWriter;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes into the embedded engine: each batch is sorted by ts and becomes one synced commit of the
 * table's write-ahead log. Confined to the delivery thread.
 *
 * <p>After {@link WriteResult.Written} the batch survives a power cut; reads see it once the
 * engine's workers have applied it. Nothing is accepted while the table is suspended, because it
 * would never become visible, nor while the workers lag far behind. On a failure the whole commit
 * is rolled back and the log's writer discarded; the next write gets a new one.
 */
public final class QuestDbSink implements Sink {
  private static final Logger LOG = LoggerFactory.getLogger(QuestDbSink.class);

  private final EmbeddedQuestDb database;
  private final CairoEngine engine;
  private final int maxBatch;
  private final int maxUnapplied;
  private final TimeOrder order = new TimeOrder();
  private final MetricNames metrics = new MetricNames();
  private final Utf8Span device = new Utf8Span();
  private final DeviceHash hash = new DeviceHash();
  private @Nullable WalWriter writer;
  private int deviceColumn;
  private int metricColumn;
  private int valueColumn;
  private int hashColumn;

  public QuestDbSink(EmbeddedQuestDb database, QuestDbConfig config) {
    this(database, config, QuestDbTable.MAX_UNAPPLIED);
  }

  QuestDbSink(EmbeddedQuestDb database, QuestDbConfig config, int maxUnapplied) {
    this.database = database;
    this.engine = database.engine();
    this.maxBatch = config.batchRows();
    this.maxUnapplied = maxUnapplied;
  }

  @Override
  public String name() {
    return "questdb";
  }

  @Override
  public int maxBatch() {
    return maxBatch;
  }

  @Override
  public boolean keepsTimeOrder() {
    return true;
  }

  @Override
  public WriteResult write(ReadingBatch batch) {
    Optional<WalStatus> status = database.status();
    if (status.isEmpty()) {
      return new WriteResult.Unavailable(QuestDbTable.MISSING);
    }
    if (status.get().suspended()) {
      return new WriteResult.Unavailable(QuestDbTable.suspended(status.get()));
    }
    if (status.get().visibleLag() > maxUnapplied) {
      return new WriteResult.Busy(QuestDbTable.behind(status.get()));
    }
    try {
      WalWriter open = writer();
      return append(open, batch).orElseGet(() -> commit(open));
    } catch (CairoException | CairoError | TableReferenceOutOfDateException e) {
      abandon();
      return new WriteResult.Unavailable(
          "QuestDB failed to write %s: %s; check the disk of %s"
              .formatted(
                  Counted.of(batch.size(), "reading"),
                  e.getMessage(),
                  engine.getConfiguration().getDbRoot()));
    }
  }

  private WalWriter writer() {
    WalWriter open = writer;
    if (open == null) {
      TableToken table = engine.verifyTableName(QuestDbTable.NAME);
      open = engine.getWalWriter(table);
      try {
        TableRecordMetadata columns = open.getMetadata();
        deviceColumn = columns.getColumnIndex("device_id");
        metricColumn = columns.getColumnIndex("metric");
        valueColumn = columns.getColumnIndex("value");
        hashColumn = columns.getColumnIndex(DeviceHash.COLUMN);
      } catch (RuntimeException e) {
        open.close();
        throw e;
      }
      writer = open;
    }
    return open;
  }

  /**
   * Appends the batch to the open commit; returns the refusal, or empty if every reading is in it.
   */
  private Optional<WriteResult> append(WalWriter open, ReadingBatch batch) {
    int[] rows = order.of(batch);
    try {
      for (int i = 0; i < batch.size(); i++) {
        append(open, batch, rows[i]);
      }
      return Optional.empty();
    } catch (CairoException e) {
      if (!isRefusal(e)) {
        throw e;
      }
      abandon();
      return Optional.of(new WriteResult.Refused(e.getFlyweightMessage().toString()));
    }
  }

  /**
   * QuestDB also classes a lack of memory, a dropped table and a read-only database as
   * non-critical.
   */
  static boolean isRefusal(CairoException e) {
    return e.getErrno() == CairoException.NON_CRITICAL
        && !e.isOutOfMemory()
        && !e.isInterruption()
        && !e.isAuthorizationError();
  }

  private void append(WalWriter open, ReadingBatch batch, int i) {
    byte[] bytes = batch.bytes();
    TableWriter.Row row = open.newRow(batch.tsMicros(i));
    row.putVarchar(deviceColumn, device.of(bytes, batch.deviceAt(i), batch.deviceLength(i)));
    row.putSym(metricColumn, metrics.of(bytes, batch.metricAt(i), batch.metricLength(i)));
    row.putDouble(valueColumn, batch.value(i));
    row.putInt(hashColumn, hash.of(bytes, batch.deviceAt(i), batch.deviceLength(i)));
    row.append();
  }

  private static WriteResult commit(WalWriter open) {
    open.commit();
    return WriteResult.Written.DURABLE;
  }

  /** Closing rolls back, unless the writer is past that; the pool then drops the writer. */
  private void abandon() {
    WalWriter open = writer;
    writer = null;
    if (open == null) {
      return;
    }
    try {
      open.close();
    } catch (CairoException | CairoError e) {
      LOG.debug("QuestDB's WAL writer did not close: {}", e.getMessage());
    }
  }

  /** Must be called before {@link EmbeddedQuestDb#close()}. */
  @Override
  public void close() {
    abandon();
  }
}
