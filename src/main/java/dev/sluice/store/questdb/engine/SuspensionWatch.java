package dev.sluice.store.questdb.engine;

import dev.sluice.store.WalStatus;
import dev.sluice.store.questdb.QuestDbTable;
import dev.sluice.store.questdb.ResumePause;
import io.questdb.cairo.CairoEngine;
import io.questdb.cairo.CairoException;
import io.questdb.cairo.TableToken;
import io.questdb.mp.SynchronizedJob;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Resumes the readings table after QuestDB suspended it: a full disk or a failed write stops
 * QuestDB from applying the table's WAL, and only a resume restarts it. It continues at the
 * transaction that failed, so nothing is skipped. Runs on QuestDB's workers, on one at a time.
 */
final class SuspensionWatch extends SynchronizedJob {
  private static final Logger LOG = LoggerFactory.getLogger(SuspensionWatch.class);
  private static final long CHECK_NANOS = TimeUnit.SECONDS.toNanos(1);

  private final CairoEngine engine;
  private final ResumePause resumes = new ResumePause();
  private long nextCheckNanos = System.nanoTime();

  SuspensionWatch(CairoEngine engine) {
    this.engine = engine;
  }

  @Override
  protected boolean runSerially() {
    long now = System.nanoTime();
    if (now - nextCheckNanos >= 0) {
      nextCheckNanos = now + CHECK_NANOS;
      check(now);
    }
    return false;
  }

  private void check(long now) {
    TableToken table = engine.getTableTokenIfExists(QuestDbTable.NAME);
    if (table == null) {
      return;
    }
    WalStatus status = EmbeddedQuestDb.status(engine, table);
    if (!status.suspended()) {
      resumes.healthy(status.writerTxn());
    } else if (resumes.due(now, status.writerTxn())) {
      resume(table);
    }
  }

  private void resume(TableToken table) {
    LOG.warn("{}", QuestDbTable.suspended(EmbeddedQuestDb.status(engine, table)));
    try {
      engine.getTableSequencerAPI().resumeTable(table, 0);
    } catch (CairoException e) {
      LOG.warn("QuestDB did not resume table {}: {}", QuestDbTable.NAME, e.getMessage());
    }
  }
}
