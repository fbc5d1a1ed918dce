package dev.sluice.store.questdb.engine;

import io.questdb.Metrics;
import io.questdb.mp.WorkerPoolConfiguration;

/**
 * Threads for QuestDB's jobs. They poll: after a short spin an idle worker naps a millisecond at a
 * time, then longer, so that an idle store leaves the cores to ingest.
 *
 * @param sleepMillis how long it sleeps after a second of naps
 */
record Workers(String name, int count, int sleepMillis, Metrics metrics)
    implements WorkerPoolConfiguration {
  @Override
  public String getPoolName() {
    return name;
  }

  @Override
  public int getWorkerCount() {
    return count;
  }

  @Override
  public Metrics getMetrics() {
    return metrics;
  }

  @Override
  public long getNapThreshold() {
    return 100;
  }

  @Override
  public long getSleepThreshold() {
    return 1_000;
  }

  @Override
  public long getSleepTimeout() {
    return sleepMillis;
  }

  @Override
  public boolean isDaemonPool() {
    return true;
  }
}
