package dev.sluice.api;

import java.time.Instant;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * {@code GET} and {@code POST /v1/backfill}: the backfill as it is now.
 *
 * @param state {@code none}, {@code preflight}, {@code running}, {@code paused}, {@code throttled},
 *     {@code cancelled}, {@code failed} or {@code complete}
 * @param why it waits, failed or ended early
 * @param walk the order in which rows are copied, {@code id} or {@code time}; null until it is
 *     chosen
 * @param rowsTotal rows to copy; unknown until they are counted; an estimate while they are copied
 *     in the order of ids
 * @param rowsSkipped rows that are not readings, and those QuestDB refused
 * @param rowsSuperseded rows for which the mirror brought something newer
 * @param position the ts of the last row that is done; in the order of ids, the latest so far
 * @param rowsPerSecond over the last minute
 * @param limitRowsPerSecond 0 for no limit
 * @param etaSeconds unknown while nothing moves
 * @param findings by class of rows, in the order of the classes
 * @param findingsUnlisted how many did not fit into the findings file
 * @param findingsFile lists each finding by its key; null until there is one
 * @param refusedFile lists each row that QuestDB refused; null until there is one
 */
public record BackfillStatus(
    String state,
    @Nullable String why,
    @Nullable String id,
    @Nullable String walk,
    @Nullable Long rowsTotal,
    long rowsCopied,
    long rowsSkipped,
    long rowsSuperseded,
    @Nullable Instant position,
    long rowsPerSecond,
    long limitRowsPerSecond,
    @Nullable Long etaSeconds,
    @Nullable Instant startedAt,
    @Nullable Instant finishedAt,
    Map<String, Finding> findings,
    long findingsUnlisted,
    @Nullable String findingsFile,
    @Nullable String refusedFile,
    Preflight preflight) {

  public BackfillStatus {
    Objects.requireNonNull(state, "state");
    findings = Objects.requireNonNullElse(findings, Map.of());
    preflight = Objects.requireNonNullElse(preflight, Preflight.NONE);
  }

  /**
   * Rows of one class that need a decision.
   *
   * @param count rows, or groups of devices
   * @param decision {@code stop}, {@code skip} or {@code copy}
   */
  public record Finding(long count, String decision) {}

  /**
   * How far the rows are inspected.
   *
   * @param state {@code none}, {@code running} or {@code done}
   * @param rowsTotal known once it is done
   * @param id the row id reached
   * @param lastId the last row id to inspect
   */
  public record Preflight(
      String state,
      @Nullable Long rowsInspected,
      @Nullable Long rowsTotal,
      @Nullable Long id,
      @Nullable Long lastId) {
    static final Preflight NONE = new Preflight("none", null, null, null, null);
  }
}
