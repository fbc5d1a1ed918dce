package dev.sluice.migration.cutover;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.sluice.api.ReadinessReport;
import dev.sluice.delivery.DeliveryStatus;
import dev.sluice.migration.FakeStore;
import dev.sluice.migration.FakeWorld;
import dev.sluice.migration.RefusedException;
import dev.sluice.migration.cutover.Cutover.Flip;
import dev.sluice.migration.cutover.Guard.Kind;
import dev.sluice.migration.phase.Phase;
import dev.sluice.migration.phase.Role;
import dev.sluice.reading.Reading;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Every guard of every change: what breaks it, and that it alone then refuses the flip. */
class GuardsTest {
  @TempDir Path data;

  record Break(Transition change, Kind kind, String how, Consumer<FakeWorld> breaks) {
    @Override
    public String toString() {
      return change + " " + kind.label() + ": " + how;
    }
  }

  static List<Break> breaks() {
    return Stream.of(Transition.values()).flatMap(GuardsTest::breaksOf).toList();
  }

  private static Stream<Break> breaksOf(Transition change) {
    Stream<Break> all =
        Stream.of(
            at(change, Kind.SCHEMA, "a table differs", GuardsTest::breakSchema),
            at(change, Kind.TABLES, "another one", w -> w.tables = Optional.of("another one")),
            at(change, Kind.BACKFILL, "not complete", w -> w.backfilled = false),
            at(change, Kind.PARITY, "an hour is dirty", w -> w.parity = Optional.of("dirty")),
            at(change, Kind.REVERSE_PARITY, "not run", w -> w.reverse = Optional.of("not run")),
            at(change, Kind.MIRROR_LAG, "too slow", w -> w.visibleLag = Duration.ofMillis(5_001)),
            at(change, Kind.SUSPENDED, "just now", w -> w.questDb.suspensions = 1),
            at(change, Kind.DEAD_LETTERS, "of MySQL", w -> w.mysql.deadLetters = 1),
            at(change, Kind.DURABILITY, "does not sync", w -> w.questDb.syncs = false),
            at(change, Kind.MYSQL, "retrying", w -> w.mysql.state = DeliveryStatus.State.RETRYING),
            at(change, Kind.MYSQL, "behind", w -> w.mysql.lagSeconds = 5.1),
            at(change, Kind.CONSERVATION, "a residue", w -> w.mysql.residue = 1),
            at(change, Kind.CONSERVATION, "readings lost", w -> w.mysql.lost = 1),
            at(change, Kind.CANARY, "QuestDB differs", w -> w.questDb.shows = GuardsTest::wrong),
            at(change, Kind.WAY_BACK, "no corrections", w -> w.mysql.takesCorrections = false));
    Stream<Break> ofQuestDb =
        Stream.of(
            at(change, Kind.DEAD_LETTERS, "of QuestDB", w -> w.questDb.deadLetters = 1),
            at(change, Kind.CONSERVATION, "QuestDB's residue", w -> w.questDb.residue = -1),
            at(change, Kind.CONSERVATION, "lost for QuestDB", w -> w.questDb.lost = 1));
    return Stream.concat(all, change == Transition.ROLL_BACK ? Stream.of() : ofQuestDb)
        .filter(each -> change.guards().contains(each.kind()));
  }

  private static Break at(Transition t, Kind kind, String how, Consumer<FakeWorld> breaks) {
    return new Break(t, kind, how, breaks);
  }

  private static void breakSchema(FakeWorld world) {
    world.schema = Optional.of("a migration is pending");
    world.mysqlSchema = world.schema;
  }

  private static Reading wrong(Reading reading) {
    return new Reading(
        reading.device(), reading.metric(), reading.tsMicros(), reading.value() + 0.5);
  }

  private FakeWorld world(Transition change) {
    FakeWorld world = new FakeWorld(data, change.from());
    world.fsync = true;
    return world;
  }

  @ParameterizedTest
  @EnumSource(Transition.class)
  void findAHealthyWorldReady(Transition change) throws Exception {
    GuardedCutover cutover = world(change).open(change.from());

    ReadinessReport report = cutover.report(change.to());

    assertThat(failed(report)).isEmpty();
    assertThat(report.ready()).isTrue();
    assertThat(report.guards()).hasSize(change.guards().size());
    assertThat(report.would()).isNotEmpty();
  }

