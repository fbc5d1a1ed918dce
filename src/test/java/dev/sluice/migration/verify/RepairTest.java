package dev.sluice.migration.verify;

import static dev.sluice.migration.ParityWorld.HOUR;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.sluice.api.MismatchCounts;
import dev.sluice.api.RepairResult;
import dev.sluice.migration.ParityWorld;
import dev.sluice.migration.RefusedException;
import dev.sluice.migration.parity.Hours;
import dev.sluice.reading.Identity;
import dev.sluice.reading.Reading;
import jakarta.json.Json;
import jakarta.json.JsonObject;
import jakarta.json.JsonReader;
import java.io.IOException;
import java.io.StringReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RepairTest {
  private static final long NEXT_HOUR = HOUR + Hours.HOUR_MICROS;
  private static final MismatchCounts ONE_OF_EACH = new MismatchCounts(1, 1, 1, 1);

  @TempDir Path data;

  private ParityWorld world;

  @BeforeEach
  void open() throws IOException {
    world = new ParityWorld(data);
    for (int i = 0; i < 50; i++) {
      world.both("s-" + i, HOUR + i, i);
      world.both("s-" + i, NEXT_HOUR + i, i);
    }
  }

  @AfterEach
  void close() {
    world.close();
  }

  @Test
  void changesNothingUnlessTold() throws RefusedException {
    plantOneOfEach();
    world.run();
    Map<Identity, Double> before = world.questDb.rows();

    RepairResult answer = world.verify.repair(false);

    assertThat(answer.execute()).isFalse();
    assertThat(answer.repaired()).isEqualTo(ONE_OF_EACH);
    assertThat(answer.unchanged()).isZero();
    assertThat(world.questDb.rows()).isEqualTo(before);
    assertThat(world.mismatches()).hasSize(4);
    assertThat(world.state(HOUR)).isEqualTo("mismatched");
  }

  @Test
  void repairsExactlyTheKeysAndComparesTheirHoursAgain() throws RefusedException {
    plantOneOfEach();
    world.run();
    // Differs too, but nobody has seen it yet: not in the files, so not repair's business.
    world.questDb.put("s-40", NEXT_HOUR + 40, 4_000);
    world.mysql.scanned.clear();

    RepairResult answer = world.verify.repair(true);

    assertThat(answer.repaired()).isEqualTo(ONE_OF_EACH);
    assertThat(answer.notRepaired()).isEmpty();
    world.awaitEnd();
    world.questDb.put("s-40", NEXT_HOUR + 40, 40);
    assertThat(world.questDb.rows()).isEqualTo(world.mysql.rows());
    assertThat(world.state(HOUR)).isEqualTo("matched");
    assertThat(world.mysql.scanned).as("only what repair touched").containsExactly(HOUR);
    assertThat(world.mismatchFiles()).isEmpty();
    assertThat(world.verify.objection()).isEmpty();
  }

  /** A node that takes over from another finds hours that differ, and no list. */
  @Test
  void isRefusedWithoutAListOfWhatDiffers() throws Exception {
    plantOneOfEach();
    world.run();
    Path lists = world.directory.resolve("mismatches");
    Files.delete(lists.resolve(Hours.name(HOUR) + ".ndjson"));

    assertThatThrownBy(() -> world.verify.repair(false))
        .isInstanceOf(RefusedException.class)
        .hasMessageContaining(lists.toString(), "hour " + Hours.name(HOUR))
        .hasMessageContaining("run 'sluice verify start'");

    world.run();
    assertThat(world.verify.repair(true).repaired()).isEqualTo(ONE_OF_EACH);
  }

  @Test
  void keepsWhatItTakesOutAsAReadingThatCanBeSentAgain() throws Exception {
    world.questDb.put("extra", HOUR + 5, -0.0);
    world.run();

    world.verify.repair(true);

    assertThat(world.takenOut())
        .hasContent(
            "{\"device_id\":\"extra\",\"metric\":\"temp\","
                + "\"ts\":\"2026-11-20T10:00:00.000005Z\",\"value\":-0.0}");
  }

  @Test
  void takesNothingOutThatCannotBeKept() throws Exception {
    world.questDb.put("extra", HOUR + 5, 5);
    world.run();
    Files.createDirectories(world.takenOut());

    assertThatThrownBy(() -> world.verify.repair(true))
        .isInstanceOf(RefusedException.class)
        .hasMessageContaining("cannot be saved");

    assertThat(world.questDb.rows()).containsEntry(new Identity("extra", "temp", HOUR + 5), 5.0);
  }

  @Test
  void leavesAloneWhatWasCorrectedMeanwhile() throws RefusedException {
    plantOneOfEach();
    world.run();
    AtomicInteger finds = new AtomicInteger();
    // MySQL has been asked, QuestDB gets something newer by the mirror, then the chunk is written.
    world.questDb.beforeFind =
        () -> {
          if (finds.getAndIncrement() == 0) {
            world.ingest("s-3", HOUR + 3, 333);
            world.awaitDelivered();
          }
        };

    RepairResult answer = world.verify.repair(true);

    assertThat(answer.repaired().value()).isOne();
    world.awaitEnd();
    assertThat(world.questDb.rows()).containsEntry(new Identity("s-3", "temp", HOUR + 3), 333.0);
    assertThat(world.questDb.rows()).isEqualTo(world.mysql.rows());
  }

  @Test
  void leavesAnExtraReadingThatMysqlGetsMeanwhile() throws RefusedException {
    world.questDb.put("extra", HOUR + 5, 5);
    world.run();
    AtomicInteger finds = new AtomicInteger();
    world.questDb.beforeFind =
        () -> {
          if (finds.getAndIncrement() == 0) {
            world.ingest("extra", HOUR + 5, 6);
            world.awaitDelivered();
          }
        };

    RepairResult answer = world.verify.repair(true);

    assertThat(answer.repaired().extra()).isZero();
    assertThat(answer.unchanged()).isOne();
    assertThat(world.questDb.rows()).containsEntry(new Identity("extra", "temp", HOUR + 5), 6.0);
    world.awaitEnd();
    assertThat(world.state(HOUR)).isEqualTo("matched");
  }

  @Test
  void waitsForMysqlBeforeItTakesAReadingOut() throws Exception {
    world.questDb.put("extra", HOUR + 5, 5);
    world.run();
    world.mysql.behind = true;
    world.ingest("extra", HOUR + 5, 6);
    await().until(() -> world.questDb.rows().containsValue(6.0));
    AtomicInteger finds = new AtomicInteger();
    world.mysql.beforeFind = finds::incrementAndGet;
    Thread repair =
        Thread.ofVirtual()
            .start(() -> {
              try {
                world.verify.repair(true);
              } catch (RefusedException e) {
                throw new AssertionError(e);
              }
            });
    await().until(() -> repair.getState() == Thread.State.TIMED_WAITING);
    assertThat(finds).hasValue(0);

    world.mysql.behind = false;

    repair.join();
    world.awaitEnd();
    assertThat(world.questDb.rows())
        .containsEntry(new Identity("extra", "temp", HOUR + 5), 6.0)
        .isEqualTo(world.mysql.rows());
  }

  @Test
  void listsWhatThisStoreCannotTakeOut() throws RefusedException {
    plantOneOfEach();
    world.questDb.removes = false;
    world.run();

    for (boolean execute : new boolean[] {false, true}) {
      RepairResult answer = world.verify.repair(execute);

      assertThat(answer.repaired().extra()).isZero();
      assertThat(answer.repaired().missing()).isOne();
      assertThat(answer.notRepairedTotal()).isOne();
      RepairResult.Key listed = answer.notRepaired().getFirst();
      assertThat(listed.deviceId()).isEqualTo("extra");
      assertThat(listed.ts()).isEqualTo("2026-11-20T10:00:00.000005Z");
      assertThat(listed.reason()).contains("cannot remove single readings");
    }
    world.awaitEnd();
    assertThat(world.mismatches()).containsExactly("extra extra 2026-11-20T10:00:00.000005Z");
  }

  @Test
  void listsWhatTheStoreDoesNotTake() throws RefusedException {
    world.mysql.put("lacking", HOUR + 1, 1);
    world.run();
    world.questDb.refuses = true;

    RepairResult answer = world.verify.repair(true);

    assertThat(answer.repaired().missing()).isZero();
    assertThat(answer.notRepaired().toString())
        .contains("lacking", "QuestDB refuses it: questdb refuses");
    world.awaitEnd();
    assertThat(world.mismatches()).hasSize(1);
  }

  @Test
  void leavesWhatAgreesByNow() throws RefusedException {
    world.mysql.put("lacking", HOUR + 1, 1);
    world.run();
    world.questDb.put("lacking", HOUR + 1, 1);

    RepairResult answer = world.verify.repair(true);

    assertThat(answer.unchanged()).isOne();
    assertThat(answer.repaired().missing()).isZero();
    world.awaitEnd();
    assertThat(world.state(HOUR)).as("mismatched hours are compared again").isEqualTo("matched");
  }

  @Test
  void repairsMoreThanFitsIntoOneBlock() throws RefusedException {
    for (int i = 0; i < 2_500; i++) {
      world.mysql.put("lacking-" + i, HOUR + i, i);
    }
    world.run();

    RepairResult answer = world.verify.repair(true);

    assertThat(answer.repaired().missing()).isEqualTo(2_500);
    world.awaitEnd();
    assertThat(world.questDb.rows()).isEqualTo(world.mysql.rows());
    assertThat(world.state(HOUR)).isEqualTo("matched");
  }

  @Test
  void listsWhatIsToBeSentAgainOnceQuestDbIsRead() throws Exception {
    plantOneOfEach();
    world.run();
    world.legacyIsTruth = false;
    Map<Identity, Double> before = world.questDb.rows();
    assertThat(world.verify.objection().orElseThrow()).contains("sluice verify repair");

    assertThat(world.verify.repair(false).next()).contains("--execute");
    RepairResult answer = world.verify.repair(true);

    assertThat(answer.toSend()).isEqualTo(ONE_OF_EACH);
    assertThat(answer.next()).contains("/v1/readings", "sluice verify start");
    assertThat(world.questDb.rows()).as("nothing is written").isEqualTo(before);

    for (String line : Files.readAllLines(Path.of(answer.toSendFile()))) {
      try (JsonReader reader = Json.createReader(new StringReader(line))) {
        JsonObject sent = reader.readObject();
        Instant ts = Instant.parse(sent.getString("ts"));
        world.stores.append(
            new Reading(
                sent.getString("device_id"),
                sent.getString("metric"),
                ChronoUnit.MICROS.between(Instant.EPOCH, ts),
                sent.getJsonNumber("value").doubleValue()));
      }
    }
    world.stores.awaitDelivered();
    world.run();

    assertThat(world.questDb.rows()).isEqualTo(world.mysql.rows());
    assertThat(world.verify.objection()).isEmpty();
    before.forEach((key, value) -> assertThat(world.mysql.rows()).containsEntry(key, value));
  }

  @Test
  void tellsWhyItEndedAndCanBeRepeated() throws RefusedException {
    plantOneOfEach();
    world.run();
    world.mysql.findBreaks.set(1);

    assertThatThrownBy(() -> world.verify.repair(true))
        .isInstanceOf(RefusedException.class)
        .hasMessageContaining("mysql broke off");

    world.verify.repair(true);
    world.awaitEnd();
    assertThat(world.questDb.rows()).isEqualTo(world.mysql.rows());
  }

  @Test
  void refusesAMismatchFileThatWasChangedIntoNonsense() throws IOException {
    world.mysql.put("lacking", HOUR + 1, 1);
    world.run();
    Files.writeString(world.mismatchFiles().getFirst(), "{\"class\":\"nonsense\"}\n");

    assertThatThrownBy(() -> world.verify.repair(true))
        .isInstanceOf(RefusedException.class)
        .hasMessageContaining("2026-11-20T10.ndjson has a line that is not a mismatch");
  }

  private void plantOneOfEach() {
    world.mysql.put("lacking", HOUR + 1, 1);
    world.questDb.put("extra", HOUR + 5, 5);
    world.questDb.put("s-3", HOUR + 3, 30);
    world.mysql.put("s-4", HOUR + 4, 0.1);
    world.questDb.put("s-4", HOUR + 4, (float) 0.1);
  }
}
