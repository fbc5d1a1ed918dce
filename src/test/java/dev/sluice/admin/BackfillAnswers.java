package dev.sluice.admin;

import dev.sluice.api.BackfillStatus;
import dev.sluice.cli.text.BackfillText;
import dev.sluice.http.RawHttp.Answer;
import dev.sluice.reading.Reading;
import dev.sluice.reading.ReadingBatch;
import dev.sluice.store.History.Finding;
import dev.sluice.store.History.RowClass;
import dev.sluice.store.WriteResult;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import org.awaitility.Awaitility;

/** {@code /v1/backfill} over a table in memory, from the first look to the end. */
final class BackfillAnswers {
  private static final String[] RATES = {"rows_per_second", "eta_seconds"};

  private static final List<Finding> FINDINGS =
      List.of(
          new Finding(RowClass.DUPLICATE, "id=7", "its identity has the later row 9"),
          new Finding(RowClass.DUPLICATE, "id=8", "its identity has the later row 9"),
          new Finding(RowClass.SIMILAR_DEVICES, "device_id='a','A'", "one in the old collation"));

  private static final String DECIDED =
      "{'action':'start','decisions':{'duplicate':'skip','similar-devices':'copy'}}";

  private static final GoldenAnswers.Text TEXT =
      GoldenAnswers.text(
          BackfillStatus.class,
          answer -> BackfillText.of(answer) + BackfillText.progress(answer).line() + "\n");

  private final GoldenAnswers answers;

  BackfillAnswers(GoldenAnswers answers) {
    this.answers = answers;
  }

  void all() throws Exception {
    preflight();
    fromStartToEnd();
    throttledFromTheStart();
    cancelled();
    superseded();
    refused();
    ofAnEarlierMirror();
  }

  private BackfillWorld world(String name) throws IOException {
    return new BackfillWorld(answers.data().resolve("backfill-" + name));
  }

  private void add(String name, Answer answer) {
    answers.add("backfill-" + name, 200, answer, TEXT);
  }

  /** While rows are copied the rate and the estimate are measured. */
  private void addCopying(String name, Answer answer) {
    answers.add("backfill-" + name, 200, answer, TEXT, RATES);
  }

  private void preflight() throws Exception {
    try (BackfillWorld world = world("preflight")) {
      add("none", world.show());

      world.rig.mysql.findings = FINDINGS;
      CountDownLatch held = world.holdAt("inspected", 3);
      world.act("preflight");
      held.await();
      add("preflight", world.show());
      add("preflight-paused", world.act("pause"));
      add("preflight-resumed", world.act("resume"));
      world.goOn();

      world.awaitState("none");
      add("preflight-found", world.show());
    }
  }

  private void fromStartToEnd() throws Exception {
    try (BackfillWorld world = world("run")) {
      world.rig.mysql.findings = FINDINGS;
      world.rig.mysql.putIncomplete(5);
      world.rig.mysql.put(new Reading("refused", "temp", 6, 1));
      world.rig.questDb.answer = BackfillAnswers::refusesOneDevice;
      world.act("start");
      world.awaitEnd("failed");
      add("failed", world.show());

      world.clock.step(Duration.ofSeconds(10));
      CountDownLatch held = world.holdAt("read", 2);
      world.post(DECIDED);
      held.await();
      world.awaitEta();
      addCopying("running", world.show());
      addCopying("limited", world.post("{'action':'throttle','rows_per_second':12345}"));
      addCopying("paused", world.act("pause"));
      world.rig.questDb.suspended = true;
      addCopying("resumed", world.act("resume"));
      addCopying("unlimited", world.post("{'action':'throttle','rows_per_second':0}"));
      world.goOn();
      world.awaitState("throttled");
      addCopying("throttled", world.show());

      world.clock.step(Duration.ofSeconds(20));
      world.rig.questDb.suspended = false;
      world.awaitEnd("complete");
      add("complete", world.show());
    }
  }

  private static WriteResult refusesOneDevice(ReadingBatch batch) {
    for (int i = 0; i < batch.size(); i++) {
      if (batch.reading(i).device().equals("refused")) {
        return new WriteResult.Refused("QuestDB cannot hold it");
      }
    }
    return WriteResult.Written.DURABLE;
  }

  private void throttledFromTheStart() throws Exception {
    try (BackfillWorld world = world("throttled")) {
      world.rig.mysql.threadsRunning = 30;
      world.act("start");
      world.awaitState("throttled");
      add("throttled-at-start", world.show());
    }
  }

  private void cancelled() throws Exception {
    try (BackfillWorld world = world("cancelled")) {
      CountDownLatch held = world.holdAt("read", 2);
      world.act("start");
      held.await();
      world.awaitEta();
      addCopying("cancelling", world.act("cancel"));
      world.goOn();
      world.awaitEnd("cancelled");
      add("cancelled", world.show());
    }
  }

  /** QuestDB has a newer value, which MySQL refused when it came. */
  private void superseded() throws Exception {
    try (BackfillWorld world = world("superseded")) {
      world.rig.mysql.answer = batch -> new WriteResult.Refused("temp < 20 is violated");
      world.rig.append(new Reading("s-1", "temp", 1_000L, 21.5));
      Awaitility.await().until(world.rig::settled);
      world.act("start");
      world.awaitEnd("complete");
      add("superseded", world.show());
    }
  }

  private void refused() throws Exception {
    try (BackfillWorld world = world("refused")) {
      refused("nothing-to-pause", world.act("pause"));
      world.objection = Optional.of("mysql has another table");
      refused("objection", world.act("start"));
      world.objection = Optional.empty();

      CountDownLatch held = world.holdAt("read", 1);
      world.act("start");
      held.await();
      refused("running", world.act("start"));
      world.goOn();
      world.awaitEnd("complete");

      world.rig.pair = Optional.empty();
      refused("one-store", world.act("start"));
    }
  }

  private void refused(String why, Answer answer) {
    answers.add("backfill-refused-" + why, 409, answer);
  }

  private void ofAnEarlierMirror() throws Exception {
    try (BackfillWorld world = world("mirror")) {
      world.act("start");
      world.awaitEnd("complete");
      world.rig.append(new Reading("s-1", "temp", 1_000L, 1));
      world.rig.rejoin();
      add("of-an-earlier-mirror", world.show());
    }
  }
}
