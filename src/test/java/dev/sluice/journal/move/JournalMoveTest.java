package dev.sluice.journal.move;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.sluice.journal.AppendResult;
import dev.sluice.journal.Feed;
import dev.sluice.journal.Journal;
import dev.sluice.journal.JournalConfig;
import dev.sluice.journal.Progress;
import dev.sluice.journal.ReadResult;
import dev.sluice.journal.Remains;
import dev.sluice.journal.disk.DiskJournal;
import dev.sluice.journal.kafka.KafkaConfig;
import dev.sluice.journal.kafka.KafkaJournal;
import dev.sluice.reading.Identity;
import dev.sluice.reading.Reading;
import dev.sluice.reading.ReadingBatch;
import dev.sluice.reading.ReadingBuffer;
import dev.sluice.testing.TestKafka;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.apache.kafka.clients.admin.Admin;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Real journals of both kinds; stores are maps in which the last value of an identity stays. */
class JournalMoveTest {
  private static final List<String> STORES = List.of("mysql", "questdb");
  private static final int PARTITIONS = 4;
  private static final long SEGMENT_BYTES = 1 << 20;
  private static final AtomicInteger TOPICS = new AtomicInteger();

  private final TestKafka kafka = TestKafka.shared();
  private final String topic =
      "move-" + ProcessHandle.current().pid() + "-" + TOPICS.incrementAndGet();
  private final JournalPlace inKafka =
      new JournalPlace(
          Optional.of(
              new JournalPlace.Topic(
                  List.of(kafka.servers()),
                  topic,
                  PARTITIONS,
                  1,
                  Optional.empty(),
                  Optional.empty())));

  /** What was acknowledged last of each identity. */
  private final Map<Identity, Double> acknowledged = new HashMap<>();

  private final Map<String, Map<Identity, Double>> stores =
      Map.of("mysql", new HashMap<>(), "questdb", new HashMap<>());

  private long version;
  private Duration keepEvery = Duration.ofSeconds(2);

  @TempDir Path data;

  @Test
  void carriesReadingsCursorsAndCountsToKafkaAndBack() throws Exception {
    long seed = System.nanoTime();
    System.out.println("carriesReadingsCursorsAndCountsToKafkaAndBack: seed " + seed);
    SplittableRandom random = new SplittableRandom(seed);
    JournalPlace place = JournalPlace.LOCAL;
    Map<String, Progress> progress = new HashMap<>();
    for (int round = 0; round < 4; round++) {
      try (Journal journal = started(place)) {
        for (String store : STORES) {
          try (Feed feed = journal.feed(store)) {
            if (round > 0) {
              Progress before = requireNonNull(progress.get(store));
              Progress now = feed.kept();
              assertThat(now.origin()).isEqualTo(before.origin());
              assertThat(now.deadLettered()).isEqualTo(before.deadLettered());
              assertThat(now.lost()).isEqualTo(before.lost());
            }
          }
        }
        append(journal, random, 20);
        for (String store : STORES) {
          progress.put(store, deliver(journal, store, random.nextInt(3_000)));
        }
      }
      place = place.equals(JournalPlace.LOCAL) ? inKafka : JournalPlace.LOCAL;
    }

    try (Journal journal = started(place)) {
      for (String store : STORES) {
        Progress end = deliver(journal, store, Integer.MAX_VALUE);
        assertThat(end.offset() - end.origin()).isEqualTo(version);
        assertThat(stores.get(store)).isEqualTo(acknowledged);
      }
    }
    assertThat(data.resolve("journal-move.json")).doesNotExist();
  }

