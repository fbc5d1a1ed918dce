package dev.sluice.api;

import java.time.Instant;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * {@code GET /v1/cutover}: the phase in force, and what is known of its changes.
 *
 * @param epoch grows by one with every change, 1 for the first
 * @param by who set it
 * @param report id of the readiness report it rests on; null for the first
 * @param mayGoTo the phases that may follow
 * @param changing a change under way
 * @param reports ids of the newest readiness reports, newest first
 * @param lastFlip the last change made by this process
 */
public record CutoverStatus(
    String phase,
    long epoch,
    String by,
    Instant at,
    String reason,
    @Nullable String report,
    List<String> mayGoTo,
    @Nullable Changing changing,
    List<String> reports,
    @Nullable LastFlip lastFlip,
    @Nullable ShadowReads shadowReads) {

  public CutoverStatus {
    Objects.requireNonNull(phase, "phase");
    mayGoTo = Objects.requireNonNullElse(mayGoTo, List.of());
    reports = Objects.requireNonNullElse(reports, List.of());
  }

  /** A change of phase under way. */
  public record Changing(String to, String step, Instant since) {}

  /**
   * A change that was made.
   *
   * @param heldMs how long new reads had to wait
   * @param waitedMs how long it took until reads were held
   */
  public record LastFlip(String to, long heldMs, long waitedMs, Instant at) {}

  /**
   * Reads that were also run against the store that is not read, since the start.
   *
   * @param share of reads to compare, from 0 to 1
   */
  public record ShadowReads(double share, long compared, long different, long skipped) {}
}
