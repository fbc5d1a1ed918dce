package dev.sluice.server;

import dev.sluice.cluster.ControlTopic;
import dev.sluice.cluster.Given;
import dev.sluice.cluster.NodeShare;
import dev.sluice.cluster.Right;
import dev.sluice.cluster.SinkShare;
import dev.sluice.delivery.Delivery;
import dev.sluice.delivery.DeliveryStatus;
import dev.sluice.migration.phase.PhaseRecord;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Delivers what the leader assigns to this node, and says in the node's record what it delivers; of
 * a node that leads, only the latter. A thread of its own does both. Thread-safe.
 *
 * <p>When what is assigned changes, or what this node knows of the topic is too old, it ends its
 * delivery after the write under way, says so, and begins anew with what it is given then.
 */
final class Helping implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Helping.class);

  /** How long a store may take nothing before its partitions are given back. */
  private static final Duration STUCK = Duration.ofSeconds(30);

  /** Between two attempts to open a store, or to begin. */
  private static final Duration BETWEEN_ATTEMPTS = Duration.ofSeconds(5);

  /** How long a node that stops waits for the leader to take back what it had. */
  private static final Duration GIVING_BACK = Duration.ofSeconds(3);

  private final ControlTopic control;
  private final PartDelivery part;
  private final Supplier<Set<Integer>> ledPartitions;
  private final Supplier<Map<String, Delivery>> deliveries;
  private final Collection<Path> deadLetters;
  private final boolean able;
  private final Thread thread = Thread.ofPlatform().daemon().name("helping").unstarted(this::run);

  /** Held for each turn. */
  private final ReentrantLock turns = new ReentrantLock();

  private volatile boolean helps;
  private volatile boolean leaving;
  private volatile boolean closed;

  // Under the lock.
  private long carried;
  private long notBeforeNanos = System.nanoTime();

  /** Since when the store has taken nothing; 0 while it does. */
  private long stuckSince;

  private @Nullable String complaint;

  /**
   * Starts nothing.
   *
   * @param ledPartitions those that this node delivers while it leads
   * @param deliveries what this node delivers, whether it leads or not
   * @param deadLetters its files
   * @param able whether it can deliver to the stores of the others at all
   */
  Helping(
      ControlTopic control,
      PartDelivery part,
      Supplier<Set<Integer>> ledPartitions,
      Supplier<Map<String, Delivery>> deliveries,
      Collection<Path> deadLetters,
      boolean able) {
    this.able = able;
    this.helps = able;
    this.control = control;
    this.part = part;
    this.ledPartitions = ledPartitions;
    this.deliveries = deliveries;
    this.deadLetters = List.copyOf(deadLetters);
  }

  void start() {
    thread.start();
  }

  /** Ends what it delivers: this node leads now. It goes on reporting. */
  void suspend() {
    helps = false;
    turns.lock();
    try {
      part.close();
    } finally {
      turns.unlock();
    }
  }

  /** Helps again: this node leads no more. */
  void resume() {
    turns.lock();
    try {
      helps = able && !leaving;
    } finally {
      turns.unlock();
    }
  }

  /** Gives back what it has, and waits a little for the leader to take it. */
  void leave() throws InterruptedException {
    leaving = true;
    suspend();
    long deadline = System.nanoTime() + GIVING_BACK.toNanos();
    while (!control.given().partitions().isEmpty() && System.nanoTime() - deadline < 0) {
      control.awaitNews();
    }
  }

  private void run() {
    try {
      while (!closed) {
        turns.lock();
        try {
          turn();
        } catch (RuntimeException e) {
          LOG.error("This node delivers nothing for the leader now; it is tried again", e);
          part.close();
          waitALittle();
        } finally {
          turns.unlock();
        }
        control.awaitNews();
      }
    } catch (InterruptedException e) {
      throw new AssertionError("unexpected interrupt of " + thread.getName(), e);
    }
  }

  private void turn() {
    Given given = control.given();
    Optional<PhaseRecord> phase =
        helps && control.knowsPhase()
            ? control.phase().filter(PartDelivery::isDivisible)
            : Optional.empty();
    Right right = part.right();
    if (right != null && !(right.writes() && right.partitions().equals(given.partitions()))) {
      LOG.info("This node ends its delivery of {} partitions", right.partitions().size());
      part.end();
    }
    if (part.epoch() != 0
        && (isStuck() || part.epoch() != phase.map(PhaseRecord::epoch).orElse(0L))) {
      part.close();
    }
    carried = given.number();
    report();
    if (phase.isPresent() && control.isLedByAnother() && System.nanoTime() - notBeforeNanos >= 0) {
      begin(phase.get(), given.partitions());
    }
  }

  /** Another node may reach the store. */
  private boolean isStuck() {
    long now = System.nanoTime();
    if (!part.isStuck()) {
      stuckSince = 0;
    } else if (stuckSince == 0) {
      stuckSince = now;
    } else if (now - stuckSince > STUCK.toNanos()) {
      LOG.warn("Its store takes nothing from this node, which gives its partitions back");
      stuckSince = 0;
      waitALittle();
      return true;
    }
    return false;
  }

  private void begin(PhaseRecord phase, Set<Integer> partitions) {
    try {
      if (part.epoch() == 0) {
        part.open(phase);
        complaint = null;
        report();
      } else if (part.right() == null && !partitions.isEmpty()) {
        part.begin(control.right(partitions));
        LOG.info("This node delivers {} partitions for the leader", partitions.size());
        report();
      }
    } catch (StartException | IOException e) {
      String why = String.valueOf(e.getMessage());
      if (!why.equals(complaint)) {
        LOG.warn("This node cannot deliver for the leader; it is tried again: {}", why);
      }
      complaint = why;
      part.close();
      waitALittle();
    }
  }

  private void waitALittle() {
    notBeforeNanos = System.nanoTime() + BETWEEN_ATTEMPTS.toNanos();
  }

  private void report() {
    Right right = part.right();
    List<SinkShare> sinks = new ArrayList<>();
    deliveries.get().forEach((name, delivery) -> sinks.add(share(name, delivery)));
    control.report(
        new NodeShare(
            part.epoch(),
            carried,
            right == null ? ledPartitions.get() : right.partitions(),
            deadLetterBytes(),
            sinks));
  }

  private static SinkShare share(String name, Delivery delivery) {
    DeliveryStatus status = delivery.status();
    return new SinkShare(
        name,
        status.cursor() - delivery.origin(),
        status.lagReadings(),
        status.lagSeconds(),
        status.delivered(),
        status.deadLetters(),
        status.lost());
  }

  private long deadLetterBytes() {
    long bytes = 0;
    for (Path file : deadLetters) {
      try {
        bytes += Files.exists(file) ? Files.size(file) : 0;
      } catch (IOException e) {
        LOG.debug("{} cannot be looked at", file, e);
      }
    }
    return bytes;
  }

  /** Ends the thread, and what is delivered. */
  @Override
  public void close() {
    closed = true;
    leaving = true;
    suspend();
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
