package dev.sluice.migration.cutover;

import dev.sluice.api.ReadinessReport;
import dev.sluice.migration.RefusedException;
import dev.sluice.migration.Words;
import dev.sluice.migration.cutover.Cutover.Flip;
import dev.sluice.migration.phase.Phase;
import dev.sluice.migration.phase.PhaseRecord;
import java.io.IOException;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Makes and keeps readiness reports, and decides whether a flip may rest on one. Thread-safe;
 * guards are checked by one thread at a time, because there is only one canary.
 */
final class Readiness {
  private final CutoverConfig config;
  private final Guards guards;
  private final Reports reports;
  private final ReportWatch watch;
  private final InstantSource clock;
  private final ReentrantLock lookLock = new ReentrantLock();

  Readiness(
      CutoverConfig config,
      Guards guards,
      Reports reports,
      ReportWatch watch,
      InstantSource clock) {
    this.config = config;
    this.guards = guards;
    this.reports = reports;
    this.watch = watch;
    this.clock = clock;
  }

  /** Checks all guards of a change, and watches the report from then on if it is ready. */
  ReadinessReport report(Transition change, PhaseRecord present)
      throws RefusedException, InterruptedException {
    ReadinessReport report = look(change, present, Optional.empty());
    watch.add(report);
    return report;
  }

  /**
   * Checks all guards of a requested change, and keeps the result.
   *
   * @param confirm what was typed to confirm it; empty while no confirmation has been asked for
   */
  ReadinessReport look(Transition change, PhaseRecord present, Optional<String> confirm)
      throws RefusedException, InterruptedException {
    lookLock.lockInterruptibly();
    try {
      List<Guard> seen = guards.look(change, present, confirm);
      Instant now = Instant.ofEpochMilli(clock.millis());
      ReadinessReport report =
          new ReadinessReport(
                  Reports.newId(now),
                  now,
                  present.epoch(),
                  change.from().label(),
                  change.to().label(),
                  seen.stream().allMatch(Guard::passed),
                  seen.stream().map(Guard::shown).toList(),
                  change.would(),
                  null)
              .hashed();
      reports.keep(report);
      return report;
    } catch (IOException e) {
      throw new RefusedException(
          "the readiness report could not be kept in "
              + config.directory()
              + " ("
              + e
              + "): free disk space, or let this user write there");
    } finally {
      lookLock.unlock();
    }
  }

  /** Why the flip may not rest on the report it names; empty if it may. */
  Optional<String> objection(Flip flip, PhaseRecord present) {
    Optional<ReadinessReport> report;
    try {
      report = reports.find(flip.report());
    } catch (IOException e) {
      return Optional.of(String.valueOf(e.getMessage()));
    }
    return report.isEmpty()
        ? Optional.of("there is no report '" + flip.report() + "': make one, and give its id")
        : objection(report.orElseThrow(), flip.to(), present)
            .map(why -> "report " + flip.report() + " " + why + ": make a new report");
  }

  /** Ids of the newest reports, newest first. */
  List<String> newest(int most) {
    return reports.newest(most);
  }

  private Optional<String> objection(ReadinessReport report, Phase to, PhaseRecord present) {
    if (report.epoch() != present.epoch()) {
      return Optional.of(
          "is of epoch " + report.epoch() + ", the phase is at epoch " + present.epoch());
    }
    if (!report.to().equals(to.label())) {
      return Optional.of("is for a change to " + report.to());
    }
    if (!report.ready()) {
      return Optional.of("is not ready (" + report.failures() + ")");
    }
    Instant now = clock.instant();
    if (now.isBefore(report.at())) {
      return Optional.of("was made at " + report.at() + ", and the clock was set back since");
    }
    if (watch.tooOld(report, now)) {
      return Optional.of(
          "was made at "
              + report.at()
              + ", allowed is an age of "
              + Words.ms(config.reportMaxAge())
              + " (cutover.report-max-age)");
    }
    return watch.objection(report).map(why -> "is no longer valid: " + why);
  }
}
