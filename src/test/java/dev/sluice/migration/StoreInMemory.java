package dev.sluice.migration;

import dev.sluice.reading.Identity;
import dev.sluice.reading.Reading;
import dev.sluice.reading.ReadingBatch;
import dev.sluice.store.MirrorStore;
import dev.sluice.store.ReadingSource.UnavailableException;
import dev.sluice.store.Sink;
import dev.sluice.store.WalStatus;
import dev.sluice.store.WriteResult;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import java.util.stream.LongStream;

/**
 * The new store in memory: upserts by identity in the order of commits, applies them in its own
 * time, and may lose in a crash what it has not synced.
 */
public final class StoreInMemory implements Sink, MirrorStore {
  public final Map<Identity, Double> values = new ConcurrentHashMap<>();

  /** Asked before each write; what it returns instead of writing, if not Written. */
  public volatile Function<ReadingBatch, WriteResult> answer = batch -> WriteResult.Written.DURABLE;

  public volatile LegacyTable.Fault fault = step -> {};
  public volatile boolean away;
  public volatile boolean suspended;

  /** How long after its commit a transaction is applied. */
  public volatile Duration applyLag = Duration.ZERO;

  /** How long after a commit a crash may take it, and how long it says it may. */
  public volatile Duration syncedAfter = Duration.ZERO;

  public volatile Duration durableAfter = Duration.ZERO;

  /** The threads that were told since it last went away. */
  public final Set<String> noticed = ConcurrentHashMap.newKeySet();

  private final String name;
  private final List<Commit> unsynced = new ArrayList<>();

  /** When each transaction was committed that is not applied yet, oldest first. */
  private final ArrayDeque<Long> unapplied = new ArrayDeque<>();

  private long sequencerTxn;
  private long writerTxn;

  private record Commit(long nanos, Map<Identity, Optional<Double>> before) {}

  StoreInMemory(String name) {
    this.name = name;
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public int maxBatch() {
    return 16;
  }

  @Override
  public WriteResult write(ReadingBatch batch) {
    fault.at("write");
    if (away) {
      noticed.add(Thread.currentThread().getName());
      return new WriteResult.Unavailable("QuestDB is away");
    }
    WriteResult result = answer.apply(batch);
    if (result instanceof WriteResult.Written) {
      commit(batch);
      fault.at("written");
      return new WriteResult.Written(durableAfter);
    }
    return result;
  }

  private synchronized void commit(ReadingBatch batch) {
    Map<Identity, Optional<Double>> before = new ConcurrentHashMap<>();
    for (int i = 0; i < batch.size(); i++) {
      Reading reading = batch.reading(i);
      Double old = values.put(reading.identity(), reading.value());
      before.putIfAbsent(reading.identity(), Optional.ofNullable(old));
    }
    sequencerTxn++;
    long now = System.nanoTime();
    unsynced.removeIf(commit -> now - commit.nanos() >= syncedAfter.toNanos());
    unsynced.add(new Commit(now, before));
    unapplied.add(now);
  }

  /** Drops the table and makes it anew, with what is known of it. */
  synchronized void makeAnew() {
    sequencerTxn = 0;
    writerTxn = 0;
    unapplied.clear();
    unsynced.clear();
    values.clear();
  }

  /** Loses what it has not synced, and is away from then on. */
  public synchronized void crash() {
    noticed.clear();
    away = true;
    long now = System.nanoTime();
    unsynced.removeIf(commit -> now - commit.nanos() >= syncedAfter.toNanos());
    for (Commit commit : unsynced.reversed()) {
      commit
          .before()
          .forEach((identity, old) ->
              old.ifPresentOrElse(
                  value -> values.put(identity, value), () -> values.remove(identity)));
      sequencerTxn--;
      unapplied.pollLast();
    }
    unsynced.clear();
    writerTxn = sequencerTxn - unapplied.size();
  }

  @Override
  public WalStatus walStatus() throws UnavailableException {
    fault.at("walStatus");
    if (away) {
      noticed.add(Thread.currentThread().getName());
      throw new UnavailableException("no connection to QuestDB", null);
    }
    synchronized (this) {
      if (!suspended) {
        apply();
      }
      return new WalStatus(suspended, suspended ? "disk full" : "", sequencerTxn, writerTxn);
    }
  }

  private void apply() {
    long now = System.nanoTime();
    while (!unapplied.isEmpty() && now - unapplied.getFirst() >= applyLag.toNanos()) {
      unapplied.removeFirst();
    }
    writerTxn = sequencerTxn - unapplied.size();
  }

  @Override
  public boolean syncsCommits() {
    return durableAfter.isZero();
  }

  @Override
  public LongStream days() {
    return LongStream.empty();
  }

  @Override
  public boolean removes() {
    return true;
  }

  @Override
  public void remove(Collection<Identity> identities) {
    identities.forEach(values::remove);
  }

  @Override
  public void close() {}
}
