package dev.sluice.migration;

import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;

/** A clock that goes where it is told to. */
public final class SteppedClock implements InstantSource {
  private volatile Instant now = Instant.parse("2026-11-22T03:00:00Z");

  public void step(Duration by) {
    now = now.plus(by);
  }

  @Override
  public Instant instant() {
    return now;
  }
}
