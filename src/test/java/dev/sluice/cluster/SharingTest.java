package dev.sluice.cluster;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.sluice.migration.phase.Phase;
import dev.sluice.migration.phase.PhaseRecord;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A leader and its workers on a real topic; the deliveries are sets of numbers. */
class SharingTest {
  private static final Set<Integer> ALL =
      IntStream.range(0, 8).boxed().collect(Collectors.toUnmodifiableSet());

  private final Nodes nodes = new Nodes();

  @AfterEach
  void close() throws Exception {
    nodes.close();
  }

  @Test
  void givesPartitionsToAWorkerAndTakesThemBackWhenItLeaves() throws Exception {
    Leader leader = new Leader("a");
    leader.share();
    Worker worker = new Worker(nodes.control("b"));

    await().until(() -> worker.writes().size() == 4 && leader.delivered().size() == 4);
    assertThat(worker.writes()).doesNotContainAnyElementsOf(leader.delivered());

    worker.close();
    worker.control.close();

    await().until(() -> leader.delivered().equals(ALL));
    await().until(() -> leader.control.assignment().orElseThrow().shares().isEmpty());
  }

  @Test
  void takesEverythingBackForAsLongAsItIsAskedTo() throws Exception {
    Leader leader = new Leader("a");
    leader.share();
    Worker worker = new Worker(nodes.control("b"));
    await().until(() -> !worker.writes().isEmpty());

    leader.sharing.recall();

    assertThat(worker.writes()).isEmpty();
    assertThat(leader.delivered()).isEqualTo(ALL);
    assertThat(leader.sharing.own()).isEqualTo(ALL);

    leader.sharing.release();
    await().until(() -> worker.writes().size() == 4);
  }

  @Test
  void givesNothingWhileDeliveryIsNotDivisibleOrTheWorkerIsInAnotherPhase() throws Exception {
    Leader leader = new Leader("a");
    leader.divisible.set(false);
    leader.share();
    Worker worker = new Worker(nodes.control("b"));
    Thread.sleep(Nodes.QUICK.beat().multipliedBy(5).toMillis());
    assertThat(leader.control.assignment()).isEmpty();

    leader.divisible.set(true);
    await().until(() -> worker.writes().size() == 4);
    worker.epoch = 2;

    await().until(() -> leader.delivered().equals(ALL));
    assertThat(worker.writes()).isEmpty();
  }

  @Test
  void aFailureToEndItsOwnPartKeepsItUntilThatWorks() throws Exception {
    Leader leader = new Leader("a");
    leader.failing.set(true);
    leader.share();
    Worker worker = new Worker(nodes.control("b"));
    await().until(() -> leader.failures.size() > 0);

    assertThat(leader.control.assignment()).isEmpty();
    leader.failing.set(false);

    await().until(() -> worker.writes().size() == 4);
  }

  @Test
  void givesNothingBeforeTheWritesOfEarlierLeadersAreEnded() throws Exception {
    Leader leader = new Leader("a");
    leader.unreachable.set(true);
    leader.share();
    Worker worker = new Worker(nodes.control("b"));
    await().until(() -> leader.failures.size() > 0);

    assertThat(leader.control.assignment()).isEmpty();
    leader.unreachable.set(false);

    await().until(() -> worker.writes().size() == 4);
    assertThat(leader.ended).containsExactly("others");
  }

  @Test
  void takesNothingFromASilentWorkerBeforeItsWritesAreEnded() throws Exception {
    Leader leader = new Leader("a");
    leader.share();
    Worker worker = new Worker(nodes.proxied("b"));
    await().until(() -> worker.writes().size() == 4);
    leader.unreachable.set(true);

    nodes.kafka.proxy().stall();
    await().until(() -> leader.failures.size() > 0);

    assertThat(leader.delivered()).hasSize(4);
    leader.unreachable.set(false);
    await().until(() -> leader.delivered().equals(ALL));
    assertThat(leader.ended).containsExactly("others", worker.control.instance());
  }

  @Tag("long")
  @Test
  void aWorkerThatIsCutOffHasLostItsRightWhenOthersGetItsPartitions() throws Exception {
    Leader leader = new Leader("a");
    leader.share();
    Worker worker = new Worker(nodes.proxied("b"));
    await().until(() -> worker.writes().size() == 4);
    Right right = requireNonNull(worker.right);
    AtomicBoolean overlap = new AtomicBoolean();
    leader.onDeliver = partitions -> overlap.set(overlap.get() || right.writes());

    nodes.kafka.proxy().stall();
    await().until(() -> leader.delivered().equals(ALL));

    assertThat(overlap).isFalse();
    assertThat(right.writes()).isFalse();
    assertThat(right.keeps()).isFalse();
    nodes.kafka.proxy().resume();
    await().until(() -> worker.writes().size() == 4);
    assertThat(right.keeps()).as("over for good").isFalse();
  }

  @Tag("long")
  @Test
  void theNextLeaderBeginsWhenTheWorkersOfTheLastOneHaveGivenBack() throws Exception {
    Leader leader = new Leader("a");
    leader.share();
    Worker slow = new Worker(nodes.control("b"));
    await().until(() -> slow.writes().size() == 4);
    slow.busy.set(true);

    leader.leadership.close();
    leader.sharing.close();
    assertThat(slow.writes()).as("goes on while nobody leads").hasSize(4);
    Leader next = new Leader("c");
    AtomicBoolean begun = new AtomicBoolean();
    Thread beginning =
        Thread.ofPlatform()
            .start(() -> {
              try {
                next.sharing.begin();
                begun.set(true);
              } catch (IOException | InterruptedException e) {
                throw new AssertionError(e);
              }
            });
    await().until(() -> slow.writes().isEmpty());
    Thread.sleep(Nodes.QUICK.lease().multipliedBy(2).toMillis());
    assertThat(begun).as("while a write is under way").isFalse();

    slow.busy.set(false);
    beginning.join();
    assertThat(begun).isTrue();
    await().until(() -> next.control.assignment().orElseThrow().shares().isEmpty());
  }

