package dev.sluice.journal.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.journal.AppendResult;
import dev.sluice.journal.Feed;
import dev.sluice.journal.ReadResult;
import dev.sluice.reading.ReadingBatch;
import dev.sluice.reading.ReadingBuffer;
import dev.sluice.testing.TestKafka;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A bit that has turned on a broker's disk. */
@Tag("slow")
class KafkaDamageTest {
  private static final Duration PATIENCE = Duration.ofSeconds(2);
  private static final int RECORDS = 6;
  private static final int READINGS = 10;

  @Test
  void passesOverADamagedBatchAfterAWhileAndGivesTheRestOfAllPartitions() throws Exception {
    String topic = Topics.name();
    try (TestKafka kafka = TestKafka.start(1)) {
      KafkaConfig config = Topics.config(kafka, topic, 2, 1, 256 << 20);
      try (KafkaJournal journal = KafkaJournal.open(config, InstantSource.system())) {
        for (int n = 0; n < RECORDS; n++) {
          assertThat(journal.append(record(0, n))).isInstanceOf(AppendResult.Accepted.class);
          assertThat(journal.append(record(1, n))).isInstanceOf(AppendResult.Accepted.class);
        }
      }
      kafka.stop(0);
      damage(kafka.partition(0, topic, 0), 2);
      damage(kafka.partition(0, topic, 0), 3);
      kafka.restart(0);

      try (KafkaJournal journal = KafkaJournal.open(config, InstantSource.system())) {
        journal.giveUpDamagedAfter(PATIENCE);
        for (String sink : List.of("one", "two")) {
          long begin = System.nanoTime();
          assertGiven(journal.feed(sink));
          assertThat(Duration.ofNanos(System.nanoTime() - begin))
              .isBetween(PATIENCE, Duration.ofSeconds(30));
        }
        assertThat(journal.stats().lost()).as("each sink lost the same two").isEqualTo(2);
      }
    }
  }

  private static void assertGiven(Feed feed) throws Exception {
    Set<Long> given = new TreeSet<>();
    List<ReadResult.Lost> lost = new ArrayList<>();
    ReadingBatch batch = new ReadingBatch();
    long deadline = System.nanoTime() + Duration.ofMinutes(1).toNanos();
    while (given.size() < (2 * RECORDS - 2) * READINGS && System.nanoTime() < deadline) {
      feed.await(1, Duration.ofMillis(200), () -> false);
      switch (feed.read(batch, 1_000)) {
        case ReadResult.Filled filled -> {
          for (int i = 0; i < batch.size(); i++) {
            given.add(batch.tsMicros(i));
          }
        }
        case ReadResult.Lost range -> lost.add(range);
        case ReadResult.Empty() -> {}
      }
    }
    Set<Long> expected = new TreeSet<>();
    for (int n = 0; n < RECORDS; n++) {
      for (int i = 0; i < READINGS; i++) {
        expected.add(ts(1, n, i));
        if (n != 2 && n != 3) {
          expected.add(ts(0, n, i));
        }
      }
    }
    assertThat(given).isEqualTo(expected);
    assertThat(lost)
        .hasSize(2)
        .allSatisfy(range -> assertThat(range.toOffset() - range.fromOffset()).isEqualTo(1));
    feed.close();
  }

  private static long ts(int partition, int record, int i) {
    return partition * 1_000L + record * 100L + i;
  }

  private static ReadingBuffer record(int partition, int record) {
    ReadingBuffer buffer = new ReadingBuffer(256, 1 << 20);
    byte[] device = new byte[0];
    for (int n = 0; device.length == 0; n++) {
      byte[] name = ("device-" + n).getBytes(StandardCharsets.UTF_8);
      device = Frames.partition(name, 0, name.length, 2) == partition ? name : device;
    }
    byte[] metric = {'t'};
    for (int i = 0; i < READINGS; i++) {
      buffer.add(device, 0, device.length, metric, 0, 1, ts(partition, record, i), i);
    }
    return buffer;
  }

  /** Turns the last bit of the n-th batch of the only segment: i64 offset, i32 length, the rest. */
  private static void damage(Path partition, int batch) throws IOException {
    Path segment = partition.resolve("00000000000000000000.log");
    try (RandomAccessFile file = new RandomAccessFile(segment.toFile(), "rw")) {
      long at = 0;
      for (int n = 0; n < batch; n++) {
        file.seek(at + 8);
        at += 12 + file.readInt();
      }
      file.seek(at + 8);
      long last = at + 12 + file.readInt() - 1;
      file.seek(last);
      int was = file.read();
      file.seek(last);
      file.write(was ^ 1);
    }
  }
}
