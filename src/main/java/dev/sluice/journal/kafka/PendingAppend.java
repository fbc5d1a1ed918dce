package dev.sluice.journal.kafka;

import dev.sluice.journal.AppendResult;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * One append on its way into the topic, in as many frames as it has partitions. Complete once every
 * frame is acknowledged, or one is refused, or nobody waits any more. Thread-safe.
 */
final class PendingAppend {
  private final int count;
  private final CompletableFuture<AppendResult> result = new CompletableFuture<>();

  /** Where its readings are, by partition. Guarded by itself. */
  private final Map<Integer, Long> places = new TreeMap<>();

  /**
   * Frames not acknowledged yet, and the appender while it still adds. Guarded by {@code places}.
   */
  private int open = 1;

  /**
   * @param count readings in all
   */
  PendingAppend(int count) {
    this.count = count;
  }

  /** Another frame has readings of this append. */
  void joined() {
    synchronized (places) {
      open++;
    }
  }

  /** All readings are in frames. */
  void added() {
    synchronized (places) {
      closeOneLocked();
    }
  }

  /** A frame is acknowledged; whoever is at this place of the partition has it. */
  void acknowledged(int partition, long place) {
    synchronized (places) {
      places.merge(partition, place, Math::max);
      closeOneLocked();
    }
  }

  void refused(AppendResult refusal) {
    result.complete(refusal);
  }

  /** Whether nothing depends on its readings any more. */
  boolean isOver() {
    return result.isDone();
  }

  /**
   * Waits for the outcome, however often it is interrupted; the interrupt is kept for the caller.
   *
   * @param late the outcome if there is none in time
   */
  AppendResult await(Duration atMost, AppendResult late) {
    long deadline = System.nanoTime() + atMost.toNanos();
    boolean interrupted = false;
    try {
      while (true) {
        try {
          return result.get(deadline - System.nanoTime(), TimeUnit.NANOSECONDS);
        } catch (InterruptedException e) {
          interrupted = true;
        } catch (TimeoutException e) {
          result.complete(late);
        } catch (ExecutionException e) {
          throw new AssertionError(e);
        }
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private void closeOneLocked() {
    open--;
    if (open == 0) {
      int[] partitions = places.keySet().stream().mapToInt(Integer::intValue).toArray();
      long[] ends = places.values().stream().mapToLong(Long::longValue).toArray();
      result.complete(new AppendResult.Accepted(new KafkaMark(partitions, ends), count));
    }
  }
}
