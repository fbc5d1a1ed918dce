package dev.sluice.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import dev.sluice.cluster.Nodes.Told;
import dev.sluice.migration.phase.Phase;
import dev.sluice.migration.phase.PhaseRecord;
import dev.sluice.migration.phase.PhaseStore;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadLocalRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("slow")
class PhaseTopicTest {
  private static final Instant NOW = Instant.parse("2026-11-27T04:00:00.123Z");
  private static final Duration PATIENCE = Duration.ofMinutes(2);

  @TempDir Path data;

  private final Nodes nodes = new Nodes();

  @AfterEach
  void close() throws Exception {
    nodes.close();
  }

  /** One node of the test. */
  private record Node(ControlTopic control, Leadership leadership, PhaseTopic phases) {}

  @RepeatedTest(3)
  void ofTwoFirstStartsAtOnceOneSetsThePhaseOnce() throws Exception {
    long seed = ThreadLocalRandom.current().nextLong();
    System.out.println("seed " + seed);
    Random random = new Random(seed);
    List<Phase> initial = List.of(Phase.MYSQL, Phase.MIRROR);
    List<Integer> pauses = List.of(random.nextInt(300), random.nextInt(300));
    List<Future<PhaseRecord>> opened = new ArrayList<>();
    try (ExecutorService pool = Executors.newVirtualThreadPerTaskExecutor()) {
      Node a = node("a");
      Node b = node("b");
      for (Node each : List.of(a, b)) {
        int n = opened.size();
        opened.add(
            pool.submit(() -> {
              Thread.sleep(pauses.get(n));
              each.leadership().start();
              return each.phases().openWith(initial.get(n), NOW, false);
            }));
      }

      PhaseRecord first = opened.getFirst().get();

      assertThat(opened.getLast().get()).isEqualTo(first);
      assertThat(first.epoch()).isEqualTo(1);
      assertThat(first.reason()).isEqualTo("cutover.initial-phase of a new control topic");
      assertThat(nodes.written("phase")).hasSize(1);
    }
  }

  @Test
  void theLeaderChangesThePhaseAndAllFollow() throws Exception {
    Node a = leading("a");
    Node b = node("b");
    PhaseRecord first = a.phases().openWith(Phase.MYSQL, NOW, false);
    assertThat(b.phases().openWith(Phase.MIRROR, NOW, true)).isEqualTo(first);
    PhaseRecord next = after(first, Phase.MIRROR, "ann");

    a.phases().keep(first, next);

    assertThat(a.phases().kept()).contains(next);
    assertThat(b.phases().kept()).contains(next);
    assertThat(a.phases().objection()).isEmpty();
    assertThat(ControlTopic.readPhase(nodes.direct)).contains(next);
  }

  @Test
  void anotherNodeIsRefusedAndToldWhomToAsk() throws Exception {
    Node a = leading("a");
    Node b = node("b");
    PhaseRecord first = a.phases().openWith(Phase.MYSQL, NOW, false);
    b.phases().openWith(Phase.MYSQL, NOW, false);
    String refusal = "node b does not lead, node a does: ask it at http://a:8081";

    assertThat(b.phases().objection()).contains(refusal);
    assertThatThrownBy(() -> b.phases().keep(first, after(first, Phase.MIRROR, "bob")))
        .isInstanceOf(NotLeaderException.class)
        .hasMessage(refusal);

    assertThat(a.phases().kept()).contains(first);
  }

  @RepeatedTest(3)
  void ofTwoOperatorsOneWinsAndTheOtherIsTold() throws Exception {
    Node a = leading("a");
    PhaseRecord first = a.phases().openWith(Phase.MIRROR, NOW, false);
    List<PhaseRecord> wanted =
        List.of(after(first, Phase.QUESTDB, "ann"), after(first, Phase.MYSQL, "bob"));
    List<PhaseRecord> won = new ArrayList<>();
    try (ExecutorService pool = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<?>> kept = new ArrayList<>();
      for (PhaseRecord each : wanted) {
        kept.add(
            pool.submit(() -> {
              a.phases().keep(first, each);
              return null;
            }));
      }
      for (int i = 0; i < kept.size(); i++) {
        try {
          kept.get(i).get();
          won.add(wanted.get(i));
        } catch (ExecutionException refused) {
          assertThat(refused.getCause())
              .isInstanceOf(IOException.class)
              .hasMessageContaining("but mirror of epoch 1 is in force here");
        }
      }
    }

    assertThat(won).hasSize(1);
    assertThat(a.phases().kept()).contains(won.getFirst());
    assertThat(nodes.written("phase")).hasSize(2);
  }

