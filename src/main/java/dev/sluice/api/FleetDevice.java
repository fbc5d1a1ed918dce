package dev.sluice.api;

import jakarta.json.bind.annotation.JsonbNillable;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What is known of one device. Times are ISO 8601 in UTC, durations are seconds.
 *
 * @param state live, late, silent, learning or retired
 * @param lastTs ts of its last arrival
 * @param intervalSeconds typical; absent while learning, like jitter
 * @param latenessSeconds from ts to arrival, typical; negative for a sensor whose clock is ahead
 * @param silentSeconds since its last arrival, if it is silent
 * @param cause why it is silent, as far as known
 * @param silentAfterSeconds without an arrival it is silent; only when one device is asked for
 * @param recentGaps newest first; likewise
 */
public record FleetDevice(
    String deviceId,
    String state,
    String firstArrival,
    String lastArrival,
    String lastTs,
    long readings,
    @JsonbNillable(false) @Nullable Double intervalSeconds,
    @JsonbNillable(false) @Nullable Double jitterSeconds,
    double latenessSeconds,
    int gaps,
    double longestGapSeconds,
    @JsonbNillable(false) @Nullable Double silentSeconds,
    @JsonbNillable(false) @Nullable String cause,
    @JsonbNillable(false) @Nullable Double silentAfterSeconds,
    @JsonbNillable(false) @Nullable List<FleetGap> recentGaps) {}
