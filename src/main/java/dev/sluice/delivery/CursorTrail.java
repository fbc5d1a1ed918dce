package dev.sluice.delivery;

import dev.sluice.journal.Feed;
import dev.sluice.journal.Progress;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * Moves a sink's cursor no further than the store is durable: behind a store that acknowledges
 * before it syncs, the cursor trails by the time the store names. Confined to the delivery thread.
 */
final class CursorTrail {
  /** Most positions kept while a store syncs in its own time, which may be a day. */
  private static final int MAX_HELD = 10_000;

  private record Held(long durableAtNanos, Progress position) {}

  private final Feed feed;

  /** Written but not yet synced by the store: the cursor's next positions, oldest first. */
  private final ArrayDeque<Held> held = new ArrayDeque<>();

  CursorTrail(Feed feed) {
    this.feed = feed;
  }

  /** Whether the store may still lose something it has acknowledged. */
  boolean holdsBack() {
    return !held.isEmpty();
  }

  /** The store has acknowledged everything up to this position and syncs it in its own time. */
  void written(Progress position, Duration durableAfter) {
    if (!durableAfter.isZero()) {
      hold(new Held(System.nanoTime() + durableAfter.toNanos(), position));
    }
  }

  /** What is up to this position needs no store; the cursor may pass it with what lies before. */
  void passed(Progress position) {
    if (holdsBack()) {
      hold(new Held(held.getLast().durableAtNanos(), position));
    }
  }

  /**
   * Moves the cursor as far as the store is durable by now: to {@code settled}, unless something
   * before that is held back.
   *
   * @throws IOException when the cursor could not be written; the next call tries again
   */
  void advance(Progress settled) throws IOException {
    Progress durable = settleHeld();
    Progress next = held.isEmpty() ? settled : durable;
    if (next != null && next.offset() > feed.kept().offset()) {
      feed.keep(next);
    }
  }

  /** Forgets what is held back and goes back to the cursor, to write it again from there. */
  Progress rewind() {
    held.clear();
    feed.back();
    return feed.kept();
  }

  private @Nullable Progress settleHeld() {
    long now = System.nanoTime();
    Progress latest = null;
    while (!held.isEmpty() && held.getFirst().durableAtNanos() - now <= 0) {
      latest = held.removeFirst().position();
    }
    return latest;
  }

  /** Beyond the limit positions are merged, into the one that becomes durable last. */
  private void hold(Held next) {
    if (held.size() == MAX_HELD) {
      held.removeLast();
    }
    held.add(next);
  }
}
