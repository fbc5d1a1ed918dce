package dev.sluice.journal.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.sluice.journal.AppendResult;
import dev.sluice.journal.Feed;
import dev.sluice.journal.Mark;
import dev.sluice.journal.Progress;
import dev.sluice.journal.ReadResult;
import dev.sluice.reading.Reading;
import dev.sluice.reading.ReadingBatch;
import dev.sluice.reading.ReadingBuffer;
import dev.sluice.testing.TestKafka;
import dev.sluice.testing.TestPorts;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.AlterConfigOp;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

@Tag("slow")
class KafkaJournalTest {
  private static final Duration PATIENCE = Duration.ofSeconds(60);
  private static final long MAX_BYTES = 256 << 20;

  private final TestKafka kafka = TestKafka.shared();
  private final String topic = Topics.name();

  @TempDir Path folder;

  @ParameterizedTest
  @EnumSource(KafkaConfig.Compression.class)
  void compressesAsToldAndReadsItBack(KafkaConfig.Compression compression) throws Exception {
    KafkaConfig plain = config(4);
    KafkaConfig config =
        new KafkaConfig(
            plain.servers(),
            topic,
            4,
            1,
            compression,
            Duration.ZERO,
            64 << 10,
            Optional.empty(),
            MAX_BYTES);
    try (KafkaJournal journal = KafkaJournal.open(config, InstantSource.system())) {
      assertThat(journal.append(devices(0, 20_000))).isInstanceOf(AppendResult.Accepted.class);

      assertThat(read(journal.feed("sink"), 20_000)).hasSize(20_000);
    }
  }

  @Test
  void makesTheTopicAsTheContractsNeedIt() throws Exception {
    open(64).close();

    try (Admin admin = Topics.admin(kafka)) {
      List<TopicFinding> findings = new Topic(config(64), admin, PATIENCE).findings();
      assertThat(findings).isNotEmpty().allMatch(TopicFinding::fine);
      assertThat(findings)
          .extracting(TopicFinding::name)
          .contains("partitions", "retention.ms", "min.insync.replicas", "in-sync replicas");
    }
  }

  @ParameterizedTest
  @CsvSource({
    "retention.ms, 604800000, -1",
    "retention.bytes, 1073741824, -1",
    "cleanup.policy, compact, delete",
    "unclean.leader.election.enable, true, false",
    "max.message.bytes, 1000, at least",
    "min.insync.replicas, 2, 1..1",
    "segment.bytes, 1073741824, at most"
  })
  void refusesATopicThatWouldBreakAPromise(String setting, String value, String needed)
      throws Exception {
    open(2).close();
    alter(setting, value);

    assertThatThrownBy(() -> open(2))
        .isInstanceOf(IOException.class)
        .hasMessageContaining(topic)
        .hasMessageContaining(setting + " is " + value)
        .hasMessageContaining("needed is " + needed)
        .hasMessageContaining("--add-config " + setting);
  }

  @Test
  void refusesAnotherNumberOfPartitions() throws Exception {
    open(2).close();

    assertThatThrownBy(() -> open(4))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("partitions is 2, needed is 4")
        .hasMessageContaining("journal.kafka.partitions");
  }

  @Test
  void saysWhatToDoWhenThereAreTooFewBrokersForTheCopies() {
    assertThatThrownBy(() ->
            KafkaJournal.open(Topics.config(kafka, topic, 2, 3, MAX_BYTES), InstantSource.system()))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("journal.kafka.replication 3");
  }

  @Test
  @Tag("long")
  void doesNotStartWithoutTheClusterAndSaysWhichServersDoNotAnswer() {
    KafkaConfig nowhere = nowhere();

    assertThatThrownBy(() -> KafkaJournal.open(nowhere, InstantSource.system()))
        .isInstanceOf(IOException.class)
        .hasMessageContaining(nowhere.servers().getFirst())
        .hasMessageContaining("does not answer");
  }

