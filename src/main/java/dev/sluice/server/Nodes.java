package dev.sluice.server;

import dev.sluice.admin.OpenPart;
import dev.sluice.api.Status;
import dev.sluice.cluster.ClusterReads;
import dev.sluice.cluster.ControlTopic;
import dev.sluice.cluster.LeaderRecord;
import dev.sluice.cluster.Leadership;
import dev.sluice.cluster.LeadershipListener;
import dev.sluice.cluster.NextLeader;
import dev.sluice.cluster.NodeConfig;
import dev.sluice.cluster.NodeHome;
import dev.sluice.cluster.NodeInfo;
import dev.sluice.cluster.NodeRole;
import dev.sluice.cluster.NodeShare;
import dev.sluice.cluster.NotLeaderException;
import dev.sluice.cluster.PhaseTopic;
import dev.sluice.cluster.SeenNode;
import dev.sluice.cluster.Sharing;
import dev.sluice.cluster.SinkShare;
import dev.sluice.cluster.SnapshotKeeper;
import dev.sluice.cluster.Term;
import dev.sluice.journal.kafka.KafkaJournal;
import dev.sluice.journal.move.JournalMove;
import dev.sluice.migration.phase.PhaseRecord;
import dev.sluice.migration.phase.PhaseStore;
import dev.sluice.migration.phase.Phases;
import dev.sluice.migration.phase.Role;
import dev.sluice.query.Peers;
import dev.sluice.query.Reads;
import dev.sluice.settings.Mode;
import dev.sluice.settings.Settings;
import dev.sluice.store.mysql.WriterMark;
import dev.sluice.store.questdb.QuestDbConfig;
import java.io.IOException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.BooleanSupplier;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * This process as one of the nodes that share a topic: says that it is there, and leads when it is
 * its turn. Made and closed by the threads that start and stop Sluice; what it knows of the others,
 * any thread may ask.
 */
final class Nodes implements LeadershipListener {
  private static final Logger LOG = LoggerFactory.getLogger(Nodes.class);

  /** How long a start waits to learn who leads; longer than a dead leader is waited for. */
  private static final Duration SETTLING = Duration.ofSeconds(20);

  /** How long a start waits for a phase where none is kept and nobody leads who could set it. */
  private static final Duration WITHOUT_PHASE = Duration.ofSeconds(60);

  private static final Duration BETWEEN_LOOKS = Duration.ofMillis(20);

  private final Settings settings;
  private final NodeConfig config;
  private final KafkaJournal journal;
  private final JournalMove move;
  private final BooleanSupplier stopping;
  private final InstantSource clock;
  private final NodeHome home;

  /** Whether a MySQL of its own comes with it. */
  private final boolean ownMysql;

  private final ControlTopic control;
  private final Leadership leadership;
  private final Phases phases;
  private final ClusterReads reads;
  private final CompletableFuture<String> failed = new CompletableFuture<>();
  private NodeInfo info;
  private @Nullable DeliveryRole delivery;

  /** What it does for another node that leads; null without the delivery role. */
  private @Nullable Helping helping;

  /** How others help it; null while it does not lead. */
  private volatile @Nullable Sharing sharing;

  /** Whether this node opens what a leader needs. */
  private volatile boolean opening;

  /** Why it could not lead, the last time it should have. */
  private volatile String failure = "";

  private Nodes(
      Settings settings,
      Mode mode,
      KafkaJournal journal,
      JournalMove move,
      BooleanSupplier stopping,
      NodeHome home,
      InstantSource clock)
      throws IOException {
    this.settings = settings;
    this.config = settings.node();
    this.journal = journal;
    this.move = move;
    this.stopping = stopping;
    this.clock = clock;
    this.home = home;
    this.ownMysql = mode == Mode.UP && settings.mysql().isEmpty();
    this.info =
        new NodeInfo(
            home.id(),
            home.home(),
            "",
            "",
            config.roles().stream().sorted().map(NodeRole::label).toList(),
            config.delivers() && hasOwnStores(settings, mode),
            version(),
            clock.instant());
    this.control = ControlTopic.open(settings.kafkaJournal(), info);
    this.leadership = new Leadership(control, this);
    this.phases = new PhaseTopic(control, leadership, settings.dataDirectory());
    this.reads = ClusterReads.of(control, leadership, clock);
  }

