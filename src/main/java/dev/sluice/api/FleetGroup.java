package dev.sluice.api;

import jakarta.json.bind.annotation.JsonbNillable;
import org.jspecify.annotations.Nullable;

/**
 * Gaps that began together, with one cause.
 *
 * @param to when the last device was back; absent while one is not
 */
public record FleetGroup(
    String from, @JsonbNillable(false) @Nullable String to, int devices, String cause) {}
