package dev.sluice.migration;

import dev.sluice.journal.Mark;

/** A mark in a journal that is a list: the first {@code count} readings of it. */
public record CountMark(int count) implements Mark {
  @Override
  public boolean reachedBy(Mark other) {
    return count <= ((CountMark) other).count;
  }

  @Override
  public Mark and(Mark other) {
    return reachedBy(other) ? other : this;
  }

  @Override
  public String toString() {
    return "offset " + count;
  }
}
