package dev.sluice.cluster;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.ReentrantLock;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.CloseOptions.GroupMembershipOperation;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRebalanceListener;
import org.apache.kafka.clients.consumer.CooperativeStickyAssignor;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Lets at most one node of a topic lead at a time. Thread-safe; a thread of its own stands for
 * election and renews, another runs the listener.
 *
 * <p>Three things, each for what it can do:
 *
 * <ul>
 *   <li>The group {@code sluice-<topic>-leader} chooses who may try: its members share the one
 *       partition of the control topic. It cannot tell a member in time that it is out.
 *   <li>The transactional id {@code sluice-<topic>-leader} fences: once a candidate has initialized
 *       it, nothing of an earlier leader gets into the control topic any more, no matter when it
 *       wakes.
 *   <li>The lease makes an earlier leader stop by itself: each transaction renews it from the
 *       moment it was begun, and a candidate that has fenced and read everything waits until it has
 *       run out since the last renewal.
 * </ul>
 *
 * <p>What the lease cannot stop is said at {@link Term}.
 */
public final class Leadership implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Leadership.class);
  private static final Duration POLL = Duration.ofMillis(100);
  private static final Duration CLOSING = Duration.ofSeconds(2);

  /** Points at which tests may hold the thread up. */
  interface Steps {
    void before(Step step);
  }

  /** To be told, if it is still the same term then. */
  private record Waiting(Term of, ProducerRecord<byte[], byte[]> record) {}

  /** What the thread is about to do. */
  enum Step {
    POLL,
    FENCE,
    BEGIN,
    RENEW
  }

  private final ControlTopic control;
  private final Times times;
  private final LeadershipListener listener;
  private final Steps steps;
  private final String name;
  private final Thread thread =
      Thread.ofPlatform().daemon().name("leadership").unstarted(this::run);
  private final ExecutorService leading =
      Executors.newSingleThreadExecutor(Thread.ofPlatform().daemon().name("leading").factory());

  /** Held for each transaction, and to change the producer. */
  private final ReentrantLock writes = new ReentrantLock();

  /** What the next transaction tells whoever leads next, by key. Taken under {@link #writes}. */
  private final Map<String, Waiting> waiting = new ConcurrentHashMap<>();

  private volatile @Nullable Term term;
  private volatile boolean closing;

  /** Changed under {@link #writes}; null unless this node stands for election or leads. */
  private @Nullable Producer<byte[], byte[]> producer;

  /** Whether a hold of this term is in the topic; under {@link #writes}. */
  private boolean holds;

  // Of the thread.
  private boolean assigned;
  private boolean fenced;
  private boolean caughtUp;
  private long assignedNanos;
  private long renewNanos;
  private Future<?> stopped = CompletableFuture.completedFuture(null);

  /** The listener could not lead: others get their turn. */
  private volatile boolean unable;

  private boolean complained;

  /** Starts nothing: until {@link #start}, and without it for ever, this node does not lead. */
  public Leadership(ControlTopic control, LeadershipListener listener) {
    this(control, listener, step -> {});
  }

  Leadership(ControlTopic control, LeadershipListener listener, Steps steps) {
    this.control = control;
    this.times = control.times();
    this.listener = listener;
    this.steps = steps;
    this.name = transactionalId(control);
  }

  private static String transactionalId(ControlTopic control) {
    return "sluice-" + control.journal() + "-leader";
  }

  /**
   * Makes readable what a dead leader's transaction holds back: all that anybody has written behind
   * it. Fences a live leader, so it is for one who sees that nobody commits anything.
   *
   * @throws IOException if the cluster does not answer
   */
  static void settle(ControlTopic control) throws IOException {
    Producer<byte[], byte[]> producer =
        control.clients().producer(transactionalId(control), producerSettings(control));
    try {
      producer.initTransactions();
      settle(control, producer);
    } catch (KafkaException e) {
      throw new IOException(
          "%s: what its last leader wrote is not settled: %s"
              .formatted(control.name(), e.getMessage()),
          e);
    } finally {
      producer.close(Duration.ZERO);
    }
  }

  /**
   * Ends by a transaction of its own what the last one of this name may have left open. Usually
   * {@code initTransactions} has ended it. But a broker that is killed while one ends can lose the
   * end in the partition and keep it in the coordinator, which says then that there is nothing to
   * end (seen in Kafka 4.4, transaction.version 2). It had decided to commit: so does this.
   */
  private static void settle(ControlTopic control, Producer<byte[], byte[]> producer) {
    producer.beginTransaction();
    Future<?> unused = producer.send(control.records().tombstone(ControlRecords.SETTLED));
    producer.commitTransaction();
  }

  /** Stands for election from now on. */
  public void start() {
    thread.start();
  }

  /** The term in which this node leads now; empty if it does not lead. */
  public Optional<Term> term() {
    return Optional.ofNullable(term).filter(Term::leads);
  }

  /** Whether this node leads now; see {@link Term#leads}. */
  public boolean leads() {
    return term().isPresent();
  }

  /** Why only another node may do what the leader does, in words; empty if this one leads. */
  public Optional<String> objection() {
    return leads()
        ? Optional.empty()
        : Optional.of(
            "node %s does not lead, %s".formatted(control.self().id(), control.leaderInWords()));
  }

  /**
   * Stops leading in order, so that another node can begin at once, and leaves the election. What
   * only a leader may do has ended when this is called, or ends in {@link
   * LeadershipListener#stopLeading}.
   */
  @Override
  public void close() {
    closing = true;
    try {
      if (thread.getState() != Thread.State.NEW
          && !thread.join(times.session().plus(times.lease()))) {
        LOG.warn("The election of {} has not been left yet", name);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    leading.shutdown();
  }

  /**
   * Writes a phase, and lets reads continue that are held for it: both or neither.
   *
   * @throws NotLeaderException if this node does not lead
   * @throws IOException if it is not known to be written; this node leads no more then
   */
  void keep(PhaseWrite write) throws IOException {
    writes.lock();
    try {
      Term now = requireTermLocked();
      List<ProducerRecord<byte[], byte[]>> records = new ArrayList<>();
      records.add(write.record());
      if (holds) {
        records.add(control.records().tombstone(ControlRecords.HOLD));
      }
      commitLocked(now, records);
      holds = false;
    } finally {
      writes.unlock();
    }
  }

  /**
   * Takes the phase out of the topic: no node serves from it any more, and what its leaders knew
   * holds no longer.
   *
   * @throws NotLeaderException if this node does not lead
   * @throws IOException if it is not known to be gone; this node leads no more then
   */
  void withdraw() throws IOException {
    writes.lock();
    try {
      commitLocked(
          requireTermLocked(),
          List.of(
              control.records().tombstone(ControlRecords.PHASE),
              control.records().tombstone(ControlRecords.TOLD)));
    } finally {
      writes.unlock();
    }
  }

  /** The phase to write, as late as possible: while no other can be written. */
  interface PhaseWrite {
    ProducerRecord<byte[], byte[]> record() throws IOException;
  }

  /**
   * Asks all nodes to hold their reads.
   *
   * @return the offset of the hold
   * @throws IOException if it is not known to be written; this node leads no more then
   */
  long hold(HoldRecord hold) throws IOException {
    writes.lock();
    try {
      long offset = commitLocked(requireTermLocked(), List.of(control.records().of(hold)));
      holds = true;
      return offset;
    } finally {
      writes.unlock();
    }
  }

  /**
   * Says which partitions other nodes deliver.
   *
   * @param of in which it was decided
   * @return the offset of the assignment
   * @throws NotLeaderException if this node does not lead in this term any more
   * @throws IOException if it is not known to be written; this node leads no more then
   */
  long assign(Term of, AssignmentRecord assignment) throws IOException {
    writes.lock();
    try {
      of.requireLease();
      return commitLocked(of, List.of(control.records().of(assignment)));
    } finally {
      writes.unlock();
    }
  }

  /**
   * Tells whoever leads next, with whatever waits to be told.
   *
   * @param of in which it has come to be known
   * @throws NotLeaderException if this node does not lead in this term any more
   * @throws IOException if it is not known to be written; this node leads no more then
   */
  void tell(Term of, Map<String, String> news) throws IOException {
    tell(of, news, List.of());
  }

  /** As {@link #tell}, and says that it is all there is to know, up to this term. */
  void tellAll(Term of, Map<String, String> news) throws IOException {
    tell(of, news, List.of(control.records().told(of.number())));
  }

  private void tell(Term of, Map<String, String> news, List<ProducerRecord<byte[], byte[]>> besides)
      throws IOException {
    writes.lock();
    try {
      of.requireLease();
      news.forEach((key, text) -> tellLater(of, key, text));
      commitLocked(of, besides);
    } finally {
      writes.unlock();
    }
  }

  /** As {@link #tell}, with the next renewal, if this node still leads then. */
  void tellLater(Term of, String key, String news) {
    waiting.merge(
        key,
        new Waiting(of, control.records().news(key, news)),
        (before, now) -> now.of().number() < before.of().number() ? before : now);
  }

  /** Lets reads continue, unless a phase has, or another node leads: then that one does. */
  void release() {
    writes.lock();
    try {
      if (holds) {
        commitLocked(
            requireTermLocked(), List.of(control.records().tombstone(ControlRecords.HOLD)));
        holds = false;
      }
    } catch (IOException e) {
      LOG.warn("Reads on other nodes are held until a node leads again: {}", e.getMessage());
    } finally {
      writes.unlock();
    }
  }

  private Term requireTermLocked() throws NotLeaderException {
    Term now = term;
    if (now == null || !now.leads()) {
      throw new NotLeaderException(objection().orElse("the term of this node is over"));
    }
    return now;
  }

  /**
   * One transaction, which also renews the term; returns the offset of its first record.
   *
   * @throws IOException if it is not known to be committed: the term is over then
   */
  private long commitLocked(Term now, List<ProducerRecord<byte[], byte[]>> records)
      throws IOException {
    long begun = System.nanoTime();
    try {
      List<ProducerRecord<byte[], byte[]>> all = new ArrayList<>(records);
      all.addAll(takeWaitingLocked(now));
      long offset = transactLocked(all, leaderRecord(now.number(), true));
      now.renew(begun + times.lease().toNanos());
      return offset;
    } catch (IOException e) {
      now.end();
      throw e;
    }
  }

  /** They are told now or never: if they cannot be written, the term is over. */
  private List<ProducerRecord<byte[], byte[]>> takeWaitingLocked(Term now) {
    List<ProducerRecord<byte[], byte[]>> taken = new ArrayList<>();
    for (String key : List.copyOf(waiting.keySet())) {
      Waiting each = waiting.remove(key);
      if (each != null && each.of() == now) {
        taken.add(each.record());
      }
    }
    return taken;
  }

  private long transactLocked(
      List<ProducerRecord<byte[], byte[]>> records, ProducerRecord<byte[], byte[]> last)
      throws IOException {
    Producer<byte[], byte[]> open = producer;
    if (open == null) {
      throw new IOException("this node has no part in the election of " + name);
    }
    try {
      open.beginTransaction();
      List<Future<RecordMetadata>> sent = new ArrayList<>();
      for (ProducerRecord<byte[], byte[]> each : records) {
        sent.add(open.send(each));
      }
      sent.add(open.send(last));
      open.commitTransaction();
      return sent.getFirst().get().offset();
    } catch (KafkaException | IllegalStateException | ExecutionException e) {
      // The state is illegal once a commit has timed out: nothing but that commit can follow.
      throw new IOException(
          "%s did not take what this node wrote as the leader: %s"
              .formatted(control.name(), e.getMessage()),
          e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
  }

  private ProducerRecord<byte[], byte[]> leaderRecord(long number, boolean leads) {
    NodeInfo self = control.self();
    return control
        .records()
        .of(new LeaderRecord(self.id(), self.home(), self.adminUrl(), number, leads));
  }

  private void run() {
    while (!closing && !control.hasFailed()) {
      try (Membership membership = join()) {
        while (!closing && !control.hasFailed() && !givesUp()) {
          steps.before(Step.POLL);
          membership.consumer().poll(POLL);
          turn();
        }
        end(whyItLeaves(), true);
      } catch (IOException | KafkaException e) {
        complain("This node has no part in the election of " + name + " now", e);
        end("it lost its part in the election: " + e.getMessage(), false);
      } catch (RuntimeException | Error e) {
        LOG.error("The election of {} has ended for this node", name, e);
        end("the election has ended for it: " + e, false);
        control.fail("node %s left the election: %s".formatted(control.self().id(), e));
      }
      if (!closing) {
        pause(givesUp() ? times.session() : times.beat());
      }
      unable = false;
    }
  }

  private String whyItLeaves() {
    if (closing) {
      return "Sluice is stopping";
    }
    return control.hasFailed() ? "it is no part of the cluster" : "it lets another node try";
  }

  private void complain(String what, Exception e) {
    if (!complained) {
      LOG.warn("{}; it is tried again: {}", what, e.getMessage(), e);
    }
    complained = true;
  }

  /** The consumer, which leaves the group when it is closed. */
  private record Membership(Consumer<byte[], byte[]> consumer) implements AutoCloseable {
    @Override
    public void close() {
      try {
        consumer.close(
            CloseOptions.timeout(CLOSING)
                .withGroupMembershipOperation(GroupMembershipOperation.LEAVE_GROUP));
      } catch (KafkaException e) {
        LOG.debug("The election was not left in order", e);
      }
    }
  }

  /**
   * The classic protocol: with the new one (KIP-848) the broker sets the session, to 45 s at least
   * unless it is reconfigured, and brokers before 4.0 do not know it. Sticky, so that a node that
   * joins takes nothing from the one that leads.
   */
  private Membership join() throws IOException {
    assigned = false;
    Consumer<byte[], byte[]> consumer =
        control
            .clients()
            .consumer(
                name,
                Map.of(
                    ConsumerConfig.GROUP_ID_CONFIG,
                    name,
                    ConsumerConfig.GROUP_INSTANCE_ID_CONFIG,
                    control.self().id(),
                    ConsumerConfig.GROUP_PROTOCOL_CONFIG,
                    "classic",
                    ConsumerConfig.SESSION_TIMEOUT_MS_CONFIG,
                    millis(times.session()),
                    ConsumerConfig.HEARTBEAT_INTERVAL_MS_CONFIG,
                    millis(times.session().dividedBy(4)),
                    ConsumerConfig.MAX_POLL_INTERVAL_MS_CONFIG,
                    millis(times.session()),
                    ConsumerConfig.PARTITION_ASSIGNMENT_STRATEGY_CONFIG,
                    CooperativeStickyAssignor.class.getName(),
                    // Nothing is read: the partition is a token.
                    ConsumerConfig.AUTO_OFFSET_RESET_CONFIG,
                    "latest"));
    consumer.subscribe(List.of(control.topic()), new Token(consumer));
    return new Membership(consumer);
  }

  /** Called in {@code poll}, on the thread. */
  private final class Token implements ConsumerRebalanceListener {
    private final Consumer<byte[], byte[]> consumer;

    Token(Consumer<byte[], byte[]> consumer) {
      this.consumer = consumer;
    }

    @Override
    public void onPartitionsAssigned(Collection<TopicPartition> partitions) {
      if (!partitions.isEmpty()) {
        consumer.pause(partitions);
        assigned = true;
        assignedNanos = System.nanoTime();
      }
    }

    @Override
    public void onPartitionsRevoked(Collection<TopicPartition> partitions) {
      if (!partitions.isEmpty()) {
        assigned = false;
        end("the group gave its place to another node", true);
      }
    }

    @Override
    public void onPartitionsLost(Collection<TopicPartition> partitions) {
      if (!partitions.isEmpty()) {
        assigned = false;
        end("the group had not heard of it for too long", false);
      }
    }
  }

  /** Whoever has the token and can make nothing of it lets others try. */
  private boolean givesUp() {
    return unable
        || (assigned
            && term == null
            && stopped.isDone()
            && System.nanoTime() - assignedNanos > times.session().multipliedBy(5).toNanos());
  }

  /** One step, so that the group hears of this member in between. */
  private void turn() {
    Term now = term;
    if (now != null) {
      if (!now.leads()) {
        end("it could not renew its lease in time", false);
      } else if (System.nanoTime() - renewNanos >= 0) {
        renew(now);
      }
    } else if (assigned && stopped.isDone()) {
      stand();
    }
  }

  private void renew(Term now) {
    steps.before(Step.RENEW);
    renewNanos = System.nanoTime() + times.beat().toNanos();
    writes.lock();
    try {
      now.requireLease(); // others write meanwhile, and end the term if they cannot
      List<ProducerRecord<byte[], byte[]>> gone = new ArrayList<>();
      control.gone().forEach(key -> gone.add(control.records().tombstone(key)));
      commitLocked(now, gone);
    } catch (IOException e) {
      end("it could not renew its lease: " + e.getMessage(), false);
    } finally {
      writes.unlock();
    }
  }

  private void stand() {
    try {
      if (!fenced) {
        fence();
      } else if (!caughtUp) {
        caughtUp = control.sync(times.lease());
      } else if (control.leaseLeft().isZero()) {
        begin();
        complained = false;
      }
    } catch (IOException | KafkaException e) {
      complain("This node cannot lead yet", e);
      closeProducer();
    } catch (InterruptedException e) {
      throw new AssertionError("unexpected interrupt of " + thread.getName(), e);
    }
  }

  /**
   * From here on no earlier leader writes anything into the control topic, and what they wrote can
   * be read.
   */
  private void fence() throws IOException {
    steps.before(Step.FENCE);
    writes.lock();
    try {
      Producer<byte[], byte[]> open = producer;
      if (open == null) {
        open = control.clients().producer(name, producerSettings(control));
        producer = open;
      }
      try {
        open.initTransactions();
      } catch (org.apache.kafka.common.errors.TimeoutException e) {
        LOG.debug("{} is not initialized yet", name, e); // the next turn goes on waiting
        return;
      }
      settle(control, open);
      fenced = true;
    } finally {
      writes.unlock();
    }
  }

  private static Map<String, String> producerSettings(ControlTopic control) {
    Times times = control.times();
    String lease = millis(times.lease());
    return Map.of(
        ProducerConfig.TRANSACTIONAL_ID_CONFIG,
        transactionalId(control),
        ProducerConfig.TRANSACTION_TIMEOUT_CONFIG,
        lease,
        ProducerConfig.MAX_BLOCK_MS_CONFIG,
        lease,
        ProducerConfig.REQUEST_TIMEOUT_MS_CONFIG,
        millis(times.lease().dividedBy(2)),
        ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG,
        lease,
        ProducerConfig.LINGER_MS_CONFIG,
        "0",
        // All that is known of ten years of hours is told at once.
        ProducerConfig.BATCH_SIZE_CONFIG,
        "262144");
  }

  /** A hold that is left from a flip of an earlier leader ends with the first record. */
  private void begin() throws IOException {
    steps.before(Step.BEGIN);
    Term next;
    writes.lock();
    try {
      long last = control.leader().map(LeaderRecord::term).orElse(0L);
      boolean inherits = last > 0 && control.toldTerm() == last;
      next = new Term(last + 1, inherits, System.nanoTime() + times.lease().toNanos());
      List<ProducerRecord<byte[], byte[]>> first = new ArrayList<>();
      if (control.hold().isPresent()) {
        first.add(control.records().tombstone(ControlRecords.HOLD));
      }
      if (inherits) {
        first.add(control.records().told(next.number()));
      }
      commitLocked(next, first);
      holds = false;
      renewNanos = System.nanoTime() + times.beat().toNanos();
    } finally {
      writes.unlock();
    }
    term = next;
    control.leads(true);
    LOG.info("node {} leads, term {}", control.self().id(), next.number());
    leading.execute(() -> lead(next));
  }

  /** Runs on the listener's thread. */
  private void lead(Term now) {
    try {
      listener.lead(now);
    } catch (Exception | Error e) {
      LOG.error("This node cannot lead, and lets another one: {}", e.getMessage(), e);
      unable = true;
    }
  }

  /**
   * Ends the term, if there is one, and with it what was begun to get one.
   *
   * @param inOrder whether a successor may begin without waiting for the lease, once the listener
   *     has stopped
   */
  private void end(String why, boolean inOrder) {
    Term ended = term;
    if (ended != null) {
      boolean held = ended.leads();
      ended.end();
      term = null;
      assignedNanos = System.nanoTime(); // it has as long as a new one to lead again
      control.leads(false);
      LOG.info("node {} leads no more: {}", control.self().id(), why);
      stopped = leading.submit(() -> stop(why));
      if (inOrder && held && hasStopped()) {
        handOver(ended);
      }
    }
    closeProducer();
  }

  private void stop(String why) {
    try {
      listener.stopLeading(why);
    } catch (RuntimeException e) {
      LOG.error("What only a leader may do did not end cleanly", e);
    }
  }

  private boolean hasStopped() {
    try {
      stopped.get(times.lease().toMillis(), TimeUnit.MILLISECONDS);
      return true;
    } catch (TimeoutException e) {
      return false;
    } catch (ExecutionException | InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  private void handOver(Term ended) {
    writes.lock();
    try {
      List<ProducerRecord<byte[], byte[]>> last = takeWaitingLocked(ended);
      if (holds) {
        last.add(control.records().tombstone(ControlRecords.HOLD));
      }
      transactLocked(last, leaderRecord(ended.number(), false));
    } catch (IOException e) {
      LOG.info("The next leader waits for the lease of this node: {}", e.getMessage());
    } finally {
      writes.unlock();
    }
  }

  private void closeProducer() {
    writes.lock();
    try {
      Producer<byte[], byte[]> open = producer;
      producer = null;
      fenced = false;
      caughtUp = false;
      holds = false;
      if (open != null) {
        open.close(Duration.ZERO);
      }
    } finally {
      writes.unlock();
    }
  }

  private void pause(Duration time) {
    long until = System.nanoTime() + time.toNanos();
    try {
      while (!closing && System.nanoTime() - until < 0) {
        TimeUnit.MILLISECONDS.sleep(POLL.toMillis());
      }
    } catch (InterruptedException e) {
      throw new AssertionError("unexpected interrupt of " + thread.getName(), e);
    }
  }

  private static String millis(Duration duration) {
    return String.valueOf(duration.toMillis());
  }
}
