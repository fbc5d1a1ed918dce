package dev.sluice.server;

import dev.sluice.cluster.ControlTopic;
import dev.sluice.cluster.Leadership;
import dev.sluice.cluster.LeadershipListener;
import dev.sluice.cluster.NodeHome;
import dev.sluice.cluster.NodeInfo;
import dev.sluice.cluster.NodeRole;
import dev.sluice.cluster.PhaseTopic;
import dev.sluice.cluster.SeenNode;
import dev.sluice.cluster.Term;
import dev.sluice.journal.Journal;
import dev.sluice.journal.kafka.KafkaConfig;
import dev.sluice.journal.move.JournalMove;
import dev.sluice.journal.move.JournalPlace;
import dev.sluice.migration.phase.PhaseRecord;
import dev.sluice.settings.Settings;
import java.io.IOException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * This process as the last node of a topic: it leads once more, to take the phase and what is left
 * in the topic to its own disk. Used by the thread that starts Sluice.
 *
 * <p>The phase is taken out of the topic first. Without one no other node starts to serve, so what
 * is read to its end afterwards has an end.
 */
final class LastNode implements LeadershipListener, AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(LastNode.class);

  /** How long it waits to lead; longer than a dead leader is waited for. */
  private static final Duration LEADING = Duration.ofSeconds(60);

  private static final Duration LOOK = Duration.ofMillis(100);

  private final Settings settings;
  private final JournalMove move;
  private final BooleanSupplier stopping;
  private final NodeHome home;
  private final ControlTopic control;
  private final Leadership leadership;
  private final PhaseTopic phases;
  private final CompletableFuture<Term> led = new CompletableFuture<>();
  private Knowledge knowledge = new Knowledge.Own();

  private LastNode(
      Settings settings,
      JournalMove move,
      BooleanSupplier stopping,
      NodeHome home,
      ControlTopic control) {
    this.settings = settings;
    this.move = move;
    this.stopping = stopping;
    this.home = home;
    this.control = control;
    this.leadership = new Leadership(control, this);
    this.phases = new PhaseTopic(control, leadership, settings.dataDirectory());
  }

  /**
   * Leads the nodes of the topic that the settings no longer name, alone, and keeps their phase in
   * the data directory from now on.
   *
   * @param move of what is left in that topic
   * @param stopping whether to break off
   * @throws IOException if there is no such topic, other nodes live, or it cannot lead: the message
   *     says what to do
   */
  static LastNode of(
      Settings settings, JournalMove move, BooleanSupplier stopping, InstantSource clock)
      throws IOException {
    JournalPlace.Topic topic = move.inUse().topic().orElseThrow();
    KafkaConfig config = OldJournal.config(topic);
    requireThere(settings, topic, clock);
    NodeHome home = NodeHome.open(settings.dataDirectory(), settings.node());
    try {
      ControlTopic control = ControlTopic.open(config, info(home, clock));
      LastNode node = new LastNode(settings, move, stopping, home, control);
      try {
        node.takePhase();
        return node;
      } catch (IOException | RuntimeException e) {
        node.leave();
        throw e;
      }
    } catch (IOException | RuntimeException e) {
      home.close();
      throw e;
    }
  }

  /** For a topic that is gone nothing is to be made. */
  private static void requireThere(Settings settings, JournalPlace.Topic topic, InstantSource clock)
      throws IOException {
    try {
      OldJournal.open(topic, clock).close();
    } catch (IOException e) {
      throw new IOException(
          ("journal.kind is local, but what is left of the journal is in another place: %s. If it is gone for"
                  + " good, and what it held with it, write {\"kind\":\"local\"} into %s")
              .formatted(e.getMessage(), settings.dataDirectory().resolve("journal.json")),
          e);
    }
  }

  private static NodeInfo info(NodeHome home, InstantSource clock) {
    return new NodeInfo(
        home.id(),
        home.home(),
        "",
        "",
        List.of(NodeRole.DELIVERY.label()),
        false,
        Nodes.version(),
        clock.instant());
  }

  private void takePhase() throws IOException {
    requireAlone();
    leadership.start();
    awaitLeading();
    knowledge = Knowledge.of(home, term(), control);
    if (knowledge instanceof Knowledge.Inherited inherited) {
      // With the phase, the topic loses that.
      Leading.inherit(settings, inherited);
      keptKnowledge();
      knowledge = new Knowledge.Own();
    }
    PhaseRecord phase = phases.leave();
    try {
      requireAlone();
    } catch (IOException e) {
      phases.openWith(phase.phase(), phase.at(), true);
      throw e;
    }
    LOG.info("{} no longer keeps {}: the data directory does", control.name(), phase.name());
  }

  /** A node that has died since it was last heard does not count. */
  private void requireAlone() throws IOException {
    if (!others().isEmpty()) {
      control.awaitSilence();
    }
    String others = others();
    if (!others.isEmpty()) {
      throw new IOException(
          ("journal.kind is local, and %s cannot be moved to this disk while other nodes take readings in"
                  + " there or deliver them. Living are %s: stop them, and start this one again; or set"
                  + " journal.kind=kafka here")
              .formatted(move.inUse(), others));
    }
  }

  private String others() {
    return control.nodes().stream()
        .filter(SeenNode::alive)
        .map(node -> node.record().info())
        .filter(node -> !node.home().equals(home.home()))
        .map(node -> node.id() + (node.adminUrl().isEmpty() ? "" : " at " + node.adminUrl()))
        .collect(Collectors.joining(", "));
  }

  private void awaitLeading() throws IOException {
    long deadline = System.nanoTime() + LEADING.toNanos();
    while (System.nanoTime() - deadline < 0) {
      if (stopping.getAsBoolean()) {
        throw new IOException("stopped before the journal was moved; the next start moves it");
      }
      try {
        led.get(LOOK.toMillis(), TimeUnit.MILLISECONDS);
        return;
      } catch (TimeoutException notYet) {
        // asked again
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new IOException("interrupted", e);
      } catch (ExecutionException e) {
        throw new AssertionError(e);
      }
    }
    throw new IOException(
        "this node could not lead those of %s within %d s, which it must to move the journal: look into the"
                .formatted(move.inUse(), LEADING.toSeconds())
            + " log above, and start again");
  }

  @Override
  public void lead(Term term) {
    led.complete(term);
  }

  @Override
  public void stopLeading(String why) {
    LOG.info("This node leads no more: {}", why);
  }

  private Term term() {
    return led.join();
  }

  /** What is known of the stores. */
  Knowledge knowledge() {
    return knowledge;
  }

  /** The files of this node hold it now. */
  void keptKnowledge() throws IOException {
    home.leads(term().number());
  }

  /**
   * Moves what is left in the topic.
   *
   * @throws IOException if it cannot be moved now: the next start goes on
   */
  void moveTo(Journal journal, PhaseRecord phase) throws IOException {
    move.run(
        journal,
        RunningStores.writtenIn(phase.phase()),
        Fleet.cursors(settings.fleet()),
        () -> stopping.getAsBoolean() || !term().leads());
    close();
  }

  private void leave() {
    leadership.close();
    control.close();
  }

  /** Leaves the topic to itself. */
  @Override
  public void close() throws IOException {
    leave();
    home.close();
  }
}
