package dev.sluice.api;

import jakarta.json.bind.annotation.JsonbNillable;
import org.jspecify.annotations.Nullable;

/**
 * Every answer that is not a 200.
 *
 * @param code the kind of problem
 * @param error the message again, for clients of version 1 of the InfluxDB API
 * @param report whose guards failed, if that is why
 */
public record Problem(
    @Nullable String code,
    @Nullable String message,
    @Nullable String error,
    @JsonbNillable(false) @Nullable ReadinessReport report) {
  /** An operator's request was understood, and refused as things are. */
  public static Problem refused(String why, @Nullable ReadinessReport report) {
    return new Problem("refused", why, why, report);
  }
}