  /** As a kill leaves it: what was kept last counts, what came after is moved again. */
  @Test
  void goesOnWhereItWasBrokenOffInBothDirections() throws Exception {
    long seed = System.nanoTime();
    System.out.println("goesOnWhereItWasBrokenOffInBothDirections: seed " + seed);
    SplittableRandom random = new SplittableRandom(seed);
    keepEvery = Duration.ZERO;
    JournalPlace place = JournalPlace.LOCAL;
    for (int round = 0; round < 4; round++) {
      try (Journal journal = started(place)) {
        append(journal, random, 60);
        // So much that what is moved again is less than what was delivered.
        for (String store : STORES) {
          deliver(journal, store, random.nextInt(5_100, 6_000));
        }
      }
      place = place.equals(JournalPlace.LOCAL) ? inKafka : JournalPlace.LOCAL;
      for (int broken = 0; broken < 3; broken++) {
        int after = random.nextInt(8);
        AtomicInteger asked = new AtomicInteger();
        JournalPlace to = place;
        try {
          started(to, () -> asked.incrementAndGet() > after).close();
        } catch (IOException e) {
          assertThat(e).hasMessageContaining("goes on at the next start");
        }
      }
    }

    try (Journal journal = started(place)) {
      for (String store : STORES) {
        Progress end = deliver(journal, store, Integer.MAX_VALUE);
        assertThat(end.offset() - end.origin()).isEqualTo(version);
        assertThat(stores.get(store)).isEqualTo(acknowledged);
      }
    }
  }

  /** As delivery keeps it while the newest readings of a backlog wait: in the middle of a batch. */
  @Test
  void losesNothingWhereASinkSkipsReadingsBehindTheRecordOfAnother() throws Exception {
    try (Journal journal = started(inKafka)) {
      appendOfOneDevice(journal, 3);
      deliverInOneBatch(journal, "mysql", 150);
      deliver(journal, "questdb", 120);
    }

    try (Journal journal = started(JournalPlace.LOCAL)) {
      for (String store : STORES) {
        Progress end = deliver(journal, store, Integer.MAX_VALUE);
        assertThat(stores.get(store)).as(store).isEqualTo(acknowledged);
        assertThat(end.offset() - end.origin()).as(store).isEqualTo(version);
      }
    }
  }

  @Test
  void countsNothingTwiceWhereASinkSkipsMoreThanARecord() throws Exception {
    try (Journal journal = started(inKafka)) {
      appendOfOneDevice(journal, 3);
      deliverInOneBatch(journal, "mysql", 250);
    }

    try (Journal journal = started(JournalPlace.LOCAL)) {
      for (String store : STORES) {
        Progress end = deliver(journal, store, Integer.MAX_VALUE);
        assertThat(stores.get(store)).as(store).isEqualTo(acknowledged);
        assertThat(end.offset() - end.origin()).as(store).isEqualTo(version);
      }
    }
  }

  @Test
  void beginsAgainWhereTheTopicThatWasFilledIsAnotherOne() throws Exception {
    fillTheTopicAndDeleteIt();

    assertMovedWhole(inKafka);
  }

  /** And that already holds more than was moved to the first. */
  @Test
  void beginsAgainWhereAnotherTopicOfThatNameHasGrown() throws Exception {
    fillTheTopicAndDeleteIt();
    try (KafkaJournal grown = KafkaJournal.open(kafkaConfig(), InstantSource.system())) {
      for (int i = 0; i < 40; i++) {
        ReadingBuffer foreign = new ReadingBuffer(256, 1 << 20);
        foreign.add(new Reading("device-" + i, "foreign", i, i));
        assertThat(grown.append(foreign)).isInstanceOf(AppendResult.Accepted.class);
      }
    }

    try (Journal journal = started(inKafka)) {
      for (String store : STORES) {
        deliver(journal, store, Integer.MAX_VALUE);
        assertThat(stores.get(store)).as(store).containsAllEntriesOf(acknowledged);
      }
    }
  }

