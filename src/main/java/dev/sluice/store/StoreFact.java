package dev.sluice.store;

/**
 * Something about a store that matters for running it, judged by its adapter. Immutable.
 *
 * @param name of what was looked at, unique within the store; a server variable has its own name
 * @param verdict whether it is as it should be
 * @param seen what is there
 * @param wanted what would be fine
 * @param why what happens otherwise
 * @param mend the statement or setting that mends it; empty if it is fine
 */
public record StoreFact(
    String name, Verdict verdict, String seen, String wanted, String why, String mend) {
  /** Whether something is as it should be. */
  public enum Verdict {
    FINE,
    /** It cannot be seen from here; {@code seen} says why. */
    UNKNOWN,
    /** It works, and would work better or safer. */
    ADVICE,
    /** It fails, or will. */
    BROKEN
  }

  /** Fine, or otherwise as bad as {@code bad}. */
  public static StoreFact of(
      String name, boolean fine, Verdict bad, String seen, String wanted, String why, String mend) {
    return new StoreFact(name, fine ? Verdict.FINE : bad, seen, wanted, why, fine ? "" : mend);
  }
}
