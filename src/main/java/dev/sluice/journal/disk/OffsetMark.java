package dev.sluice.journal.disk;

import dev.sluice.journal.Mark;

/** A mark in the one log of a directory. */
record OffsetMark(long offset) implements Mark {
  private static final String WORD = "offset ";

  /** The mark that {@link #toString} named. */
  static OffsetMark of(String named) {
    if (!named.startsWith(WORD)) {
      throw new IllegalArgumentException(named + " is no offset of a local journal");
    }
    return new OffsetMark(Long.parseLong(named.substring(WORD.length())));
  }

  @Override
  public boolean reachedBy(Mark other) {
    return ((OffsetMark) other).offset >= offset;
  }

  @Override
  public Mark and(Mark other) {
    return reachedBy(other) ? other : this;
  }

  @Override
  public String toString() {
    return WORD + offset;
  }
}
