package dev.sluice.migration.backfill;

import dev.sluice.migration.backfill.BackfillConfig.Decision;
import dev.sluice.store.History.RowClass;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * Everything that is kept of a backfill. Immutable.
 *
 * @param id of the run
 * @param origin the offset at which its mirror began
 * @param status what it is doing
 * @param why the reason for a failure or an early end; empty if there is none
 * @param lastId the greatest row id to copy; empty until it is fixed
 * @param total rows up to {@code lastId}; empty until they are counted
 * @param inspected whether the preflight is done
 * @param checkpoint how far it has come
 * @param decisions what was decided for it, overriding what is configured
 * @param findings of the preflight
 * @param rowsPerSecond its pace, 0 for unlimited
 * @param startedAt when it was first started
 * @param finishedAt when it completed, failed or was cancelled
 * @param provenBy id of the run of this mirror that completed before this one; empty if none did
 */
record BackfillState(
    String id,
    long origin,
    Status status,
    String why,
    OptionalLong lastId,
    OptionalLong total,
    boolean inspected,
    Checkpoint checkpoint,
    Map<RowClass, Decision> decisions,
    Findings findings,
    long rowsPerSecond,
    Instant startedAt,
    Optional<Instant> finishedAt,
    String provenBy) {

  BackfillState {
    decisions = Map.copyOf(decisions);
  }

  /** What a backfill is doing, as it is kept. */
  enum Status {
    RUNNING,
    PAUSED,
    CANCELLED,
    FAILED,
    COMPLETE;

    boolean ended() {
      return this != RUNNING && this != PAUSED;
    }

    /** The spelling in files and JSON. */
    String label() {
      return name().toLowerCase(java.util.Locale.ROOT);
    }
  }

  static BackfillState fresh(
      String id, long origin, Map<RowClass, Decision> decisions, long rowsPerSecond, Instant now) {
    return new BackfillState(
        id,
        origin,
        Status.RUNNING,
        "",
        OptionalLong.empty(),
        OptionalLong.empty(),
        false,
        Checkpoint.START,
        decisions,
        Findings.NONE,
        rowsPerSecond,
        now,
        Optional.empty(),
        "");
  }

  /**
   * A further run over what this one has copied, which still counts as copied until it is voided.
   */
  BackfillState followedBy(BackfillState next) {
    return new BackfillState(
        next.id,
        next.origin,
        next.status,
        next.why,
        next.lastId,
        next.total,
        next.inspected,
        next.checkpoint,
        next.decisions,
        next.findings,
        next.rowsPerSecond,
        next.startedAt,
        next.finishedAt,
        status == Status.COMPLETE ? id : provenBy);
  }

  /** Whether all of this mirror's history has been copied, by this run or an earlier one. */
  boolean proven() {
    return status == Status.COMPLETE || !provenBy.isEmpty();
  }

  /** The same run in another, unfinished status. */
  BackfillState in(Status next) {
    return with(next, "", lastId, total, inspected, Optional.empty());
  }

  /** The run at its end; the reason is empty if it completed. */
  BackfillState ended(Status end, String reason, Instant now) {
    return with(end, reason, lastId, total, inspected, Optional.of(now));
  }

  /** As if nothing had been inspected or copied; only the decisions are kept. */
  BackfillState voided(String reason, Instant now) {
    return fresh(id, origin, decisions, rowsPerSecond, startedAt)
        .ended(Status.CANCELLED, reason, now);
  }

  BackfillState boundBy(long id) {
    return with(status, why, OptionalLong.of(id), total, inspected, finishedAt);
  }

  /** The run with its preflight done. */
  BackfillState inspected(long rows, Findings found) {
    return with(status, why, lastId, OptionalLong.of(rows), true, finishedAt).found(found);
  }

  BackfillState found(Findings found) {
    return new BackfillState(
        id,
        origin,
        status,
        why,
        lastId,
        total,
        inspected,
        checkpoint,
        decisions,
        found,
        rowsPerSecond,
        startedAt,
        finishedAt,
        provenBy);
  }

  BackfillState at(Checkpoint reached) {
    return new BackfillState(
        id,
        origin,
        status,
        why,
        lastId,
        total,
        inspected,
        reached,
        decisions,
        findings,
        rowsPerSecond,
        startedAt,
        finishedAt,
        provenBy);
  }

  BackfillState decided(Map<RowClass, Decision> now) {
    return new BackfillState(
        id,
        origin,
        status,
        why,
        lastId,
        total,
        inspected,
        checkpoint,
        now,
        findings,
        rowsPerSecond,
        startedAt,
        finishedAt,
        provenBy);
  }

  BackfillState paced(long limit) {
    return new BackfillState(
        id,
        origin,
        status,
        why,
        lastId,
        total,
        inspected,
        checkpoint,
        decisions,
        findings,
        limit,
        startedAt,
        finishedAt,
        provenBy);
  }

  private BackfillState with(
      Status nextStatus,
      String nextWhy,
      OptionalLong nextLastId,
      OptionalLong nextTotal,
      boolean nowInspected,
      Optional<Instant> nextFinishedAt) {
    return new BackfillState(
        id,
        origin,
        nextStatus,
        nextWhy,
        nextLastId,
        nextTotal,
        nowInspected,
        checkpoint,
        decisions,
        findings,
        rowsPerSecond,
        startedAt,
        nextFinishedAt,
        provenBy);
  }
}
