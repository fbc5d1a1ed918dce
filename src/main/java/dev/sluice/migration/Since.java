package dev.sluice.migration;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;

/**
 * A moment whose age is never negative or understated, even if the wall clock is set back: the
 * process's monotonic time counts as well.
 *
 * @param at by the wall clock, as it is kept and shown
 * @param nanos {@link System#nanoTime} at that moment, or when this process learned of it
 */
public record Since(Instant at, long nanos) {
  public static Since now(InstantSource clock) {
    return at(clock.instant());
  }

  /** A moment kept by an earlier process; its monotonic age starts now. */
  public static Since at(Instant at) {
    return new Since(at, System.nanoTime());
  }

  public Duration age(Instant now) {
    Duration wall = Duration.between(at, now);
    Duration own = Duration.ofNanos(System.nanoTime() - nanos);
    return wall.compareTo(own) > 0 ? wall : own;
  }
}
