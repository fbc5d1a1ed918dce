package dev.sluice.cluster;

import static java.nio.file.StandardCopyOption.REPLACE_EXISTING;

import dev.sluice.migration.phase.Phase;
import dev.sluice.migration.phase.PhaseForm;
import dev.sluice.migration.phase.PhaseRecord;
import dev.sluice.migration.phase.PhaseStore;
import dev.sluice.migration.phase.Phases;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Keeps the phase in the control topic, for all nodes of a journal. Only the node that leads can
 * change it. Thread-safe.
 *
 * <p>The first leader of an empty control topic takes over the phase that its data directory keeps
 * from before there was one, and renames the file. A data directory that keeps another phase than
 * the topic is refused: nobody but a person knows which of the two is right.
 */
public final class PhaseTopic implements Phases {
  /** How long a start waits for a leader that sets the first phase. */
  private static final Duration FIRST = Duration.ofSeconds(60);

  private final ControlTopic control;
  private final Leadership leadership;
  private final PhaseStore before;
  private final Path file;
  private final Duration patience;

  /** Held from the look at what is kept until the next is. */
  private final ReentrantLock writes = new ReentrantLock();

  /** The last record that this node wrote; under the lock. */
  private @Nullable PhaseRecord written;

  /**
   * Reads and writes nothing yet.
   *
   * @param leadership of this node, started or not
   * @param dataDirectory where a phase from before may be kept
   */
  public PhaseTopic(ControlTopic control, Leadership leadership, Path dataDirectory) {
    this(control, leadership, dataDirectory, FIRST);
  }

  PhaseTopic(ControlTopic control, Leadership leadership, Path dataDirectory, Duration patience) {
    this.control = control;
    this.leadership = leadership;
    this.before = new PhaseStore(dataDirectory);
    this.file = dataDirectory.resolve("phase.json");
    this.patience = patience;
  }

  /**
   * The kept record, whatever was written last; empty when there is none.
   *
   * @throws IOException when that is not known, because the topic cannot be read; this node answers
   *     no reads then
   */
  @Override
  public Optional<PhaseRecord> kept() throws IOException {
    try {
      if (!control.sync(control.times().leaseElsewhere().multipliedBy(2))) {
        throw new IOException(control.name() + " cannot be read: " + control.ignorance());
      }
      return control.phase();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
  }

  /**
   * The kept record; where there is none, the first, which the node that leads keeps. Waits for one
   * that does, and as long as one leads that has not yet: what was in a local journal must be in
   * the topic before any node takes readings in.
   */
  @Override
  public PhaseRecord openWith(Phase initial, Instant now, boolean readings) throws IOException {
    Optional<PhaseRecord> local = before.kept();
    long deadline = System.nanoTime() + patience.toNanos();
    while (kept().isEmpty()) {
      if (leadership.leads()) {
        first(local, initial, now, readings);
      } else if (control.isLed()) {
        deadline = System.nanoTime() + patience.toNanos(); // it moves its journal into the topic
        awaitNews();
      } else if (System.nanoTime() - deadline > 0) {
        throw new IOException(
            "%s keeps no phase yet, and after %d s no node leads that could set it: start one with"
                    .formatted(control.name(), patience.toSeconds())
                + " node.roles=delivery, or look into its log");
      } else {
        awaitNews();
      }
    }
    PhaseRecord kept = control.phase().orElseThrow();
    if (local.isPresent()) {
      requireSame(local.get(), kept);
      // The topic goes on from here, and the file would be the one that is wrong.
      Files.move(file, file.resolveSibling("phase-before-kafka.json"), REPLACE_EXISTING);
    }
    return kept;
  }

  private void awaitNews() throws IOException {
    try {
      long soon = System.nanoTime() + control.times().beat().toNanos();
      control.awaitRead(() -> control.phase().isPresent() || leadership.leads(), soon);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
  }

  private void first(Optional<PhaseRecord> local, Phase initial, Instant now, boolean readings)
      throws IOException {
    if (local.isEmpty() && readings) {
      throw lost();
    }
    PhaseRecord first =
        local.orElseGet(
            () -> PhaseRecord.first(initial, now, "cutover.initial-phase of a new control topic"));
    try {
      write(first, () -> control.records().of(lastKept().orElse(first)));
    } catch (NotLeaderException e) {
      // The one that leads now sets it.
    }
  }

  private IOException lost() {
    return new IOException(
        "the journal has readings, but "
            + control.name()
            + " keeps no phase, and "
            + file
            + " is not there. Sluice does not guess the phase, because a wrong one would send reads and"
            + " writes to the wrong store. If this journal was one node's before, start that node"
            + " first, with its data.dir. Else, if you know which phase was in force (mysql, mirror,"
            + " questdb or retired), write the file in the data.dir of one node, and start it first: "
            + PhaseForm.byHand());
  }

  private void requireSame(PhaseRecord local, PhaseRecord kept) throws IOException {
    if (!local.equals(kept)) {
      throw new IOException(
          "%s holds %s, but %s keeps %s for all nodes: if the topic is right, delete the file; if the file"
                  .formatted(file, local.name(), control.name(), kept.name())
              + " is right, this is not the topic of this data.dir: check journal.kafka.topic");
    }
  }

  @Override
  public void keep(PhaseRecord present, PhaseRecord next) throws IOException {
    present.requireFollowedBy(next);
    write(
        next,
        () -> {
          Optional<PhaseRecord> kept = lastKept();
          if (kept.isEmpty() || !kept.get().equals(present)) {
            throw new IOException(
                "%s keeps %s, but %s is in force here"
                    .formatted(
                        control.name(),
                        kept.map(PhaseRecord::name).orElse("nothing"),
                        present.name()));
          }
          return control.records().of(next);
        });
    awaitRead(next);
  }

  /**
   * Takes the phase out of the topic and into the data directory. From then on no node starts to
   * serve from the topic, and those that do end. Where the topic keeps none, that was done before.
   *
   * @return the phase in force
   * @throws NotLeaderException if this node does not lead
   * @throws IOException if it is not known to be gone, or was neither here nor there
   */
  public PhaseRecord leave() throws IOException {
    Optional<PhaseRecord> kept = kept();
    if (kept.isEmpty()) {
      return before.kept().orElseThrow(this::lost);
    }
    before.replace(kept.get());
    writes.lock();
    try {
      leadership.withdraw();
      written = null;
    } finally {
      writes.unlock();
    }
    return kept.get();
  }

  private void write(PhaseRecord next, Leadership.PhaseWrite write) throws IOException {
    writes.lock();
    try {
      leadership.keep(write);
      written = next;
    } finally {
      writes.unlock();
    }
  }

  /** What was written here counts before it has been read back. */
  private Optional<PhaseRecord> lastKept() {
    PhaseRecord own = written;
    Optional<PhaseRecord> read = control.phase();
    return own != null && read.map(PhaseRecord::epoch).orElse(0L) < own.epoch()
        ? Optional.of(own)
        : read;
  }

  /** So that whoever asks this node next is told of it. It is kept, whether that works or not. */
  private void awaitRead(PhaseRecord next) {
    try {
      control.awaitRead(
          () -> control.phase().filter(read -> read.epoch() >= next.epoch()).isPresent(),
          System.nanoTime() + control.times().lease().toNanos());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public String node() {
    return control.self().id();
  }

  @Override
  public Optional<String> objection() {
    return leadership.objection();
  }
}
