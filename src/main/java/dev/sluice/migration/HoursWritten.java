package dev.sluice.migration;

/** Told which hours the mirror writes to. Called by whichever thread writes. */
@FunctionalInterface
public interface HoursWritten {
  /**
   * Called before a write and again after it: a comparison made in between has not seen the write.
   *
   * @param hours each by its first microsecond, ascending
   * @throws java.io.UncheckedIOException if that is not recorded, so that the write must not happen
   */
  void hoursWritten(long[] hours);
}
