package dev.sluice.migration.backfill;

import dev.sluice.migration.RefusedException;
import dev.sluice.migration.backfill.BackfillConfig.Decision;
import dev.sluice.migration.backfill.BackfillState.Status;
import dev.sluice.store.History.RowClass;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;

/** Decides what state a start begins with. Stateless. */
final class BackfillStart {
  private static final DateTimeFormatter ID =
      DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmss'Z'").withZone(ZoneOffset.UTC);

  private BackfillStart() {}

  /** The kept state if it can be continued, else a fresh one. */
  static BackfillState next(BackfillParts parts, long origin, Map<RowClass, Decision> decisions) {
    Optional<BackfillState> kept =
        parts.store().current().filter(state -> state.origin() == origin);
    if (kept.isEmpty()) {
      return order(parts, origin, decisions).fresh();
    }
    BackfillState before = kept.orElseThrow();
    Map<RowClass, Decision> all = new EnumMap<>(RowClass.class);
    all.putAll(before.order().decisions());
    all.putAll(decisions);
    if (before.status() != Status.COMPLETE) {
      BackfillState resumed = before.decided(all).paced(parts.pace().limit()).in(Status.RUNNING);
      if (!resumed.bounds().inspected()
          || resumed
              .bounds()
              .findings()
              .objection(parts.decisions(all), parts.findingsFile())
              .isEmpty()) {
        return resumed;
      }
      // Still undecided: the rows may have been corrected meanwhile, so they are inspected again.
    }
    return before.followedBy(order(parts, origin, all));
  }

  private static BackfillState.Order order(
      BackfillParts parts, long origin, Map<RowClass, Decision> decisions) {
    Instant now = parts.now();
    String id =
        String.format("%s-%04x", ID.format(now), ThreadLocalRandom.current().nextInt(1 << 16));
    return new BackfillState.Order(id, origin, decisions, parts.pace().limit(), now);
  }

  static void refuseWrong(Map<RowClass, Decision> decisions) throws RefusedException {
    for (Map.Entry<RowClass, Decision> each : decisions.entrySet()) {
      if (!each.getValue().allowedFor(each.getKey())) {
        throw new RefusedException(
            "rows of class "
                + each.getKey().label()
                + " cannot be decided as "
                + each.getValue().label()
                + ": allowed are "
                + Arrays.stream(Decision.values())
                    .filter(decision -> decision.allowedFor(each.getKey()))
                    .map(Decision::label)
                    .toList());
      }
    }
  }
}
