package dev.sluice.cluster;

import dev.sluice.cluster.AssignmentRecord.Share;
import dev.sluice.migration.phase.PhaseRecord;
import java.io.IOException;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Has other nodes deliver a part of the partitions while this one leads, for one term. A thread of
 * its own looks who is there, and moves partitions when that changes; {@link Assignments} says when
 * it may. Thread-safe.
 */
public final class Sharing implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Sharing.class);

  /** Stands for this process among the instances. */
  private static final String OWN = "";

  /** How long all partitions are waited for; a write under way may take a minute. */
  private static final Duration RECALL = Duration.ofSeconds(75);

  private static final Duration AFTER_TROUBLE = Duration.ofSeconds(1);
  private static final long SLICE_NANOS = Duration.ofMillis(100).toNanos();

  /** What this process delivers itself. Called on one thread. */
  public interface OwnDelivery {
    /** Whether partitions may be delivered by several nodes as things are. */
    boolean isDivisible();

    /**
     * Delivers these partitions and no others; nothing of the others is written once this returns.
     *
     * @throws IOException if it cannot, or not now: it may deliver what it did before, and nothing
     *     else
     */
    void deliver(Set<Integer> partitions) throws IOException;

    /**
     * Ends at the store what these processes, which may not write any more, may still have on the
     * way to it.
     *
     * @throws IOException if some of it may still arrive
     */
    void endWritesOf(Set<String> instances) throws IOException;

    /** Likewise, of all processes but this one. */
    void endWritesOfOthers() throws IOException;
  }

  private final ControlTopic control;
  private final Leadership leadership;
  private final Term term;
  private final Set<Integer> all;
  private final OwnDelivery delivery;
  private final Thread thread = Thread.ofPlatform().daemon().name("sharing").unstarted(this::run);

  /** Held to change and to ask what is wanted, and what has come of it. */
  private final ReentrantLock lock = new ReentrantLock();

  private final Condition changed = lock.newCondition();

  /** How many want this process to deliver everything. Under the lock. */
  private int recalls;

  /** Whether it does, because of them. Under the lock. */
  private boolean whole;

  private volatile boolean closing;
  private volatile Set<Integer> own = Set.of();

  // Of the thread, and before it of the one that begins.
  private final Assignments assignments;
  private final Map<String, Long> ableSince = new HashMap<>();
  private Set<String> members = Set.of();
  private Map<String, Set<Integer>> target;
  private long number;
  private long offset;
  private boolean othersEnded;
  private String complaint = "";

  /**
   * Writes nothing yet.
   *
   * @param all partitions of the journal
   */
  public Sharing(
      ControlTopic control,
      Leadership leadership,
      Term term,
      Set<Integer> all,
      OwnDelivery delivery) {
    this.control = control;
    this.leadership = leadership;
    this.term = term;
    this.all = Set.copyOf(all);
    this.delivery = delivery;
    this.target = Map.of(OWN, this.all);
    this.assignments =
        new Assignments(
            all,
            term.number(),
            control.self(),
            control.assignment(),
            control.times().leaseElsewhere().toNanos(),
            System.nanoTime());
  }

  /**
   * Waits until no other node delivers what an earlier leader gave it; this process may then begin
   * to deliver everything, to stores at which it first ends what others may still have on the way.
   * Returns at once where nothing was ever shared.
   *
   * @throws NotLeaderException if the term ends meanwhile
   */
  public void begin() throws IOException, InterruptedException {
    assign(List.of());
    if (!assignments.isWithoutOthers()) {
      LOG.info("Waiting until other nodes have given back what an earlier leader gave them");
    }
    while (!assignments.isWithoutOthers()) {
      term.requireLease();
      control.awaitNews();
      hear();
      assignments.forgetOverdue(); // delivery ends what they sent before it writes anything
      assign(List.of());
    }
    own(all);
  }

  /** Shares from now on, where there is somebody to share with. */
  public void start() {
    thread.start();
  }

  /** The partitions that this process delivers. */
  public Set<Integer> own() {
    return own;
  }

  /**
   * Waits until this process delivers everything, and keeps it so until {@link #release}, which
   * must follow in any case.
   *
   * @throws IOException if that takes too long, or the term is over
   */
  public void recall() throws IOException, InterruptedException {
    long deadline = System.nanoTime() + RECALL.toNanos();
    lock.lock();
    try {
      recalls++;
      while (!whole) {
        term.requireLease();
        if (closing || System.nanoTime() - deadline > 0) {
          throw new IOException(
              closing
                  ? "this node stops leading"
                  : "other nodes have not given back all partitions within %d s: see 'sluice status'"
                      .formatted(RECALL.toSeconds()));
        }
        changed.awaitNanos(SLICE_NANOS);
      }
    } finally {
      lock.unlock();
    }
  }

  /** Ends what one {@link #recall} has begun. */
  public void release() {
    lock.lock();
    try {
      recalls--;
      whole &= recalls > 0;
    } finally {
      lock.unlock();
    }
  }

  private void run() {
    while (!closing && term.leads()) {
      try {
        turn();
        complaint = "";
        control.awaitNews();
      } catch (NotLeaderException e) {
        LOG.debug("Sharing ends with its term", e);
      } catch (IOException e) {
        complain(String.valueOf(e.getMessage()));
        pause();
      } catch (RuntimeException | Error e) {
        LOG.error("Partitions could not be shared; it is tried again", e);
        pause();
      } catch (InterruptedException e) {
        throw new AssertionError("unexpected interrupt of " + thread.getName(), e);
      }
    }
  }

  /** Once for each trouble, however often it is tried again. */
  private void complain(String trouble) {
    if (!trouble.equals(complaint)) {
      LOG.warn("Partitions stay where they are for now: {}", trouble);
      complaint = trouble;
    }
  }

  private void pause() {
    try {
      TimeUnit.MILLISECONDS.sleep(AFTER_TROUBLE.toMillis());
    } catch (InterruptedException e) {
      throw new AssertionError("unexpected interrupt of " + thread.getName(), e);
    }
  }

  private void turn() throws IOException {
    boolean recalled = isRecalled();
    hear();
    Set<String> overdue = assignments.overdue();
    if (!overdue.isEmpty()) {
      delivery.endWritesOf(overdue);
      assignments.forgetOverdue();
    }
    Map<String, NodeRecord> able =
        recalled || !delivery.isDivisible() ? Map.of() : able(control.phase());
    if (!able.keySet().equals(members)) {
      members = Set.copyOf(able.keySet());
      target = Balance.of(all, assignments.present(OWN, members));
    }
    if (!able.isEmpty() && !othersEnded) {
      delivery.endWritesOfOthers(); // of earlier leaders
      othersEnded = true;
    }
    deliver(target.getOrDefault(OWN, Set.of()));
    assign(
        able.values().stream()
            .map(node ->
                new Share(
                    node.info().id(),
                    node.info().home(),
                    node.instance(),
                    target.getOrDefault(node.instance(), Set.of())))
            .toList());
    tell(recalled);
  }

  private boolean isRecalled() {
    lock.lock();
    try {
      return recalls > 0;
    } finally {
      lock.unlock();
    }
  }

  private void tell(boolean recalled) {
    lock.lock();
    try {
      whole = recalled && recalls > 0 && own.equals(all);
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  private void hear() {
    if (control.hasRead(offset)) {
      assignments.readBack(number);
    }
    long known = control.knownNanos(); // before the nodes are looked at, which know more by then
    assignments.hear(control.nodes(), System.nanoTime(), known);
  }

  /**
   * The processes that can deliver in the phase in force, by instance. Who has just come must have
   * been able to for a while: each that comes interrupts the others.
   */
  private Map<String, NodeRecord> able(Optional<PhaseRecord> phase) {
    long epoch = phase.map(PhaseRecord::epoch).orElse(0L);
    long now = System.nanoTime();
    Map<String, NodeRecord> able = new HashMap<>();
    for (SeenNode node : control.nodes()) {
      NodeRecord its = node.record();
      if (node.alive()
          && !its.instance().equals(control.instance())
          && its.share().opened() == epoch
          && epoch > 0) {
        able.put(its.instance(), its);
      }
    }
    ableSince.keySet().retainAll(able.keySet());
    able.keySet().forEach(instance -> ableSince.putIfAbsent(instance, now));
    long settled = control.times().beat().multipliedBy(2).toNanos();
    able.keySet().removeIf(instance -> now - ableSince.getOrDefault(instance, now) < settled);
    return able;
  }

  /** Moves the own part as far as it can be moved now. */
  private void deliver(Set<Integer> wanted) throws IOException {
    Set<Integer> next = new HashSet<>(assignments.own());
    next.retainAll(wanted);
    next.addAll(assignments.freeForOwn(wanted));
    if (!next.equals(assignments.own())) {
      LOG.info("This node delivers {} of {} partitions from now on", next.size(), all.size());
      delivery.deliver(next);
      own(next);
    }
  }

  private void own(Set<Integer> partitions) {
    assignments.own(partitions);
    own = Set.copyOf(partitions);
  }

  private void assign(List<Share> wanted) throws IOException {
    Optional<AssignmentRecord> next = assignments.next(wanted);
    if (next.isEmpty()) {
      return;
    }
    offset = leadership.assign(term, next.get());
    number = next.get().number();
    for (Share share : next.get().shares()) {
      LOG.info(
          "Assignment {}: node {} delivers {} of {} partitions",
          number,
          share.node(),
          share.partitions().size(),
          all.size());
    }
  }

  /** Moves nothing any more, and waits until what is being moved is; what is given stays given. */
  @Override
  public void close() {
    closing = true;
    boolean interrupted = false;
    while (thread.isAlive()) {
      try {
        thread.join();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
