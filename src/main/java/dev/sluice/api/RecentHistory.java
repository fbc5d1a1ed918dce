package dev.sluice.api;

import jakarta.json.bind.annotation.JsonbNillable;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * {@code GET /v1/history}: the last 15 minutes as columns, and what is wrong now. A value that is
 * not known is null.
 *
 * @param intervalSeconds between two points, if none is missing
 * @param time seconds since 1970 of each point, growing
 * @param acknowledged readings a second since the point before
 * @param rejected likewise, those refused by name
 * @param journalBytes size of all segments
 * @param stores by name, written or not
 * @param troubles the worst first
 * @param wellSince since when nothing has been wrong; absent while something is
 */
public record RecentHistory(
    int intervalSeconds,
    List<Long> time,
    List<@Nullable Double> acknowledged,
    List<@Nullable Double> rejected,
    List<@Nullable Long> journalBytes,
    Map<String, Store> stores,
    List<Trouble> troubles,
    @JsonbNillable(false) @Nullable Instant wellSince) {

  public RecentHistory {
    time = Objects.requireNonNullElse(time, List.of());
    acknowledged = Objects.requireNonNullElse(acknowledged, List.of());
    rejected = Objects.requireNonNullElse(rejected, List.of());
    journalBytes = Objects.requireNonNullElse(journalBytes, List.of());
    stores = Objects.requireNonNullElse(stores, Map.of());
    troubles = Objects.requireNonNullElse(troubles, List.of());
  }

  /**
   * One store; all of it is null while it is not written.
   *
   * @param delivered readings a second since the point before
   * @param lagSeconds age of the oldest reading not yet settled
   * @param lagReadings how many are not yet settled
   */
  public record Store(
      List<@Nullable Double> delivered,
      List<@Nullable Double> lagSeconds,
      List<@Nullable Long> lagReadings) {}
}
