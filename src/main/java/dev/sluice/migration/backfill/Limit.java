package dev.sluice.migration.backfill;

import java.time.Duration;

/**
 * One limit with hysteresis: passed once the figure exceeds what is allowed, and kept again only at
 * a fifth below that, and no sooner than a second later, so that a figure hovering around its limit
 * does not make the copy stutter. Confined to the copying thread.
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
      // The query itself counts as one running statement: no server ever reports fewer.
      passed = observed > Math.max(allowed - (allowed + 4) / 5, Math.min(allowed, 1));
    }
    return passed;
  }
}
