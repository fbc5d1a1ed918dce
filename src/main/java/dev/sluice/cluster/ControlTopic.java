package dev.sluice.cluster;

import static dev.sluice.cluster.ControlRecords.ASSIGNMENT;
import static dev.sluice.cluster.ControlRecords.HOLD;
import static dev.sluice.cluster.ControlRecords.LEADER;
import static dev.sluice.cluster.ControlRecords.NEWS;
import static dev.sluice.cluster.ControlRecords.NODE;
import static dev.sluice.cluster.ControlRecords.PHASE;
import static dev.sluice.cluster.ControlRecords.TOLD;
import static dev.sluice.cluster.ControlRecords.key;

import dev.sluice.cluster.CompactedTopic.Use;
import dev.sluice.journal.kafka.Clients;
import dev.sluice.journal.kafka.KafkaConfig;
import dev.sluice.migration.phase.PhaseRecord;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.InvalidOffsetException;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the nodes of one topic have to know of each other, in a compacted topic of one partition
 * beside it, {@code <journal.kafka.topic>-control}. Its keys: {@code phase}, {@code hold}, {@code
 * leader}, {@code assignment} and {@code told}, which only the leader writes, in transactions; and
 * {@code node/<id>}, which each node writes about once a second. The last record of each key
 * counts. Thread-safe.
 *
 * <p>A thread of its own reads the topic from its beginning and tells {@link ControlListener}s what
 * it finds. It takes what the node itself wrote for the measure of what it knows: once a record of
 * its own comes back, it has read everything that was committed before it was written. A node to
 * which nothing came back for longer than its lease does not know the phase in force.
 */
