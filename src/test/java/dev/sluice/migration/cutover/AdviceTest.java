package dev.sluice.migration.cutover;

import static dev.sluice.migration.ParityWorld.HOUR;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import dev.sluice.api.ReadinessReport;
import dev.sluice.api.RepairResult;
import dev.sluice.delivery.DeliveryStatus;
import dev.sluice.migration.FakeWorld;
import dev.sluice.migration.MigrationRig;
import dev.sluice.migration.ParityWorld;
import dev.sluice.migration.RefusedException;
import dev.sluice.migration.Successor;
import dev.sluice.migration.VisibleLag;
import dev.sluice.migration.backfill.BackfillConfig;
import dev.sluice.migration.backfill.BackfillConfig.Decision;
import dev.sluice.migration.backfill.HistoryBackfill;
import dev.sluice.migration.cutover.Guard.Kind;
import dev.sluice.migration.cutover.GuardsTest.Break;
import dev.sluice.migration.phase.Phase;
import dev.sluice.migration.verify.Verify;
import dev.sluice.reading.Identity;
import dev.sluice.reading.Reading;
import dev.sluice.store.History.Finding;
import dev.sluice.store.History.RowClass;
import jakarta.json.Json;
import jakarta.json.JsonObject;
import jakarta.json.JsonReader;
import java.io.StringReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.ThrowingConsumer;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Follows what every refusal advises, as an operator would who knows nothing else: each step
 * changes the state, nobody is sent in a circle, and at the end the thing refused is done.
 */
class AdviceTest {
  private static final Instant LONG_AGO = Instant.EPOCH;

  @TempDir Path data;

  /** The words that say what to do, and what doing it means in a world of fakes. */
  private record Advice(String words, ThrowingConsumer<Followed> follow) {}

  /** Where advice is followed. */
  private record Followed(FakeWorld world, GuardedCutover cutover, String how) {}

  private static Advice advice(Kind kind) {
    return switch (kind) {
      // Told by others, whose own tests follow them.
      case SCHEMA ->
          new Advice(
              "a migration is pending",
              its -> {
                its.world().schema = Optional.empty();
                its.world().mysqlSchema = Optional.empty();
              });
      case TABLES -> new Advice("another one", its -> its.world().tables = Optional.empty());
      case PARITY -> new Advice("dirty", its -> its.world().parity = Optional.empty());
      case REVERSE_PARITY -> new Advice("not run", its -> its.world().reverse = Optional.empty());
      case BACKFILL ->
          new Advice("run sluice backfill start", its -> its.world().backfilled = true);
      case MIRROR_LAG ->
          new Advice(
              "wait until it has caught up", its -> its.world().visibleLag = Duration.ofMillis(5));
      case SUSPENDED -> new Advice("RESUME WAL", its -> its.world().questDb.suspensions = 0);
      case DEAD_LETTERS ->
          new Advice("sluice cutover --explain-dead-letters SINK", AdviceTest::explain);
      case DURABILITY ->
          new Advice("cairo.commit.mode to sync", its -> its.world().questDb.syncs = true);
      case DISK -> new Advice("free disk space", its -> {});
      case MYSQL ->
          new Advice(
              "wait until it has caught up, or fix the cause",
              its -> {
                its.world().mysql.state = DeliveryStatus.State.RUNNING;
                its.world().mysql.lagSeconds = 0;
              });
      case CONSERVATION ->
          new Advice(
              "sluice cutover --explain-dead-letters SINK",
              its -> {
                explain(its);
                if (its.how().contains("residue")) { // a fault of Sluice's own: the log tells it
                  its.world().mysql.residue = 0;
                  its.world().questDb.residue = 0;
                }
              });
      case CANARY, WAY_BACK ->
          new Advice(
              "sluice status shows what is holding it up",
              its -> {
                its.world().questDb.shows = reading -> reading;
                its.world().mysql.takesCorrections = true;
              });
      case CONFIRMATION -> new Advice("--confirm sensor_data", its -> {});
    };
  }

  private static void explain(Followed its) throws RefusedException {
    its.cutover().explainDeadLetters("mysql", "ann", "looked at");
    its.cutover().explainDeadLetters("questdb", "ann", "looked at");
  }

  static List<Break> breaks() {
    return GuardsTest.breaks();
  }

  @ParameterizedTest
  @MethodSource("breaks")
  void ofAGuardLeadsToTheFlip(Break broken) throws Throwable {
    FakeWorld world = new FakeWorld(data, broken.change().from());
    world.fsync = true;
    GuardedCutover cutover = world.open(broken.change().from());
    broken.breaks().accept(world);
    Advice advice = advice(broken.kind());
    String reason = reason(cutover.report(broken.change().to()), broken.kind());

    assertThat(reason).contains(advice.words());
    advice.follow().accept(new Followed(world, cutover, broken.how()));

    assertThat(FakeWorld.go(cutover, broken.change().to()).phase())
        .isEqualTo(broken.change().to().label());
  }

