package dev.sluice.store;

import java.util.Locale;
import java.util.OptionalInt;

/**
 * One migration, as its file and the store's history see it. Immutable.
 *
 * @param version as in the file's name: {@code 1} for {@code V1__...}
 * @param description from the file's name, words separated by spaces
 * @param state where it stands
 * @param checksum of the file; absent where only the store knows this migration
 */
public record MigrationInfo(String version, String description, State state, OptionalInt checksum) {

  /** Where a migration stands. */
  public enum State {
    /** Not applied yet. */
    PENDING,
    /** Applied, and the file is as it was then. */
    APPLIED,
    /** Taken as applied, because the table was there before Sluice. */
    BASELINE,
    /** Applied, but the file is not what it was then. */
    CHANGED,
    /** Began and failed: the store needs a look. */
    FAILED,
    /** In the store's history, but this version of Sluice has no such file. */
    UNKNOWN;

    /** As {@code sluice migrate info} spells it. */
    public String label() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  @Override
  public String toString() {
    return "V" + version + " (" + description + ")";
  }
}
