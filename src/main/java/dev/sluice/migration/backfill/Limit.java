package dev.sluice.migration.backfill;

import java.time.Duration;

/**
 * One limit that is passed above what is allowed, and kept again only a fifth below that, and not
 * sooner than a second later: a figure about its limit does not make the copy stutter. Confined to
 * the copying thread.
 */
final class Limit {
  private static final long HOLD_NANOS = Duration.ofSeconds(1).toNanos();

  private boolean passed;
  private long passedNanos;

  boolean passed(long observed, long allowed, long now) {
    if (observed > allowed) {
      passed = true;
      passedNanos = now;
    } else if (passed && now - passedNanos >= HOLD_NANOS) {
      // One statement running is the one that asks: no server is ever below.
      passed = observed > Math.max(allowed - (allowed + 4) / 5, Math.min(allowed, 1));
    }
    return passed;
  }
}
