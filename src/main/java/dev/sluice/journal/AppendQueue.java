package dev.sluice.journal;

import dev.sluice.reading.ReadingBuffer;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Appends waiting for the writer: any thread offers, one takes all at once. Lock-free, a stack that
 * the taker turns round, so that an append costs one compare-and-set and the taker is woken only by
 * the first of a group.
 *
 * <p>Once ended it takes no more: an append is either handed to the taker or refused, never left.
 */
final class AppendQueue {
  private static final PendingAppend END = new PendingAppend(new ReadingBuffer(1, 1));

  private final AtomicReference<@Nullable PendingAppend> newest = new AtomicReference<>();
  private volatile @Nullable Thread taker;

  /** Says which thread takes; before the first offer. */
  void takenBy(Thread thread) {
    taker = thread;
  }

  /** False, and nothing kept, once ended. */
  boolean offer(PendingAppend append) {
    PendingAppend head;
    do {
      head = newest.get();
      if (head == END) {
        return false;
      }
      append.next = head;
    } while (!newest.compareAndSet(head, append));
    if (head == null) {
      wake();
    }
    return true;
  }

  /** Makes the taker look again. */
  void wake() {
    LockSupport.unpark(taker);
  }

  /** All that wait, oldest first, linked by {@code next}; null when none does. */
  @Nullable PendingAppend takeAll() {
    return newest.get() == null ? null : oldestFirst(newest.getAndSet(null));
  }

  /** Takes what is left and refuses all that comes after. */
  @Nullable PendingAppend end() {
    return oldestFirst(newest.getAndSet(END));
  }

  private static @Nullable PendingAppend oldestFirst(@Nullable PendingAppend newestFirst) {
    PendingAppend reversed = null;
    PendingAppend at = newestFirst == END ? null : newestFirst;
    while (at != null) {
      PendingAppend older = at.next;
      at.next = reversed;
      reversed = at;
      at = older;
    }
    return reversed;
  }
}
