package dev.sluice.admin;

import static org.awaitility.Awaitility.await;

import dev.sluice.api.CutoverStatus;
import dev.sluice.api.FlipResult;
import dev.sluice.api.Problem;
import dev.sluice.api.ReadinessReport;
import dev.sluice.cli.text.CutoverText;
import dev.sluice.cli.text.ReadinessText;
import dev.sluice.delivery.DeliveryStatus;
import dev.sluice.http.RawHttp.Answer;
import dev.sluice.http.auth.TokenAuth;
import dev.sluice.migration.FakeWorld;
import dev.sluice.migration.StoreNames;
import dev.sluice.migration.cutover.GuardedCutover;
import dev.sluice.migration.phase.Phase;
import dev.sluice.reading.Reading;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/** {@code /v1/cutover} over a world in memory: each change ready, made, failing and refused. */
final class CutoverAnswers {
  private static final String PATH = "/v1/cutover";
  private static final List<String> MEASURED = List.of("held_ms", "waited_ms");

  /**
   * A change of phase.
   *
   * @param measured members of its answers that differ from run to run
   */
  private record Change(String name, Phase from, Phase to, List<String> measured) {
    String[] measuredNames() {
      return measured.toArray(String[]::new);
    }
  }

  private static final List<Change> CHANGES =
      List.of(
          new Change("join", Phase.MYSQL, Phase.MIRROR, List.of()),
          new Change("leave", Phase.MIRROR, Phase.MYSQL, List.of()),
          new Change("cut-over", Phase.MIRROR, Phase.QUESTDB, MEASURED),
          new Change("roll-back", Phase.QUESTDB, Phase.MIRROR, MEASURED),
          new Change("retire", Phase.QUESTDB, Phase.RETIRED, List.of("waited_ms")));

  private static final GoldenAnswers.Text SHOWN =
      GoldenAnswers.text(CutoverStatus.class, CutoverText::of);
  private static final GoldenAnswers.Text FLIPPED =
      GoldenAnswers.text(FlipResult.class, CutoverText::flipped);
  private static final GoldenAnswers.Text REPORT =
      GoldenAnswers.text(
          ReadinessReport.class, report -> ReadinessText.of(report, "sluice cutover --execute"));
  private static final GoldenAnswers.Text FAILED =
      GoldenAnswers.text(Problem.class, CutoverAnswers::failed);

  private static String failed(Problem refusal) {
    ReadinessReport report = refusal.report();
    return report == null ? "no report\n" : ReadinessText.failedGuards(report);
  }

  private final GoldenAnswers answers;

  CutoverAnswers(GoldenAnswers answers) {
    this.answers = answers;
  }

  void all() throws Exception {
    for (Phase phase : Phase.values()) {
      try (Open open = new Open(world(phase.label(), phase), phase)) {
        answers.add("cutover-" + phase.label(), 200, open.show(), SHOWN);
      }
    }
    for (Change change : CHANGES) {
      made(change);
      notReady(change);
      refusedWithAReport(change);
    }
    storesThatCannotBeLookedAt();
    changeUnderWay();
    reportsThatCannotBeRestedOn();
    reportsOfAnotherEpochOrProcess();
    joinThatFails();
    deadLetters();
  }

  /** A cutover behind its port. */
  private static final class Open implements AutoCloseable {
    private final GuardedCutover cutover;
    private final AdminPort port;

    Open(FakeWorld world, Phase phase) throws IOException {
      this.cutover = world.open(phase);
      this.port =
          new AdminPort(
              new CutoverRoutes(
                  () -> Optional.of(cutover),
                  new StoreNames("mysql", "questdb"),
                  TokenAuth.everybody(),
                  AdminPort.audit()));
    }

    Answer show() {
      return port.get(PATH);
    }

    Answer report(Phase to) {
      return port.post(PATH, "{'to':'" + to.label() + "'}");
    }

    /** Makes a report, and gives its id. */
    String id(Phase to) {
      return FakeMigration.json(report(to).body()).getString("id");
    }

