package dev.sluice.migration.cutover;

import dev.sluice.delivery.DeliveryStatus;
import dev.sluice.migration.RefusedException;
import dev.sluice.migration.Side;
import dev.sluice.migration.Stores;
import dev.sluice.migration.cutover.CutoverJson.Changing;
import dev.sluice.migration.cutover.CutoverJson.Flipped;
import dev.sluice.migration.cutover.ExplainedDeadLetters.Explained;
import dev.sluice.migration.cutover.PhaseChange.Done;
import dev.sluice.migration.phase.Phase;
import dev.sluice.migration.phase.PhaseRecord;
import dev.sluice.migration.phase.PhaseStore;
import dev.sluice.query.Reads;
import dev.sluice.query.ShadowCounts;
import jakarta.json.Json;
import jakarta.json.JsonObject;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Changes the phase, subject to guards. A flip names the readiness report it rests on; it is
 * refused if the report is too old, belongs to another epoch or is damaged, or if a guard has
 * failed since, and it checks all guards again itself. Thread-safe: one change at a time, a second
 * is refused; a separate thread watches the guards of the reports.
 */
public final class GuardedCutover implements Cutover, AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(GuardedCutover.class);
  private static final Duration BETWEEN_LOOKS = Duration.ofSeconds(1);
  private static final int REPORTS_LISTED = 10;

  private final Stores stores;
  private final Supplier<ShadowCounts> shadow;
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
  private volatile @Nullable Flipped lastFlip;

  /**
   * Wires the parts; {@link #start} starts the watch.
   *
   * @param current the record in force, as read from {@code phases}
   */
  public GuardedCutover(
      CutoverConfig config,
      PhaseStore phases,
      PhaseRecord current,
      Stores stores,
      Reads reads,
      Proofs proofs,
      Supplier<ShadowCounts> shadow,
      InstantSource clock) {
    this.current = current;
    this.stores = stores;
    this.shadow = shadow;
    this.clock = clock;
    this.explained = new ExplainedDeadLetters(config.directory().resolve("dead-letters.json"));
    Guards guards = new Guards(config, stores, proofs, explained, clock);
    this.watch = new ReportWatch(guards, this::phase, config.reportMaxAge(), clock);
    Reports reports = new Reports(config.directory().resolve("reports"));
    this.readiness = new Readiness(config, guards, reports, watch, clock);
    this.change = new PhaseChange(phases, stores, reads, config.timeout(), observer);
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

  /** The record in force. */
  public PhaseRecord phase() {
    return current;
  }

  @Override
  public JsonObject json() {
    return CutoverJson.json(current)
        .add("changing", CutoverJson.json(changing))
        .add("reports", Json.createArrayBuilder(readiness.newest(REPORTS_LISTED)))
        .add("last_flip", CutoverJson.json(lastFlip))
        .add("shadow_reads", CutoverJson.json(shadow.get()))
        .build();
  }

  @Override
  public JsonObject report(Phase to) throws RefusedException {
    refuseWhileChanging();
    PhaseRecord present = current;
    try {
      return readiness.report(between(present, to), present).json();
    } catch (InterruptedException e) {
      throw interrupted();
    }
  }

  @Override
  public JsonObject flip(Flip flip) throws RefusedException {
    if (!changeLock.tryLock()) {
      refuseWhileChanging();
      throw new RefusedException("another phase change is in progress: wait for it to end");
    }
    try {
      changing = new Changing(flip.to(), "checking the report", clock.instant());
      return flipLocked(flip);
    } catch (InterruptedException e) {
      throw interrupted();
    } finally {
      changing = null;
      changeLock.unlock();
    }
  }

  @Override
  public JsonObject explainDeadLetters(String sink, String by, String reason)
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
      return Json.createObjectBuilder()
          .add("sink", sink)
          .add("dead_letters", accepted.deadLetters())
          .build();
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
      throw new AssertionError("nobody interrupts " + Thread.currentThread().getName(), e);
    }
  }

  /** Checks the guards of all reports that a flip could still rest on. */
  void lookAtReports() throws InterruptedException {
    watch.look();
  }

  private JsonObject flipLocked(Flip flip) throws RefusedException, InterruptedException {
    PhaseRecord present = current;
    Transition transition = between(present, flip.to());
    Optional<String> objection = readiness.objection(flip, present);
    if (objection.isPresent()) {
      throw new RefusedException(refusal(present, flip.to()) + objection.orElseThrow());
    }
    observer.step("checking the guards");
    ReadinessReport again = readiness.look(transition, present, Optional.of(flip.confirm()));
    if (!again.ready()) {
      throw new RefusedException(refusal(present, flip.to()) + again.failures(), again.json());
    }
    PhaseRecord next =
        new PhaseRecord(
            flip.to(),
            present.epoch() + 1,
            operator(flip.by()),
            Instant.ofEpochMilli(clock.millis()),
            flip.reason(),
            flip.report());
    Done done = change.make(transition, present, next);
    lastFlip = new Flipped(next, done);
    LOG.info(
        "Phase {} since epoch {}, by {}: reads held {} ms, after {} ms of waiting",
        next.phase().label(),
        next.epoch(),
        next.by(),
        done.held().toMillis(),
        done.waited().toMillis());
    return CutoverJson.json(next, done);
  }

  private Transition between(PhaseRecord present, Phase to) throws RefusedException {
    return Transition.between(present.phase(), to)
        .orElseThrow(() ->
            new RefusedException(
                refusal(present, to)
                    + "from "
                    + present.phase().label()
                    + " the allowed next phases are "
                    + present.phase().mayGoTo().stream().map(Phase::label).toList()));
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

  private void refuseWhileChanging() throws RefusedException {
    Changing now = changing;
    if (now != null) {
      throw new RefusedException(
          "a change to phase "
              + now.to().label()
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

  private static String operator(String by) {
    return by.isBlank() ? "operator" : by;
  }

  private static RefusedException interrupted() {
    Thread.currentThread().interrupt();
    return new RefusedException("nothing changed: Sluice is stopping");
  }
}