  @Test
  void beginsAgainWhereTheLocalJournalThatWasFilledIsGone() throws Exception {
    keepEvery = Duration.ZERO;
    try (Journal journal = started(inKafka)) {
      appendOfOneDevice(journal, 30);
    }
    breakOff(JournalPlace.LOCAL, 10);
    DiskJournal.delete(data.resolve("journal"));

    assertMovedWhole(JournalPlace.LOCAL);
  }

  private void fillTheTopicAndDeleteIt() throws Exception {
    keepEvery = Duration.ZERO;
    try (Journal journal = started(JournalPlace.LOCAL)) {
      append(journal, new SplittableRandom(1), 30);
      deliver(journal, "mysql", 1_000);
      deliver(journal, "questdb", 2_000);
    }
    breakOff(inKafka, 1);
    try (Admin admin = Admin.create(Map.of("bootstrap.servers", kafka.servers()))) {
      admin.deleteTopics(List.of(topic)).all().get();
      await().until(() -> !admin.listTopics().names().get().contains(topic));
    }
  }

  private void breakOff(JournalPlace to, int after) {
    AtomicInteger asked = new AtomicInteger();
    assertThatThrownBy(() -> started(to, () -> asked.incrementAndGet() > after))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("goes on at the next start");
    assertThat(data.resolve("journal-move.json")).content().contains("\"place\"");
  }

  private void assertMovedWhole(JournalPlace to) throws Exception {
    try (Journal journal = started(to)) {
      for (String store : STORES) {
        Progress end = deliver(journal, store, Integer.MAX_VALUE);
        assertThat(stores.get(store)).as(store).isEqualTo(acknowledged);
        assertThat(end.offset() - end.origin()).as(store).isEqualTo(version);
      }
    }
  }

  /** Somebody nobody knows of: a node that was cut off from the others, and not from the topic. */
  @Test
  void movesWhatIsAppendedToTheTopicMeanwhile() throws Exception {
    SplittableRandom random = new SplittableRandom(1);
    try (Journal journal = started(inKafka)) {
      append(journal, random, 5);
    }
    AtomicInteger asked = new AtomicInteger();
    try (Journal other = KafkaJournal.open(kafkaConfig(), InstantSource.system());
        Journal journal =
            started(
                JournalPlace.LOCAL,
                () -> {
                  if (asked.incrementAndGet() == 1) {
                    append(other, random, 5);
                  }
                  return false;
                })) {
      for (String store : STORES) {
        Progress end = deliver(journal, store, Integer.MAX_VALUE);
        assertThat(end.offset() - end.origin()).isEqualTo(version);
        assertThat(stores.get(store)).isEqualTo(acknowledged);
      }
    }
  }

  @Test
  void deletesNoMoreOfATopicThanWasMoved() throws Exception {
    SplittableRandom random = new SplittableRandom(1);
    try (Journal journal = started(inKafka)) {
      append(journal, random, 5);
    }
    Old late =
        new Old() {
          @Override
          public void discard(JournalPlace place, List<String> cursors, Optional<String> moved)
              throws IOException {
            try (Journal other = KafkaJournal.open(kafkaConfig(), InstantSource.system())) {
              append(other, random, 1);
            }
            super.discard(place, cursors, moved);
          }
        };
    started(JournalPlace.LOCAL, JournalMoveTest::goOn, late).close();

    try (Journal journal = KafkaJournal.open(kafkaConfig(), InstantSource.system());
        Remains left = journal.remains(STORES, List.of())) {
      ReadingBatch batch = new ReadingBatch();
      int readings = 0;
      while (!left.isOver()) {
        readings += left.read(batch) instanceof ReadResult.Filled ? batch.size() : 0;
      }
      assertThat(readings).isEqualTo(100);
    }
  }

