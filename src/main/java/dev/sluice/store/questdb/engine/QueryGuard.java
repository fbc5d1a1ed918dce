package dev.sluice.store.questdb.engine;

import io.questdb.cairo.CairoEngine;
import io.questdb.cairo.CairoException;
import io.questdb.cairo.security.AllowAllSecurityContext;
import io.questdb.griffin.QueryRegistry;
import io.questdb.griffin.SqlExecutionContextImpl;
import io.questdb.std.Chars;
import io.questdb.std.LongList;
import io.questdb.std.MemoryTag;
import io.questdb.std.Unsafe;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Cancels people's queries that are beyond their {@link QueryLimits}. The engine itself limits no
 * memory, and lets a client choose its timeout.
 *
 * <p>Runs on its own thread, which only reads counters and the list of running queries. Delivery
 * and clients' reads through Sluice have another principal and are never cancelled. A query grows
 * beyond the limit by what it can write within a look's interval.
 */
final class QueryGuard implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(QueryGuard.class);
  private static final Duration INTERVAL = Duration.ofMillis(20);

  /** Memory of queries: all of the engine's own but what writers and open tables take. */
  private static final int[] TAGS =
      IntStream.range(0, MemoryTag.SIZE).filter(QueryGuard::isOfQueries).toArray();

  private final QueryLimits limits;
  private final QueryRegistry queries;
  private final SqlExecutionContextImpl context;
  private final CountDownLatch closed = new CountDownLatch(1);
  private final Thread thread;

  private final LongList running = new LongList();
  private final Map<Long, Long> sinceNanos = new HashMap<>();
  private final Set<Long> cancelled = new HashSet<>();
  private long idleBytes = used();

  private QueryGuard(CairoEngine engine, QueryLimits limits) {
    this.limits = limits;
    this.queries = engine.getQueryRegistry();
    this.context = new SqlExecutionContextImpl(engine, 1).with(AllowAllSecurityContext.INSTANCE);
    this.thread = Thread.ofPlatform().name("questdb-query-guard").daemon().unstarted(this::run);
  }

  static QueryGuard start(CairoEngine engine, QueryLimits limits) {
    QueryGuard guard = new QueryGuard(engine, limits);
    guard.thread.start();
    return guard;
  }

  private void run() {
    try {
      while (!closed.await(INTERVAL.toMillis(), TimeUnit.MILLISECONDS)) {
        check(System.nanoTime());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void check(long now) {
    running.clear();
    queries.getEntryIds(running);
    Map<Long, Long> before = Map.copyOf(sinceNanos);
    sinceNanos.clear();
    for (int i = 0; i < running.size(); i++) {
      long id = running.getQuick(i);
      if (isPersons(id)) {
        sinceNanos.put(id, before.getOrDefault(id, now));
      }
    }
    cancelled.retainAll(sinceNanos.keySet());
    if (sinceNanos.isEmpty()) {
      idleBytes = used();
      return;
    }
    long bytes = used() - idleBytes;
    sinceNanos.forEach((id, since) -> {
      if (now - since > limits.time().toNanos()) {
        cancel(id, "it ran longer than " + limits.time().toSeconds() + " s");
      } else if (bytes > limits.memoryBytes()) {
        cancel(
            id,
            "the console's queries took %,d bytes of memory, allowed are %,d"
                .formatted(bytes, limits.memoryBytes()));
      }
    });
  }

  private boolean isPersons(long id) {
    QueryRegistry.Entry query = queries.getEntry(id);
    return query != null && Chars.equalsNc(ConsoleRights.PRINCIPAL, query.getPrincipal());
  }

  private void cancel(long id, String why) {
    try {
      if (cancelled.add(id) && queries.cancel(id, context)) {
        LOG.warn("Cancelled a query on QuestDB's console or PG wire: {}", why);
      }
    } catch (CairoException e) {
      LOG.debug("A query on QuestDB's console ended before it was cancelled", e);
    }
  }

  private static boolean isOfQueries(int tag) {
    String name = MemoryTag.nameOf(tag);
    return name.startsWith("NATIVE_")
        && !name.contains("WRITER")
        && !name.contains("READER")
        && !name.contains("O3");
  }

  private static long used() {
    long bytes = 0;
    for (int tag : TAGS) {
      bytes += Unsafe.getMemUsedByTag(tag);
    }
    return bytes;
  }

  /** Returns when the thread no longer touches the engine. */
  @Override
  public void close() {
    closed.countDown();
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    context.close();
  }
}
