package dev.sluice.journal.disk;

import dev.sluice.journal.Mark;

/** A mark in the one log of a directory. */
record OffsetMark(long offset) implements Mark {
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
    return "offset " + offset;
  }
}
