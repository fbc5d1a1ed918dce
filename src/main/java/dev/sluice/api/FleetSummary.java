package dev.sluice.api;

import jakarta.json.bind.annotation.JsonbNillable;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The answer to {@code GET /v1/fleet}. Times are ISO 8601 in UTC, durations are seconds; absent
 * means unknown.
 *
 * @param unwatched devices heard beyond the limit, about
 * @param gaps how many there were, by cause
 * @param together gaps that began together, newest first
 * @param latenessSeconds from ts to arrival, over the last ten to twenty minutes
 * @param intervalRatio intervals against each device's typical one, likewise
 * @param incidents of Sluice itself, newest first
 */
public record FleetSummary(
    States devices,
    long unwatched,
    int maxDevices,
    Progress ledger,
    Map<String, Long> gaps,
    List<FleetGroup> together,
    Quantiles latenessSeconds,
    Quantiles intervalRatio,
    List<Incident> incidents) {

  /**
   * Devices by state.
   *
   * @param late overdue, not yet silent
   * @param learning too few intervals seen to judge
   */
  public record States(int live, int late, int silent, int learning, int retired) {}

  /**
   * How far the ledger is, and what it takes.
   *
   * @param bytes memory of all devices, names included
   * @param skippedReadings passed over since the start, because the journal had to make room
   * @param problem why it does not go on
   */
  public record Progress(
      long lagReadings,
      double lagSeconds,
      long bytes,
      double bytesPerDevice,
      long skippedReadings,
      @JsonbNillable(false) @Nullable String problem) {}

  /** Absent while there is nothing to measure. */
  public record Quantiles(
      @JsonbNillable(false) @Nullable Double p50,
      @JsonbNillable(false) @Nullable Double p90,
      @JsonbNillable(false) @Nullable Double p99,
      @JsonbNillable(false) @Nullable Double max) {}

  /**
   * Something that causes rest on.
   *
   * @param to absent while it lasts
   */
  public record Incident(
      String kind, String from, @JsonbNillable(false) @Nullable String to, String detail) {}
}