  /** Whoever loses a cursor gets everything again, which is harmless; not nothing. */
  @Test
  void keepsEverythingForAStoreWhoseCursorIsGone() throws Exception {
    SplittableRandom random = new SplittableRandom(1);
    try (Journal journal = started(JournalPlace.LOCAL)) {
      append(journal, random, 5);
      deliver(journal, "mysql", 100);
      deliver(journal, "questdb", Integer.MAX_VALUE);
    }
    Files.delete(data.resolve("journal/cursors/mysql.cursor"));

    try (Journal journal = started(inKafka)) {
      assertThat(deliver(journal, "mysql", Integer.MAX_VALUE))
          .isEqualTo(new Progress(0, version, version, 0, 0));
      assertThat(deliver(journal, "questdb", Integer.MAX_VALUE))
          .isEqualTo(new Progress(0, version, version, 0, 0));
      assertThat(stores.get("mysql")).isEqualTo(acknowledged);
    }
  }

  @Test
  void goesOnWithoutAMoveOnlyWhereNothingIsLeft() throws Exception {
    SplittableRandom random = new SplittableRandom(1);
    try (Journal journal = started(JournalPlace.LOCAL)) {
      append(journal, random, 5);
      deliver(journal, "mysql", Integer.MAX_VALUE);
    }
    JournalMove move = move(inKafka, new Old());

    assertThatThrownBy(() -> move.requireNothingLeft(STORES, "because"))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("the local journal holds readings that stores have not got yet")
        .hasMessageContaining(topic)
        .hasMessageEndingWith(": because");
    assertThat(move.isNeeded()).isTrue();

    move.requireNothingLeft(List.of("mysql"), "because");
    assertThat(move.isNeeded()).isFalse();
    assertThat(move(inKafka, new Old()).isNeeded()).isFalse();
  }

  @Test
  void staysWithTheOldJournalWhenTheSettingsNameItAgain() throws Exception {
    SplittableRandom random = new SplittableRandom(1);
    try (Journal journal = started(JournalPlace.LOCAL)) {
      append(journal, random, 20);
      deliver(journal, "mysql", 100);
    }
    AtomicInteger asked = new AtomicInteger();
    assertThatThrownBy(() -> started(inKafka, () -> asked.incrementAndGet() > 1))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("readings left to move");

    try (Journal journal = started(JournalPlace.LOCAL)) {
      append(journal, random, 20);
      deliver(journal, "mysql", 500);
      deliver(journal, "questdb", 1_500);
    }

    try (Journal journal = started(inKafka)) {
      for (String store : STORES) {
        deliver(journal, store, Integer.MAX_VALUE);
        assertThat(stores.get(store)).isEqualTo(acknowledged);
      }
    }
  }

  @Test
  void emptiesTheOldJournalAndKeepsWhatIsInQuarantine() throws Exception {
    SplittableRandom random = new SplittableRandom(1);
    try (Journal journal = started(JournalPlace.LOCAL)) {
      append(journal, random, 5);
      deliver(journal, "mysql", 100);
    }
    Path quarantined = data.resolve("journal/quarantine/damage");
    Files.createDirectories(data.resolve("journal/quarantine"));
    Files.writeString(quarantined, "for people");

    started(inKafka).close();

    assertThat(DiskJournal.isIn(data.resolve("journal"))).isFalse();
    assertThat(data.resolve("journal/cursors")).isEmptyDirectory();
    assertThat(quarantined).exists();
    assertThat(Files.readString(data.resolve("journal.json"))).contains("kafka", topic);
    try (Journal journal = started(JournalPlace.LOCAL)) {
      assertThat(journal.stats().accepted()).isEqualTo(version);
    }
    try (Journal journal = KafkaJournal.open(kafkaConfig(), InstantSource.system())) {
      assertThat(journal.stats().firstOffset()).isEqualTo(journal.stats().nextOffset());
      assertThat(journal.remains(List.of(), STORES).sinks()).isEmpty();
    }
  }

