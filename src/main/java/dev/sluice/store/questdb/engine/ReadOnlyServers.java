package dev.sluice.store.questdb.engine;

import io.questdb.PropServerConfiguration;
import io.questdb.cairo.CairoEngine;
import io.questdb.cutlass.Services;
import io.questdb.cutlass.pgwire.DefaultPGCircuitBreakerRegistry;
import io.questdb.cutlass.pgwire.PGConfiguration;
import io.questdb.cutlass.pgwire.PGServer;
import io.questdb.griffin.SqlExecutionContextImpl;
import io.questdb.mp.WorkerPool;
import io.questdb.network.NetworkError;
import io.questdb.std.Misc;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * QuestDB's console (HTTP) and PG wire for people and Grafana: read-only, on loopback, behind a
 * password ({@link ConsoleDoors}), with limits on what a query takes ({@link QueryGuard}). They
 * start on their own thread, because nothing Sluice promises depends on them; one that cannot
 * start, for example because its port is in use, is reported and stays off.
 */
final class ReadOnlyServers implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(ReadOnlyServers.class);
  private static final int WORKERS = 2;

  /** The first query after a pause waits no longer than this. Mostly there is none. */
  private static final int SLEEP_MILLIS = 50;

  private final CairoEngine engine;
  private final PropServerConfiguration settings;
  private final int queryWorkers;
  private final ReentrantLock lifecycle = new ReentrantLock();
  private final WorkerPool workers;
  private final QueryGuard guard;
  private final List<Closeable> servers = new ArrayList<>();
  private boolean closed;

  private ReadOnlyServers(
      CairoEngine engine, PropServerConfiguration settings, int queryWorkers, QueryLimits limits) {
    this.engine = engine;
    this.settings = settings;
    this.queryWorkers = queryWorkers;
    this.workers =
        new WorkerPool(
            new Workers("questdb-console", WORKERS, SLEEP_MILLIS, settings.getMetrics()));
    this.guard = QueryGuard.start(engine, limits);
  }

  /** Starts the servers in the background and returns immediately. */
  static ReadOnlyServers start(
      CairoEngine engine, PropServerConfiguration settings, int queryWorkers, QueryLimits limits) {
    ReadOnlyServers servers = new ReadOnlyServers(engine, settings, queryWorkers, limits);
    Thread.ofPlatform().name("questdb-console-start").daemon().start(servers::startAll);
    return servers;
  }

  private void startAll() {
    lifecycle.lock();
    try {
      if (closed) {
        return;
      }
      startOne("console", this::openConsole);
      startOne("PG wire", this::openPgWire);
      workers.start();
    } finally {
      lifecycle.unlock();
    }
  }

  private void startOne(String name, Opening opening) {
    try {
      opening.open();
    } catch (IOException | RuntimeException | NetworkError e) {
      LOG.warn("QuestDB's {} stays off: {}", name, e.getMessage());
    }
  }

  private void openConsole() throws IOException {
    if (!settings.getHttpServerConfiguration().isEnabled()) {
      return;
    }
    new ConsoleSite(Path.of(settings.getCairoConfiguration().getInstallRoot().toString()))
        .unpackPages();
    servers.add(Services.INSTANCE.createHttpServer(settings, engine, workers, queryWorkers));
  }

  private void openPgWire() {
    PGConfiguration pg = settings.getPGWireConfiguration();
    if (pg.isEnabled()) {
      servers.add(
          new PGServer(
              pg,
              engine,
              workers,
              new DefaultPGCircuitBreakerRegistry(pg, engine.getConfiguration()),
              () -> new SqlExecutionContextImpl(engine, queryWorkers)));
    }
  }

  @Override
  public void close() {
    lifecycle.lock();
    try {
      closed = true;
      workers.halt();
      servers.forEach(Misc::free);
      guard.close();
    } finally {
      lifecycle.unlock();
    }
  }

  private interface Opening {
    void open() throws IOException;
  }
}