  @Tag("long")
  @Test
  void aRecallFailsWhenTheTermIsOver() throws Exception {
    Leader leader = new Leader("a");
    leader.share();
    Worker slow = new Worker(nodes.control("b"));
    await().until(() -> slow.writes().size() == 4);
    slow.busy.set(true);

    Thread closing =
        Thread.ofPlatform()
            .start(() -> {
              try {
                Thread.sleep(300);
              } catch (InterruptedException e) {
                throw new AssertionError(e);
              }
              leader.leadership.close();
            });
    assertThatThrownBy(leader.sharing::recall)
        .isInstanceOf(NotLeaderException.class)
        .hasMessageContaining("term 1 is over");
    closing.join();
    slow.busy.set(false);
  }

  /** Told what it delivers now. */
  private interface Told {
    void of(Set<Integer> partitions);
  }

  private final class Leader implements Sharing.OwnDelivery {
    final ControlTopic control;
    final Leadership leadership;
    final Sharing sharing;
    final AtomicBoolean divisible = new AtomicBoolean(true);
    final AtomicBoolean failing = new AtomicBoolean();
    final List<String> failures = new CopyOnWriteArrayList<>();
    private volatile Set<Integer> delivered = Set.of();
    volatile Told onDeliver = partitions -> {};

    /** Whose writes were ended, in order; {@code others} stands for all others. */
    final List<String> ended = new CopyOnWriteArrayList<>();

    final AtomicBoolean unreachable = new AtomicBoolean();

    Leader(String id) throws Exception {
      control = nodes.control(id);
      Nodes.Told told = new Nodes.Told();
      leadership = nodes.closed(new Leadership(control, told));
      leadership.start();
      Term term = told.first();
      if (control.phase().isEmpty()) {
        PhaseRecord first = PhaseRecord.first(Phase.MYSQL, Instant.EPOCH, "test");
        leadership.keep(() -> control.records().of(first));
      }
      await().until(() -> control.phase().isPresent());
      sharing = nodes.closed(new Sharing(control, leadership, term, ALL, this));
    }

    void share() throws Exception {
      sharing.begin();
      delivered = ALL;
      sharing.start();
    }

    Set<Integer> delivered() {
      return delivered;
    }

    @Override
    public boolean isDivisible() {
      return divisible.get();
    }

    @Override
    public void deliver(Set<Integer> partitions) throws IOException {
      if (failing.get()) {
        failures.add("failed");
        throw new IOException("not now");
      }
      onDeliver.of(partitions);
      delivered = partitions;
    }

    @Override
    public void endWritesOf(Set<String> instances) throws IOException {
      if (unreachable.get()) {
        failures.add("unreachable");
        throw new IOException("the store does not answer");
      }
      ended.addAll(instances);
    }

    @Override
    public void endWritesOfOthers() throws IOException {
      endWritesOf(Set.of("others"));
    }
  }

  /** Does what it is told, once it is not busy. */
  private final class Worker implements AutoCloseable {
    final ControlTopic control;
    final AtomicBoolean busy = new AtomicBoolean();
    volatile long epoch = 1;
    volatile @Nullable Right right;
    private volatile boolean closed;
    private final Thread thread;

    Worker(ControlTopic control) {
      this.control = control;
      thread = Thread.ofPlatform().start(this::run);
      nodes.closed(this);
    }

    Set<Integer> writes() {
      Right now = right;
      return now != null && now.writes() ? now.partitions() : Set.of();
    }

    private void run() {
      try {
        while (!closed) {
          if (!busy.get()) {
            turn();
          }
          control.awaitNews();
        }
      } catch (InterruptedException e) {
        throw new AssertionError(e);
      }
    }

    private void turn() {
      Given given = control.given();
      Right now = right;
      if (now != null && !(now.writes() && now.partitions().equals(given.partitions()))) {
        now.end();
        right = null;
      }
      if (right == null && !given.partitions().isEmpty()) {
        right = control.right(given.partitions());
      }
      Right held = right;
      control.report(
          new NodeShare(
              epoch,
              given.number(),
              held == null ? Set.of() : held.partitions(),
              0,
              List.of(new SinkShare("questdb", 1, 2, 0.5, 3, 4, 5))));
    }

    @Override
    public void close() {
      closed = true;
      try {
        thread.join();
      } catch (InterruptedException e) {
        throw new AssertionError(e);
      }
      Right last = right;
      if (last != null) {
        last.end();
      }
    }
  }

  @Test
  void nodesSayWhatTheyDeliver() throws Exception {
    Leader leader = new Leader("a");
    leader.share();
    Worker worker = new Worker(nodes.control("b"));
    await().until(() -> worker.writes().size() == 4);

    await()
        .atMost(Duration.ofSeconds(10))
        .until(() ->
            leader.control.nodes().stream()
                .map(node -> node.record().share())
                .anyMatch(share ->
                    share.partitions().equals(worker.writes())
                        && share
                            .sinks()
                            .equals(List.of(new SinkShare("questdb", 1, 2, 0.5, 3, 4, 5)))));
  }
}