  /**
   * Joins the nodes of the topic.
   *
   * @param move of what is left on this node's disk, if it had a local journal before
   * @param stopping whether a move is to be broken off
   * @throws IOException if the cluster does not answer, or this node may not join: the message says
   *     why
   */
  static Nodes join(
      Settings settings,
      Mode mode,
      KafkaJournal journal,
      JournalMove move,
      BooleanSupplier stopping,
      InstantSource clock)
      throws IOException {
    NodeHome home = NodeHome.open(settings.dataDirectory(), settings.node());
    try {
      Nodes nodes = new Nodes(settings, mode, journal, move, stopping, home, clock);
      try {
        nodes.requireSharedStoresOfLiving(other -> true);
        nodes.requireMovable();
        return nodes;
      } catch (IOException e) {
        nodes.control.close();
        throw e;
      }
    } catch (IOException | RuntimeException e) {
      home.close();
      throw e;
    }
  }

  static String version() {
    String version = Nodes.class.getPackage().getImplementationVersion();
    return version == null ? "" : version;
  }

  /** Whether a store lives in this process, where no other can deliver to it. */
  private static boolean hasOwnStores(Settings settings, Mode mode) {
    return settings.questDb().mode() == QuestDbConfig.Mode.EMBEDDED
        || (mode == Mode.UP && settings.mysql().isEmpty());
  }

  /** Which nodes count. */
  private interface Counts {
    boolean test(NodeInfo other);
  }

  /** Two nodes that take turns in delivering must deliver to the same stores. */
  private void requireSharedStores(Counts counts) throws IOException {
    if (!config.delivers()) {
      return;
    }
    for (SeenNode node : control.nodes()) {
      NodeInfo other = node.record().info();
      if (node.alive()
          && !other.home().equals(info.home())
          && delivers(other)
          && (info.ownStores() || other.ownStores())
          && counts.test(other)) {
        throw new IOException(
            ("node %s delivers from this topic already, and %s: that store cannot be shared. Set"
                    + " questdb.mode=remote, and mysql.url, to the same servers on both; or set"
                    + " node.roles=ingest here")
                .formatted(
                    other.id(),
                    other.ownStores()
                        ? "it has a store inside its process"
                        : "this one would have a store inside its process"));
      }
    }
  }

  /** Likewise; a node that has died since it was last heard does not count. */
  private void requireSharedStoresOfLiving(Counts counts) throws IOException {
    try {
      requireSharedStores(counts);
    } catch (IOException perhapsDead) {
      LOG.info("Waiting to hear whether that node is alive: {}", perhapsDead.getMessage());
      control.awaitSilence();
      requireSharedStores(counts);
    }
  }

  /**
   * What is left in a local journal can only be moved before any node takes readings in, which is
   * while the topic keeps no phase, and by the node that leads.
   */
  private void requireMovable() throws IOException {
    if (!move.isNeeded()) {
      return;
    }
    if (control.phase().isPresent()) {
      move.requireNothingLeft(
          localStores(),
          ("nodes take readings in there already (it keeps %s; living are %s), and may have later values of the"
                  + " same readings. Start with journal.kind=local, send nothing, wait until lag_readings is 0"
                  + " for each sink, and start with journal.kind=kafka")
              .formatted(control.phase().get().name(), living()));
    } else if (!config.delivers()) {
      move.requireNothingLeft(
          localStores(),
          "only a node that delivers moves them: start it once with node.roles=ingest,delivery");
    }
  }

  private String living() {
    String ids =
        control.nodes().stream()
            .filter(node -> node.alive() && !node.record().info().home().equals(info.home()))
            .map(node -> node.record().info().id())
            .collect(Collectors.joining(", "));
    return ids.isEmpty() ? "none now" : ids;
  }

  /** The stores that a local journal has readings for. */
  private List<String> localStores() throws IOException {
    PhaseStore local = new PhaseStore(settings.dataDirectory());
    Optional<PhaseRecord> phase = local.kept().or(control::phase);
    return (phase.isPresent() ? phase : local.keptUnlessLost())
        .map(record -> RunningStores.writtenIn(record.phase()))
        .orElse(RunningStores.NAMES.all());
  }

