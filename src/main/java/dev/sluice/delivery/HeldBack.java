package dev.sluice.delivery;

import dev.sluice.reading.ReadingBatch;

/**
 * The newest readings of one batch that wait for the next one, because readings older than they are
 * expected there. A store that keeps readings in order of time appends a batch that begins where
 * the last one ended, and otherwise merges the two. Confined to the delivery thread.
 *
 * <p>How far one batch reaches back behind the one before is learnt from those seen so far. Where
 * that is more than half of what a batch spans, because some sensors are late or their clocks are
 * wrong, nothing waits. No reading waits for more than one batch. All readings of one identity have
 * one ts, so they wait together, and keep their order.
 */
final class HeldBack {
  /** Added to the overlap seen, and the resolution of many sensors. */
  private static final long MARGIN_MICROS = 1_000;

  private ReadingBatch waiting = new ReadingBatch();
  private ReadingBatch spare = new ReadingBatch();

  /** Offset of the first that waits. */
  private long from;

  /** When that one was appended at the earliest. */
  private long appendedMicros;

  private long newestWaiting = Long.MIN_VALUE;
  private long newestSeen = Long.MIN_VALUE;

  /** Fades by an eighth with each batch that reaches back less. */
  private long overlapMicros;

  private long least;
  private long greatest;

  /** How many readings wait. */
  int size() {
    return waiting.size();
  }

  /** Offset of the first that waits: the store has everything before it. */
  long from() {
    return from;
  }

  /** When the first that waits was appended, at the earliest. */
  long appendedMicros() {
    return appendedMicros;
  }

  /** Forgets the readings that wait: they are read again. */
  void forget() {
    waiting.clear(0);
    newestWaiting = Long.MIN_VALUE;
  }

  /**
   * Puts the readings that have waited in front of a batch just read, and takes out those that are
   * to wait now. Indexes of the batch then no longer tell offsets.
   *
   * @param most how many may wait; 0 if nothing is to wait
   * @param appended when the batch's first reading was appended
   */
  void exchange(ReadingBatch batch, int most, long appended) {
    long first = batch.firstOffset();
    long until = limit(batch);
    spare.clear(first);
    if (most > 0 && until < greatest && later(batch, until) <= most) {
      from = first + batch.moveLater(until, spare);
      appendedMicros = appended;
    }
    if (waiting.size() > 0) {
      batch.addFirst(waiting);
    }
    newestWaiting = spare.size() > 0 ? greatest : Long.MIN_VALUE;
    ReadingBatch written = waiting;
    waiting = spare;
    spare = written;
  }

  /** The latest ts that does not wait. */
  private long limit(ReadingBatch batch) {
    look(batch);
    boolean known = newestSeen != Long.MIN_VALUE;
    if (known) {
      overlapMicros = Math.max(newestSeen - least, overlapMicros - overlapMicros / 8);
    }
    newestSeen = Math.max(newestSeen, greatest);
    long wait = overlapMicros + overlapMicros / 4 + MARGIN_MICROS;
    return known && wait <= (greatest - least) / 2
        ? Math.max(greatest - wait, newestWaiting)
        : Long.MAX_VALUE;
  }

  private void look(ReadingBatch batch) {
    least = Long.MAX_VALUE;
    greatest = Long.MIN_VALUE;
    for (int i = 0; i < batch.size(); i++) {
      least = Math.min(least, batch.tsMicros(i));
      greatest = Math.max(greatest, batch.tsMicros(i));
    }
  }

  private static int later(ReadingBatch batch, long until) {
    int later = 0;
    for (int i = 0; i < batch.size(); i++) {
      later += batch.tsMicros(i) > until ? 1 : 0;
    }
    return later;
  }
}
