package dev.sluice.migration;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;

/**
 * A moment whose age is never negative and never too small, whatever the wall clock does: the
 * process's own time counts as well.
 *
 * @param at by the wall clock, as it is kept and shown
 * @param nanos {@link System#nanoTime} then, or when this process learned of it
 */
public record Since(Instant at, long nanos) {
  public static Since now(InstantSource clock) {
    return at(clock.instant());
  }

  /** Of a moment kept by an earlier process. */
  public static Since at(Instant at) {
    return new Since(at, System.nanoTime());
  }

  public Duration age(Instant now) {
    Duration wall = Duration.between(at, now);
    Duration own = Duration.ofNanos(System.nanoTime() - nanos);
    return wall.compareTo(own) > 0 ? wall : own;
  }
}
