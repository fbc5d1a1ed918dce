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
 * @param order what was asked for
 * @param bounds what the preflight has fixed
 * @param checkpoint how far it has come
 * @param outcome what it is doing, or how it ended
 * @param provenBy id of the run of this mirror that completed before this one; empty if none did
 */
record BackfillState(
    Order order, Bounds bounds, Checkpoint checkpoint, Outcome outcome, String provenBy) {

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

  /**
   * What was asked for.
   *
   * @param id of the run
   * @param origin the offset at which its mirror began
   * @param decisions what was decided for it, overriding what is configured
   * @param rowsPerSecond its pace, 0 for unlimited
   * @param startedAt when it was first started
   */
  record Order(
      String id,
      long origin,
      Map<RowClass, Decision> decisions,
      long rowsPerSecond,
      Instant startedAt) {
    Order {
      decisions = Map.copyOf(decisions);
    }

    BackfillState fresh() {
      return new BackfillState(
          this, Bounds.NONE, Checkpoint.START, Outcome.unfinished(Status.RUNNING), "");
    }
  }

  /**
   * What the preflight has fixed.
   *
   * @param lastId the greatest row id to copy; empty until it is fixed
   * @param course the order in which rows are copied; empty until it is chosen
   * @param total rows up to {@code lastId}; empty until they are counted
   * @param inspected whether every row was inspected
   * @param findings of the preflight; until every row was inspected, those that must be known
   *     before anything is copied
   */
  record Bounds(
      OptionalLong lastId,
      Optional<Course> course,
      OptionalLong total,
      boolean inspected,
      Findings findings) {
    static final Bounds NONE =
        new Bounds(
            OptionalLong.empty(), Optional.empty(), OptionalLong.empty(), false, Findings.NONE);
  }

  /**
   * What it is doing, or how it ended.
   *
   * @param why the reason for a failure or an early end; empty if there is none
   * @param finishedAt when it completed, failed or was cancelled
   */
  record Outcome(Status status, String why, Optional<Instant> finishedAt) {
    static Outcome unfinished(Status status) {
      return new Outcome(status, "", Optional.empty());
    }
  }

  String id() {
    return order.id();
  }

  long origin() {
    return order.origin();
  }

  Status status() {
    return outcome.status();
  }

  /** Whether all of this mirror's history has been copied, by this run or an earlier one. */
  boolean proven() {
    return status() == Status.COMPLETE || !provenBy.isEmpty();
  }

  /**
   * A further run over what this one has copied, which still counts as copied until it is voided.
   */
  BackfillState followedBy(Order next) {
    BackfillState fresh = next.fresh();
    return new BackfillState(
        next,
        fresh.bounds,
        fresh.checkpoint,
        fresh.outcome,
        status() == Status.COMPLETE ? id() : provenBy);
  }

  /** The same run in another, unfinished status. */
  BackfillState in(Status next) {
    return with(Outcome.unfinished(next));
  }

  /** The run at its end; the reason is empty if it completed. */
  BackfillState ended(Status end, String reason, Instant now) {
    return with(new Outcome(end, reason, Optional.of(now)));
  }

  /** As if nothing had been inspected or copied; only the order is kept. */
  BackfillState voided(String reason, Instant now) {
    return order.fresh().ended(Status.CANCELLED, reason, now);
  }

  BackfillState boundBy(long id) {
    return with(
        new Bounds(
            OptionalLong.of(id),
            bounds.course(),
            bounds.total(),
            bounds.inspected(),
            bounds.findings()));
  }

  /** The run at the start of this course. */
  BackfillState along(Course course) {
    return with(new Bounds(
            bounds.lastId(),
            Optional.of(course),
            bounds.total(),
            bounds.inspected(),
            bounds.findings()))
        .at(Checkpoint.startOf(course));
  }

  /** The run with every row inspected; how many there are may still be unknown. */
  BackfillState inspected(OptionalLong rows, Findings found) {
    return with(new Bounds(bounds.lastId(), bounds.course(), rows, true, found));
  }

  BackfillState found(Findings found) {
    return with(
        new Bounds(bounds.lastId(), bounds.course(), bounds.total(), bounds.inspected(), found));
  }

  /** What a preflight by itself has found; a copy in the order of ids still finds most of it. */
  BackfillState inspectedAnew(Findings found) {
    return found(bounds.inspected() || checkpoint.isStart() ? found : found.foreseen());
  }

  /** All that is known to need a decision. */
  Findings findings() {
    return bounds.inspected()
        ? bounds.findings()
        : bounds.findings().plus(checkpoint.seen().findings());
  }

  BackfillState at(Checkpoint reached) {
    return new BackfillState(order, bounds, reached, outcome, provenBy);
  }

  BackfillState decided(Map<RowClass, Decision> now) {
    return with(new Order(id(), origin(), now, order.rowsPerSecond(), order.startedAt()));
  }

  BackfillState paced(long limit) {
    return with(new Order(id(), origin(), order.decisions(), limit, order.startedAt()));
  }

  private BackfillState with(Order changed) {
    return new BackfillState(changed, bounds, checkpoint, outcome, provenBy);
  }

  private BackfillState with(Bounds changed) {
    return new BackfillState(order, changed, checkpoint, outcome, provenBy);
  }

  private BackfillState with(Outcome changed) {
    return new BackfillState(order, bounds, checkpoint, changed, provenBy);
  }
}