  @Test
  void keepsNoRecordThatCannotFollow() throws Exception {
    Node a = leading("a");
    PhaseRecord first = a.phases().openWith(Phase.MYSQL, NOW, false);

    assertThatThrownBy(() -> a.phases().keep(first, after(first, Phase.RETIRED, "ann")))
        .isInstanceOf(IllegalArgumentException.class);

    assertThat(a.phases().kept()).contains(first);
    assertThat(a.leadership().leads()).isTrue();
  }

  @Test
  void aFencedLeaderChangesNothingAndKnowsIt() throws Exception {
    Node a = leading("a");
    PhaseRecord first = a.phases().openWith(Phase.MYSQL, NOW, false);
    nodes.rival().initTransactions();

    assertThatThrownBy(() -> a.phases().keep(first, after(first, Phase.MIRROR, "ann")))
        .isInstanceOf(IOException.class);

    assertThat(a.phases().kept()).contains(first);
  }

  @Test
  void saysThatItIsNotKnownWhatIsKeptWhileTheTopicDoesNotAnswer() throws Exception {
    Node a = leading("a");
    a.phases().openWith(Phase.MYSQL, NOW, false);
    ControlTopic cut = nodes.proxied("b");
    PhaseTopic phases = new PhaseTopic(cut, new Leadership(cut, new Told()), data);

    nodes.kafka.proxy().stall();

    assertThatThrownBy(phases::kept)
        .isInstanceOf(IOException.class)
        .hasMessageContaining(nodes.topic())
        .hasMessageContaining("it has heard nothing from the control topic");
    assertThat(cut.knowsPhase()).isFalse();
  }

  @Test
  void theFirstLeaderTakesOverThePhaseOfItsDataDirectory() throws Exception {
    PhaseStore local = new PhaseStore(data.resolve("a"));
    PhaseRecord mirror = local.openWith(Phase.MIRROR, NOW, false);
    PhaseRecord questDb = after(mirror, Phase.QUESTDB, "ann");
    local.keep(mirror, questDb);
    Node a = leading("a");

    assertThat(a.phases().openWith(Phase.MYSQL, NOW, true)).isEqualTo(questDb);

    assertThat(nodes.written("phase")).hasSize(1);
    assertThat(data.resolve("a/phase.json")).doesNotExist();
    assertThat(data.resolve("a/phase-before-kafka.json")).exists();
    a.phases().keep(questDb, after(questDb, Phase.MIRROR, "ann"));
    assertThat(a.phases().openWith(Phase.MYSQL, NOW, true).epoch()).isEqualTo(3);
  }

  @Test
  void refusesADataDirectoryThatKeepsAnotherPhase() throws Exception {
    Node a = leading("a");
    a.phases().openWith(Phase.MYSQL, NOW, false);
    PhaseRecord other = new PhaseStore(data.resolve("b")).openWith(Phase.MIRROR, NOW, false);
    Node b = node("b");

    assertThatThrownBy(() -> b.phases().openWith(Phase.MYSQL, NOW, false))
        .isInstanceOf(IOException.class)
        .hasMessageContaining(data.resolve("b/phase.json") + " holds mirror of epoch 1")
        .hasMessageContaining("keeps mysql of epoch 1 for all nodes")
        .hasMessageContaining("delete the file");

    assertThat(new PhaseStore(data.resolve("b")).kept()).contains(other);
  }

  @Test
  void refusesToGuessAPhaseThatIsLostAndTakesTheOneThatIsWrittenByHand() throws Exception {
    Node a = leading("a");

    IOException refused =
        catchThrowableOfType(IOException.class, () -> a.phases().openWith(Phase.MYSQL, NOW, true));

    assertThat(refused)
        .hasMessageContaining("the journal has readings")
        .hasMessageContaining("start that node first");
    assertThat(nodes.written("phase")).isEmpty();
    String line = String.valueOf(refused.getMessage());
    line = line.substring(line.indexOf('{')).replace("PHASE", "mirror");
    Files.createDirectories(data.resolve("a"));
    Files.writeString(data.resolve("a/phase.json"), line);
    assertThat(a.phases().openWith(Phase.MYSQL, NOW, true).epoch()).isEqualTo(1_000);
  }

