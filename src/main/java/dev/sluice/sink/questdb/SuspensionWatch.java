package dev.sluice.sink.questdb;

import io.questdb.cairo.CairoEngine;
import io.questdb.cairo.CairoException;
import io.questdb.cairo.TableToken;
import io.questdb.mp.SynchronizedJob;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Resumes the readings table after QuestDB suspended it: a full disk or a failed write stops the
 * apply job, and nothing but a resume starts it again. Tried from one second to a minute apart, at
 * the transaction that failed, so nothing is skipped. Runs on QuestDB's workers, one at a time.
 */
final class SuspensionWatch extends SynchronizedJob {
  private static final long CHECK_NANOS = TimeUnit.SECONDS.toNanos(1);
  private static final long MAX_PAUSE_NANOS = TimeUnit.MINUTES.toNanos(1);

  private final CairoEngine engine;
  private long nextNanos = System.nanoTime() + CHECK_NANOS;
  private long pauseNanos = CHECK_NANOS;

  SuspensionWatch(CairoEngine engine) {
    this.engine = engine;
  }

  @Override
  protected boolean runSerially() {
    if (System.nanoTime() - nextNanos < 0) {
      return false;
    }
    TableToken table = engine.getTableTokenIfExists(QuestDbTable.NAME);
    if (table == null || !engine.getTableSequencerAPI().isSuspended(table)) {
      pauseNanos = CHECK_NANOS;
    } else {
      resume(table);
      pauseNanos = Math.min(pauseNanos * 2, MAX_PAUSE_NANOS);
    }
    nextNanos = System.nanoTime() + pauseNanos;
    return false;
  }

  private void resume(TableToken table) {
    QuestDbStatus status = EmbeddedQuestDb.status(engine, table);
    LOG.warn(
        "QuestDB suspended table {} behind transaction {} of {}: {}; resuming it",
        QuestDbTable.NAME,
        status.writerTxn(),
        status.sequencerTxn(),
        status.error());
    try {
      engine.getTableSequencerAPI().resumeTable(table, 0);
    } catch (CairoException e) {
      LOG.warn("QuestDB did not resume table {}: {}", QuestDbTable.NAME, e.getMessage());
    }
  }

  private static final Logger LOG = LoggerFactory.getLogger(SuspensionWatch.class);
}
