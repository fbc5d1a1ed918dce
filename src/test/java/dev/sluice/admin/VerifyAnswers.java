package dev.sluice.admin;

import static dev.sluice.migration.ParityWorld.HOUR;

import dev.sluice.api.RepairResult;
import dev.sluice.api.VerifyMap;
import dev.sluice.api.VerifyStatus;
import dev.sluice.cli.text.ParityText;
import dev.sluice.cli.text.RepairText;
import dev.sluice.cli.text.VerifyText;
import dev.sluice.http.RawHttp.Answer;
import dev.sluice.http.auth.TokenAuth;
import dev.sluice.migration.ParityWorld;
import dev.sluice.migration.parity.Hours;
import dev.sluice.migration.verify.Verify;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;

/** {@code /v1/verify} over two stores in memory: runs, maps and repairs. */
final class VerifyAnswers {
  private static final String PATH = "/v1/verify";
  private static final long NEXT_HOUR = HOUR + Hours.HOUR_MICROS;
  private static final String RATE = "rows_per_second";

  private static final GoldenAnswers.Text TEXT =
      GoldenAnswers.text(
          VerifyStatus.class,
          answer -> VerifyText.of(answer) + VerifyText.progress(answer).line() + "\n");
  private static final GoldenAnswers.Text MAP =
      GoldenAnswers.text(
          VerifyMap.class,
          answer -> ParityText.of(answer, false) + "\n" + ParityText.of(answer, true));
  private static final GoldenAnswers.Text REPAIR =
      GoldenAnswers.text(
          RepairResult.class, answer -> RepairText.of(answer, "sluice verify repair --execute"));

  private final GoldenAnswers answers;

  VerifyAnswers(GoldenAnswers answers) {
    this.answers = answers;
  }

  void all() throws Exception {
    cleanRun();
    runUnderWay();
    mismatchesAndTheirRepair();
    repairThatLeavesSome();
    repairOnceQuestDbIsRead();
    readingsThatMysqlRefused();
    mapOfSeveralHours();
    controlRuns();
    failedRun();
    oneStore();
  }

  /** Two stores behind the port. */
  private static final class Open implements AutoCloseable {
    final ParityWorld world;
    private final AdminPort port;

    Open(ParityWorld world) {
      this.world = world;
      this.port =
          new AdminPort(
              new VerifyRoutes(
                  () -> Optional.of(world.verify), TokenAuth.everybody(), AdminPort.audit()));
    }

    Answer show() {
      return port.get(PATH);
    }

    Answer map(String range) {
      return port.get(PATH + "?map=true" + range);
    }

    Answer post(String body) {
      return port.post(PATH, body);
    }

    @Override
    public void close() {
      port.close();
      world.close();
    }
  }

  private Path data(String name) {
    return answers.data().resolve("verify-" + name);
  }

  private Open open(String name) throws IOException {
    return new Open(new ParityWorld(data(name)));
  }

  private void cleanRun() throws IOException {
    try (Open open = open("clean")) {
      answers.add("verify-idle", 200, open.show(), TEXT);
      answers.add("verify-map-empty", 200, open.map(""), MAP);
      fill(open.world);
      open.world.run();
      answers.add("verify-done", 200, open.show(), TEXT);
      answers.add("verify-repair-nothing", 200, open.post("{'action':'repair'}"), REPAIR);
      open.world.awaitEnd();
    }
  }

  private static void fill(ParityWorld world) {
    for (int i = 0; i < 100; i++) {
      world.both("s-" + i, HOUR + i, i);
      world.both("s-" + i, NEXT_HOUR + i, i);
    }
  }

  private void runUnderWay() throws Exception {
    CountDownLatch held = new CountDownLatch(1);
    Semaphore mayGoOn = new Semaphore(0);
    try (Open open = open("running")) {
      fill(open.world);
      open.world.run();
      open.world.mysql.beforeScan =
          from -> {
            if (from == NEXT_HOUR) {
              held.countDown();
              mayGoOn.acquireUninterruptibly();
            }
          };
      open.post("{'action':'start','scope':'all'}");
      try {
        held.await();
        answers.add("verify-running", 200, open.show(), TEXT, RATE);
        answers.add("verify-refused-start", 409, open.post("{'action':'start'}"));
        answers.add("verify-refused-repair", 409, open.post("{'action':'repair'}"));
        answers.add("verify-cancelling", 200, open.post("{'action':'cancel'}"), TEXT, RATE);
      } finally {
        mayGoOn.release(100);
      }
      open.world.awaitEnd();
      answers.add("verify-cancelled", 200, open.show(), TEXT);
      answers.add("verify-refused-cancel", 409, open.post("{'action':'cancel'}"));
    }
  }