  @Test
  void ofTheConfirmationLeadsToTheFlip() throws Exception {
    GuardedCutover cutover = new FakeWorld(data, Phase.QUESTDB).open(Phase.QUESTDB);
    String report = cutover.report(Phase.RETIRED).id();

    RefusedException refused =
        catchThrowableOfType(
            RefusedException.class,
            () ->
                cutover.flip(new Cutover.Flip(Phase.RETIRED, report, "ann", "because", "yes", "")));

    assertThat(refused).hasMessageContaining(advice(Kind.CONFIRMATION).words());
    assertThat(FakeWorld.go(cutover, Phase.RETIRED).phase()).isEqualTo("retired");
  }

  @Test
  void ofAWayThatThereIsNotLeadsThereByAnother() throws Exception {
    GuardedCutover cutover = new FakeWorld(data, Phase.MYSQL).open(Phase.MYSQL);

    RefusedException refused =
        catchThrowableOfType(RefusedException.class, () -> cutover.report(Phase.QUESTDB));

    assertThat(refused).hasMessageEndingWith("from mysql the allowed next phases are [mirror]");
    FakeWorld.go(cutover, Phase.MIRROR);
    assertThat(FakeWorld.go(cutover, Phase.QUESTDB).phase()).isEqualTo("questdb");
  }

  @Test
  void ofVerifyInPhaseMirrorLeadsToParity() throws Exception {
    try (ParityWorld world = parityWorld()) {
      world.mysql.put("lacking", HOUR + 1, 1);
      world.questDb.put("extra", HOUR + 5, 5);
      world.questDb.put("s-3", HOUR + 3, 30);

      assertThat(walk(world, world.verify::objection)).hasSize(2);
      assertThat(world.questDb.rows()).isEqualTo(world.mysql.rows());
    }
  }

  @Test
  void ofVerifyInPhaseQuestDbLeadsToParity() throws Exception {
    try (ParityWorld world = parityWorld()) {
      world.legacyIsTruth = false;
      world.mysql.put("only-mysql", HOUR + 1, 1);
      world.questDb.put("only-questdb", HOUR + 5, 5);
      world.questDb.put("s-3", HOUR + 3, 30);
      Map<Identity, Double> before = world.questDb.rows();

      assertThat(walk(world, () -> world.verify.objectionSince(LONG_AGO))).hasSize(2);
      assertThat(world.mysql.rows()).isEqualTo(world.questDb.rows()).containsAllEntriesOf(before);
    }
  }

  @Test
  void ofAnHourThatWasPutRightSinceLeadsToParity() throws Exception {
    for (boolean legacyIsTruth : new boolean[] {true, false}) {
      try (ParityWorld world =
          new ParityWorld(Files.createDirectory(data.resolve("of-" + legacyIsTruth)))) {
        world.legacyIsTruth = legacyIsTruth;
        world.both("s-1", HOUR + 1, 1);
        world.mysql.put("lacking", HOUR + 1, 1);
        world.run();
        world.questDb.put("lacking", HOUR + 1, 1);

        assertThat(walk(world, world.verify::objection)).hasSize(1);
      }
    }
  }

  @Test
  void ofARunBeforeThePhaseChangedLeadsToTheWholeOne() throws Exception {
    try (ParityWorld world = parityWorld()) {
      world.legacyIsTruth = false;
      world.run();
      Instant flipped = world.now();
      world.clock.step(Duration.ofSeconds(1));

      Set<String> told = walk(world, () -> world.verify.objectionSince(flipped));

      assertThat(told).singleElement().asString().contains("sluice verify start --all");
    }
  }

  @Test
  void ofAReadingThatMySqlRefusedLeadsToParity() throws Exception {
    try (ParityWorld world = parityWorld()) {
      world.mysql.refuses = true;
      world.ingest("s-3", HOUR + 3, 30);
      world.awaitDelivered();
      world.mysql.refuses = false;
      world.run();

      RepairResult answer = world.verify.repair(true);
      world.awaitEnd();
      assertThat(answer.notRepaired().getFirst().reason())
          .contains("resend it once MySQL accepts it", "move the file away and repair again");
      assertThat(world.verify.objection()).isPresent();

      Path letters = world.stores.pair().orElseThrow().legacy().delivery().deadLetterFile();
      Files.move(letters, data.resolve("moved-away"));
      assertThat(walk(world, world.verify::objection)).hasSize(1);
      assertThat(world.questDb.rows()).isEqualTo(world.mysql.rows());
    }
  }

  @Test
  void ofAReadingThatMySqlRefusedWhileQuestDbIsReadLeadsToParity() throws Exception {
    try (ParityWorld world = parityWorld()) {
      world.legacyIsTruth = false;
      world.mysql.refuses = true;
      world.ingest("s-3", HOUR + 3, 30);
      world.awaitDelivered();
      world.mysql.refuses = false;
      world.run();

      RepairResult answer = world.verify.repair(true);
      assertThat(answer.notRepaired().getFirst().reason())
          .contains("make MySQL accept it, and resend it");
      assertThat(Objects.requireNonNull(answer.toSend()).value()).isZero();

      world.ingest("s-3", HOUR + 3, 30);
      world.awaitDelivered();
      world.run();
      assertThat(world.verify.objection()).isEmpty();
    }
  }