    Answer flip(Phase to, String report) {
      return flip(to, report, "sensor_data");
    }

    Answer flip(Phase to, String report, String confirm) {
      return port.post(
          PATH,
          ("{'to':'%s','execute':true,'report':'%s','by':'ann','reason':'the \\'why\\'',"
                  + "'confirm':'%s'}")
              .formatted(to.label(), report, confirm));
    }

    Answer explain(String sink) {
      return port.post(
          PATH, "{'explain_dead_letters':'" + sink + "','by':'ann','reason':'a test rig'}");
    }

    @Override
    public void close() {
      port.close();
      cutover.close();
    }
  }

  private FakeWorld world(String name, Phase phase) throws IOException {
    Path data = Files.createDirectories(answers.data().resolve("cutover-" + name));
    FakeWorld world = new FakeWorld(data, phase);
    world.bothOpen = phase == Phase.MIRROR || phase == Phase.QUESTDB;
    world.fsync = true;
    return world;
  }

  private void made(Change change) throws IOException {
    FakeWorld world = world("made-" + change.name(), change.from());
    try (Open open = new Open(world, change.from())) {
      String name = "cutover-" + change.name();
      Answer report = open.report(change.to());
      answers.add(name + "-report", 200, report, REPORT);
      world.now = world.now.plusSeconds(1);

      String id = FakeMigration.json(report.body()).getString("id");
      answers.add(name + "-flip", 200, open.flip(change.to(), id), FLIPPED, change.measuredNames());
      answers.add(name + "-after", 200, open.show(), SHOWN, change.measuredNames());
    }
  }

  private void notReady(Change change) throws IOException {
    FakeWorld world = world("broken-" + change.name(), change.from());
    world.minFreeBytes = Long.MAX_VALUE;
    try (Open open = new Open(world, change.from())) {
      breakAll(world);
      answers.add("cutover-" + change.name() + "-not-ready", 200, open.report(change.to()), REPORT);
    }
  }

  private void refusedWithAReport(Change change) throws IOException {
    FakeWorld world = world("refused-" + change.name(), change.from());
    try (Open open = new Open(world, change.from())) {
      String id = open.id(change.to());
      breakAll(world);
      answers.add(
          "cutover-" + change.name() + "-refused",
          409,
          open.flip(change.to(), id, "Sensor_Data"),
          FAILED);
    }
  }

  /** Fails every guard but that of the disk, which is set before a world is opened. */
  private static void breakAll(FakeWorld world) {
    world.schema = Optional.of("a migration is pending");
    world.mysqlSchema = Optional.of("a column is missing");
    world.tables = Optional.of("mysql has another table");
    world.backfilled = false;
    world.parity = Optional.of("the stores differ in 1 of 2 hours");
    world.reverse = Optional.of("not compared since");
    world.visibleLag = Duration.ofMillis(5_001);
    world.questDb.suspensions = 1;
    world.mysql.deadLetters = 1;
    world.questDb.deadLetters = 2;
    world.questDb.syncs = false;
    world.mysql.state = DeliveryStatus.State.RETRYING;
    world.mysql.lagSeconds = 5.1;
    world.mysql.residue = 1;
    world.questDb.residue = -1;
    world.mysql.lost = 3;
    world.questDb.shows =
        reading ->
            new Reading(
                reading.device(), reading.metric(), reading.tsMicros(), reading.value() + 0.5);
    world.mysql.takesCorrections = false;
  }

  private void storesThatCannotBeLookedAt() throws IOException {
    FakeWorld closed = world("not-open", Phase.MIRROR);
    try (Open open = new Open(closed, Phase.MIRROR)) {
      closed.bothOpen = false;
      answers.add("cutover-cut-over-not-open", 200, open.report(Phase.QUESTDB), REPORT);
    }
    FakeWorld away = world("away", Phase.QUESTDB);
    try (Open open = new Open(away, Phase.QUESTDB)) {
      away.questDb.unavailable = "the server is away";
      answers.add("cutover-retire-unavailable", 200, open.report(Phase.RETIRED), REPORT);
    }
  }

