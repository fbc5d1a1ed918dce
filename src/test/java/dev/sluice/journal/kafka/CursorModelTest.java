package dev.sluice.journal.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.journal.AppendResult;
import dev.sluice.journal.Feed;
import dev.sluice.journal.Progress;
import dev.sluice.journal.ReadResult;
import dev.sluice.reading.Reading;
import dev.sluice.reading.ReadingBatch;
import dev.sluice.reading.ReadingBuffer;
import dev.sluice.testing.TestKafka;
import java.io.IOException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Two nodes that take the partitions over from each other at any moment, in the middle of records
 * too: whatever is kept is kept once, nothing is left out, each device keeps its order, and the
 * numbers beside the offsets are those of the readings.
 */
@Tag("slow")
class CursorModelTest {
  private static final int SEEDS = Integer.getInteger("sluice.test.seeds", 2);
  private static final int STEPS = 500;
  private static final int PARTITIONS = 5;
  private static final int DEVICES = 40;
  private static final long MAX_BYTES = 256 << 20;

  private final TestKafka kafka = TestKafka.shared();
  private final String topic = Topics.name();
  private final KafkaJournal[] journals = new KafkaJournal[2];

  /** What the feed has given since the progress kept. */
  private final ArrayDeque<Reading> given = new ArrayDeque<>();

  /** Numbers of the readings kept, in the order of each device. */
  private final Map<String, List<Long>> settled = new HashMap<>();

  private final ReadingBatch batch = new ReadingBatch();
  private long appended;
  private long delivered;
  private long refused;
  private int owner;
  private Feed feed;

  static LongStream seeds() {
    return ThreadLocalRandom.current().longs(SEEDS);
  }

  @BeforeEach
  void open() throws IOException {
    for (int i = 0; i < journals.length; i++) {
      journals[i] = opened();
    }
    feed = journals[owner].feed("sink");
  }

  @AfterEach
  void close() {
    feed.close();
    for (KafkaJournal journal : journals) {
      journal.close();
    }
  }

  private KafkaJournal opened() throws IOException {
    return KafkaJournal.open(
        Topics.config(kafka, topic, PARTITIONS, 1, MAX_BYTES),
        InstantSource.system(),
        Duration.ofMillis(100));
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void keepsEachReadingOnceWhoeverHasThePartitions(long seed) throws Exception {
    System.out.println("keepsEachReadingOnceWhoeverHasThePartitions: seed " + seed);
    SplittableRandom random = new SplittableRandom(seed);
    for (int step = 0; step < STEPS; step++) {
      switch (random.nextInt(20)) {
        case 0, 1, 2, 3, 4, 5 -> append(random);
        case 6, 7, 8, 9, 10, 11 -> read(random.nextInt(1, 60));
        case 12, 13, 14, 15 -> keep(random.nextInt(given.size() + 1), random);
        case 16 -> back();
        case 17 -> moveOn(random.nextInt(given.size() + 1), random);
        case 18 -> moveOn(0, random);
        default -> restart(random);
      }
      assertThat(feed.kept().delivered()).as("seed %d", seed).isEqualTo(delivered);
      assertThat(feed.kept().deadLettered()).as("seed %d", seed).isEqualTo(refused);
    }

    moveOn(0, random);
    while (delivered + refused < appended) {
      read(1_000);
      keep(given.size(), random);
    }
    assertThat(feed.await(1, Duration.ofMillis(500), () -> false)).as("more is given").isFalse();
    assertEachOnce(seed);
    assertThat(feed.end() - feed.kept().offset()).isZero();
  }

  /** A refusal may be in the topic all the same; then nobody could say what must be there. */
  private void append(SplittableRandom random) {
    ReadingBuffer readings = new ReadingBuffer(256, 1 << 20);
    int count = random.nextInt(1, 80);
    for (int i = 0; i < count; i++) {
      long number = appended++;
      readings.add(new Reading("device-" + random.nextInt(DEVICES), "temp", number, number));
    }
    KafkaJournal journal = journals[random.nextInt(journals.length)];
    assertThat(journal.append(readings)).isInstanceOf(AppendResult.Accepted.class);
  }

  private void read(int limit) throws Exception {
    feed.await(1, Duration.ofMillis(20), () -> false);
    if (feed.read(batch, limit) instanceof ReadResult.Filled) {
      for (int i = 0; i < batch.size(); i++) {
        given.add(batch.reading(i));
      }
    }
  }

  /** Keeps so many of those given; the store has refused some. */
  private void keep(int readings, SplittableRandom random) throws IOException {
    Progress progress = feed.kept();
    for (int i = 0; i < readings; i++) {
      Reading reading = given.removeFirst();
      settled.computeIfAbsent(reading.device(), d -> new ArrayList<>()).add(reading.tsMicros());
      if (random.nextInt(10) == 0) {
        refused++;
        progress = progress.plusDeadLettered(1);
      } else {
        delivered++;
        progress = progress.plusDelivered(1);
      }
    }
    feed.keep(progress);
  }

  private void back() {
    feed.back();
    given.clear();
  }

  /** The other node goes on, from what this one has kept at last. */
  private void moveOn(int keeps, SplittableRandom random) throws IOException {
    keep(keeps, random);
    feed.close();
    journals[owner].leaveDelivery();
    given.clear();
    owner = 1 - owner;
    feed = journals[owner].feed("sink");
  }

  /** As a process that was killed and started again. */
  private void restart(SplittableRandom random) throws IOException {
    feed.close();
    journals[owner].close();
    journals[owner] = opened();
    given.clear();
    owner = random.nextInt(journals.length);
    feed = journals[owner].feed("sink");
  }

  private void assertEachOnce(long seed) {
    assertThat(settled.values().stream().flatMap(List::stream).sorted().toList())
        .as("seed %d", seed)
        .isEqualTo(LongStream.range(0, appended).boxed().toList());
    assertThat(settled.values())
        .as("order of each device, seed %d", seed)
        .allSatisfy(numbers -> assertThat(numbers).isSorted());
  }
}
