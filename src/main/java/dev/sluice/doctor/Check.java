package dev.sluice.doctor;

/**
 * Something that is checked; makes the findings about it. Immutable.
 *
 * @param group what it is part of: node, kernel, jvm, disk, clock, stores, doors
 * @param name unique within the group
 * @param wanted what would be fine
 * @param why what happens otherwise
 */
record Check(String group, String name, String wanted, String why) {

  Finding ok(String seen) {
    return new Finding(this, Level.OK, seen, "");
  }

  /** Says in {@code seen} why it cannot be seen. */
  Finding unknown(String seen) {
    return new Finding(this, Level.UNKNOWN, seen, "");
  }

  /**
   * @param mend the command or the setting that mends it
   */
  Finding advice(String seen, String mend) {
    return new Finding(this, Level.ADVICE, seen, mend);
  }

  /** See {@link #advice}. */
  Finding broken(String seen, String mend) {
    return new Finding(this, Level.BROKEN, seen, mend);
  }

  /** Fine, or worth a word of advice. */
  Finding okIf(boolean fine, String seen, String mend) {
    return fine ? ok(seen) : advice(seen, mend);
  }
}
