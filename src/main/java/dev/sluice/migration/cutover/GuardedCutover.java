package dev.sluice.migration.cutover;

import dev.sluice.api.CutoverStatus;
import dev.sluice.api.CutoverStatus.Changing;
import dev.sluice.api.CutoverStatus.LastFlip;
import dev.sluice.api.ExplainedResult;
import dev.sluice.api.FlipResult;
import dev.sluice.api.ReadinessReport;
import dev.sluice.delivery.DeliveryStatus;
import dev.sluice.migration.RefusedException;
import dev.sluice.migration.Side;
import dev.sluice.migration.Stores;
import dev.sluice.migration.Successor;
import dev.sluice.migration.cutover.ExplainedDeadLetters.Explained;
import dev.sluice.migration.cutover.PhaseChange.Done;
import dev.sluice.migration.phase.Phase;
import dev.sluice.migration.phase.PhaseInForce;
import dev.sluice.migration.phase.PhaseRecord;
import dev.sluice.migration.phase.Phases;
import dev.sluice.query.Reads;
import dev.sluice.query.ShadowCounts;
import dev.sluice.query.ShadowTally;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Changes the phase, subject to guards. A flip names the readiness report it rests on; it is
 * refused if the report is too old, belongs to another epoch or is damaged, or if a guard has
 * failed since, and it checks all guards again itself. Thread-safe: one change at a time, a second
 * is refused; a separate thread watches the guards of the reports.
 */