  @Test
  void ofACancelThatFindsNothingStartsOne() throws Exception {
    try (ParityWorld world = parityWorld()) {
      RefusedException refused = catchThrowableOfType(RefusedException.class, world.verify::cancel);

      assertThat(walk(world, once(String.valueOf(refused.getMessage())))).hasSize(1);
      assertThat(world.verify.status().state()).isEqualTo("done");
    }
  }

  @Test
  void ofABackfillLeadsToItsEnd() throws Exception {
    try (MigrationRig rig = new MigrationRig(data)) {
      rig.start();
      rig.mysql.put(new Reading("d", "temp", 1_000, 1));
      rig.mysql.findings = List.of(new Finding(RowClass.BEFORE_1970, "id=7", "1969"));
      try (HistoryBackfill backfill = backfill(rig)) {
        for (ThrowingConsumer<HistoryBackfill> refused :
            List.<ThrowingConsumer<HistoryBackfill>>of(
                HistoryBackfill::pause, HistoryBackfill::resume, HistoryBackfill::cancel)) {
          assertThat(
                  catchThrowableOfType(
                      RefusedException.class,
                      () -> {
                        try {
                          refused.accept(backfill);
                        } catch (RefusedException e) {
                          throw e;
                        } catch (Throwable e) {
                          throw new AssertionError(e);
                        }
                      }))
              .hasMessageEndingWith("Start one: sluice backfill start");
        }

        backfill.start(Map.of());
        awaitState(backfill, "failed");
        assertThat(backfill.status().why())
            .contains("sluice backfill start --decide before-1970=skip");

        backfill.start(Map.of(RowClass.BEFORE_1970, Decision.SKIP));
        awaitState(backfill, "complete");
        assertThat(backfill.complete()).isTrue();
      }
    }
  }

  private ParityWorld parityWorld() throws Exception {
    ParityWorld world = new ParityWorld(data);
    for (int i = 0; i < 20; i++) {
      world.both("s-" + i, HOUR + i, i);
    }
    return world;
  }

  /** Does what is told until nothing is, and never the same twice. */
  private static Set<String> walk(ParityWorld world, Supplier<Optional<String>> objection)
      throws Exception {
    Set<String> told = new LinkedHashSet<>();
    Optional<String> now = objection.get();
    while (now.isPresent()) {
      assertThat(told.add(now.orElseThrow())).as("a circle: %s", told).isTrue();
      follow(world, now.orElseThrow());
      now = objection.get();
    }
    return told;
  }

  private static void follow(ParityWorld world, String text) throws Exception {
    if (text.contains("'sluice verify repair'")) {
      RepairResult answer = world.verify.repair(true);
      world.awaitEnd();
      if (answer.next() != null) {
        followNext(world, answer);
      }
    } else if (text.contains("'sluice verify start --all'")) {
      world.run(Verify.Scope.ALL);
    } else {
      assertThat(text).contains("'sluice verify start'");
      world.run();
    }
  }

  private static void followNext(ParityWorld world, RepairResult answer) throws Exception {
    String next = Objects.requireNonNull(answer.next());
    assertThat(next).contains("'sluice verify start'");
    if (next.contains("send it to the ingest port")) {
      for (String line : Files.readAllLines(Path.of(answer.toSendFile()))) {
        send(world, line);
      }
      world.awaitDelivered();
    }
    world.run();
  }

  private static void send(ParityWorld world, String line) {
    try (JsonReader reader = Json.createReader(new StringReader(line))) {
      JsonObject json = reader.readObject();
      Instant ts = Instant.parse(json.getString("ts"));
      world.ingest(
          json.getString("device_id"),
          ts.getEpochSecond() * 1_000_000 + ts.getNano() / 1_000,
          json.getJsonNumber("value").doubleValue());
    }
  }

  private static Supplier<Optional<String>> once(String text) {
    return List.of(Optional.of(text), Optional.<String>empty()).iterator()::next;
  }

  private HistoryBackfill backfill(MigrationRig rig) {
    return new HistoryBackfill(
        new BackfillConfig(
            data.resolve("backfill"),
            50,
            0,
            Duration.ofMillis(50),
            Duration.ofSeconds(2),
            25,
            Map.of()),
        rig,
        () -> Duration.ZERO,
        new VisibleLag(rig, () -> 0L),
        InstantSource.system(),
        () -> true,
        Successor.NOBODY);
  }

  private static void awaitState(HistoryBackfill backfill, String state) {
    await().atMost(Duration.ofMinutes(1)).until(() -> backfill.status().state().equals(state));
  }

  private static String reason(ReadinessReport report, Kind kind) {
    return report.guards().stream()
        .filter(guard -> guard.name().equals(kind.label()))
        .map(ReadinessReport.Guard::reason)
        .findFirst()
        .orElseThrow();
  }
}
