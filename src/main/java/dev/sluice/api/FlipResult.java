package dev.sluice.api;

import java.time.Instant;
import java.util.Objects;

/**
 * {@code POST /v1/cutover} with {@code execute}: the phase that is now in force.
 *
 * @param report id of the readiness report it rests on
 * @param heldMs how long new reads had to wait
 * @param waitedMs how long it took until reads were held
 */
public record FlipResult(
    String phase, long epoch, Instant at, String report, long heldMs, long waitedMs) {
  public FlipResult {
    Objects.requireNonNull(phase, "phase");
  }
}