  @ParameterizedTest
  @MethodSource("breaks")
  void reportExactlyTheGuardThatIsBroken(Break broken) throws Exception {
    FakeWorld world = world(broken.change());
    GuardedCutover cutover = world.open(broken.change().from());
    broken.breaks().accept(world);

    ReadinessReport report = cutover.report(broken.change().to());

    assertThat(failed(report)).containsExactly(broken.kind().label());
    assertThat(report.ready()).isFalse();
    assertThat(reason(report, broken.kind())).isNotBlank();
  }

  @ParameterizedTest
  @MethodSource("breaks")
  void refuseTheFlipWhenOneIsBrokenAfterTheReport(Break broken) throws Exception {
    FakeWorld world = world(broken.change());
    GuardedCutover cutover = world.open(broken.change().from());
    String report = cutover.report(broken.change().to()).id();
    broken.breaks().accept(world);

    RefusedException refused =
        catchThrowableOfType(
            RefusedException.class,
            () -> cutover.flip(FakeWorld.flip(broken.change().to(), report)));

    assertThat(refused).hasMessageContaining(broken.kind().label());
    assertThat(failed(refused.report().orElseThrow())).containsExactly(broken.kind().label());
    assertUnchanged(world, cutover, broken.change());
  }

  @ParameterizedTest
  @MethodSource("breaks")
  void refuseTheFlipWhenACheapOneFailedInBetweenAndRecovered(Break broken) throws Exception {
    FakeWorld world = world(broken.change());
    GuardedCutover cutover = world.open(broken.change().from());
    String report = cutover.report(broken.change().to()).id();
    broken.breaks().accept(world);
    cutover.lookAtReports();
    heal(world);
    cutover.lookAtReports();

    RefusedException refused =
        catchThrowableOfType(
            RefusedException.class,
            () -> cutover.flip(FakeWorld.flip(broken.change().to(), report)));

    if (broken.kind().watched()) {
      assertThat(refused)
          .hasMessageContaining("guard " + broken.kind().label() + " has failed since");
      assertUnchanged(world, cutover, broken.change());
    } else {
      assertThat(cutover.phase().phase()).isEqualTo(broken.change().to());
    }
  }

  @ParameterizedTest
  @EnumSource(Transition.class)
  void watchTheDiskWhereverItIsGuarded(Transition change) throws Exception {
    FakeWorld world = world(change);
    world.minFreeBytes = Long.MAX_VALUE;
    GuardedCutover cutover = world.open(change.from());

    boolean guarded = change.guards().contains(Kind.DISK);

    assertThat(failed(cutover.report(change.to()))).isEqualTo(guarded ? Set.of("disk") : Set.of());
  }

  @Test
  void areAllBrokenByOneOfTheseTests() {
    Set<Kind> broken =
        breaks().stream()
            .map(Break::kind)
            .collect(Collectors.toCollection(() -> EnumSet.noneOf(Kind.class)));

    broken.addAll(Set.of(Kind.DISK, Kind.CONFIRMATION));
    assertThat(broken).containsExactlyInAnyOrder(Kind.values());
  }

  @Test
  void askForTheNameOfTheLegacyTableTypedExactly() throws Exception {
    FakeWorld world = world(Transition.RETIRE);
    GuardedCutover cutover = world.open(Phase.QUESTDB);
    String report = cutover.report(Phase.RETIRED).id();

    for (String typed : List.of("", "Sensor_Data", "sensor_data ")) {
      RefusedException refused =
          catchThrowableOfType(
              RefusedException.class,
              () -> cutover.flip(new Flip(Phase.RETIRED, report, "ann", "", typed, "")));
      assertThat(refused).hasMessageContaining("sensor_data");
      assertThat(failed(refused.report().orElseThrow())).containsExactly("confirmation");
    }

    assertThat(world.kept().phase()).isEqualTo(Phase.QUESTDB);
    assertThat(world.calls).isEmpty();
  }

