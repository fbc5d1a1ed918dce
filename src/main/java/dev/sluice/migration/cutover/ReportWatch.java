package dev.sluice.migration.cutover;

import dev.sluice.api.ReadinessReport;
import dev.sluice.migration.phase.PhaseInForce;
import dev.sluice.migration.phase.PhaseRecord;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Looks at the cheap guards of every ready report until it is too old to rest on, and remembers the
 * first failure: a guard that failed and recovered since the report has still failed. Memory only:
 * nobody watched while the process was down, so a report from before is not rested on. Thread-safe;
 * {@link #look} from one thread.
 */
final class ReportWatch {
  private final Guards guards;
  private final PhaseInForce present;
  private final Duration maxAge;
  private final InstantSource clock;

  /** What has happened since each watched report, by id; empty while nothing has. */
  private final Map<String, Watched> watched = new ConcurrentHashMap<>();

  private record Watched(ReadinessReport report, Instant seenAt, String failure) {
    Watched failed(String why) {
      return new Watched(report, seenAt, why);
    }
  }

  ReportWatch(Guards guards, PhaseInForce present, Duration maxAge, InstantSource clock) {
    this.guards = guards;
    this.present = present;
    this.maxAge = maxAge;
    this.clock = clock;
  }

  /** Watches a ready report from now on; a report that is not ready needs no watching. */
  void add(ReadinessReport report) {
    if (report.ready()) {
      watched.put(report.id(), new Watched(report, report.at(), ""));
    }
  }

  /** Looks at the guards of all reports that could still be rested on. */
  void look() throws InterruptedException {
    Instant now = clock.instant();
    PhaseRecord phase = present.phase();
    watched
        .values()
        .removeIf(each -> each.report().epoch() != phase.epoch() || tooOld(each.report(), now));
    for (Transition change : Transition.values()) {
      List<Watched> its = watched.values().stream().filter(each -> isOf(each, change)).toList();
      if (!its.isEmpty()) {
        Optional<Guard> failed = firstFailed(change, phase);
        its.forEach(each -> watched.put(each.report().id(), after(each, now, failed)));
      }
    }
  }

  /** What speaks against resting on this report, from what happened since; empty when nothing. */
  Optional<String> objection(ReadinessReport report) {
    Watched its = watched.get(report.id());
    if (its == null || !its.report().equals(report)) {
      return Optional.of(
          "its guards have not been watched since it was made: Sluice was restarted");
    }
    return Optional.of(its.failure()).filter(failure -> !failure.isEmpty());
  }

  boolean tooOld(ReadinessReport report, Instant now) {
    return Duration.between(report.at(), now).compareTo(maxAge) > 0;
  }

  private static boolean isOf(Watched each, Transition change) {
    return each.failure().isEmpty()
        && each.report().from().equals(change.from().label())
        && each.report().to().equals(change.to().label());
  }

  private Optional<Guard> firstFailed(Transition change, PhaseRecord phase)
      throws InterruptedException {
    return guards.watch(change, phase).stream().filter(guard -> !guard.passed()).findFirst();
  }

  /** Set back, the clock no longer tells how old the report is. */
  private static Watched after(Watched each, Instant now, Optional<Guard> failed) {
    if (failed.isPresent()) {
      return each.failed(
          "guard "
              + failed.orElseThrow().kind().label()
              + " has failed since, at "
              + now
              + ": "
              + failed.orElseThrow().shown().sentence());
    }
    if (now.isBefore(each.seenAt())) {
      return each.failed("the clock was set back since, from " + each.seenAt() + " to " + now);
    }
    return new Watched(each.report(), now, "");
  }
}