  @Test
  void tellsTheDoctorThatNoServerAnswers() {
    KafkaConfig nowhere = nowhere();

    assertThat(KafkaCheckup.findings(nowhere))
        .singleElement()
        .satisfies(found -> {
          assertThat(found.fine()).isFalse();
          assertThat(found.seen()).contains(nowhere.servers().getFirst(), "does not answer");
          assertThat(found.mend()).contains("journal.kafka.servers");
        });
  }

  private KafkaConfig nowhere() {
    return new KafkaConfig(
        List.of("127.0.0.1:" + TestPorts.free()),
        topic,
        2,
        1,
        KafkaConfig.Compression.LZ4,
        Duration.ZERO,
        64 << 10,
        Optional.empty(),
        MAX_BYTES);
  }

  @Test
  void refusesPropertiesThatAreNotItsBusiness() throws Exception {
    Path file =
        Files.writeString(
            folder.resolve("client.properties"), "security.protocol=PLAINTEXT\nacks=1\n");

    assertThatThrownBy(() -> KafkaJournal.open(with(file), InstantSource.system()))
        .isInstanceOf(IOException.class)
        .hasMessageContaining(file.toString())
        .hasMessageContaining("sets acks; allowed are security.*");
  }

  @Test
  void connectsAsThePropertiesSay() throws Exception {
    Path good =
        Files.writeString(folder.resolve("good.properties"), "security.protocol=PLAINTEXT\n");
    Path bad =
        Files.writeString(
            folder.resolve("bad.properties"),
            "security.protocol=SSL\nssl.truststore.location=/not/there\n");

    KafkaJournal.open(with(good), InstantSource.system()).close();
    assertThatThrownBy(() -> KafkaJournal.open(with(bad), InstantSource.system()))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("journal.kafka.properties-file");
  }

  @Test
  void deletesWhatEverySinkHasPassed() throws Exception {
    try (KafkaJournal journal = open(2);
        Feed one = journal.feed("one");
        Feed two = journal.feed("two")) {
      assertThat(journal.append(devices(0, 1_000))).isInstanceOf(AppendResult.Accepted.class);
      long begin = journal.stats().firstOffset();
      assertThat(read(one, 1_000)).hasSize(1_000);
      one.keep(one.kept().plusDelivered(1_000));
      await().during(Duration.ofMillis(500)).until(() -> journal.stats().firstOffset() == begin);

      assertThat(read(two, 1_000)).hasSize(1_000);
      two.keep(two.kept().plusDelivered(999));
      two.keep(two.kept().plusDelivered(1));

      await()
          .atMost(PATIENCE)
          .untilAsserted(() ->
              assertThat(journal.stats().firstOffset())
                  .isGreaterThan(begin)
                  .isEqualTo(journal.stats().nextOffset()));
    }
  }

  @Test
  void movesNoCursorAndDeletesNothingWithoutTheLease() throws Exception {
    AtomicBoolean leads = new AtomicBoolean(true);
    try (KafkaJournal journal = open(2)) {
      journal.deliverUnder(leads::get);
      journal.append(devices(0, 100));
      try (Feed feed = journal.feed("sink")) {
        assertThat(read(feed, 100)).hasSize(100);
        leads.set(false);

        assertThatThrownBy(() -> feed.keep(feed.kept().plusDelivered(100)))
            .isInstanceOf(IOException.class)
            .hasMessageContaining("this node delivers no more");
        assertThat(feed.kept().delivered()).isZero();
        assertThatThrownBy(() -> journal.feedAtEnd("sink")).isInstanceOf(IOException.class);
        assertThatThrownBy(() -> journal.forgetCursor("sink")).isInstanceOf(IOException.class);
        await().during(Duration.ofMillis(500)).until(() -> journal.stats().firstOffset() == 0);
      }
    }
  }

