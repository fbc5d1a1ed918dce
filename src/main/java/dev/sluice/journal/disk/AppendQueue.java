package dev.sluice.journal.disk;

import dev.sluice.reading.ReadingBuffer;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * Appends waiting to be written: any thread offers, one at a time takes all at once. Lock-free for
 * those who offer, a stack that the taker turns round, so that an append costs one compare-and-set.
 *
 * <p>Once ended it takes no more: an append is either handed to a taker or refused, never left.
 */
final class AppendQueue {
  private static final PendingAppend END = new PendingAppend(new ReadingBuffer(1, 1));

  private final AtomicReference<@Nullable PendingAppend> newest = new AtomicReference<>();

  /** What became of an offer. */
  enum Offer {
    /** It waits, and none did before. */
    FIRST,
    /** It waits behind others. */
    BEHIND_OTHERS,
    /** It is not kept: the queue has ended. */
    REFUSED
  }

  Offer offer(PendingAppend append) {
    PendingAppend head;
    do {
      head = newest.get();
      if (head == END) {
        return Offer.REFUSED;
      }
      append.next = head;
    } while (!newest.compareAndSet(head, append));
    return head == null ? Offer.FIRST : Offer.BEHIND_OTHERS;
  }

  /** Whether none waits; an ended queue is empty. */
  boolean isEmpty() {
    PendingAppend head = newest.get();
    return head == null || head == END;
  }

  /** All that wait, oldest first, linked by {@code next}; null when none does. */
  @Nullable PendingAppend takeAll() {
    return isEmpty() ? null : oldestFirst(newest.getAndSet(null));
  }

  /** Takes what is left and refuses all that comes after; only one of those who take may end. */
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