  @Test
  void emptiesTheOldJournalAtALaterStartIfItCannotNow() throws Exception {
    SplittableRandom random = new SplittableRandom(1);
    try (Journal journal = started(JournalPlace.LOCAL)) {
      append(journal, random, 5);
    }
    AtomicBoolean fails = new AtomicBoolean(true);
    Old failing =
        new Old() {
          @Override
          public void discard(JournalPlace place, List<String> cursors, Optional<String> moved)
              throws IOException {
            if (fails.get()) {
              throw new IOException("not now");
            }
            super.discard(place, cursors, moved);
          }
        };
    try (Journal journal = started(inKafka, JournalMoveTest::goOn, failing)) {
      deliver(journal, "mysql", 700);
    }
    assertThat(DiskJournal.isIn(data.resolve("journal"))).isTrue();
    started(inKafka, JournalMoveTest::goOn, failing).close();
    assertThat(DiskJournal.isIn(data.resolve("journal"))).isTrue();
    assertThatThrownBy(() -> started(JournalPlace.LOCAL, JournalMoveTest::goOn, failing))
        .hasMessage("not now");

    fails.set(false);
    try (Journal journal = started(JournalPlace.LOCAL, JournalMoveTest::goOn, failing)) {
      for (String store : STORES) {
        deliver(journal, store, Integer.MAX_VALUE);
        assertThat(stores.get(store)).isEqualTo(acknowledged);
      }
    }
  }

  @Test
  void refusesToMoveInFrontOfReadingsThatCameLater() throws Exception {
    SplittableRandom random = new SplittableRandom(1);
    try (Journal journal = DiskJournal.open(diskConfig(64 << 20), InstantSource.system())) {
      append(journal, random, 5);
    }
    try (Journal journal = KafkaJournal.open(kafkaConfig(), InstantSource.system())) {
      append(journal, random, 5);
    }

    assertThatThrownBy(() -> started(inKafka))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("the local journal holds readings that stores have not got yet")
        .hasMessageContaining(topic);
  }

  /** As somebody left it who changed the kind by hand, with nothing left to deliver. */
  @Test
  void takesATopicInUseAsItIsWhenTheLocalJournalIsDelivered() throws Exception {
    SplittableRandom random = new SplittableRandom(1);
    try (Journal journal = DiskJournal.open(diskConfig(64 << 20), InstantSource.system())) {
      append(journal, random, 5);
      for (String store : STORES) {
        deliver(journal, store, Integer.MAX_VALUE);
      }
    }
    try (Journal journal = KafkaJournal.open(kafkaConfig(), InstantSource.system())) {
      for (String store : STORES) {
        journal.feed(store).close();
      }
      append(journal, random, 5);
    }

    try (Journal journal = started(inKafka)) {
      for (String store : STORES) {
        deliver(journal, store, Integer.MAX_VALUE);
        assertThat(stores.get(store)).isEqualTo(acknowledged);
      }
    }
  }

  @Test
  void refusesAnotherTopic() throws Exception {
    started(inKafka).close();
    JournalPlace.Topic there = inKafka.topic().orElseThrow();
    JournalPlace other =
        new JournalPlace(
            Optional.of(
                new JournalPlace.Topic(
                    there.servers(),
                    topic + "-2",
                    PARTITIONS,
                    1,
                    Optional.empty(),
                    Optional.empty())));

    assertThatThrownBy(() -> started(other))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("readings wait in topic " + topic + " at")
        .hasMessageContaining(topic + "-2")
        .hasMessageContaining("journal.kind=local");
  }

  @Test
  void refusesAnotherTopicOfTheSameName() throws Exception {
    JournalMove first = move(inKafka, new Old());
    first.opened("of-one-cluster");
    first.settle();

    JournalMove again = move(inKafka, new Old());
    again.opened("of-one-cluster");
    again.settle();
    JournalMove other = move(inKafka, new Old());
    assertThatThrownBy(() -> other.opened("of-another"))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("its id is of-another, and journal.json has of-one-cluster")
        .hasMessageContaining("delete journal.json");

    Files.delete(data.resolve("journal.json"));
    move(inKafka, new Old()).opened("of-another");
  }