  @Test
  void waitsForALeaderAndSaysThatThereIsNone() throws Exception {
    ControlTopic control = nodes.control("a");
    PhaseTopic phases =
        new PhaseTopic(control, new Leadership(control, new Told()), data, Duration.ofMillis(300));

    assertThatThrownBy(() -> phases.openWith(Phase.MYSQL, NOW, false))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("keeps no phase yet")
        .hasMessageContaining("node.roles=delivery");
  }

  @Test
  void waitsAsLongAsANodeLeadsThatHasNotSetThePhaseYet() throws Exception {
    Node a = leading("a");
    ControlTopic control = nodes.control("b");
    PhaseTopic waiting =
        new PhaseTopic(control, new Leadership(control, new Told()), data, Duration.ofMillis(300));
    try (ExecutorService pool = Executors.newVirtualThreadPerTaskExecutor()) {
      Future<PhaseRecord> opened = pool.submit(() -> waiting.openWith(Phase.MIRROR, NOW, false));
      await().during(Duration.ofSeconds(1)).until(() -> !opened.isDone());

      PhaseRecord first = a.phases().openWith(Phase.MYSQL, NOW, false);

      assertThat(opened.get()).isEqualTo(first);
    }
  }

  @Test
  void theLastNodeTakesThePhaseWithItAndWhoeverElseLivesEnds() throws Exception {
    Node a = leading("a");
    Node b = node("b");
    PhaseRecord mirror = a.phases().openWith(Phase.MIRROR, NOW, false);
    b.phases().openWith(Phase.MYSQL, NOW, false);

    assertThat(a.phases().leave()).isEqualTo(mirror);

    assertThat(new PhaseStore(data.resolve("a")).kept()).contains(mirror);
    assertThat(a.phases().kept()).isEmpty();
    assertThat(a.control().hasFailed()).isFalse();
    await().until(b.control()::hasFailed);
    assertThat(b.control().failed().toCompletableFuture().get())
        .contains(nodes.topic() + " at ")
        .contains("keeps no phase any more")
        .contains("Stop this node");
    await()
        .until(() ->
            a.control().nodes().stream().noneMatch(node -> node.record().info().id().equals("b")));

    // Again, as after a crash in between; then with second thoughts.
    assertThat(a.phases().leave()).isEqualTo(mirror);
    assertThat(a.phases().openWith(Phase.MYSQL, NOW, true)).isEqualTo(mirror);
    assertThat(node("c").phases().kept()).contains(mirror);
  }

  @Test
  void onlyTheLeaderTakesThePhaseAway() throws Exception {
    Node a = leading("a");
    Node b = node("b");
    PhaseRecord mirror = a.phases().openWith(Phase.MIRROR, NOW, false);

    assertThatThrownBy(b.phases()::leave)
        .isInstanceOf(NotLeaderException.class)
        .hasMessageContaining("node a does");

    assertThat(a.phases().kept()).contains(mirror);
  }

  @Test
  void refusesToLeaveWhereNobodyKnowsThePhase() throws Exception {
    Node a = leading("a");

    assertThatThrownBy(a.phases()::leave)
        .isInstanceOf(IOException.class)
        .hasMessageContaining("Sluice does not guess the phase");
  }

  private Node node(String id) throws IOException {
    ControlTopic control = nodes.control(id);
    Leadership leadership = nodes.closed(new Leadership(control, new Told()));
    return new Node(
        control, leadership, new PhaseTopic(control, leadership, data.resolve(id), PATIENCE));
  }

  private Node leading(String id) throws IOException {
    Node node = node(id);
    node.leadership().start();
    await().until(node.leadership()::leads);
    return node;
  }

  private static PhaseRecord after(PhaseRecord present, Phase next, String by) {
    return new PhaseRecord(next, present.epoch() + 1, by, NOW, "because", "report", "a1b2", "a");
  }
}
