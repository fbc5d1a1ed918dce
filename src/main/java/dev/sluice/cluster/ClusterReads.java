package dev.sluice.cluster;

import dev.sluice.migration.phase.PhaseRecord;
import dev.sluice.migration.phase.Role;
import dev.sluice.query.Peers;
import dev.sluice.query.Reads;
import dev.sluice.store.ReadingSource;
import java.io.IOException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps the reads of this node with those of the others: follows the phase, holds reads while a
 * flip of another node asks for that, and has the others hold theirs for a flip of this one.
 * Thread-safe.
 *
 * <p>During a flip of its own, {@code migration.cutover} holds and switches the reads of this node;
 * what the topic says meanwhile is made up for at its end.
 */
public final class ClusterReads implements Peers {
  private static final Logger LOG = LoggerFactory.getLogger(ClusterReads.class);

  private final ControlTopic control;
  private final Leadership leadership;
  private final InstantSource clock;
  private final ReentrantLock lock = new ReentrantLock();

  // Under the lock.
  private @Nullable Serving serving;
  private @Nullable PhaseRecord phase;
  private boolean asked;
  private Reads.@Nullable Hold hold;

  /** The epoch that a flip of this node leads to; 0 if there is none. */
  private long flipping;

  /** Which object reads the store in this role now; returns at once. */
  public interface Sources {
    ReadingSource of(Role role);
  }

  private record Serving(Reads reads, Sources sources) {}

  private ClusterReads(ControlTopic control, Leadership leadership, InstantSource clock) {
    this.control = control;
    this.leadership = leadership;
    this.clock = clock;
  }

  /** Follows what the topic says from now on. */
  public static ClusterReads of(ControlTopic control, Leadership leadership, InstantSource clock) {
    ClusterReads reads = new ClusterReads(control, leadership, clock);
    control.follow(reads.new Follower());
    return reads;
  }

  /** Has these reads, and none before them, follow; nobody else holds or replaces them now. */
  public void serve(Reads reads, Sources sources) {
    lock.lock();
    try {
      continueLocked();
      serving = new Serving(reads, sources);
      followLocked();
    } finally {
      lock.unlock();
    }
  }

  /** Asks the sources again: a store was opened or closed. */
  public void refresh() {
    lock.lock();
    try {
      if (flipping == 0) {
        switchLocked();
      }
    } finally {
      lock.unlock();
    }
  }

  @Override
  public boolean knowPhase() {
    return control.knowsPhase();
  }

  @Override
  public String ignorance() {
    return control.ignorance();
  }

  @Override
  public void hold(long epoch, Duration atMost) throws IOException, InterruptedException {
    lock.lock();
    try {
      if (asked || flipping != 0) {
        throw new IOException("another flip holds them: wait for it to end");
      }
      flipping = epoch;
    } finally {
      lock.unlock();
    }
    try {
      long offset =
          leadership.hold(new HoldRecord(epoch, control.self().id(), clock.instant().plus(atMost)));
      List<String> silent = control.awaitHolding(offset);
      if (!silent.isEmpty()) {
        LOG.warn("Nodes {} do not say that they hold reads: they can answer none now", silent);
      }
    } catch (IOException | InterruptedException | RuntimeException e) {
      release();
      throw e;
    }
  }

  @Override
  public void release() {
    leadership.release();
    lock.lock();
    try {
      long reached = flipping;
      flipping = 0;
      PhaseRecord now = phase;
      if (now != null && now.epoch() >= reached) {
        followLocked();
      } else if (asked) {
        holdLocked();
      }
    } finally {
      lock.unlock();
    }
  }

  /** On the thread that reads the topic. */
  private final class Follower implements ControlListener {
    @Override
    public void phase(PhaseRecord now) {
      lock.lock();
      try {
        phase = now;
        if (flipping == 0) {
          switchLocked();
        }
      } finally {
        lock.unlock();
      }
    }

    @Override
    public void held(HoldRecord record) {
      lock.lock();
      try {
        asked = true;
        if (flipping == 0) {
          LOG.info(
              "Reads are held for epoch {}, as node {} asks, until {} at the latest",
              record.epoch(),
              record.node(),
              record.until());
          holdLocked();
        }
      } finally {
        lock.unlock();
      }
    }

    @Override
    public void released() {
      lock.lock();
      try {
        asked = false;
        continueLocked();
      } finally {
        lock.unlock();
      }
    }
  }

  private void followLocked() {
    switchLocked();
    if (asked) {
      holdLocked();
    }
  }

  private void switchLocked() {
    Serving now = serving;
    PhaseRecord known = phase;
    if (now == null || known == null) {
      return;
    }
    ReadingSource source = now.sources().of(known.phase().reads());
    if (hold != null) {
      hold.switchTo(source);
      return;
    }
    try (Reads.Hold moment = now.reads().hold()) {
      moment.switchTo(source);
    }
  }

  private void holdLocked() {
    Serving now = serving;
    if (now != null && hold == null) {
      hold = now.reads().hold();
    }
  }

  private void continueLocked() {
    if (hold != null) {
      hold.close();
      hold = null;
    }
  }
}
