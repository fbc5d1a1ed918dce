package dev.sluice.migration.cutover;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.api.CutoverStatus;
import dev.sluice.api.CutoverStatus.Changing;
import dev.sluice.api.CutoverStatus.LastFlip;
import dev.sluice.api.CutoverStatus.ShadowReads;
import dev.sluice.api.ExplainedResult;
import dev.sluice.api.FlipResult;
import dev.sluice.api.Json;
import dev.sluice.api.ReadinessReport;
import dev.sluice.migration.FakeWorld;
import dev.sluice.migration.RefusedException;
import dev.sluice.migration.cutover.Cutover.Flip;
import dev.sluice.migration.phase.Phase;
import dev.sluice.migration.phase.PhaseRecord;
import dev.sluice.migration.phase.Phases;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class GuardedCutoverTest {
  @TempDir Path data;

  private FakeWorld world(Phase phase) {
    return new FakeWorld(data, phase);
  }

  @Test
  void goesTheWholeWayAndBackAndTellsOfIt() throws Exception {
    FakeWorld world = world(Phase.MYSQL);
    world.bothOpen = false;
    GuardedCutover cutover = world.open(Phase.MYSQL);

    FakeWorld.go(cutover, Phase.MIRROR);
    assertThat(world.calls).containsExactly("join questdb");
    assertThat(world.reads.sourceName()).isEqualTo("mysql");

    FlipResult flipped = FakeWorld.go(cutover, Phase.QUESTDB);
    assertThat(world.reads.sourceName()).isEqualTo("questdb");
    assertThat(flipped.phase()).isEqualTo("questdb");
    assertThat(flipped.epoch()).isEqualTo(3);
    assertThat(flipped.heldMs()).isNotNegative();

    FakeWorld.go(cutover, Phase.MIRROR);
    assertThat(world.reads.sourceName()).isEqualTo("mysql");

    FakeWorld.go(cutover, Phase.QUESTDB);
    FakeWorld.go(cutover, Phase.RETIRED);
    assertThat(world.calls).containsExactly("join questdb", "leave mysql");
    assertThat(world.kept()).isEqualTo(cutover.phase());
    assertThat(world.kept().epoch()).isEqualTo(6);
    assertThat(world.kept().by()).isEqualTo("ann");
    assertThat(world.kept().reason()).isEqualTo("because");
  }

  @Test
  void leavesTheMirrorAgain() throws Exception {
    FakeWorld world = world(Phase.MIRROR);
    GuardedCutover cutover = world.open(Phase.MIRROR);

    FakeWorld.go(cutover, Phase.MYSQL);

    assertThat(world.calls).containsExactly("leave questdb");
    assertThat(world.kept().phase()).isEqualTo(Phase.MYSQL);
  }

  @Test
  void answersThePhaseItsReportsAndTheLastFlip() throws Exception {
    FakeWorld world = world(Phase.MIRROR);
    GuardedCutover cutover = world.open(Phase.MIRROR);

    CutoverStatus before = cutover.status();
    assertThat(before.phase()).isEqualTo("mirror");
    assertThat(before.report()).isNull();
    assertThat(before.changing()).isNull();
    assertThat(before.lastFlip()).isNull();
    assertThat(before.mayGoTo()).containsExactly("questdb", "mysql");
    assertThat(before.shadowReads()).isEqualTo(new ShadowReads(0.5, 3, 1, 2));

    String report = cutover.report(Phase.QUESTDB).id();
    cutover.flip(FakeWorld.flip(Phase.QUESTDB, report));

    CutoverStatus after = cutover.status();
    assertThat(after.report()).isEqualTo(report);
    assertThat(after.lastFlip()).extracting(LastFlip::to).isEqualTo("questdb");
    assertThat(after.reports()).hasSize(2);
  }

  @Test
  void refusesWhereAnotherNodeKeepsThePhase() throws Exception {
    GuardedCutover cutover = world(Phase.MIRROR).open(Phase.MIRROR, new KeptElsewhere());
    String refusal =
        "phase stays mirror and does not go to questdb: node b does not lead, node a does";

    assertThatThrownBy(() -> cutover.report(Phase.QUESTDB))
        .isInstanceOf(RefusedException.class)
        .hasMessage(refusal);
    assertThatThrownBy(() -> cutover.flip(FakeWorld.flip(Phase.QUESTDB, "a-report")))
        .isInstanceOf(RefusedException.class)
        .hasMessage(refusal);
  }

  /** As on a node that does not lead: nothing but the objection is asked for. */
  private static final class KeptElsewhere implements Phases {
    @Override
    public String node() {
      throw new AssertionError();
    }

    @Override
    public Optional<PhaseRecord> kept() {
      throw new AssertionError();
    }

    @Override
    public PhaseRecord openWith(Phase initial, Instant now, boolean readings) {
      throw new AssertionError();
    }

    @Override
    public void keep(PhaseRecord present, PhaseRecord next) {
      throw new AssertionError();
    }

    @Override
    public Optional<String> objection() {
      return Optional.of("node b does not lead, node a does");
    }
  }

  @Test
  void tellsAChangeUnderWayAndRefusesEverythingElseMeanwhile() throws Exception {
    FakeWorld world = world(Phase.MYSQL);
    world.bothOpen = false;
    GuardedCutover cutover = world.open(Phase.MYSQL);
    CountDownLatch joining = new CountDownLatch(1);
    CountDownLatch goOn = new CountDownLatch(1);
    world.inJoin =
        () -> {
          joining.countDown();
          await(goOn);
        };
    String report = cutover.report(Phase.MIRROR).id();

    try (ExecutorService pool = Executors.newVirtualThreadPerTaskExecutor()) {
      Future<FlipResult> flip =
          pool.submit(() -> cutover.flip(FakeWorld.flip(Phase.MIRROR, report)));
      joining.await();

      assertThat(cutover.status().changing())
          .extracting(Changing::step)
          .isEqualTo("joining questdb");
      assertThatThrownBy(() -> cutover.flip(FakeWorld.flip(Phase.MIRROR, report)))
          .isInstanceOf(RefusedException.class)
          .hasMessageContaining("in progress");
      assertThatThrownBy(() -> cutover.report(Phase.MIRROR))
          .isInstanceOf(RefusedException.class)
          .hasMessageContaining("in progress");

      goOn.countDown();
      assertThat(flip.get().phase()).isEqualTo("mirror");
    }
  }

  @ParameterizedTest
  @EnumSource(Phase.class)
  void knowsNoOtherWayThanThePhasesAllow(Phase from) throws Exception {
    FakeWorld world = world(from);
    GuardedCutover cutover = world.open(from);

    for (Phase to : Phase.values()) {
      assertThat(Transition.between(from, to).isPresent()).isEqualTo(from.mayGoTo().contains(to));
      if (!from.mayGoTo().contains(to)) {
        assertThatThrownBy(() -> cutover.report(to)).isInstanceOf(RefusedException.class);
        assertThatThrownBy(() -> cutover.flip(FakeWorld.flip(to, "")))
            .isInstanceOf(RefusedException.class)
            .hasMessageContaining("the allowed next phases are");
      }
    }
    assertThat(world.kept().epoch()).isEqualTo(1);
  }

  @Test
  void refusesAReportThatIsTooOld() throws Exception {
    FakeWorld world = world(Phase.MIRROR);
    GuardedCutover cutover = world.open(Phase.MIRROR);
    String report = cutover.report(Phase.QUESTDB).id();

    world.now = world.now.plus(Duration.ofMinutes(15)).plusSeconds(1);

    refused(world, cutover, report, "allowed is an age of 900000 ms");
  }

  @Test
  void refusesAReportWhenTheClockWasSetBackSince() throws Exception {
    FakeWorld world = world(Phase.MIRROR);
    GuardedCutover cutover = world.open(Phase.MIRROR);
    String report = cutover.report(Phase.QUESTDB).id();

    world.now = world.now.plusSeconds(300);
    cutover.lookAtReports();
    world.now = world.now.minusSeconds(200);
    cutover.lookAtReports();
    refused(world, cutover, report, "set back");

    String another = cutover.report(Phase.QUESTDB).id();
    world.now = world.now.minusSeconds(3600);
    refused(world, cutover, another, "set back");
  }

  @Test
  void refusesAReportOfAnotherEpochOrForAnotherPhase() throws Exception {
    FakeWorld world = world(Phase.MIRROR);
    GuardedCutover cutover = world.open(Phase.MIRROR);
    String old = cutover.report(Phase.QUESTDB).id();
    String other = cutover.report(Phase.MYSQL).id();
    refused(world, cutover, other, "is for a change to mysql");

    FakeWorld.go(cutover, Phase.QUESTDB);
    FakeWorld.go(cutover, Phase.MIRROR);

    refused(world, cutover, old, "is of epoch 1, the phase is at epoch 3");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "20261122T030000.123Z-0000", "../../phase", "x"})
  void refusesAReportThatThereIsNot(String id) throws Exception {
    FakeWorld world = world(Phase.MIRROR);

    refused(world, world.open(Phase.MIRROR), id, "there is no report");
  }

  @Test
  void refusesAReportThatWasNotReadyEvenWhenAllIsWellNow() throws Exception {
    FakeWorld world = world(Phase.MIRROR);
    GuardedCutover cutover = world.open(Phase.MIRROR);
    world.backfilled = false;
    String report = cutover.report(Phase.QUESTDB).id();
    world.backfilled = true;

    refused(world, cutover, report, "is not ready (backfill is not complete");
  }

  @Test
  void refusesAReportThatWasTamperedWith() throws Exception {
    FakeWorld world = world(Phase.MIRROR);
    GuardedCutover cutover = world.open(Phase.MIRROR);
    world.backfilled = false;
    ReadinessReport report = cutover.report(Phase.QUESTDB);
    world.backfilled = true;
    Path file = data.resolve("cutover/reports/" + report.id() + ".json");
    String kept = Files.readString(file);
    assertThat(kept).contains(report.hash());

    for (String spoilt :
        List.of(
            kept.replace("\"passed\":false", "\"passed\":true")
                .replace("\"ready\":false", "\"ready\":true"),
            kept.replace("not complete", "complete"),
            kept.substring(0, kept.length() / 2),
            "")) {
      Files.writeString(file, spoilt);
      refused(world, cutover, report.id(), "has been altered");
    }
  }

  @Test
  void refusesAForgedReportEvenWithAFittingHash() throws Exception {
    FakeWorld world = world(Phase.MIRROR);
    GuardedCutover cutover = world.open(Phase.MIRROR);
    world.backfilled = false;
    ReadinessReport report = cutover.report(Phase.QUESTDB);
    world.backfilled = true;
    ReadinessReport forged =
        new ReadinessReport(
                report.id(),
                report.at(),
                report.epoch(),
                report.from(),
                report.to(),
                true,
                List.of(),
                report.would(),
                null)
            .hashed();
    Files.writeString(
        data.resolve("cutover/reports/" + report.id() + ".json"), Json.write(forged) + "\n");

    refused(world, cutover, report.id(), "its guards have not been watched");
  }

  @Test
  void refusesAReportFromBeforeARestart() throws Exception {
    FakeWorld world = world(Phase.MIRROR);
    String report = world.open(Phase.MIRROR).report(Phase.QUESTDB).id();

    refused(world, world.open(Phase.MIRROR), report, "its guards have not been watched");
  }

  @Test
  void watchesItsReportsByItself() throws Exception {
    FakeWorld world = world(Phase.MIRROR);
    try (GuardedCutover cutover = world.open(Phase.MIRROR)) {
      String report = cutover.report(Phase.QUESTDB).id();
      cutover.start();
      world.backfilled = false;

      Awaitility.await()
          .untilAsserted(() -> refused(world, cutover, report, "backfill has failed since"));
    }
  }

  @Test
  void refusesWhenTheReportCannotBeKept() throws Exception {
    FakeWorld world = world(Phase.MIRROR);
    GuardedCutover cutover = world.open(Phase.MIRROR);
    Files.createFile(data.resolve("cutover"));

    assertThatThrownBy(() -> cutover.report(Phase.QUESTDB))
        .isInstanceOf(RefusedException.class)
        .hasMessageContaining("could not be kept");
  }

  @RepeatedTest(20)
  void letsExactlyOneOfTwoOperatorsFlip() throws Exception {
    FakeWorld world = world(Phase.MIRROR);
    GuardedCutover cutover = world.open(Phase.MIRROR);
    List<String> ids = new ArrayList<>();
    for (int i = 0; i < 2; i++) {
      ids.add(cutover.report(Phase.QUESTDB).id());
    }
    CountDownLatch together = new CountDownLatch(1);

    int won = 0;
    try (ExecutorService pool = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<Boolean>> flips = new ArrayList<>();
      for (String id : ids) {
        flips.add(pool.submit(() -> flips(cutover, together, id)));
      }
      together.countDown();
      for (Future<Boolean> flip : flips) {
        won += flip.get() ? 1 : 0;
      }
    }

    assertThat(won).isEqualTo(1);
    assertThat(world.kept().epoch()).isEqualTo(2);
    assertThat(world.kept()).isEqualTo(cutover.phase());
  }

  @Test
  void takesOperatorForWhoeverDoesNotSay() throws Exception {
    FakeWorld world = world(Phase.MIRROR);
    GuardedCutover cutover = world.open(Phase.MIRROR);
    String report = cutover.report(Phase.QUESTDB).id();

    cutover.flip(new Flip(Phase.QUESTDB, report, " ", "", "", ""));

    assertThat(world.kept().by()).isEqualTo("operator");
  }

  @Test
  void keepsWhichAuditLineRecordsTheFlip() throws Exception {
    FakeWorld world = world(Phase.MIRROR);
    GuardedCutover cutover = world.open(Phase.MIRROR);
    String report = cutover.report(Phase.QUESTDB).id();

    cutover.flip(new Flip(Phase.QUESTDB, report, "ann", "", "", "f00d"));

    assertThat(world.kept().audit()).isEqualTo("f00d");
  }

  @Test
  void letsExplainedDeadLettersAndLossesPassButNoMore() throws Exception {
    FakeWorld world = world(Phase.MIRROR);
    world.questDb.deadLetters = 3;
    world.questDb.lost = 2;
    GuardedCutover cutover = world.open(Phase.MIRROR);
    assertThat(GuardsTest.failed(cutover.report(Phase.QUESTDB)))
        .containsExactlyInAnyOrder("dead-letters", "conservation");

    ExplainedResult explained = cutover.explainDeadLetters("questdb", "ann", "a test rig");

    assertThat(explained).isEqualTo(new ExplainedResult("questdb", 3));
    assertThat(GuardsTest.failed(cutover.report(Phase.QUESTDB))).isEmpty();
    assertThat(GuardsTest.failed(world.open(Phase.MIRROR).report(Phase.QUESTDB))).isEmpty();
    Files.delete(data.resolve("cutover/dead-letters.json"));
    GuardedCutover.inherit(data.resolve("cutover"), world.successor.heard());
    assertThat(GuardsTest.failed(world.open(Phase.MIRROR).report(Phase.QUESTDB)))
        .as("as a successor has heard")
        .isEmpty();
    world.questDb.deadLetters = 4;
    assertThat(GuardsTest.failed(cutover.report(Phase.QUESTDB))).containsExactly("dead-letters");
  }

  @Test
  void forgetsWhatWasExplainedOfACursorThatBeganAnew() throws Exception {
    FakeWorld world = world(Phase.MIRROR);
    world.questDb.deadLetters = 3;
    GuardedCutover cutover = world.open(Phase.MIRROR);
    cutover.explainDeadLetters("questdb", "ann", "a test rig");

    world.questDb.origin = 4711;
    world.questDb.deadLetters = 1;

    assertThat(GuardsTest.failed(cutover.report(Phase.QUESTDB))).containsExactly("dead-letters");
  }

  @Test
  void explainsNothingFromAFileThatCannotBeUnderstood() throws Exception {
    FakeWorld world = world(Phase.MIRROR);
    world.mysql.deadLetters = 1;
    world.open(Phase.MIRROR).explainDeadLetters("mysql", "ann", "a test rig");
    Files.writeString(data.resolve("cutover/dead-letters.json"), "{\"mysql\":");

    assertThat(GuardsTest.failed(world.open(Phase.MIRROR).report(Phase.QUESTDB)))
        .containsExactly("dead-letters");
  }

  @Test
  void wantsAReasonAndAKnownSinkForAnExplanation() throws Exception {
    GuardedCutover cutover = world(Phase.MIRROR).open(Phase.MIRROR);

    assertThatThrownBy(() -> cutover.explainDeadLetters("mysql", "ann", " "))
        .isInstanceOf(RefusedException.class)
        .hasMessageContaining("say why");
    assertThatThrownBy(() -> cutover.explainDeadLetters("oracle", "ann", "because"))
        .isInstanceOf(RefusedException.class)
        .hasMessageContaining("no sink 'oracle'");
  }

  private static boolean flips(GuardedCutover cutover, CountDownLatch together, String report) {
    await(together);
    try {
      cutover.flip(FakeWorld.flip(Phase.QUESTDB, report));
      return true;
    } catch (RefusedException e) {
      return false;
    }
  }

  private static void refused(FakeWorld world, GuardedCutover cutover, String report, String why)
      throws Exception {
    PhaseRecord before = world.kept();
    assertThatThrownBy(() -> cutover.flip(FakeWorld.flip(Phase.QUESTDB, report)))
        .isInstanceOf(RefusedException.class)
        .hasMessageContaining(why)
        .extracting(e -> ((RefusedException) e).report())
        .isEqualTo(Optional.empty());
    assertThat(world.kept()).isEqualTo(before);
    assertThat(world.reads.sourceName()).isEqualTo("mysql");
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }
}
