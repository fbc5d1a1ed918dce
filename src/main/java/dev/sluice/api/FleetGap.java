package dev.sluice.api;

import jakarta.json.bind.annotation.JsonbNillable;
import org.jspecify.annotations.Nullable;

/**
 * One gap of one device.
 *
 * @param from the last arrival before it
 * @param to the first arrival after it; absent while it lasts
 * @param seconds its length so far
 */
public record FleetGap(
    String deviceId,
    String from,
    @JsonbNillable(false) @Nullable String to,
    double seconds,
    String cause) {}