  @Test
  void goesOnWhereAnotherProcessHasComeTo() throws Exception {
    try (KafkaJournal first = open(2);
        KafkaJournal second = open(2)) {
      first.append(devices(0, 100));
      Feed feed = first.feed("sink");
      assertThat(read(feed, 100)).hasSize(100);
      feed.keep(feed.kept().plusDelivered(50));
      feed.close();
      first.leaveDelivery();

      Feed successor = second.feed("sink");
      assertThat(successor.kept().delivered()).isEqualTo(50);
      assertThat(read(successor, 50)).hasSize(50);
      successor.keep(successor.kept().plusDelivered(50));
      successor.close();
      second.leaveDelivery();

      try (Feed again = first.feed("sink")) {
        assertThat(again.kept().delivered()).isEqualTo(100);
        assertThat(again.await(1, Duration.ofMillis(200), () -> false)).isFalse();
      }
    }
  }

  /** Whatever a store shows is before it: a flip waits for that. */
  @Test
  void theEndIsBehindWhatAnotherProcessAppendedAndAFeedHasRead() throws Exception {
    try (KafkaJournal reads = KafkaJournal.open(config(2), InstantSource.system());
        KafkaJournal appends = open(2)) {
      AppendResult.Accepted appended = (AppendResult.Accepted) appends.append(devices(0, 100));
      try (Feed feed = reads.feed("sink")) {
        assertThat(read(feed, 100)).hasSize(100);

        assertThat(appended.end().reachedBy(reads.end())).isTrue();
      }
    }
  }

  @Test
  void appendsOfOneReadingShareRecords() throws Exception {
    int appends = 4_000;
    try (KafkaJournal journal = open(2)) {
      CountDownLatch go = new CountDownLatch(1);
      List<Thread> threads =
          IntStream.range(0, appends)
              .mapToObj(i ->
                  Thread.ofVirtual()
                      .start(() -> {
                        try {
                          go.await();
                        } catch (InterruptedException e) {
                          throw new AssertionError(e);
                        }
                        for (int tries = 0;
                            !(journal.append(devices(i, i + 1)) instanceof AppendResult.Accepted);
                            tries++) {
                          assertThat(tries).isLessThan(100);
                        }
                      }))
              .toList();
      go.countDown();
      for (Thread thread : threads) {
        thread.join();
      }

      assertThat(journal.stats().accepted()).isEqualTo(appends);
      await().until(() -> journal.end().reachedBy(KafkaMark.everywhere(ends(journal))));
      await()
          .atMost(PATIENCE)
          .untilAsserted(
              () -> assertThat(journal.stats().nextOffset()).isBetween(1L, appends / 4L));
    }
  }

  private static long[] ends(KafkaJournal journal) {
    return new long[] {journal.end(0), journal.end(1)};
  }

  @Test
  void readsATopicOfTheSameNameThatWasMadeLaterFromItsStart() throws Exception {
    try (KafkaJournal journal = open(2)) {
      journal.append(devices(0, 10));
      try (Feed feed = journal.feed("sink")) {
        assertThat(read(feed, 10)).hasSize(10);
        feed.keep(feed.kept().plusDelivered(10));
      }
    }
    try (Admin admin = Topics.admin(kafka)) {
      admin.deleteTopics(List.of(topic)).all().get();
      await().atMost(PATIENCE).until(() -> !admin.listTopics().names().get().contains(topic));
    }

    try (KafkaJournal journal = open(2)) {
      journal.append(devices(10, 15));
      try (Feed feed = journal.feed("sink")) {
        assertThat(feed.kept()).isEqualTo(Progress.at(0));
        assertThat(read(feed, 5)).hasSize(5);
      }
    }
  }

  /** Partition by partition, time would run back with each of them. */
  @Test
  void givesABacklogOfAllPartitionsInTheOrderOfItsAppends() throws Exception {
    AtomicLong millis = new AtomicLong(System.currentTimeMillis() - 86_400_000);
    InstantSource clock = () -> Instant.ofEpochMilli(millis.get());
    try (KafkaJournal journal = KafkaJournal.open(config(8), clock, Duration.ofMillis(100))) {
      for (int i = 0; i < 300; i++) {
        assertThat(journal.append(devices(0, 20))).isInstanceOf(AppendResult.Accepted.class);
        millis.addAndGet(1_000);
      }

      Feed feed = journal.feed("sink");
      ReadingBatch batch = new ReadingBatch();
      long latest = 0;
      int readings = 0;
      while (readings < 300 * 20) {
        assertThat(feed.await(1, Duration.ofSeconds(30), () -> false)).isTrue();
        if (feed.readFrame(batch) instanceof ReadResult.Filled(long appendedMicros)) {
          assertThat(appendedMicros).isGreaterThanOrEqualTo(latest);
          latest = appendedMicros;
          readings += batch.size();
        }
      }
      assertThat(feed.read(batch, 10)).isEqualTo(new ReadResult.Empty());
    }
  }