  @Test
  void letANosyncStorePassWhenAnAckDoesNotSurviveAPowerCutEither() throws Exception {
    FakeWorld world = world(Transition.CUT_OVER);
    world.fsync = false;
    world.questDb.syncs = false;

    assertThat(failed(world.open(Phase.MIRROR).report(Phase.QUESTDB))).isEmpty();
  }

  @Test
  void doNotLetQuestDbsTroublesBlockTheWayBack() throws Exception {
    FakeWorld world = world(Transition.CUT_OVER);
    GuardedCutover cutover = world.open(Phase.MIRROR);
    FakeWorld.go(cutover, Phase.QUESTDB);
    world.questDb.deadLetters = 7;
    world.questDb.residue = 7;
    world.questDb.prompt = false;
    world.questDb.unavailable = "the server is away";
    world.schema = Optional.of("questdb is unreachable");
    FakeWorld.go(cutover, Phase.MIRROR);

    assertThat(world.kept().phase()).isEqualTo(Phase.MIRROR);
    assertThat(world.reads.sourceName()).isEqualTo("mysql");
  }

  @Test
  void failWhatCannotBeLookedAt() throws Exception {
    FakeWorld world = world(Transition.CUT_OVER);
    GuardedCutover cutover = world.open(Phase.MIRROR);
    world.bothOpen = false;

    ReadinessReport report = cutover.report(Phase.QUESTDB);

    assertThat(failed(report))
        .contains("suspended", "durability", "mysql", "conservation", "canary", "way-back");
  }

  @Test
  void forgiveAResidueThatIsGoneAtASecondLook() throws Exception {
    FakeWorld world = world(Transition.CUT_OVER);
    GuardedCutover cutover = world.open(Phase.MIRROR);
    world.mysql.residue = 1;
    Thread settles =
        Thread.ofVirtual()
            .start(() -> {
              FakeWorld.pause(30);
              world.mysql.residue = 0;
            });

    assertThat(failed(cutover.report(Phase.QUESTDB))).isEmpty();
    settles.join();
  }

  @Test
  void askForReverseParitySinceReadsMoved() throws Exception {
    FakeWorld world = world(Transition.CUT_OVER);
    GuardedCutover cutover = world.open(Phase.MIRROR);
    FakeWorld.go(cutover, Phase.QUESTDB);
    world.now = world.now.plusSeconds(60);

    cutover.report(Phase.RETIRED);

    assertThat(world.reverseSince).isEqualTo(world.kept().at());
  }

  static Set<String> failed(ReadinessReport report) {
    return report.guards().stream()
        .filter(guard -> !guard.passed())
        .map(ReadinessReport.Guard::name)
        .collect(Collectors.toSet());
  }

  private static String reason(ReadinessReport report, Kind kind) {
    return report.guards().stream()
        .filter(guard -> guard.name().equals(kind.label()))
        .map(ReadinessReport.Guard::reason)
        .findFirst()
        .orElseThrow();
  }

  private static void heal(FakeWorld world) {
    world.schema = Optional.empty();
    world.mysqlSchema = Optional.empty();
    world.backfilled = true;
    world.parity = Optional.empty();
    world.reverse = Optional.empty();
    world.visibleLag = Duration.ZERO;
    world.questDb.suspensions = 0;
    world.questDb.syncs = true;
    world.questDb.shows = reading -> reading;
    world.mysql.takesCorrections = true;
    world.mysql.state = DeliveryStatus.State.RUNNING;
    world.mysql.lagSeconds = 0;
    for (FakeStore store : List.of(world.mysql, world.questDb)) {
      store.deadLetters = 0;
      store.residue = 0;
      store.lost = 0;
    }
  }

  private static void assertUnchanged(FakeWorld world, GuardedCutover cutover, Transition change)
      throws IOException {
    assertThat(world.kept().phase()).isEqualTo(change.from());
    assertThat(world.kept().epoch()).isEqualTo(1);
    assertThat(cutover.phase()).isEqualTo(world.kept());
    assertThat(world.calls).isEmpty();
    assertThat(world.reads.sourceName())
        .isEqualTo(change.from().reads() == Role.NEXT ? "questdb" : "mysql");
  }
}
