package dev.sluice.store.mysql;

import com.zaxxer.hikari.HikariDataSource;
import com.zaxxer.hikari.metrics.MetricsTrackerFactory;
import dev.sluice.reading.ReadingBatch;
import dev.sluice.store.Sink;
import dev.sluice.store.WriteCheck;
import dev.sluice.store.WritePermit;
import dev.sluice.store.WriteResult;
import dev.sluice.store.WriteResult.Refused;
import dev.sluice.store.WriteResult.Unavailable;
import dev.sluice.store.WriteResult.Written;
import java.io.IOException;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * Writes readings into {@code sensor_data} with multi-row upserts, over several connections in
 * parallel. {@link #write} belongs to the delivery thread; the lanes run on platform threads, one
 * per connection, because they are few and long-lived.
 *
 * <p>Each statement commits by itself: it is stored wholly or not at all, and writing it again
 * changes nothing. If a lane fails, its batch may be partly stored. A statement whose answer never
 * came is killed on the server before anything else is written.
 *
 * <p>Where several processes write by turns, a process can be stopped between asking for its permit
 * and sending a statement, and wake when others have written since. So the connections that it
 * asked with are ended before anybody else writes: see {@link WriterMark}.
 */
public final class MysqlSink implements Sink {
  private final MysqlConfig config;
  private final WriteCheck check;
  private final HikariDataSource pool;
  private final ExecutorService threads;
  private final Lanes lanes = new Lanes();
  private final StrayStatements strays = new StrayStatements();
  private final LaneWriter[] writers;
  private final Optional<WriterMark> mark;

  /** Whether connections of others of the group are to be ended before the next write. */
  private volatile boolean endsOthers;

  private Optional<ServerTraits> traits = Optional.empty();
  private boolean schemaKnownGood;

  /**
   * Connects to nothing yet.
   *
   * @param check called before the first write and the first after a failure, until it returns
   *     empty
   * @param metrics where the pool reports to
   */
  public MysqlSink(MysqlConfig config, WriteCheck check, Optional<MetricsTrackerFactory> metrics) {
    this(config, check, metrics, Optional.empty(), false);
  }

  /**
   * Likewise.
   *
   * @param mark of this process among those that write here by turns; empty if it is the only one
   * @param endsOthers whether no other of them may write any more when this one first does
   */
  public MysqlSink(
      MysqlConfig config,
      WriteCheck check,
      Optional<MetricsTrackerFactory> metrics,
      Optional<WriterMark> mark,
      boolean endsOthers) {
    this.config = config;
    this.check = check;
    this.mark = mark;
    this.endsOthers = endsOthers && mark.isPresent();
    pool = Pools.writing(config, metrics, mark);
    threads =
        Executors.newFixedThreadPool(
            config.poolSize(),
            Thread.ofPlatform().daemon().name("sluice-mysql-lane-", 0).factory());
    writers = new LaneWriter[config.poolSize()];
    for (int i = 0; i < writers.length; i++) {
      writers[i] = new LaneWriter(pool, config.batchRows(), strays);
    }
  }

  @Override
  public String name() {
    return "mysql";
  }

  @Override
  public int maxBatch() {
    return config.poolSize() * config.batchRows();
  }

  @Override
  public WriteResult write(ReadingBatch batch) {
    return write(batch, WritePermit.ALWAYS);
  }

  @Override
  public WriteResult write(ReadingBatch batch, WritePermit permit) {
    Optional<String> problem = schemaProblem();
    if (problem.isPresent()) {
      return new Unavailable(problem.get());
    }
    ServerTraits server;
    try {
      if (endsOthers) {
        strays.ofOthers(pool, mark.orElseThrow());
      }
      Optional<String> stray = strays.end(pool);
      if (stray.isPresent()) {
        return new Unavailable(where() + stray.get());
      }
      endsOthers = false;
      server = traits();
    } catch (SQLException e) {
      return new Unavailable(where() + Verdict.describe(e));
    }
    WriteResult result = write(batch, permit, server);
    if (result instanceof Unavailable) {
      // The next answer may come from another server, or for another table.
      traits = Optional.empty();
      schemaKnownGood = false;
    }
    return result;
  }

  @Override
  public void endWritesOf(Set<String> processes) throws IOException {
    StrayStatements theirs = new StrayStatements();
    try {
      theirs.of(pool, processes);
      end(theirs);
    } catch (SQLException e) {
      throw new IOException(where() + Verdict.describe(e), e);
    }
  }

  @Override
  public void endWritesOfOthers() throws IOException {
    if (!endsOthers) {
      return;
    }
    StrayStatements theirs = new StrayStatements();
    try {
      theirs.ofOthers(pool, mark.orElseThrow());
      end(theirs);
      endsOthers = false;
    } catch (SQLException e) {
      throw new IOException(where() + Verdict.describe(e), e);
    }
  }

  private void end(StrayStatements theirs) throws IOException, SQLException {
    Optional<String> problem = theirs.end(pool);
    if (problem.isPresent()) {
      throw new IOException(where() + problem.get());
    }
  }

  @Override
  public void close() {
    threads.shutdown();
    pool.close();
  }

  private Optional<String> schemaProblem() {
    if (schemaKnownGood) {
      return Optional.empty();
    }
    Optional<String> problem = check.objection();
    schemaKnownGood = problem.isEmpty();
    return problem;
  }

  private ServerTraits traits() throws SQLException {
    if (traits.isEmpty()) {
      try (Connection connection = pool.getConnection()) {
        traits = Optional.of(ServerTraits.of(connection));
      }
    }
    return traits.get();
  }

  private WriteResult write(ReadingBatch batch, WritePermit permit, ServerTraits server) {
    int full = (batch.size() + config.batchRows() - 1) / config.batchRows();
    lanes.split(batch, Math.clamp(full, 1, config.poolSize()));
    List<Future<Optional<SQLException>>> running = new ArrayList<>(lanes.count());
    for (int lane = 0; lane < lanes.count(); lane++) {
      LaneWriter writer = writers[lane];
      int from = lanes.start(lane);
      int to = lanes.start(lane + 1);
      running.add(
          threads.submit(() -> writer.write(batch, lanes.rows(), from, to, server, permit)));
    }
    return combine(running, server);
  }

  /**
   * Waits for every lane, since none may run on into the next batch. Unavailable outweighs refused.
   */
  private WriteResult combine(List<Future<Optional<SQLException>>> running, ServerTraits server) {
    Optional<SQLException> refused = Optional.empty();
    Optional<SQLException> unavailable = Optional.empty();
    running.forEach(MysqlSink::awaitEnd);
    for (Future<Optional<SQLException>> lane : running) {
      Optional<SQLException> failure = outcome(lane);
      if (failure.isPresent() && Verdict.of(failure.get()) == Verdict.REFUSED) {
        refused = failure;
      } else if (failure.isPresent()) {
        unavailable = failure;
      }
    }
    if (unavailable.isPresent()) {
      return new Unavailable(
          unavailable.get() instanceof LaneWriter.NotPermittedException
              ? WritePermit.GONE
              : where() + Verdict.describe(unavailable.get()));
    }
    return refused
        .<WriteResult>map(e -> new Refused(Verdict.describe(e)))
        .orElseGet(() -> new Written(server.durableAfter()));
  }

  /**
   * Every statement ends within its socket timeout, so handling an interrupt can wait until then.
   */
  private static void awaitEnd(Future<?> lane) {
    boolean interrupted = false;
    while (!lane.isDone()) {
      try {
        lane.get();
      } catch (InterruptedException e) {
        interrupted = true;
      } catch (ExecutionException e) {
        break; // rethrown by outcome, once no lane is running
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  /** The result of a lane that has ended; rethrows what the driver threw unexpectedly. */
  private static Optional<SQLException> outcome(Future<Optional<SQLException>> lane) {
    if (lane.state() == Future.State.SUCCESS) {
      return lane.resultNow();
    }
    throw new IllegalStateException("a connection to MySQL failed", lane.exceptionNow());
  }

  /** Leaves out the URL's user and parameters, which may hold secrets. */
  private String where() {
    return config.url().replaceFirst("\\?.*", "").replaceFirst("//[^/@]*@", "//") + ": ";
  }
}