  @Test
  void learnsTheIdOfATopicThatWasInUseBeforeIdsWereKept() throws Exception {
    move(inKafka, new Old()).settle();
    JournalMove first = move(inKafka, new Old());
    first.opened("of-one-cluster");
    first.settle();

    assertThat(Files.readString(data.resolve("journal.json"))).contains("of-one-cluster");
  }

  @Test
  void saysWhatToDoAboutAFileThatCannotBeUnderstood() throws Exception {
    Files.writeString(data.resolve("journal.json"), "{\"kind\":\"elsewhere\"}");
    assertThatThrownBy(() -> started(JournalPlace.LOCAL))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("journal.json cannot be understood")
        .hasMessageContaining("{\"kind\":\"local\"}");

    Files.writeString(data.resolve("journal.json"), "{\"kind\":\"local\"}");
    Files.writeString(data.resolve("journal-move.json"), "torn");
    assertThatThrownBy(() -> started(JournalPlace.LOCAL))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("journal-move.json cannot be understood")
        .hasMessageContaining("delete it");
  }

  @Test
  void waitsForRoomAndSaysSo() throws Exception {
    SplittableRandom random = new SplittableRandom(1);
    try (Journal journal = started(inKafka)) {
      append(journal, random, 900);
    }
    AtomicBoolean stop = new AtomicBoolean();
    JournalMove move = move(JournalPlace.LOCAL, new Old());
    CompletableFuture<Throwable> ended = new CompletableFuture<>();
    try (Journal small = DiskJournal.open(diskConfig(2 * SEGMENT_BYTES), InstantSource.system())) {
      Thread.ofPlatform()
          .start(() -> {
            try {
              move.run(small, STORES, List.of(), stop::get);
              ended.completeExceptionally(new AssertionError("moved"));
            } catch (IOException | RuntimeException e) {
              ended.complete(e);
            }
          });
      await()
          .atMost(Duration.ofMinutes(1))
          .until(() -> move.progress().orElse("").contains("journal.max-bytes"));
      assertThat(move.progress().orElseThrow()).contains("readings are left to move; it waits: ");
      stop.set(true);
      assertThat(ended.get()).hasMessageContaining("goes on at the next start");
    }
    assertThat(move.progress()).isEmpty();

    try (Journal journal = started(JournalPlace.LOCAL)) {
      for (String store : STORES) {
        deliver(journal, store, Integer.MAX_VALUE);
        assertThat(stores.get(store)).isEqualTo(acknowledged);
      }
    }
  }

  @Test
  void endsWhenTheNewJournalHasFailed() throws Exception {
    SplittableRandom random = new SplittableRandom(1);
    try (Journal journal = started(JournalPlace.LOCAL)) {
      append(journal, random, 5);
    }
    try (Journal closed = KafkaJournal.open(kafkaConfig(), InstantSource.system())) {
      closed.stopAppends();

      assertThatThrownBy(
              () -> move(inKafka, new Old()).run(closed, STORES, List.of(), JournalMoveTest::goOn))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("takes no readings any more: journal is closed");
    }
    assertThat(Files.readString(data.resolve("journal.json"))).contains("local");
  }

  @Test
  void countsWhatTheOldJournalLostForTheSinksThatHadNotPassedIt() throws Exception {
    SplittableRandom random = new SplittableRandom(1);
    try (Journal journal = started(JournalPlace.LOCAL)) {
      append(journal, random, 10);
      deliver(journal, "mysql", 100);
      deliver(journal, "questdb", Integer.MAX_VALUE);
    }
    long accepted = version;
    damage(data.resolve("journal"));

    try (Journal journal = started(inKafka)) {
      Progress mysql = deliver(journal, "mysql", Integer.MAX_VALUE);
      Progress questdb = deliver(journal, "questdb", Integer.MAX_VALUE);
      assertThat(mysql.lost()).isPositive().isLessThan(accepted - 100);
      assertThat(mysql.offset() - mysql.origin()).isEqualTo(accepted);
      assertThat(questdb).isEqualTo(new Progress(0, accepted, accepted, 0, 0));
    }
  }