  /** A node that stands by must be able to lead when it has to. */
  private void requireAbleToLead() throws IOException, StartException {
    if (control.phase().isEmpty()) {
      return;
    }
    PhaseRecord record = phases.openWith(settings.initialPhase(), clock.instant(), false);
    if (record.phase().writes(Role.LEGACY) && !ownMysql && settings.mysql().isEmpty()) {
      throw new StartException(
          "mysql.url is not set, but the phase in force, %s, writes MySQL: set it, or set node.roles=ingest here"
              .formatted(record.phase().label()));
    }
  }

  private static boolean delivers(NodeInfo node) {
    return node.roles().contains(NodeRole.DELIVERY.label());
  }

  /** Where the phase is kept. */
  Phases phases() {
    return phases;
  }

  /** Tells what this process writes from what others do that take their turn. */
  WriterMark mark() {
    return new WriterMark(journal.topicId(), control.instance());
  }

  /** Keeps the fleet ledger for the next leader; empty if this node does not lead. */
  Optional<SnapshotKeeper> fleetKeeper() {
    return leadership
        .term()
        .map(term -> SnapshotKeeper.ofFleet(settings.kafkaJournal(), journal.topicId(), term));
  }

  /** Who holds reads with this node. */
  Peers peers() {
    return reads;
  }

  /** The phase in force, once it is known. */
  Optional<PhaseRecord> phase() {
    return control.phase();
  }

  /** Completes when this process must end; with the reason. */
  CompletionStage<String> failed() {
    control.failed().thenAccept(failed::complete);
    return failed.minimalCompletionStage();
  }

  /**
   * Reads follow the phase from now on, and this node may lead.
   *
   * @param role leads when it is this node's turn; null without the delivery role
   */
  void begin(@Nullable DeliveryRole role, Reads of, String ingestUrl, String adminUrl)
      throws StartException {
    info =
        new NodeInfo(
            info.id(),
            info.home(),
            ingestUrl,
            adminUrl,
            info.roles(),
            info.ownStores(),
            info.version(),
            info.started());
    control.describe(info);
    if (role == null) {
      awaitFirstPhase();
      return;
    }
    delivery = role;
    reads.serve(of, role::source);
    helping =
        new Helping(
            control,
            role.partOf(journal),
            this::ledPartitions,
            role::deliveries,
            settings.deadLetterFiles().values(),
            !info.ownStores());
    helping.start();
    leadership.start();
    awaitSettled(role);
  }

  /** Readings that were there before a phase would keep every node from setting the first. */
  private void awaitFirstPhase() throws StartException {
    try {
      phases.openWith(settings.initialPhase(), clock.instant(), false);
    } catch (IOException e) {
      throw new StartException(String.valueOf(e.getMessage()), e);
    }
  }

  /** The source of a store is another one. */
  void sourcesChanged() {
    reads.refresh();
  }

