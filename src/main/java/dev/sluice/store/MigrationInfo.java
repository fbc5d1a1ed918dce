package dev.sluice.store;

import java.util.Locale;
import java.util.OptionalInt;

/**
 * One migration, as seen by its file and by the store's history. Immutable.
 *
 * @param version as in the file's name: {@code 1} for {@code V1__...}
 * @param description from the file's name, words separated by spaces
 * @param state how far it has got
 * @param checksum of the file; absent where only the store knows this migration
 */
public record MigrationInfo(String version, String description, State state, OptionalInt checksum) {

  /** How far a migration has got. */
  public enum State {
    /** Not applied yet, or what it made is no longer there. */
    PENDING,
    /** Applied, and the file has not changed since. */
    APPLIED,
    /** Counted as applied, because the table existed before Sluice. */
    BASELINE,
    /** Applied, but the file has changed since. */
    CHANGED,
    /** Started and failed: someone must look at the store. */
    FAILED,
    /** Recorded in the store's history, but this version of Sluice has no such file. */
    UNKNOWN;

    /** The spelling used by {@code sluice migrate info}. */
    public String label() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  @Override
  public String toString() {
    return "V" + version + " (" + description + ")";
  }
}