  private void changeUnderWay() throws Exception {
    FakeWorld world = world("changing", Phase.MYSQL);
    CountDownLatch joining = new CountDownLatch(1);
    CountDownLatch goOn = new CountDownLatch(1);
    world.inJoin =
        () -> {
          joining.countDown();
          await().until(() -> goOn.getCount() == 0);
        };
    try (Open open = new Open(world, Phase.MYSQL);
        ExecutorService operator = Executors.newVirtualThreadPerTaskExecutor()) {
      String id = open.id(Phase.MIRROR);
      Future<Answer> flip = operator.submit(() -> open.flip(Phase.MIRROR, id));
      try {
        joining.await();
        answers.add("cutover-changing", 200, open.show(), SHOWN);
        answers.add("cutover-changing-report-refused", 409, open.report(Phase.MIRROR));
        answers.add("cutover-changing-flip-refused", 409, open.flip(Phase.MIRROR, id));
      } finally {
        goOn.countDown();
      }
      flip.get();
    }
  }

  private void reportsThatCannotBeRestedOn() throws IOException {
    FakeWorld world = world("reports", Phase.MIRROR);
    try (Open open = new Open(world, Phase.MIRROR)) {
      refused(open, "unknown", "20261122T030000.123Z-0000");
      refused(open, "other-phase", open.id(Phase.MYSQL));
      answers.add("cutover-refused-no-way", 409, open.report(Phase.RETIRED));

      world.backfilled = false;
      String notReady = open.id(Phase.QUESTDB);
      world.backfilled = true;
      refused(open, "not-ready", notReady);

      String damaged = open.id(Phase.QUESTDB);
      Files.writeString(
          answers.data().resolve("cutover-reports/cutover/reports/" + damaged + ".json"), "{}");
      refused(open, "damaged", damaged);

      String old = open.id(Phase.QUESTDB);
      world.now = world.now.plus(Duration.ofMinutes(15)).plusSeconds(1);
      refused(open, "too-old", old);

      String ahead = open.id(Phase.QUESTDB);
      world.now = world.now.minusSeconds(1);
      refused(open, "set-back", ahead);
    }
  }

  private void reportsOfAnotherEpochOrProcess() throws IOException {
    FakeWorld world = world("epochs", Phase.MIRROR);
    try (Open open = new Open(world, Phase.MIRROR)) {
      String first = open.id(Phase.QUESTDB);
      open.flip(Phase.QUESTDB, first);
      open.flip(Phase.MIRROR, open.id(Phase.MIRROR));
      refused(open, "other-epoch", first);

      String beforeRestart = open.id(Phase.QUESTDB);
      try (Open another = new Open(world, Phase.MIRROR)) {
        refused(another, "restarted", beforeRestart);
      }
    }
  }

  private void refused(Open open, String why, String report) {
    answers.add("cutover-refused-" + why, 409, open.flip(Phase.QUESTDB, report));
  }

  private void joinThatFails() throws IOException {
    FakeWorld world = world("join-fails", Phase.MYSQL);
    world.joinFails = "no space left";
    try (Open open = new Open(world, Phase.MYSQL)) {
      String id = open.id(Phase.MIRROR);
      answers.add("cutover-join-put-back", 409, open.flip(Phase.MIRROR, id), FAILED);
    }
  }

  private void deadLetters() throws IOException {
    FakeWorld world = world("dead-letters", Phase.MIRROR);
    world.questDb.deadLetters = 3;
    try (Open open = new Open(world, Phase.MIRROR)) {
      answers.add("cutover-explained", 200, open.explain("questdb"));
      answers.add("cutover-explained-report", 200, open.report(Phase.QUESTDB), REPORT);
      world.bothOpen = false;
      answers.add("cutover-explain-refused", 409, open.explain("questdb"));
    }
  }
}
