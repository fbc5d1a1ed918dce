package dev.sluice.store.questdb.engine;

import dev.sluice.files.PrivateFiles;
import dev.sluice.store.MirrorStore;
import dev.sluice.store.ReadingScan;
import dev.sluice.store.ReadingSource;
import dev.sluice.store.WalStatus;
import dev.sluice.store.questdb.NativeLibraries;
import dev.sluice.store.questdb.QuestDbConfig;
import dev.sluice.store.questdb.QuestDbReadings;
import dev.sluice.store.questdb.QuestDbSql;
import dev.sluice.store.questdb.QuestDbTable;
import io.questdb.FreeOnExit;
import io.questdb.PropServerConfiguration;
import io.questdb.ServerMain;
import io.questdb.cairo.CairoEngine;
import io.questdb.cairo.CairoException;
import io.questdb.cairo.TableReader;
import io.questdb.cairo.TableToken;
import io.questdb.cairo.wal.ApplyWal2TableJob;
import io.questdb.cairo.wal.CheckWalTransactionsJob;
import io.questdb.cairo.wal.WalPurgeJob;
import io.questdb.cairo.wal.seq.SeqTxnTracker;
import io.questdb.griffin.SqlException;
import io.questdb.mp.WorkerPool;
import io.questdb.mp.WorkerPoolUtils;
import io.questdb.std.Files;
import java.io.IOException;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * QuestDB's engine in this process: the database in one directory, the workers that apply and purge
 * its WAL, and, if a port is set, its console and PG wire, read-only on loopback and behind a
 * password.
 *
 * <p>Thread-safe. The engine is opened without QuestDB's {@code ServerMain}, which spends seconds
 * unpacking its web site, reading its own files and starting every service first; the jobs assigned
 * here are those of its jobs that a WAL table with DEDUP needs to run for years. Only one engine at
 * a time may use a directory.
 */