  @Test
  void refusesToLeaveATopicThatIsGone() throws Exception {
    Files.createDirectories(data);
    Files.writeString(
        data.resolve("journal.json"), new JournalPlace.Form().json(inKafka).toString());

    assertThatThrownBy(() -> started(JournalPlace.LOCAL))
        .isInstanceOf(IOException.class)
        .hasMessageContaining(topic)
        .hasMessageContaining("cannot be used");
  }

  /** As {@code migrate} leaves a new data directory. */
  @Test
  void beginsWithTheSettingsJournalWhereTheLocalOneNeverTookAReading() throws Exception {
    DiskJournal.open(diskConfig(64 << 20), InstantSource.system()).close();

    assertThat(move(inKafka, new Old()).isNeeded()).isFalse();

    started(inKafka).close();
    assertThat(move(inKafka, new Old()).isNeeded()).isFalse();
    assertThat(move(JournalPlace.LOCAL, new Old()).isNeeded()).isTrue();
  }

  /** Spoils the second half of the only segment's readings, but not its end. */
  private static void damage(Path journal) throws IOException {
    try (Stream<Path> files = Files.list(journal)) {
      Path segment =
          files.filter(file -> file.toString().endsWith(".log")).findFirst().orElseThrow();
      try (RandomAccessFile file = new RandomAccessFile(segment.toFile(), "rw")) {
        file.seek(file.length() / 2);
        file.write(new byte[64]);
      }
    }
  }

  /** Nobody stops it. */
  private static boolean goOn() {
    return false;
  }

  private Journal started(JournalPlace place) throws IOException {
    return started(place, JournalMoveTest::goOn);
  }

  private Journal started(JournalPlace place, BooleanSupplier stopping) throws IOException {
    return started(place, stopping, new Old());
  }

  /** Like a start of Sluice with these settings. */
  private Journal started(JournalPlace place, BooleanSupplier stopping, Old old)
      throws IOException {
    JournalMove move = move(place, old);
    move.keepEvery(keepEvery);
    Journal journal =
        place.topic().isEmpty()
            ? DiskJournal.open(diskConfig(64 << 20), InstantSource.system())
            : KafkaJournal.open(kafkaConfig(), InstantSource.system());
    try {
      if (journal instanceof KafkaJournal opened) {
        move.opened(opened.topicId());
      }
      move.run(journal, STORES, List.of("fleet"), stopping);
      move.settle();
      for (String store : STORES) {
        journal.feed(store).close();
      }
      return journal;
    } catch (IOException | RuntimeException | Error e) {
      journal.close();
      throw e;
    }
  }

  private JournalMove move(JournalPlace place, Old old) throws IOException {
    return new JournalMove(
        data,
        place,
        DiskJournal.isIn(data.resolve("journal")),
        List.of("mysql", "questdb", "fleet"),
        old);
  }

  private class Old implements JournalMove.OldJournals {
    @Override
    public Journal open(JournalPlace place) throws IOException {
      return place.topic().isEmpty()
          ? DiskJournal.open(diskConfig(64 << 20), InstantSource.system())
          : KafkaJournal.openToLeave(kafkaConfig(), InstantSource.system());
    }

    @Override
    public void discard(JournalPlace place, List<String> cursors, Optional<String> moved)
        throws IOException {
      if (place.topic().isEmpty()) {
        DiskJournal.delete(data.resolve("journal"));
        return;
      }
      try (KafkaJournal journal = KafkaJournal.openToLeave(kafkaConfig(), InstantSource.system())) {
        journal.discard(cursors, moved);
      }
    }
  }

