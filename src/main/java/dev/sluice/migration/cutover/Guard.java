package dev.sluice.migration.cutover;

import dev.sluice.api.ReadinessReport;
import java.util.Locale;

/**
 * What one guard saw. Immutable.
 *
 * @param kind which guard
 * @param value what was observed
 * @param threshold what is allowed
 * @param passed whether it lets the change through
 * @param reason why not and what to do; empty when it passed
 */
record Guard(Kind kind, String value, String threshold, boolean passed, String reason) {
  enum Kind {
    SCHEMA(false),
    TABLES(true),
    BACKFILL(true),
    PARITY(true),
    REVERSE_PARITY(true),
    MIRROR_LAG(true),
    SUSPENDED(true),
    DEAD_LETTERS(true),
    DURABILITY(false),
    DISK(true),
    MYSQL(true),
    CONSERVATION(true),
    CANARY(false),
    WAY_BACK(false),
    CONFIRMATION(false);

    private final boolean watched;

    Kind(boolean watched) {
      this.watched = watched;
    }

    /** Whether it is cheap enough to check every second. */
    boolean watched() {
      return watched;
    }

    /** The spelling in JSON. */
    String label() {
      return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }
  }

  static Guard passed(Kind kind, String value, String threshold) {
    return new Guard(kind, value, threshold, true, "");
  }

  static Guard failed(Kind kind, String value, String threshold, String reason) {
    return new Guard(kind, value, threshold, false, reason);
  }

  /** Passed, or failed with this reason. */
  static Guard of(Kind kind, boolean passed, String value, String threshold, String reason) {
    return passed ? passed(kind, value, threshold) : failed(kind, value, threshold, reason);
  }

  /** As reports show it. */
  ReadinessReport.Guard shown() {
    return new ReadinessReport.Guard(kind.label(), value, threshold, passed, reason);
  }
}
