package dev.sluice.api;

import jakarta.json.bind.annotation.JsonbNillable;
import jakarta.json.bind.annotation.JsonbProperty;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * {@code POST /v1/verify} with the action {@code repair}: what was repaired or, without {@code
 * execute}, would be.
 *
 * @param toSend readings to be sent again instead, while QuestDB's are the truth
 * @param toSendFile lists them once it was executed
 * @param next what to do with them
 * @param notRepaired the first of the keys that stay as they are
 * @param unchanged keys about which the stores agree by now
 */
public record RepairResult(
    boolean execute,
    MismatchCounts repaired,
    @JsonbNillable(false) @Nullable MismatchCounts toSend,
    @JsonbNillable(false) @Nullable String toSendFile,
    @JsonbNillable(false) @Nullable String next,
    List<Key> notRepaired,
    long notRepairedTotal,
    long unchanged) {

  public RepairResult {
    repaired = Objects.requireNonNullElse(repaired, MismatchCounts.NONE);
    notRepaired = Objects.requireNonNullElse(notRepaired, List.of());
  }

  /**
   * A reading that is not repaired.
   *
   * @param kind its class of mismatch
   * @param ts ISO 8601, microseconds, UTC
   */
  public record Key(
      @JsonbProperty("class") String kind,
      String deviceId,
      String metric,
      String ts,
      String reason) {}
}