public final class ControlTopic implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(ControlTopic.class);
  private static final Duration POLL = Duration.ofMillis(100);
  private static final Duration STARTING = Duration.ofSeconds(15);

  /** In that time. */
  private static final int LOOKS = 3;

  private static final Duration CLOSING = Duration.ofSeconds(1);
  private static final Duration ENDING = Duration.ofSeconds(10);

  /** How long a node is listed that ended without saying so. */
  private static final Duration LISTED = Duration.ofHours(1);

  /** What a consumer of this topic asks for: only what is committed. */
  private static final Map<String, String> COMMITTED =
      Map.of(ConsumerConfig.ISOLATION_LEVEL_CONFIG, "read_committed");

  /** What was read, and when, in terms of {@link System#nanoTime}. */
  private record Seen<T>(T record, long offset, long nanos) {}

  private final Clients clients;
  private final String journal;
  private final Times times;
  private final String name;
  private final TopicPartition partition;
  private final ControlRecords records;
  private final Echo echo;
  private final Consumer<byte[], byte[]> consumer;
  private final Producer<byte[], byte[]> producer;
  private final String instance = UUID.randomUUID().toString();
  private final List<ControlListener> listeners = new CopyOnWriteArrayList<>();
  private final CompletableFuture<String> failed = new CompletableFuture<>();
  private final Thread thread =
      Thread.ofPlatform().daemon().name("control-topic").unstarted(this::run);

  /** Signals that something was read; held while that is told and noted. */
  private final ReentrantLock lock = new ReentrantLock();

  private final Condition read = lock.newCondition();

  private final Map<String, Seen<NodeRecord>> nodes = new ConcurrentSkipListMap<>();

  /** What leaders knew; only where one may lead. */
  private final Map<String, String> told = new ConcurrentSkipListMap<>();

  /** Records that this version does not understand, in words, by key. */
  private final Map<String, String> problems = new ConcurrentHashMap<>();

  /** Other processes that wrote under this node's id before this one did. */
  private final Set<String> before = new HashSet<>();

  /** Whether one of them has another data directory. */
  private volatile boolean stranger;

  private volatile NodeInfo self;
  private volatile @Nullable PhaseRecord phase;
  private volatile @Nullable Seen<HoldRecord> hold;
  private volatile @Nullable Seen<LeaderRecord> leader;
  private volatile @Nullable AssignmentRecord assignment;

  /** The last term whose leader has told all that it knew; 0 if none has. */
  private volatile long toldTerm;

  /** What the last assignment means for this process, in the present term. */
  private volatile Given given = Given.NOTHING;

  /** What this node says of its part in the delivery. */
  private volatile NodeShare share = NodeShare.NONE;

  /** Offset behind the last record read. */
  private volatile long position;

  /** Why this node can be no part of the cluster any more; empty if it can. */
  private volatile String failure = "";

  private volatile boolean leads;
  private volatile boolean beatNow = true;
  private volatile boolean closing;

  private long nextBeatNanos = System.nanoTime();
  private boolean troubled;
  private boolean toldStale;

  private ControlTopic(KafkaConfig config, Clients clients, NodeInfo self, Times times)
      throws IOException {
    this.clients = clients;
    this.name = Use.CONTROL.name(config);
    this.journal = config.topic();
    this.self = self;
    this.times = times;
    this.echo = new Echo(times.lease());
    this.partition = new TopicPartition(Use.CONTROL.topic(config), 0);
    this.records = new ControlRecords(partition.topic(), name);
    this.consumer = clients.consumer("sluice-control", COMMITTED);
    try {
      this.producer =
          clients.producer(
              "sluice-control",
              Map.of(
                  ProducerConfig.MAX_BLOCK_MS_CONFIG, "250",
                  ProducerConfig.REQUEST_TIMEOUT_MS_CONFIG, "1000",
                  ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG, "2000",
                  ProducerConfig.LINGER_MS_CONFIG, "0"));
    } catch (IOException | RuntimeException | Error e) {
      consumer.close();
      throw e;
    }
  }

  /**
   * Connects, makes the topic if there is none, checks it, reads it to its end, and says from now
   * on that this node lives.
   *
   * @throws IOException if the cluster does not answer, the topic does not fit, or another node
   *     that lives has the same id: the message says what to do
   */
  public static ControlTopic open(KafkaConfig config, NodeInfo self) throws IOException {
    return open(config, self, Times.STANDARD);
  }

  static ControlTopic open(KafkaConfig config, NodeInfo self, Times times) throws IOException {
    Clients clients = Clients.of(config);
    Admin admin = clients.admin();
    try {
      new CompactedTopic(Use.CONTROL, config, admin).ensure();
    } finally {
      admin.close(Duration.ZERO);
    }
    ControlTopic control = new ControlTopic(config, clients, self, times);
    try {
      control.start();
      return control;
    } catch (IOException | RuntimeException | Error e) {
      control.close();
      throw e;
    }
  }

  /**
   * The phase that the topic keeps; empty if it keeps none, or there is no such topic. Changes
   * nothing, and makes no topic.
   *
   * @throws IOException if the cluster does not answer, or what it keeps cannot be understood
   */
  public static Optional<PhaseRecord> readPhase(KafkaConfig config) throws IOException {
    Clients clients = Clients.of(config);
    String name = Use.CONTROL.name(config);
    Admin admin = clients.admin();
    try {
      if (!new CompactedTopic(Use.CONTROL, config, admin).exists()) {
        return Optional.empty();
      }
    } finally {
      admin.close(Duration.ZERO);
    }
    try (Consumer<byte[], byte[]> consumer = clients.consumer("sluice-control", COMMITTED)) {
      return readPhase(consumer, new TopicPartition(Use.CONTROL.topic(config), 0), name);
    } catch (KafkaException e) {
      throw new IOException(name + " cannot be read: " + e.getMessage(), e);
    }
  }

  private static Optional<PhaseRecord> readPhase(
      Consumer<byte[], byte[]> consumer, TopicPartition partition, String name) throws IOException {
    List<TopicPartition> one = List.of(partition);
    consumer.assign(one);
    consumer.seekToBeginning(one);
    Long end = consumer.endOffsets(one, STARTING).get(partition);
    long deadline = System.nanoTime() + STARTING.toNanos();
    byte @Nullable [] last = null;
    while (end != null && consumer.position(partition, STARTING) < end) {
      if (System.nanoTime() - deadline > 0) {
        throw new IOException(
            "%s could not be read to its end within %d s".formatted(name, STARTING.toSeconds()));
      }
      for (ConsumerRecord<byte[], byte[]> each : consumer.poll(POLL)) {
        deadline = System.nanoTime() + STARTING.toNanos();
        if (key(each).equals(PHASE)) {
          last = each.value();
        }
      }
    }
    ControlRecords records = new ControlRecords(partition.topic(), name);
    return last == null ? Optional.empty() : Optional.of(records.phase(last));
  }

  private void start() throws IOException {
    consumer.assign(List.of(partition));
    consumer.seekToBeginning(List.of(partition));
    thread.start();
    try {
      readToEnd();
      awaitNamesake();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
    if (!failure.isEmpty()) {
      throw new IOException(failure);
    }
    LOG.info("node {} of {} follows {}", self.id(), nodes.keySet(), name);
  }

  private void readToEnd() throws InterruptedException, IOException {
    boolean mayLead = self.roles().contains(NodeRole.DELIVERY.label());
    long before = 0;
    int looks = 0;
    while (!sync(STARTING.dividedBy(LOOKS))) {
      looks = position > before ? 0 : looks + 1; // it may be long, and being read
      before = position;
      if (looks == 1 && mayLead) {
        settle();
      } else if (looks == LOOKS) {
        throw new IOException(
            "%s could not be read to its end within %d s: check that its partition has a leader, that"
                    .formatted(name, STARTING.toSeconds())
                + " this user may write to it, and that a node with the role delivery starts");
      }
    }
  }

  /** A leader that lives would have written something in the meantime. */
  private void settle() {
    try {
      LOG.info("{} is not readable to its end; what its last leader left open is ended", name);
      Leadership.settle(this);
    } catch (IOException e) {
      LOG.warn("{}", e.getMessage());
    }
  }

  /** Somebody else with this id is heard soon, if he lives. */
  private void awaitNamesake() throws InterruptedException {
    if (!stranger) {
      return;
    }
    long deadline = System.nanoTime() + times.beat().multipliedBy(5).dividedBy(2).toNanos();
    awaitRead(this::hasFailed, deadline);
  }

  /** Has this listener told what is known, and then whatever comes. */
  public void follow(ControlListener listener) {
    lock.lock();
    try {
      PhaseRecord known = phase;
      if (known != null) {
        listener.phase(known);
      }
      Seen<HoldRecord> held = hold;
      if (held != null) {
        listener.held(held.record());
      }
      listeners.add(listener);
    } finally {
      lock.unlock();
    }
  }

  /** Says this of the node from now on; its id and home stay. */
  public void describe(NodeInfo info) {
    self = info;
    beatNow = true;
  }

  /** Says this of its part in the delivery from now on; at once if others wait for it. */
  public void report(NodeShare now) {
    boolean news = now.differsFrom(share);
    share = now;
    if (news) {
      beatNow = true;
    }
  }

  /** What the newest assignment that was read gives this process. */
  public Given given() {
    return given;
  }

  /**
   * The right to deliver these partitions from now on, as long as they are given and this node
   * hears from the topic; what it knows of their cursors must be found out after this.
   */
  public Right right(Set<Integer> partitions) {
    return new Right(this, partitions, echo.silences());
  }

  /** Whether its own records come back within the lease, and have since there were so many gaps. */
  boolean hasHeardSince(long silences) {
    return failure.isEmpty() && echo.isFreshSince(silences);
  }

  /** Everything that was written before this, by {@link System#nanoTime}, has been read. */
  long knownNanos() {
    return echo.knownNanos();
  }

  /** The last assignment that was read. */
  Optional<AssignmentRecord> assignment() {
    return Optional.ofNullable(assignment);
  }

  /** Whether the record at this offset has been read, and so all before it. */
  boolean hasRead(long offset) {
    return position > offset;
  }

  /** Waits until something is read; a while at most. */
  public void awaitNews() throws InterruptedException {
    long before = position;
    awaitRead(() -> position != before, System.nanoTime() + POLL.toNanos());
  }

  /** This process among all of its node. */
  public String instance() {
    return instance;
  }

  /** This node, as it describes itself. */
  public NodeInfo self() {
    return self;
  }

  /** The nodes that live and those that have ended without saying so within the last hour. */
  public List<SeenNode> nodes() {
    long now = System.nanoTime();
    List<SeenNode> seen = new ArrayList<>();
    for (Seen<NodeRecord> node : nodes.values()) {
      long ago = now - node.nanos();
      if (ago <= LISTED.toNanos()) {
        seen.add(
            new SeenNode(
                node.record(), Duration.ofNanos(ago), ago <= times.leaseElsewhere().toNanos()));
      }
    }
    return seen;
  }

  /**
   * Waits until a node that is dead is known to be: its last record counts from when it was read,
   * which at a start is now.
   */
  public void awaitSilence() {
    try {
      awaitRead(() -> false, System.nanoTime() + times.leaseElsewhere().plus(POLL).toNanos());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Who leads, or did last; empty if nobody ever has. */
  public Optional<LeaderRecord> leader() {
    Seen<LeaderRecord> seen = leader;
    return seen == null ? Optional.empty() : Optional.of(seen.record());
  }

  /**
   * What the last leader knew of the stores, by the keys of {@link dev.sluice.migration.Successor};
   * see {@link Term#inherits} for whether to believe it.
   */
  public Map<String, String> told() {
    return Map.copyOf(told);
  }

  /** The last term whose leader has told all that it knew; 0 if none has. */
  long toldTerm() {
    return toldTerm;
  }

  /** Whether a node that lives leads, as far as is known. */
  public boolean isLed() {
    return leader()
        .filter(LeaderRecord::leads)
        .filter(led ->
            nodes().stream()
                .anyMatch(node -> node.alive() && node.record().info().home().equals(led.home())))
        .isPresent();
  }

  /** Whether another node leads, or did when it was last heard. */
  public boolean isLedByAnother() {
    return leader()
        .filter(record -> record.leads() && !record.home().equals(self.home()))
        .isPresent();
  }

  /** Who leads, in words, for whoever asked the wrong node. */
  String leaderInWords() {
    Optional<LeaderRecord> leader = leader().filter(LeaderRecord::leads);
    if (leader.isEmpty()) {
      return "no node leads now";
    }
    LeaderRecord known = leader.get();
    return known.adminUrl().isEmpty()
        ? "node %s does".formatted(known.node())
        : "node %s does: ask it at %s".formatted(known.node(), known.adminUrl());
  }

  /** The last phase read; empty if there has never been one, or it was taken out of the topic. */
  public Optional<PhaseRecord> phase() {
    return Optional.ofNullable(phase);
  }

  /** The flip for which reads are held; empty if they are not. */
  public Optional<HoldRecord> hold() {
    Seen<HoldRecord> held = hold;
    return held == null ? Optional.empty() : Optional.of(held.record());
  }

  /** Whether {@link #phase} is known to be the phase in force: cheap, takes no lock. */
  public boolean knowsPhase() {
    return echo.isFresh() && phase != null && problems.isEmpty() && failure.isEmpty();
  }

  /** Why this node does not know the phase in force; names no host. */
  public String ignorance() {
    String why;
    if (!failure.isEmpty()) {
      why = "it has left the cluster, see its log";
    } else if (!problems.isEmpty()) {
      why = "it does not understand a record of the control topic, see its log";
    } else if (echo.isFresh()) {
      why = "no node has set it yet";
    } else if (!echo.isHeard()) {
      why = "it has not read the control topic to its end yet";
    } else {
      why =
          "it has heard nothing from the control topic for %d ms, allowed are %d"
              .formatted(
                  TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - echo.knownNanos()),
                  times.lease().toMillis());
    }
    return "this node does not know the phase in force: " + why;
  }

  /** Completes, with the reason, when this node can be no part of the cluster any more. */
  public CompletionStage<String> failed() {
    return failed.minimalCompletionStage();
  }

  boolean hasFailed() {
    return !failure.isEmpty();
  }

  /**
   * Waits until everything committed before this call has been read.
   *
   * @return false if that took longer than this
   */
  boolean sync(Duration atMost) throws InterruptedException {
    long asked = System.nanoTime();
    beatNow = true;
    return awaitRead(
        () -> echo.isHeard() && echo.knownNanos() - asked >= 0, asked + atMost.toNanos());
  }

  /** Waits until what was read fulfils this; false if it did not by then. */
  boolean awaitRead(Fulfilled condition, long deadlineNanos) throws InterruptedException {
    lock.lock();
    try {
      while (!condition.met()) {
        long left = deadlineNanos - System.nanoTime();
        if (left <= 0) {
          return false;
        }
        // A little at a time: a lease runs out while nothing is read.
        read.awaitNanos(Math.min(left, POLL.toNanos()));
      }
      return true;
    } finally {
      lock.unlock();
    }
  }

  /** What {@link #awaitRead} waits for. */
  interface Fulfilled {
    boolean met();
  }

  /**
   * Waits until no node answers reads that does not hold them for this. A node reports that it
   * holds, or has ended, or its lease has run out: whoever has not read the hold by then has not
   * heard of anything written after it either.
   *
   * @param offset of the hold, just committed
   * @return the ids of those whose lease had to be waited for
   */
  List<String> awaitHolding(long offset) throws InterruptedException {
    long committed = System.nanoTime();
    long deadline = committed + times.leaseElsewhere().toNanos();
    awaitRead(() -> position > offset && notHolding(offset).isEmpty(), deadline);
    return notHolding(offset);
  }

  private List<String> notHolding(long offset) {
    return nodes().stream()
        .filter(SeenNode::alive)
        .map(SeenNode::record)
        .filter(node -> !node.instance().equals(instance) && node.holding() != offset)
        .map(node -> node.info().id())
        .toList();
  }

  /**
   * How long a new leader has to wait until nobody else can believe that it leads, after it has
   * read everything that the last one wrote. The former self of this node is dead: it held the lock
   * of the same data directory.
   */
  Duration leaseLeft() {
    Seen<LeaderRecord> last = leader;
    if (last == null
        || !last.record().leads()
        || (last.record().node().equals(self.id()) && last.record().home().equals(self.home()))) {
      return Duration.ZERO;
    }
    long left = last.nanos() + times.leaseElsewhere().toNanos() - System.nanoTime();
    return left <= 0 ? Duration.ZERO : Duration.ofNanos(left);
  }

  /** Keys of nodes that have been silent for so long that nobody need list them. */
  List<String> gone() {
    long now = System.nanoTime();
    return nodes.entrySet().stream()
        .filter(node -> now - node.getValue().nanos() > LISTED.toNanos())
        .map(node -> NODE + node.getKey())
        .toList();
  }

  /** Whether this node leads, for others to see. */
  void leads(boolean now) {
    leads = now;
    beatNow = true;
  }

  Times times() {
    return times;
  }

  Clients clients() {
    return clients;
  }

  /** Name of the topic that the nodes share. */
  String journal() {
    return journal;
  }

  String topic() {
    return partition.topic();
  }

  /** What the topic is called in messages. */
  public String name() {
    return name;
  }

  ControlRecords records() {
    return records;
  }

  /** Says that this node ends, which nothing that answers reads may survive. */
  @Override
  public void close() {
    closing = true;
    try {
      if (thread.getState() == Thread.State.NEW) {
        end();
      } else if (!thread.join(ENDING)) {
        LOG.warn("{} is still being read {} ms after the stop", name, ENDING.toMillis());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void run() {
    while (!closing && failure.isEmpty()) {
      try {
        beatIfDue();
        for (ConsumerRecord<byte[], byte[]> each : consumer.poll(POLL)) {
          take(each);
        }
        troubled = false;
        tellStale();
      } catch (InvalidOffsetException e) {
        LOG.error("{} was deleted and made again, or cut off: it is read anew", name, e);
        forget();
        consumer.seekToBeginning(List.of(partition));
      } catch (KafkaException e) {
        trouble(e);
      } catch (RuntimeException | Error e) {
        LOG.error("A part of this node failed at what {} says", name, e);
        fail("node %s left its cluster: %s".formatted(self.id(), e));
      }
    }
    end();
  }

  private void trouble(KafkaException e) {
    if (!troubled) {
      LOG.warn("{} cannot be followed now; it is tried again", name, e);
    }
    troubled = true;
    try {
      TimeUnit.MILLISECONDS.sleep(POLL.toMillis());
    } catch (InterruptedException interrupted) {
      throw new AssertionError("unexpected interrupt of " + thread.getName(), interrupted);
    }
  }

  private void tellStale() {
    boolean stale = !knowsPhase() && phase != null && echo.isHeard();
    if (stale != toldStale) {
      if (stale) {
        LOG.warn("Reads are refused: {}", ignorance());
      } else {
        LOG.info("{} is heard again", name);
      }
    }
    toldStale = stale;
  }

  /** What an older topic of this name said does not count. */
  private void forget() {
    lock.lock();
    try {
      phase = null;
      if (hold != null) {
        hold = null;
        listeners.forEach(ControlListener::released);
      }
      leader = null;
      assignment = null;
      giveLocked();
      toldTerm = 0;
      told.clear();
      echo.forget();
      nodes.clear();
      problems.clear();
    } finally {
      lock.unlock();
    }
  }

  /** Not more than a few are on their way: each is given up after two seconds. */
  private void beatIfDue() {
    long now = System.nanoTime();
    if (!beatNow && now - nextBeatNanos < 0) {
      return;
    }
    beatNow = false;
    nextBeatNanos = now + times.beat().toNanos();
    PhaseRecord known = phase;
    Seen<HoldRecord> held = hold;
    NodeInfo info = self;
    NodeRecord node =
        new NodeRecord(
            info,
            instance,
            System.nanoTime(),
            known == null ? 0 : known.epoch(),
            held == null ? -1 : held.offset(),
            leads,
            share);
    // Whether it arrived shows when it comes back.
    Future<?> unused = producer.send(records.of(node));
  }

  private void take(ConsumerRecord<byte[], byte[]> each) {
    lock.lock();
    try {
      takeLocked(key(each), each.value(), each.offset());
      position = each.offset() + 1;
      read.signalAll();
    } finally {
      lock.unlock();
    }
  }

  private void takeLocked(String key, byte @Nullable [] value, long offset) {
    try {
      if (key.startsWith(NODE)) {
        nodeLocked(key.substring(NODE.length()), value, offset);
        return;
      }
      if (key.startsWith(NEWS)) {
        newsLocked(key.substring(NEWS.length()), value);
        return;
      }
      switch (key) {
        case PHASE -> phaseLocked(value);
        case HOLD -> holdLocked(value, offset);
        case LEADER -> {
          leader =
              value == null ? null : new Seen<>(records.leader(value), offset, System.nanoTime());
          giveLocked();
        }
        case ASSIGNMENT -> assignmentLocked(value);
        case TOLD -> toldTerm = value == null ? 0 : ControlRecords.told(value);
        default -> LOG.debug("{} has a record of key {}, which means nothing here", name, key);
      }
      problems.remove(key);
    } catch (IOException e) {
      LOG.error("{}", e.getMessage());
      if (!key.startsWith(NODE)) {
        problems.put(key, String.valueOf(e.getMessage()));
      }
    }
  }

  private void newsLocked(String key, byte @Nullable [] value) {
    if (value == null || value.length == 0) {
      told.remove(key);
    } else if (self.roles().contains(NodeRole.DELIVERY.label())) {
      told.put(key, new String(value, StandardCharsets.UTF_8));
    }
  }

  /** One that is not understood gives nothing. */
  private void assignmentLocked(byte @Nullable [] value) throws IOException {
    AssignmentRecord now = null;
    try {
      now = value == null ? null : records.assignment(value);
    } finally {
      assignment = now;
      giveLocked();
    }
  }

  /** An assignment counts in the term in which it was made. */
  private void giveLocked() {
    AssignmentRecord last = assignment;
    Seen<LeaderRecord> present = leader;
    given =
        last == null
            ? new Given(given.number(), Set.of())
            : new Given(
                last.number(),
                present != null && present.record().term() == last.term()
                    ? last.of(instance)
                    : Set.of());
  }

  private void phaseLocked(byte @Nullable [] value) throws IOException {
    if (value == null) {
      if (phase != null && echo.isHeard() && !leads) {
        fail(
            ("%s keeps no phase any more: a node has moved the journal of these nodes to its own disk, and"
                    + " takes the readings in there. Stop this node, and send its readings to that one")
                .formatted(name));
      }
      phase = null;
      return;
    }
    PhaseRecord now = records.phase(value);
    for (ControlListener listener : listeners) {
      listener.phase(now);
    }
    phase = now;
    beatNow = true;
  }

  private void holdLocked(byte @Nullable [] value, long offset) throws IOException {
    if (value == null) {
      hold = null;
      listeners.forEach(ControlListener::released);
    } else {
      HoldRecord asked = records.hold(value);
      for (ControlListener listener : listeners) {
        listener.held(asked);
      }
      hold = new Seen<>(asked, offset, System.nanoTime());
    }
    beatNow = true;
  }

  private void nodeLocked(String id, byte @Nullable [] value, long offset) throws IOException {
    if (value == null) {
      nodes.remove(id);
      return;
    }
    NodeRecord node = records.node(value);
    nodes.put(id, new Seen<>(node, offset, System.nanoTime()));
    if (!id.equals(self.id())) {
      return;
    }
    if (node.instance().equals(instance)) {
      echo.hear(node.beat());
    } else {
      namesakeLocked(node);
    }
  }

  /**
   * Two processes with one id. Who comes later sees the other's record before its own, and the
   * other the reverse. With the same data directory the later one is the earlier one, started
   * again.
   */
  private void namesakeLocked(NodeRecord other) {
    boolean later = before.contains(other.instance());
    boolean sameHome = other.info().home().equals(self.home());
    if (!echo.isHeard()) {
      before.add(other.instance());
      stranger |= !sameHome;
    } else if (sameHome && !later) {
      fail(
          "node %s has been started again with the same data.dir, or a copy of it, while this one runs:"
                  .formatted(self.id())
              + " stop one of them, and give each node a data.dir of its own");
    } else if (!sameHome && later) {
      fail(
          "node.id %s is that of a node that is running%s: set another node.id here"
              .formatted(
                  self.id(),
                  other.info().adminUrl().isEmpty() ? "" : ", at " + other.info().adminUrl()));
    }
  }

  /** This node can be no part of the cluster any more. */
  void fail(String reason) {
    LOG.error("{}", reason);
    failure = reason;
    // Whoever is told may close this, which waits for the thread that fails.
    failed.completeAsync(() -> reason);
  }

  private void end() {
    try {
      Seen<NodeRecord> last = nodes.get(self.id());
      if (last == null || last.record().instance().equals(instance)) {
        // Others find out by themselves where it does not arrive.
        Future<?> unused = producer.send(records.tombstone(NODE + self.id()));
      }
    } catch (KafkaException e) {
      LOG.debug("{} was not told that this node ends", name, e);
    }
    producer.close(CLOSING);
    try {
      consumer.close(CloseOptions.timeout(CLOSING));
    } catch (KafkaException e) {
      LOG.debug("The connection to {} did not end cleanly", name, e);
    }
  }
}