  private JournalConfig diskConfig(long maxBytes) {
    return new JournalConfig(
        data.resolve("journal"),
        JournalConfig.Ack.OS,
        Duration.ofMillis(50),
        maxBytes,
        SEGMENT_BYTES);
  }

  private KafkaConfig kafkaConfig() {
    return new KafkaConfig(
        List.of(kafka.servers()),
        topic,
        PARTITIONS,
        1,
        KafkaConfig.Compression.LZ4,
        Duration.ZERO,
        64 << 10,
        Optional.empty(),
        256 << 20);
  }

  /** Appends some batches of 100 readings, each newer than those of the same identity before. */
  private void append(Journal journal, SplittableRandom random, int batches) {
    for (int i = 0; i < batches; i++) {
      ReadingBuffer buffer = new ReadingBuffer(256, 1 << 20);
      List<Reading> readings = new ArrayList<>();
      for (int n = 0; n < 100; n++) {
        version++;
        readings.add(
            new Reading("device-" + random.nextInt(50), "temp", random.nextInt(20), version));
        buffer.add(readings.getLast());
      }
      assertThat(journal.append(buffer)).isInstanceOf(AppendResult.Accepted.class);
      readings.forEach(reading -> acknowledged.put(reading.identity(), reading.value()));
    }
  }

  /** Appends records of 100 readings to one partition; no two have the same identity. */
  private void appendOfOneDevice(Journal journal, int records) {
    for (int i = 0; i < records; i++) {
      ReadingBuffer buffer = new ReadingBuffer(256, 1 << 20);
      for (int n = 0; n < 100; n++) {
        version++;
        Reading reading = new Reading("device", "temp", version, version);
        buffer.add(reading);
        acknowledged.put(reading.identity(), reading.value());
      }
      assertThat(journal.append(buffer)).isInstanceOf(AppendResult.Accepted.class);
    }
  }

  /** Reads all there is at once, and keeps the cursor within that. */
  private void deliverInOneBatch(Journal journal, String store, int delivered) throws Exception {
    Map<Identity, Double> rows = requireNonNull(stores.get(store));
    ReadingBatch batch = new ReadingBatch();
    try (Feed feed = journal.feed(store)) {
      assertThat(feed.await((int) version, Duration.ofSeconds(10), JournalMoveTest::goOn)).isTrue();
      assertThat(feed.read(batch, (int) version)).isInstanceOf(ReadResult.Filled.class);
      assertThat(batch.size()).isEqualTo((int) version);
      for (int i = 0; i < delivered; i++) {
        rows.put(batch.reading(i).identity(), batch.value(i));
      }
      feed.keep(feed.kept().plusDelivered(delivered));
    }
  }

  /** Delivers up to so many readings, refusing some; a batch without a kept cursor comes again. */
  private Progress deliver(Journal journal, String store, int most) throws Exception {
    Map<Identity, Double> rows = requireNonNull(stores.get(store));
    ReadingBatch batch = new ReadingBatch();
    try (Feed feed = journal.feed(store)) {
      Progress progress = feed.kept();
      int left = most;
      while (left > 0) {
        if (!feed.await(
            1, Duration.ofSeconds(feed.end() > progress.offset() ? 5 : 0), JournalMoveTest::goOn)) {
          break;
        }
        switch (feed.read(batch, Math.min(left, 700))) {
          case ReadResult.Filled filled -> {
            for (int i = 0; i < batch.size(); i++) {
              rows.put(batch.reading(i).identity(), batch.value(i));
            }
            left -= batch.size();
            progress = progress.plusDelivered(batch.size());
            feed.keep(progress);
          }
          case ReadResult.Lost(long from, long to) -> {
            progress = progress.plusLost(to - from);
            feed.keep(progress);
          }
          case ReadResult.Empty() -> {}
        }
      }
      return progress;
    }
  }
}
