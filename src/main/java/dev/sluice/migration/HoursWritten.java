package dev.sluice.migration;

/** Told which hours the mirror writes to. Called by whichever thread writes; must not wait. */
@FunctionalInterface
public interface HoursWritten {
  /**
   * Called before a write and again after it: a comparison made in between has not seen the write.
   *
   * @param hours each by its first microsecond, ascending
   */
  void hoursWritten(long[] hours);
}