  /**
   * Waits until it is known who leads: until this node does, and has opened all it needs. Without a
   * phase it waits as long as another leads: that one may be moving its journal into the topic.
   */
  private void awaitSettled(DeliveryRole role) throws StartException {
    long deadline = System.nanoTime() + SETTLING.toNanos();
    long giveUp = System.nanoTime() + WITHOUT_PHASE.toNanos();
    while (!role.leads() && !isFollowing()) {
      if (!failure.isEmpty()) {
        throw new StartException(failure);
      }
      if (stopping.getAsBoolean()) {
        return;
      }
      if (!opening && System.nanoTime() - deadline > 0 && control.phase().isPresent()) {
        LOG.warn(
            "Nobody has begun to lead within {}; reads may fail until somebody does", SETTLING);
        break;
      }
      if (opening || control.isLed()) {
        giveUp = System.nanoTime() + WITHOUT_PHASE.toNanos();
      } else if (control.phase().isEmpty() && System.nanoTime() - giveUp > 0) {
        throw new StartException(
            "%s keeps no phase, and nobody has led for %d s who could set it: look into the other nodes' logs"
                .formatted(control.name(), WITHOUT_PHASE.toSeconds()));
      }
      try {
        Thread.sleep(BETWEEN_LOOKS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return;
      }
    }
    try {
      requireMovable();
      requireSharedStoresOfLiving(other -> other.started().isBefore(info.started()));
      requireAbleToLead();
    } catch (IOException e) {
      throw new StartException(String.valueOf(e.getMessage()), e);
    }
  }

  private boolean isFollowing() {
    return control.phase().isPresent()
        && control
            .leader()
            .filter(
                leader -> leader.leads() && !leader.home().equals(info.home()) && isAlive(leader))
            .isPresent();
  }

  private boolean isAlive(LeaderRecord leader) {
    return control.nodes().stream()
        .anyMatch(node -> node.alive() && node.record().info().home().equals(leader.home()));
  }

  @Override
  public void lead(Term term) throws Exception {
    DeliveryRole role = role();
    opening = true;
    try {
      LOG.info("This node leads, in term {}", term.number());
      helping().suspend();
      Sharing shared =
          new Sharing(
              control, leadership, term, journal.partitions(), new OwnDelivery(journal, role));
      sharing = shared;
      shared.begin();
      journal.deliverUnder(term::leads);
      // Whoever led this topic before it kept a phase knew nothing of what this node brings.
      boolean brings = move.isNeeded() && control.phase().isEmpty();
      Knowledge knowledge = brings ? new Knowledge.Own() : Knowledge.of(home, term, control);
      if (brings) {
        home.leads(term.number());
      }
      moveJournal(term);
      PhaseRecord phase =
          phases.openWith(
              settings.initialPhase(), clock.instant(), journal.stats().nextOffset() > 0);
      role.prepare(
          phase,
          term::leads,
          knowledge,
          new NextLeader(control, leadership, term),
          new Recalling(shared));
      home.leads(term.number());
      role.open();
      role.start();
      shared.start();
      failure = "";
    } catch (NotLeaderException e) {
      // It will lead again, or another one does.
      LOG.info("This node could not begin to lead: {}", e.getMessage());
    } catch (StartException | IOException e) {
      failure = String.valueOf(e.getMessage());
      LOG.error("This node cannot lead: {}", failure);
      throw e;
    } catch (RuntimeException | Error e) {
      failure = e.toString();
      throw e;
    } finally {
      opening = false;
    }
  }

  private void moveJournal(Term term) throws IOException {
    requireMovable();
    if (move.isNeeded()) {
      move.run(
          journal,
          localStores(),
          Fleet.cursors(settings.fleet()),
          () -> stopping.getAsBoolean() || !term.leads());
    }
  }

  @Override
  public void stopLeading(String why) {
    LOG.info("This node leads no more: {}", why);
    try {
      Sharing ended = sharing;
      if (ended != null) {
        ended.close();
      }
      role().stopLeading();
      sharing = null;
      journal.leaveDelivery();
      helping().resume();
    } catch (InterruptedException | RuntimeException | Error e) {
      LOG.error("This node could not stop leading in order, so it ends", e);
      failed.complete("could not stop leading");
    }
  }

  /** What the leader delivers itself. */
  private record OwnDelivery(KafkaJournal journal, DeliveryRole role)
      implements Sharing.OwnDelivery {
    @Override
    public boolean isDivisible() {
      return role.isDivisible();
    }

    @Override
    public void deliver(Set<Integer> partitions) throws IOException {
      journal.deliverOnly(partitions);
      role.deliverAnew();
    }

    @Override
    public void endWritesOf(Set<String> instances) throws IOException {
      role.endWritesOf(instances);
    }

    @Override
    public void endWritesOfOthers() throws IOException {
      role.endWritesOfOthers();
    }
  }

  /** The leader takes everything back for a while. */
  private record Recalling(Sharing sharing) implements Recall {
    @Override
    public void recall() throws IOException, InterruptedException {
      sharing.recall();
    }

    @Override
    public void release() {
      sharing.release();
    }
  }

  private Helping helping() {
    Helping there = helping;
    if (there == null) {
      throw new AssertionError("leads without the delivery role");
    }
    return there;
  }

  private Set<Integer> ledPartitions() {
    Sharing now = sharing;
    return now == null ? Set.of() : now.own();
  }

  /**
   * What other nodes deliver to each sink while this one leads, by their last records; and about
   * how much waits where nobody delivers at the moment.
   */
  Map<String, Status.Sink> elsewhere() {
    Sharing now = sharing;
    DeliveryRole role = delivery;
    Map<String, Status.Sink> sums = new LinkedHashMap<>();
    if (now == null || role == null) {
      return sums;
    }
    Set<Integer> own = now.own();
    Set<Integer> missing = new HashSet<>(journal.partitions());
    missing.removeAll(own);
    for (SeenNode node : control.nodes()) {
      NodeShare its = node.record().share();
      if (node.alive() && missing.containsAll(its.partitions())) {
        missing.removeAll(its.partitions());
        its.sinks().forEach(sink -> add(sums, sink.sink(), part(sink)));
      }
    }
    if (!missing.isEmpty()) {
      role.deliveries()
          .keySet()
          .forEach(sink -> add(sums, sink, waiting(journal.behind(sink, missing))));
    }
    return sums;
  }

  private static void add(Map<String, Status.Sink> sums, String sink, Status.Sink part) {
    sums.merge(sink, part, Status.Sink::plus);
  }

  private static Status.Sink part(SinkShare its) {
    return Status.Sink.elsewhere(
        its.settled(),
        its.lagReadings(),
        its.lagSeconds(),
        its.delivered(),
        its.deadLetters(),
        its.lost());
  }

  private static Status.Sink waiting(long records) {
    return Status.Sink.elsewhere(0, records, 0, 0, 0, 0);
  }

  private DeliveryRole role() {
    DeliveryRole role = delivery;
    if (role == null) {
      throw new AssertionError("leads without the delivery role");
    }
    return role;
  }

  /** All nodes, by id, as a status shows them. */
  List<Status.Node> status() {
    return control.nodes().stream().map(this::status).toList();
  }

  private Status.Node status(SeenNode node) {
    NodeInfo its = node.record().info();
    return new Status.Node(
        its.id(),
        its.roles(),
        node.alive() ? Status.Node.LIVE : Status.Node.GONE,
        node.alive() && node.record().leads(),
        node.record().epoch(),
        Math.round(node.ago().toMillis() / 100.0) / 10.0,
        its.ingestUrl(),
        its.adminUrl(),
        its.home().equals(info.home()),
        delivers(its) ? node.record().share().partitions().size() : null,
        delivers(its) ? node.record().share().deadLetterBytes() : null);
  }

  /** A part of the migration as routes find it: here while this node leads. */
  <T> OpenPart<T> ofLeader(Supplier<Optional<T>> here) {
    return new OpenPart<>() {
      @Override
      public Optional<T> now() {
        return here.get();
      }

      @Override
      public Optional<String> elsewhere() {
        return leaderInstead();
      }
    };
  }

  /** Who leads instead of this node, in words; empty while it leads itself, or nobody does. */
  private Optional<String> leaderInstead() {
    DeliveryRole role = delivery;
    if (role != null && (role.leads() || opening)) {
      return Optional.empty();
    }
    return control
        .leader()
        .filter(leader -> leader.leads() && !leader.home().equals(info.home()) && isAlive(leader))
        .map(leader -> "node %s leads; ask it, at %s".formatted(leader.node(), leader.adminUrl()));
  }

  /** URLs of the nodes that answer reads. */
  String readers() {
    return control.nodes().stream()
        .filter(SeenNode::alive)
        .map(node -> node.record().info())
        .filter(Nodes::delivers)
        .map(NodeInfo::ingestUrl)
        .filter(url -> !url.isEmpty())
        .collect(Collectors.joining(", "));
  }

  /** The end of the ready line. */
  String readyText() {
    return " node=%s roles=%s".formatted(info.id(), String.join("+", info.roles()));
  }

  /** Stops leading, or helping whoever leads, so that another node may at once. */
  void handOver() throws InterruptedException {
    Helping there = helping;
    if (there != null) {
      there.leave();
    }
    leadership.close();
  }

  /** Says that this node is gone. */
  void leave() throws IOException {
    Helping there = helping;
    if (there != null) {
      there.close();
    }
    control.close();
    home.close();
  }
}
