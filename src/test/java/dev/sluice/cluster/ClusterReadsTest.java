package dev.sluice.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.sluice.cluster.Nodes.Told;
import dev.sluice.migration.phase.Phase;
import dev.sluice.migration.phase.PhaseRecord;
import dev.sluice.migration.phase.Role;
import dev.sluice.query.Reads;
import dev.sluice.query.Reads.Lease;
import dev.sluice.reading.Reading;
import dev.sluice.store.ReadingQuery;
import dev.sluice.store.ReadingSource;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("slow")
class ClusterReadsTest {
  private static final Instant NOW = Instant.parse("2026-11-27T04:00:00.123Z");
  private static final Duration FLIP = Duration.ofSeconds(30);

  @TempDir Path data;

  private final Nodes nodes = new Nodes();

  @AfterEach
  void close() throws Exception {
    nodes.close();
  }

  private record Store(String name) implements ReadingSource {
    @Override
    public void read(ReadingQuery query, Consumer<Reading> each) {}
  }

  /** A node that answers reads. */
  private final class Node {
    final ControlTopic control;
    final Leadership leadership;
    final PhaseTopic phases;
    final ClusterReads cluster;
    final Reads reads;
    volatile ReadingSource legacy = new Store("mysql");
    final ReadingSource next = new Store("questdb");

    Node(ControlTopic control) {
      this.control = control;
      leadership = nodes.closed(new Leadership(control, new Told()));
      phases = new PhaseTopic(control, leadership, data.resolve(control.self().id()));
      cluster = ClusterReads.of(control, leadership, InstantSource.system());
      reads = new Reads(legacy, FLIP, cluster);
      cluster.serve(reads, role -> role == Role.LEGACY ? legacy : next);
    }

    Node leads() {
      standsBy();
      await().until(leadership::leads);
      return this;
    }

    Node standsBy() {
      leadership.start();
      return this;
    }

    PhaseRecord open() throws IOException {
      PhaseRecord kept = phases.openWith(Phase.MIRROR, NOW, false);
      await().until(cluster::knowPhase);
      return kept;
    }

    /** As a flip does. */
    void flip(PhaseRecord present, Phase to) throws Exception {
      PhaseRecord following = after(present, to);
      try (Reads.Hold hold = reads.holdEverywhere(following.epoch(), FLIP)) {
        phases.keep(present, following);
        hold.switchTo(to.reads() == Role.NEXT ? next : legacy);
      }
    }

    boolean holds() {
      return control.hold().isPresent();
    }
  }

  @Test
  void aFlipHoldsTheReadsOfAllNodesAndMovesThem() throws Exception {
    Node a = new Node(nodes.control("a")).leads();
    Node b = new Node(nodes.control("b"));
    PhaseRecord first = a.open();
    b.open();
    Lease before = b.reads.acquire().orElseThrow();
    assertThat(before.source().name()).isEqualTo("mysql");

    Reads.Hold hold = a.reads.holdEverywhere(2, FLIP);

    assertThat(b.reads.stands(before)).isFalse();
    try (ExecutorService pool = Executors.newVirtualThreadPerTaskExecutor()) {
      Future<Optional<Lease>> heldA = pool.submit(a.reads::acquire);
      Future<Optional<Lease>> heldB = pool.submit(b.reads::acquire);
      Thread.sleep(200);
      assertThat(heldA.isDone() || heldB.isDone()).isFalse();

      a.phases.keep(first, after(first, Phase.QUESTDB));
      hold.switchTo(a.next);
      hold.close();

      assertThat(heldA.get().orElseThrow().source()).isSameAs(a.next);
      assertThat(heldB.get().orElseThrow().source()).isSameAs(b.next);
    }
    assertThat(b.phases.kept().orElseThrow().phase()).isEqualTo(Phase.QUESTDB);
    await().until(() -> !a.holds() && !b.holds());
    a.flip(a.phases.kept().orElseThrow(), Phase.MIRROR);
    await().until(() -> b.reads.sourceName().equals("mysql"));
    assertThat(a.reads.acquire().orElseThrow().source()).isSameAs(a.legacy);
  }

  @Test
  void aFlipThatIsGivenUpLetsAllReadsContinueWhereTheyWere() throws Exception {
    Node a = new Node(nodes.control("a")).leads();
    Node b = new Node(nodes.control("b"));
    a.open();
    b.open();

    a.reads.holdEverywhere(2, FLIP).close();

    assertThat(a.reads.acquire().orElseThrow().source()).isSameAs(a.legacy);
    assertThat(b.reads.acquire().orElseThrow().source()).isSameAs(b.legacy);
    assertThat(a.phases.kept().orElseThrow().epoch()).isEqualTo(1);
  }

  @Tag("long")
  @Test
  void aNodeThatIsCutOffIsNotWaitedForAndAnswersNothing() throws Exception {
    Node a = new Node(nodes.control("a")).leads();
    Node b = new Node(nodes.proxied("b"));
    PhaseRecord first = a.open();
    b.open();
    Lease before = b.reads.acquire().orElseThrow();
    nodes.kafka.proxy().stall();

    long begin = System.nanoTime();
    try (Reads.Hold hold = a.reads.holdEverywhere(2, FLIP)) {
      assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(FLIP.dividedBy(2));
      assertThat(b.reads.stands(before)).isFalse();
      assertThat(b.reads.acquire()).isEmpty();
      assertThat(b.reads.refusal())
          .contains("this node does not know the phase in force", "try again");
      a.phases.keep(first, after(first, Phase.QUESTDB));
      hold.switchTo(a.next);
    }

    nodes.kafka.proxy().resume();
    AtomicBoolean stale = new AtomicBoolean();
    await()
        .pollInterval(Duration.ofMillis(2))
        .until(() -> {
          Optional<Lease> lease = b.reads.acquire();
          lease.ifPresent(read -> stale.compareAndSet(false, read.source().equals(b.legacy)));
          return lease.isPresent();
        });
    assertThat(stale).isFalse();
  }