  /** One mismatch of each class, in the first hour. */
  private static void differ(ParityWorld world) {
    fill(world);
    world.mysql.put("lacking", HOUR + 1, 1);
    world.questDb.put("surplus", HOUR + 2, 2);
    world.questDb.put("s-3", HOUR + 3, 30.5);
    world.mysql.put("s-4", HOUR + 4, 0.1);
    world.questDb.put("s-4", HOUR + 4, (float) 0.1);
  }

  private void mismatchesAndTheirRepair() throws IOException {
    try (Open open = open("mismatches")) {
      differ(open.world);
      open.world.run();
      answers.add("verify-mismatches", 200, open.show(), TEXT);
      answers.add("verify-repair-dry", 200, open.post("{'action':'repair'}"), REPAIR);
      open.world.questDb.put("lacking", HOUR + 1, 1);
      answers.add(
          "verify-repair-done", 200, open.post("{'action':'repair','execute':true}"), REPAIR);
      open.world.awaitEnd();
      answers.add("verify-repaired", 200, open.show(), TEXT);
    }
  }

  private void repairThatLeavesSome() throws IOException {
    try (Open open = open("not-repaired")) {
      differ(open.world);
      open.world.questDb.removes = false;
      open.world.run();
      answers.add("verify-repair-dry-leaves", 200, open.post("{'action':'repair'}"), REPAIR);
      open.world.questDb.refuses = true;
      answers.add(
          "verify-repair-leaves", 200, open.post("{'action':'repair','execute':true}"), REPAIR);
      open.world.awaitEnd();
      open.world.mysql.findBreaks.set(1);
      answers.add("verify-repair-refused", 409, open.post("{'action':'repair'}"));
    }
  }

  private void repairOnceQuestDbIsRead() throws IOException {
    try (Open open = open("resend")) {
      differ(open.world);
      open.world.run();
      open.world.legacyIsTruth = false;
      answers.add("verify-resend-dry", 200, open.post("{'action':'repair'}"), REPAIR);
      answers.add("verify-resend", 200, open.post("{'action':'repair','execute':true}"), REPAIR);
    }
    try (Open open = open("resend-nothing")) {
      open.world.legacyIsTruth = false;
      answers.add("verify-resend-nothing", 200, open.post("{'action':'repair'}"), REPAIR);
    }
  }

  /** QuestDB has a newer value than MySQL, which listed it as a dead letter. */
  private void readingsThatMysqlRefused() throws IOException {
    try (Open open = open("dead-letter")) {
      open.world.both("s-1", HOUR + 1, 1);
      open.world.mysql.refuses = true;
      open.world.ingest("s-1", HOUR + 1, 2);
      open.world.awaitDelivered();
      open.world.run();
      answers.add("verify-repair-dead-letter", 200, open.post("{'action':'repair'}"), REPAIR);
      open.world.legacyIsTruth = false;
      answers.add("verify-resend-dead-letter", 200, open.post("{'action':'repair'}"), REPAIR);
    }
  }

  /** Hours that are mismatched, matched, dirty and unverified, in this order. */
  private void mapOfSeveralHours() throws IOException {
    try (Open open = open("map")) {
      differ(open.world);
      long dirty = HOUR + 3 * Hours.HOUR_MICROS;
      open.world.both("s-1", NEXT_HOUR + Hours.HOUR_MICROS, 1);
      open.world.both("s-1", dirty, 1);
      open.world.run();
      open.world.clock.step(Duration.ofSeconds(90));
      open.world.ingest("s-1", dirty + 1, 2);
      open.world.ingest("s-1", dirty + Hours.HOUR_MICROS, 3);
      open.world.awaitDelivered();
      open.world.clock.step(Duration.ofHours(1));

      answers.add("verify-dirty", 200, open.show(), TEXT);
      answers.add("verify-map", 200, open.map(""), MAP);
      answers.add(
          "verify-map-one-hour", 200, open.map("&from=2026-11-20T10&to=2026-11-20T11"), MAP);
      open.world.run(Verify.Scope.ALL);
      answers.add("verify-map-compared-again", 200, open.map(""), MAP);
    }
  }

  private void controlRuns() throws IOException {
    try (Open open = open("control")) {
      fill(open.world);
      open.world.run(Verify.Scope.CONTROL_MYSQL);
      answers.add("verify-control-mysql", 200, open.show(), TEXT);
      open.world.run(Verify.Scope.CONTROL_QUESTDB);
      answers.add("verify-control-questdb", 200, open.show(), TEXT);
    }
  }

  /** More mismatches than may be listed. */
  private void failedRun() throws IOException {
    try (Open open = new Open(new ParityWorld(data("failed"), 4_096, 100))) {
      for (int i = 0; i < 1_000; i++) {
        open.world.mysql.put("lacking-" + i, HOUR + i, i);
      }
      open.world.run();
      answers.add("verify-failed", 200, open.show(), TEXT);
    }
  }

  private void oneStore() throws IOException {
    try (Open open = open("one-store")) {
      open.world.leave();
      answers.add("verify-refused-one-store", 409, open.post("{'action':'start'}"));
    }
  }
}