public final class EmbeddedQuestDb implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(EmbeddedQuestDb.class);

  /** A commit after a pause waits no longer than this until a worker applies it. */
  private static final int SLEEP_MILLIS = 10;

  private final CairoEngine engine;
  private final WorkerPool workers;
  private final Optional<ReadOnlyServers> servers;
  private final int queryWorkers;
  private final Readers readers;

  private EmbeddedQuestDb(
      CairoEngine engine, WorkerPool workers, Optional<ReadOnlyServers> servers, Readers readers) {
    this.engine = engine;
    this.workers = workers;
    this.servers = servers;
    this.queryWorkers = workers.getWorkerCount();
    this.readers = readers;
  }

  /**
   * Opens or creates the database and starts applying what is left in its WAL; console and PG wire
   * start in the background.
   */
  public static EmbeddedQuestDb open(QuestDbConfig config) throws IOException {
    return open(config, QueryLimits.here());
  }

  /** Likewise, with these limits for people's queries. */
  static EmbeddedQuestDb open(QuestDbConfig config, QueryLimits limits) throws IOException {
    NativeLibraries.loadEngine(config.directory().resolve("native").resolve("engine"));
    EngineLog.install();
    PrivateFiles.createDirectories(config.directory().resolve("db"));
    Mappings mappings = Mappings.here();
    PropServerConfiguration settings = EngineSettings.of(config, mappings, ConsoleLogin.of(config));
    Files.FS_CACHE_ENABLED = settings.getCairoConfiguration().getFileDescriptorCacheEnabled();
    CairoEngine engine = engine(config, settings);
    try {
      settings.init(engine, new FreeOnExit());
      engine.load();
      // Must precede any use of tables(), which knows only what this has read.
      engine.getMetadataCache().onStartupAsyncHydrator();
      WorkerPool workers = workers(engine, settings);
      workers.start();
      Optional<ReadOnlyServers> servers =
          config.hasServers()
              ? Optional.of(
                  ReadOnlyServers.start(engine, settings, workers.getWorkerCount(), limits))
              : Optional.empty();
      int perRead = PartitionWalk.MOST + EngineSettings.POOLED_PARTITIONS;
      int readers = mappings.readers(config.maxReaders(), perRead);
      mappings.check(readers, perRead, partitions(engine));
      return new EmbeddedQuestDb(engine, workers, servers, new Readers(readers));
    } catch (SqlException | RuntimeException e) {
      engine.close();
      throw notOpened(config, e);
    }
  }

  /** Number of partitions of the readings table; 0 while there is no table. */
  private static int partitions(CairoEngine engine) {
    TableToken table = engine.getTableTokenIfExists(QuestDbTable.NAME);
    if (table == null) {
      return 0;
    }
    try (TableReader reader = engine.getReader(table)) {
      return reader.getPartitionCount();
    }
  }

  private static CairoEngine engine(QuestDbConfig config, PropServerConfiguration settings)
      throws IOException {
    try {
      return new Engine(settings.getCairoConfiguration());
    } catch (RuntimeException e) {
      throw notOpened(config, e);
    }
  }

  private static IOException notOpened(QuestDbConfig config, Exception cause) {
    return new IOException(
        "QuestDB's engine did not open %s (does another process use it?): %s"
            .formatted(config.directory(), cause.getMessage()),
        cause);
  }

  private static WorkerPool workers(CairoEngine engine, PropServerConfiguration settings)
      throws SqlException {
    int count = Math.clamp(Runtime.getRuntime().availableProcessors() / 2, 2, 8);
    WorkerPool pool =
        new WorkerPool(new Workers("questdb", count, SLEEP_MILLIS, settings.getMetrics()));
    WorkerPoolUtils.setupAsyncMunmapJob(pool, engine);
    WorkerPoolUtils.setupQueryJobs(pool, engine);
    WorkerPoolUtils.setupWriterJobs(pool, engine);
    pool.assign(new ServerMain.EngineMaintenanceJob(engine));
    pool.assign(new CheckWalTransactionsJob(engine));
    pool.assign(new SuspensionWatch(engine));
    WalPurgeJob purge = new WalPurgeJob(engine);
    purge.delayByHalfInterval();
    pool.assign(purge);
    pool.freeOnExit(purge);
    for (int worker = 0; worker < count; worker++) {
      ApplyWal2TableJob apply = new ApplyWal2TableJob(engine, count);
      pool.assign(worker, apply);
      pool.freeOnExit(apply);
    }
    return pool;
  }

  /** Creates access to SQL with all privileges, for migrations. */
  public QuestDbSql sql() {
    return new EngineSql(engine, queryWorkers);
  }

  /** Creates the source for clients' reads, which take turns. */
  public ReadingSource readings() {
    return new QuestDbReadings(new EngineRows(engine, queryWorkers, readers));
  }

  /** Creates the scan of the whole table. Scans are few, and do not wait for clients' reads. */
  public ReadingScan scan() {
    return new QuestDbReadings(
        new EngineRows(engine, queryWorkers, new Readers(Integer.MAX_VALUE)));
  }

  /** Creates the mirror for a migration. It supports removing readings. */
  public MirrorStore mirror() {
    return new EngineMirror(this);
  }

  CairoEngine engine() {
    return engine;
  }

  /** Number of threads a query may be spread over. */
  int queryWorkers() {
    return queryWorkers;
  }

  /** How much of the table's WAL has been applied; empty while there is no table. */
  public Optional<WalStatus> status() {
    TableToken table = engine.getTableTokenIfExists(QuestDbTable.NAME);
    return table == null ? Optional.empty() : Optional.of(status(engine, table));
  }

  static WalStatus status(CairoEngine engine, TableToken table) {
    SeqTxnTracker tracker = engine.getTableSequencerAPI().getTxnTracker(table);
    return new WalStatus(
        tracker.isSuspended(),
        tracker.isSuspended() ? tracker.getErrorMessage() : "",
        Math.max(0, tracker.getSeqTxn()),
        // Not known until a worker has visited the table once.
        Math.max(0, tracker.isInitialised() ? tracker.getWriterTxn() : tracker.getSeqTxn()));
  }

  /** Stops the servers, then the workers, then closes the files. The WAL keeps what it holds. */
  @Override
  public void close() {
    try {
      engine.signalClose();
      servers.ifPresent(ReadOnlyServers::close);
      workers.halt();
      engine.close();
    } catch (CairoException e) {
      LOG.warn("QuestDB's engine did not close cleanly: {}", e.getMessage());
    }
  }
}
