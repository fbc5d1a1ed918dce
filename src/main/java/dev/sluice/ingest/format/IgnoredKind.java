package dev.sluice.ingest.format;

import java.util.Locale;

/** The kind of a value that was sent along with readings but is not stored. */
public enum IgnoredKind {
  TEXT(0),
  NUMBER(1),
  BOOLEAN(2),
  NULL(3),
  OBJECT(4),
  ARRAY(5),
  /** Prometheus's mark that a series has ended. */
  STALE(6),
  /** An example that Prometheus attaches to a series. */
  EXEMPLAR(7);

  /** Index of this kind in counts by kind. */
  final int slot;

  IgnoredKind(int slot) {
    this.slot = slot;
  }

  /** The name of this kind in metrics and status. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** The kind of a JSON value that starts with this character. */
  public static IgnoredKind startingWith(int first) {
    return switch (first) {
      case '"' -> TEXT;
      case 't', 'f' -> BOOLEAN;
      case 'n' -> NULL;
      case '{' -> OBJECT;
      case '[' -> ARRAY;
      default -> NUMBER;
    };
  }
}
