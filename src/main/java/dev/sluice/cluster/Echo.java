package dev.sluice.cluster;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;

/**
 * How fresh what a node knows of the control topic is: when it wrote the newest of its own records
 * that came back to it, as with that it has read all that was committed before. Heard by one
 * thread, asked by any. Times are those of {@link System#nanoTime}.
 */
final class Echo {
  private final long leaseNanos;

  /** When the newest own record that came back was written. */
  private volatile long knownNanos;

  private volatile boolean heard;

  /** How often nothing had come back for longer than the lease, when something did. */
  private final AtomicLong silences = new AtomicLong();

  Echo(Duration lease) {
    this.leaseNanos = lease.toNanos();
  }

  /** An own record came back that was written then. */
  void hear(long writtenNanos) {
    if (heard && !isFresh()) {
      silences.incrementAndGet(); // before what ends it is known
    }
    knownNanos = heard ? Math.max(knownNanos, writtenNanos) : writtenNanos;
    heard = true;
  }

  /** What was known is of another topic. */
  void forget() {
    silences.incrementAndGet();
    heard = false;
  }

  /** Whether an own record has ever come back. */
  boolean isHeard() {
    return heard;
  }

  /** Everything that was written before this has been read, once {@link #isHeard}. */
  long knownNanos() {
    return knownNanos;
  }

  /** Whether what is known is no older than the lease. */
  boolean isFresh() {
    return heard && System.nanoTime() - knownNanos <= leaseNanos;
  }

  /** A number that grows with each silence, also with one that nobody asked in. */
  long silences() {
    return silences.get();
  }

  /** Whether it is fresh, and always was since there were so many silences. */
  boolean isFreshSince(long earlierSilences) {
    // In this order: a silence is counted before it ends.
    return isFresh() && silences.get() == earlierSilences;
  }
}
