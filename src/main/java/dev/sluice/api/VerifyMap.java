package dev.sluice.api;

import java.util.List;
import java.util.Objects;

/**
 * What {@code GET /v1/verify?map=true} has besides a {@link VerifyStatus}, to read it by: it is
 * written an hour at a time.
 *
 * @param map in order of time
 */
public record VerifyMap(HourCounts hours, List<ParityHour> map) {
  public VerifyMap {
    hours = Objects.requireNonNullElse(hours, HourCounts.NONE);
    map = Objects.requireNonNullElse(map, List.of());
  }
}
