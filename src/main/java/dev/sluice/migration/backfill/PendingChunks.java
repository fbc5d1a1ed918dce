package dev.sluice.migration.backfill;

import dev.sluice.migration.Pair;
import dev.sluice.reading.Counted;
import dev.sluice.store.ReadingSource.UnavailableException;
import dev.sluice.store.WalStatus;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Optional;

/**
 * Chunks that are written but do not count yet, because QuestDB has not applied them or may still
 * lose them. The checkpoint moves past them once they count. Confined to the copying thread.
 */
final class PendingChunks {
  static final int MAX_UNAPPLIED = 4;

  /** The most unsynced chunks held for a store that syncs on its own schedule. */
  private static final int MAX_HELD = 10_000;

  private static final long PATIENCE_NANOS = Duration.ofSeconds(1).toNanos();

  /** Saves the checkpoint. */
  interface Keeper {
    void keep(Checkpoint reached) throws IOException;
  }

  private record Pending(Checkpoint reached, long txn, long durableNanos, long writtenNanos) {}

  private final ArrayDeque<Pending> chunks = new ArrayDeque<>();
  private final Keeper keeper;
  private Checkpoint kept;
  private Checkpoint applied;

  PendingChunks(Checkpoint kept, Keeper keeper) {
    this.kept = kept;
    this.applied = kept;
    this.keeper = keeper;
  }

  /** Where the next chunk starts. */
  Checkpoint head() {
    return chunks.isEmpty() ? kept : chunks.getLast().reached();
  }

  boolean isEmpty() {
    return chunks.isEmpty();
  }

  /**
   * Adds a written chunk.
   *
   * @param txn the store's last transaction, read after the write
   * @param durableAfter how long the store may still lose it
   */
  void written(Checkpoint reached, long txn, Duration durableAfter) {
    long now = System.nanoTime();
    chunks.add(new Pending(reached, txn, now + durableAfter.toNanos(), now));
  }

  /** Moves the checkpoint as far as it may go; why to wait before the next chunk is written. */
  Optional<String> settle(Pair pair) {
    return settle(pair, MAX_UNAPPLIED, MAX_HELD);
  }

  /**
   * Moves the checkpoint as far as it may go; why not to read a chunk while another is written,
   * which is not among these yet.
   */
  Optional<String> settleBeside(Pair pair) {
    return settle(pair, MAX_UNAPPLIED - 1, MAX_HELD - 1);
  }

  /** Moves the checkpoint as far as it may go; why to wait until all is settled. */
  Optional<String> drain(Pair pair) {
    return settle(pair, 1, 1);
  }

  private Optional<String> settle(Pair pair, int tooManyUnapplied, int tooMany) {
    if (chunks.isEmpty()) {
      return Optional.empty();
    }
    try {
      WalStatus status = pair.next().log().walStatus();
      if (chunks.getLast().txn() > status.sequencerTxn()) {
        chunks.clear();
        return Optional.of("QuestDB lost rows it had not synced: they are copied again");
      }
      applied(status);
      keep(status);
      boolean wait =
          chunks.size() >= tooMany
              || chunks.stream().filter(chunk -> chunk.txn() > status.writerTxn()).count()
                  >= tooManyUnapplied;
      return wait ? Optional.of(waiting(status)) : Optional.empty();
    } catch (UnavailableException e) {
      interrupted();
      return Optional.of("QuestDB does not respond: " + e.getMessage());
    } catch (IOException e) {
      return Optional.of(BackfillStore.notKept(e));
    }
  }

  /** The store was unavailable: what it had not synced may be lost, and is copied again. */
  void interrupted() {
    if (!chunks.isEmpty() && chunks.getLast().durableNanos() - System.nanoTime() > 0) {
      chunks.clear();
    }
  }

  /** How far QuestDB shows the copy, even if it may still lose part of it. */
  Checkpoint applied() {
    return chunks.isEmpty() ? kept : applied;
  }

  private void applied(WalStatus status) {
    applied = kept;
    for (Pending chunk : chunks) {
      if (status.suspended() || chunk.txn() > status.writerTxn()) {
        return;
      }
      applied = chunk.reached();
    }
  }

  private void keep(WalStatus status) throws IOException {
    int settled = 0;
    Checkpoint reached = kept;
    for (Pending chunk : chunks) {
      if (status.suspended()
          || chunk.txn() > status.writerTxn()
          || chunk.durableNanos() - System.nanoTime() > 0) {
        break;
      }
      settled++;
      reached = chunk.reached();
    }
    if (settled > 0) {
      keeper.keep(reached);
      kept = reached;
      for (int i = 0; i < settled; i++) {
        chunks.removeFirst();
      }
    }
  }

  /**
   * Whether all of it can be read and only a sync is missing, which the store does on its own
   * schedule.
   */
  private boolean onlyUnsynced(WalStatus status) {
    return !status.suspended() && chunks.getLast().txn() <= status.writerTxn();
  }

  /** Why the written chunks do not count yet; empty if none is waiting for a sync. */
  String syncing() {
    Pending last = chunks.peekLast();
    return last == null || last.durableNanos() - System.nanoTime() <= 0
        ? ""
        : "copied rows count once QuestDB has synced them, which it does on its own schedule: all"
            + " of them within "
            + Math.max(1, Duration.ofNanos(last.durableNanos() - System.nanoTime()).toSeconds())
            + " s (questdb.durable-after)";
  }

  /**
   * Quiet if only a sync is missing: with a store that syncs on its own schedule, the copy spends
   * its time here.
   */
  private String waiting(WalStatus status) {
    Pending oldest = chunks.getFirst();
    long now = System.nanoTime();
    if (now - oldest.writtenNanos() < PATIENCE_NANOS || onlyUnsynced(status)) {
      return CopyGate.QUIETLY;
    }
    return "QuestDB has not applied and synced %s, the oldest for %d ms"
        .formatted(
            Counted.of(chunks.size(), "written chunk"),
            Duration.ofNanos(now - oldest.writtenNanos()).toMillis());
  }
}