public final class GuardedCutover implements Cutover, PhaseInForce, AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(GuardedCutover.class);
  private static final Duration BETWEEN_LOOKS = Duration.ofSeconds(1);
  private static final int REPORTS_LISTED = 10;

  private final Phases phases;
  private final Stores stores;
  private final ShadowTally shadow;
  private final InstantSource clock;
  private final ExplainedDeadLetters explained;
  private final Readiness readiness;
  private final ReportWatch watch;
  private final PhaseChange change;

  /** Held by the one change under way; never waited for. */
  private final ReentrantLock changeLock = new ReentrantLock();

  private final CountDownLatch stop = new CountDownLatch(1);
  private final Thread watcher = Thread.ofPlatform().daemon().name("guards").unstarted(this::watch);

  private final FlipObserver observer = new Observer();

  private volatile PhaseRecord current;
  private volatile @Nullable Changing changing;
  private volatile @Nullable LastFlip lastFlip;

  /**
   * Wires the parts; {@link #start} starts the watch.
   *
   * @param current the record in force, as read from {@code phases}
   * @param successor told whatever operators explain; {@link #everything} says what they have
   */
  public GuardedCutover(
      CutoverConfig config,
      Phases phases,
      PhaseRecord current,
      Stores stores,
      Reads reads,
      Proofs proofs,
      ShadowTally shadow,
      Successor successor,
      InstantSource clock) {
    this.current = current;
    this.phases = phases;
    this.stores = stores;
    this.shadow = shadow;
    this.clock = clock;
    this.explained = new ExplainedDeadLetters(config.directory(), successor);
    Guards guards = new Guards(config, stores, proofs, explained, clock);
    this.watch = new ReportWatch(guards, this, config.reportMaxAge(), clock);
    Reports reports = new Reports(config.directory().resolve("reports"));
    this.readiness = new Readiness(config, guards, reports, watch, clock);
    this.change = new PhaseChange(phases, stores, reads, config.timeout(), observer);
  }

  /**
   * Has whoever opens this directory next find what a successor was told, in the place of what it
   * holds.
   *
   * @throws IOException if it cannot be written
   */
  public static void inherit(Path directory, Map<String, String> told) throws IOException {
    ExplainedDeadLetters.inherit(directory, told);
  }

  /** All that a successor must be told. */
  public Map<String, String> everything() {
    return explained.everything();
  }

  /** Starts watching the guards of reports. */
  public void start() {
    watcher.start();
  }

  /** Ends the watch; a change under way continues. */
  @Override
  public void close() {
    stop.countDown();
  }

  /**
   * Waits until no change is under way.
   *
   * @return false if one goes on for longer than that
   */
  public boolean awaitUnchanging(Duration atMost) throws InterruptedException {
    if (!changeLock.tryLock(atMost.toMillis(), TimeUnit.MILLISECONDS)) {
      return false;
    }
    changeLock.unlock();
    return true;
  }

  /** The record in force. */
  @Override
  public PhaseRecord phase() {
    return current;
  }

  @Override
  public CutoverStatus status() {
    PhaseRecord present = current;
    ShadowCounts reads = shadow.counts();
    return new CutoverStatus(
        present.phase().label(),
        present.epoch(),
        present.by(),
        present.at(),
        present.reason(),
        present.report().isEmpty() ? null : present.report(),
        labels(present.phase().mayGoTo()),
        changing,
        readiness.newest(REPORTS_LISTED),
        lastFlip,
        new CutoverStatus.ShadowReads(
            reads.share(), reads.compared(), reads.different(), reads.skipped()));
  }

  @Override
  public ReadinessReport report(Phase to) throws RefusedException {
    refuseWhileChanging();
    PhaseRecord present = current;
    refuseUnlessOurs(present, to);
    try {
      return readiness.report(between(present, to), present);
    } catch (InterruptedException e) {
      throw interrupted();
    }
  }

  @Override
  public FlipResult flip(Flip flip) throws RefusedException {
    if (!changeLock.tryLock()) {
      refuseWhileChanging();
      throw new RefusedException("another phase change is in progress: wait for it to end");
    }
    try {
      changing = new Changing(flip.to().label(), "checking the report", clock.instant());
      return flipLocked(flip);
    } catch (InterruptedException e) {
      throw interrupted();
    } finally {
      changing = null;
      changeLock.unlock();
    }
  }

  @Override
  public ExplainedResult explainDeadLetters(String sink, String by, String reason)
      throws RefusedException {
    if (reason.isBlank()) {
      throw new RefusedException(
          "dead letters of " + sink + " are not explained: say why they are accepted");
    }
    Side side = side(sink);
    DeliveryStatus status = side.status();
    Explained accepted =
        new Explained(
            side.origin(),
            status.deadLetters(),
            status.lost(),
            operator(by),
            clock.instant(),
            reason);
    try {
      explained.explain(sink, accepted);
      return new ExplainedResult(sink, accepted.deadLetters());
    } catch (IOException e) {
      throw new RefusedException("the explanation could not be kept: " + e.getMessage());
    }
  }

  /**
   * Runs on the watcher's thread. A guard that fails unexpectedly counts as failed and does not end
   * the watch.
   */
  private void watch() {
    try {
      while (!stop.await(BETWEEN_LOOKS.toMillis(), TimeUnit.MILLISECONDS)) {
        try {
          lookAtReports();
        } catch (RuntimeException e) {
          LOG.error("The guards of the reports could not be checked", e);
        }
      }
    } catch (InterruptedException e) {
      throw new AssertionError("unexpected interrupt of " + Thread.currentThread().getName(), e);
    }
  }

  /** Checks the guards of all reports that a flip could still rest on. */
  void lookAtReports() throws InterruptedException {
    watch.look();
  }

  private FlipResult flipLocked(Flip flip) throws RefusedException, InterruptedException {
    PhaseRecord present = current;
    refuseUnlessOurs(present, flip.to());
    Transition transition = between(present, flip.to());
    Optional<String> objection = readiness.objection(flip, present);
    if (objection.isPresent()) {
      throw new RefusedException(refusal(present, flip.to()) + objection.orElseThrow());
    }
    observer.step("checking the guards");
    ReadinessReport again = readiness.look(transition, present, Optional.of(flip.confirm()));
    if (!again.ready()) {
      throw new RefusedException(refusal(present, flip.to()) + again.failures(), again);
    }
    PhaseRecord next =
        new PhaseRecord(
            flip.to(),
            present.epoch() + 1,
            operator(flip.by()),
            Instant.ofEpochMilli(clock.millis()),
            flip.reason(),
            flip.report(),
            flip.audit(),
            phases.node());
    Done done = change.make(transition, present, next);
    FlipResult result =
        new FlipResult(
            next.phase().label(),
            next.epoch(),
            next.at(),
            next.report(),
            done.held().toMillis(),
            done.waited().toMillis());
    lastFlip = new LastFlip(result.phase(), result.heldMs(), result.waitedMs(), result.at());
    LOG.info(
        "Phase {} since epoch {}, by {}: reads held {} ms, after {} ms of waiting",
        result.phase(),
        result.epoch(),
        next.by(),
        result.heldMs(),
        result.waitedMs());
    return result;
  }

  private Transition between(PhaseRecord present, Phase to) throws RefusedException {
    return Transition.between(present.phase(), to)
        .orElseThrow(() ->
            new RefusedException(
                refusal(present, to)
                    + "from "
                    + present.phase().label()
                    + " the allowed next phases are "
                    + labels(present.phase().mayGoTo())));
  }

  private Side side(String sink) throws RefusedException {
    return stores.sides().stream()
        .flatMap(both -> both.all().stream())
        .filter(side -> side.name().equals(sink))
        .findFirst()
        .orElseThrow(() ->
            new RefusedException(
                "there is no sink '"
                    + sink
                    + "' now: "
                    + String.join(" and ", stores.names().all())
                    + ", while both are written"));
  }

  private void refuseUnlessOurs(PhaseRecord present, Phase to) throws RefusedException {
    Optional<String> objection = phases.objection();
    if (objection.isPresent()) {
      throw new RefusedException(refusal(present, to) + objection.orElseThrow());
    }
  }

  private void refuseWhileChanging() throws RefusedException {
    Changing now = changing;
    if (now != null) {
      throw new RefusedException(
          "a change to phase "
              + now.to()
              + " has been in progress since "
              + now.since()
              + " ("
              + now.step()
              + "): wait for it to end");
    }
  }

  /** Shows the change under way, and takes over the phase it leads to. */
  private final class Observer implements FlipObserver {
    @Override
    public void step(String what) {
      Changing now = changing;
      if (now != null) {
        changing = new Changing(now.to(), what, now.since());
      }
    }

    @Override
    public void inForce(PhaseRecord next) {
      current = next;
    }
  }

  private static String refusal(PhaseRecord present, Phase to) {
    return "phase stays " + present.phase().label() + " and does not go to " + to.label() + ": ";
  }

  private static List<String> labels(Collection<Phase> phases) {
    return phases.stream().map(Phase::label).toList();
  }

  private static String operator(String by) {
    return by.isBlank() ? "operator" : by;
  }

  private static RefusedException interrupted() {
    Thread.currentThread().interrupt();
    return new RefusedException("nothing changed: Sluice is stopping");
  }
}