  @Test
  void givesUpARecordThatSomebodyElseWrote() throws Exception {
    try (KafkaJournal journal = open(1);
        Feed feed = journal.feed("sink")) {
      journal.append(devices(0, 3));
      try (KafkaProducer<byte[], byte[]> other =
          new KafkaProducer<>(
              Map.of("bootstrap.servers", kafka.servers()),
              new ByteArraySerializer(),
              new ByteArraySerializer())) {
        other.send(new ProducerRecord<>(topic, new byte[] {1, 2, 3})).get();
      }
      journal.append(devices(3, 6));

      ReadingBatch batch = new ReadingBatch();
      List<ReadResult> results = new ArrayList<>();
      while (results.size() < 3) {
        if (feed.await(1, Duration.ofSeconds(10), () -> false)) {
          results.add(feed.read(batch, 3));
        }
      }
      assertThat(results.get(0)).isInstanceOf(ReadResult.Filled.class);
      assertThat(results.get(1)).isEqualTo(new ReadResult.Lost(3, 4));
      assertThat(results.get(2)).isInstanceOf(ReadResult.Filled.class);
      assertThat(batch.reading(2)).isEqualTo(reading(5));
      assertThat(journal.stats().lost()).isEqualTo(1);
    }
  }

  @Test
  void deletesNothingForASinkThatIsOpenedLaterThanAnother() throws Exception {
    try (KafkaJournal journal = open(2)) {
      Feed ahead = journal.feed("ahead");
      journal.feed("behind");
      journal.append(devices(0, 5_000));
      assertThat(read(ahead, 5_000)).hasSize(5_000);
      ahead.keep(ahead.kept().plusDelivered(5_000));
    }

    try (KafkaJournal journal = open(2)) {
      journal.feed("ahead");
      for (int looks = 0; looks < 2; looks++) {
        long end = journal.stats().nextOffset();
        journal.append(devices(5_000 + looks, 5_001 + looks));
        await().atMost(PATIENCE).until(() -> journal.stats().nextOffset() > end);
      }

      assertThat(read(journal.feed("behind"), 5_002)).hasSize(5_002);
      assertThat(journal.stats().lost()).isZero();
    }
  }

  @Test
  void countsARecordAsGivenOnceAnythingOfItIs() throws Exception {
    try (KafkaJournal journal = open(1);
        Feed feed = journal.feed("sink")) {
      journal.append(devices(0, 100));
      ReadingBatch batch = new ReadingBatch();
      assertThat(feed.given().reachedBy(feed.mark(feed.kept().offset()))).isTrue();

      assertThat(feed.await(10, PATIENCE, () -> false)).isTrue();
      assertThat(feed.read(batch, 10)).isInstanceOf(ReadResult.Filled.class);
      assertThat(feed.given().reachedBy(feed.mark(batch.nextOffset()))).isFalse();
      feed.keep(feed.kept().plusDelivered(10));

      assertThat(read(feed, 90)).hasSize(90);
      assertThat(feed.given().reachedBy(feed.mark(100))).isTrue();
    }
    try (KafkaJournal journal = open(1);
        Feed feed = journal.feed("sink")) {
      assertThat(feed.given().reachedBy(feed.mark(feed.kept().offset()))).isFalse();
      assertThat(feed.given().reachedBy(journal.end())).isTrue();
    }
  }

