package dev.sluice.ingest.format;

import java.util.Locale;

/** What a value is that was sent beside readings and is not stored. */
public enum IgnoredKind {
  TEXT(0),
  NUMBER(1),
  BOOLEAN(2),
  NULL(3),
  OBJECT(4),
  ARRAY(5);

  /** Where counts by kind have this one. */
  final int slot;

  IgnoredKind(int slot) {
    this.slot = slot;
  }

  /** As metrics and status spell it. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  /** Of a JSON value that starts with this character. */
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