  @Tag("long")
  @Test
  void readsThatADeadLeaderHeldContinueWithTheNext() throws Exception {
    Node a = new Node(nodes.proxied("a")).leads();
    Node b = new Node(nodes.control("b")).standsBy();
    Node c = new Node(nodes.control("c"));
    a.open();
    b.open();
    c.open();
    Reads.Hold hold = a.reads.holdEverywhere(2, FLIP);
    await().until(c::holds);

    nodes.kafka.proxy().stall();

    await().until(b.leadership::leads);
    assertThat(c.reads.acquire().orElseThrow().source()).isSameAs(c.legacy);
    hold.close();
    assertThat(a.reads.acquire()).isEmpty();
    nodes.kafka.proxy().resume();
    await().until(() -> a.reads.acquire().isPresent());
  }

  @Test
  void aLeaderThatLostItsTermCannotHoldReads() throws Exception {
    Node a = new Node(nodes.control("a")).leads();
    PhaseRecord first = a.open();
    nodes.rival().initTransactions();

    assertThatThrownBy(() -> a.flip(first, Phase.QUESTDB)).isInstanceOf(IOException.class);

    assertThat(a.reads.acquire().orElseThrow().source()).isSameAs(a.legacy);
  }

  @Test
  void twoFlipsDoNotHoldReadsAtOnce() throws Exception {
    Node a = new Node(nodes.control("a")).leads();
    a.open();

    try (Reads.Hold hold = a.reads.holdEverywhere(2, FLIP)) {
      assertThat(hold).isNotNull();
      assertThatThrownBy(() -> a.reads.holdEverywhere(2, FLIP))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("another flip holds them");
    }

    assertThat(a.reads.acquire()).isPresent();
  }

  @Test
  void aStoreThatIsOpenedLaterIsReadOnceItIs() throws Exception {
    Node a = new Node(nodes.control("a")).leads();
    a.open();
    ReadingSource opened = new Store("mysql");

    a.legacy = opened;
    a.cluster.refresh();

    assertThat(a.reads.acquire().orElseThrow().source()).isSameAs(opened);
  }

  @Test
  void readsThatBeginDuringAHoldAreHeld() throws Exception {
    Node a = new Node(nodes.control("a")).leads();
    Node b = new Node(nodes.control("b"));
    a.open();
    b.open();
    Reads later = new Reads(b.next, Duration.ZERO, b.cluster);

    try (Reads.Hold hold = a.reads.holdEverywhere(2, FLIP)) {
      assertThat(hold).isNotNull();
      b.cluster.serve(later, role -> b.legacy);
      Reads impatient = later;
      b.cluster.refresh();
      assertThat(impatient.acquire()).isEmpty();
      assertThat(impatient.refusal()).contains("reads are held by a phase change");
    }

    await().until(() -> later.acquire().isPresent());
    assertThat(later.acquire().orElseThrow().source()).isSameAs(b.legacy);
  }

  /** Whoever got an answer of the new store from one node gets none of the old one from another. */
  @Test
  void noNodeReadsTheOldStoreAfterAnyHasReadTheNewOne() throws Exception {
    Node a = new Node(nodes.control("a")).leads();
    List<Node> all = new ArrayList<>(List.of(a));
    for (String id : List.of("b", "c")) {
      all.add(new Node(nodes.control(id)));
    }
    PhaseRecord present = a.open();
    for (Node node : all) {
      node.open();
    }
    AtomicBoolean stop = new AtomicBoolean();
    AtomicInteger newest = new AtomicInteger(1);
    AtomicInteger answers = new AtomicInteger();
    try (ExecutorService pool = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<?>> readers = new ArrayList<>();
      for (Node node : all) {
        readers.add(
            pool.submit(() -> {
              readOn(node, newest, answers, stop);
              return null;
            }));
      }
      try {
        for (int i = 0; i < 6; i++) {
          int before = answers.get();
          a.flip(present, i % 2 == 0 ? Phase.QUESTDB : Phase.MIRROR);
          present = a.phases.kept().orElseThrow();
          await().until(() -> answers.get() > before + 50);
        }
      } finally {
        stop.set(true);
      }
      for (Future<?> reader : readers) {
        reader.get();
      }
    }
  }

  /** The number of a phase is its epoch: odd ones read mysql here, even ones questdb. */
  private static void readOn(
      Node node, AtomicInteger newest, AtomicInteger answers, AtomicBoolean stop)
      throws InterruptedException {
    while (!stop.get()) {
      int seen = newest.get();
      Optional<Lease> lease = node.reads.acquire();
      if (lease.isPresent() && node.reads.stands(lease.get())) {
        int parity = lease.get().source().equals(node.next) ? 0 : 1;
        int answered = seen % 2 == parity ? seen : seen + 1;
        newest.accumulateAndGet(answered, Math::max);
        long epoch = node.control.phase().orElseThrow().epoch();
        assertThat((long) answered)
            .as("node %s read %s", node.control.self().id(), lease.get().source().name())
            .isLessThanOrEqualTo(epoch);
        answers.incrementAndGet();
      }
      Thread.sleep(1);
    }
  }

  private static PhaseRecord after(PhaseRecord present, Phase next) {
    return new PhaseRecord(next, present.epoch() + 1, "ann", NOW, "because", "report", "a1b2");
  }
}