  /** As a node does that takes over the fleet ledger, in a snapshot older than the cursor. */
  @Test
  void aReaderThatIsMovedBackReadsWhatIsLeftThere() throws Exception {
    try (KafkaJournal journal = open(1);
        Feed slow = journal.feed("sink")) {
      journal.append(devices(0, 10));
      Mark then;
      try (Feed first = journal.yieldingFeed("reader")) {
        assertThat(read(first, 10)).hasSize(10);
        first.keep(first.kept().plusDelivered(10));
        then = first.mark(10);
        for (int device = 10; device < 13; device++) {
          journal.append(devices(device, device + 1));
        }
        assertThat(read(first, 3)).hasSize(3);
        first.keep(first.kept().plusDelivered(3));
      }
      Topics.deleteAllButLast(kafka, topic, 1);

      journal.adopt("reader", Progress.at(10), journal.mark(then.toString()));

      try (Feed again = journal.yieldingFeed("reader")) {
        assertThat(again.kept()).isEqualTo(Progress.at(10));
        ReadingBatch batch = new ReadingBatch();
        assertThat(again.await(1, PATIENCE, () -> false)).isTrue();
        assertThat(again.readFrame(batch)).isEqualTo(new ReadResult.Lost(10, 12));
        assertThat(again.await(1, PATIENCE, () -> false)).isTrue();
        assertThat(again.readFrame(batch)).isInstanceOf(ReadResult.Filled.class);
        assertThat(batch.reading(0)).isEqualTo(reading(12));
        assertThat(batch.nextOffset()).isEqualTo(13);
      }
      assertThat(slow.kept().offset()).isZero();
    }
  }

  private KafkaJournal open(int partitions) throws IOException {
    return KafkaJournal.open(config(partitions), InstantSource.system(), Duration.ofMillis(100));
  }

  private KafkaConfig config(int partitions) {
    return Topics.config(kafka, topic, partitions, 1, MAX_BYTES);
  }

  private KafkaConfig with(Path properties) {
    return new KafkaConfig(
        List.of(kafka.servers()),
        topic,
        2,
        1,
        KafkaConfig.Compression.LZ4,
        Duration.ZERO,
        64 << 10,
        Optional.of(properties),
        MAX_BYTES);
  }

  private void alter(String setting, String value) throws Exception {
    try (Admin admin = Topics.admin(kafka)) {
      ConfigResource resource = new ConfigResource(ConfigResource.Type.TOPIC, topic);
      admin
          .incrementalAlterConfigs(
              Map.of(
                  resource,
                  List.of(
                      new AlterConfigOp(
                          new ConfigEntry(setting, value), AlterConfigOp.OpType.SET))))
          .all()
          .get();
      await()
          .atMost(PATIENCE)
          .until(() ->
              admin.describeConfigs(List.of(resource)).all().get().values().stream()
                  .flatMap(settings -> settings.entries().stream())
                  .anyMatch(each ->
                      each.name().equals(setting) && String.valueOf(each.value()).equals(value)));
    }
  }

  static List<Reading> read(Feed feed, int count) throws Exception {
    return read(feed, count, PATIENCE);
  }

  /** At least so many readings, or what there is within this time. */
  static List<Reading> read(Feed feed, int count, Duration atMost) throws Exception {
    List<Reading> readings = new ArrayList<>();
    ReadingBatch batch = new ReadingBatch();
    long deadline = System.nanoTime() + atMost.toNanos();
    while (readings.size() < count && System.nanoTime() < deadline) {
      feed.await(1, Duration.ofSeconds(1), () -> false);
      if (feed.read(batch, 10_000) instanceof ReadResult.Filled) {
        for (int i = 0; i < batch.size(); i++) {
          readings.add(batch.reading(i));
        }
      }
    }
    return readings;
  }

  static Reading reading(long number) {
    return new Reading("device-" + number, "temp", number, number);
  }

  /** A reading for each of these devices. */
  static ReadingBuffer devices(long from, long to) {
    ReadingBuffer buffer = new ReadingBuffer(256, 64 << 20);
    for (long i = from; i < to; i++) {
      buffer.add(reading(i));
    }
    return buffer;
  }
}
