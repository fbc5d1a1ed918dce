package dev.sluice.cluster;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.journal.kafka.TopicFinding;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.Random;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("slow")
class SnapshotTopicTest {
  private static final int CHUNK = SnapshotTopic.CHUNK_BYTES;
  private static final SnapshotTopic.Pace FREE = bytes -> {};

  private final Nodes nodes = new Nodes();
  private final Random random = new Random(1);

  @TempDir Path directory;

  @AfterEach
  void close() throws Exception {
    nodes.close();
  }

  @Test
  void bringsBackWhatWasKept() throws Exception {
    long term = 1;
    for (int bytes : List.of(0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK)) {
      byte[] kept = some(bytes);
      write(leader(term), kept, bytes, FREE);

      SnapshotTopic next = leader(++term);
      Path file = directory.resolve("fetched");
      SnapshotHeader header = next.fetch(file).orElseThrow();
      assertThat(Files.readAllBytes(file)).isEqualTo(kept);
      assertThat(header.bytes()).isEqualTo(bytes);
      assertThat(header.offset()).isEqualTo(bytes);
      assertThat(header.mark()).isEqualTo("mark " + bytes);
    }
  }

  @Test
  void hasNothingBeforeAnythingIsKept() throws Exception {
    assertThat(fetched(1)).isEmpty();
    assertThat(directory.resolve("fetched")).doesNotExist();
  }

  @Test
  void passesOverWhatIsNotComplete() throws Exception {
    SnapshotTopic first = leader(1);
    breakOff(first, 3 * CHUNK, 2);
    assertThat(fetched(2)).isEmpty();

    byte[] a = some(2 * CHUNK);
    write(first, a, 1, FREE);
    breakOff(first, 3 * CHUNK, 2);
    assertThat(fetched(2)).contains(a);

    byte[] b = some(3 * CHUNK);
    write(first, b, 2, FREE);
    // In the place of a.
    breakOff(first, 2 * CHUNK, 1);
    assertThat(fetched(2)).contains(b);
    // All chunks, no header.
    breakOff(first, 2 * CHUNK, 2);
    assertThat(fetched(2)).contains(b);
  }

  @Test
  void passesOverWhatIsDamaged() throws Exception {
    SnapshotTopic first = leader(1);
    byte[] a = some(CHUNK + 5);
    write(first, a, 1, FREE);
    byte[] b = some(CHUNK + 5);
    write(first, b, 2, FREE);
    assertThat(fetched(2)).contains(b);

    put("1/1/0", some(5), 2);
    assertThat(fetched(2)).contains(a);

    put("1/1", "{\"number\":2".getBytes(UTF_8), 2);
    assertThat(fetched(2)).contains(a);

    put("1/0", "{\"version\":2}".getBytes(UTF_8), 1);
    assertThat(fetched(2)).isEmpty();
  }

  @Test
  void anEarlierLeaderThatWakesSpoilsNothing() throws Exception {
    SnapshotTopic first = leader(1);
    write(first, some(CHUNK), 1, FREE);
    byte[] later = some(2 * CHUNK);
    AtomicInteger records = new AtomicInteger();

    write(
        first,
        some(3 * CHUNK),
        2,
        bytes -> {
          if (records.incrementAndGet() == 2) {
            SnapshotTopic second = leader(2); // while the first one is frozen
            write(second, later, 3, FREE);
            second.removeOthers(FREE);
          }
        });
    first.removeOthers(FREE);

    assertThat(fetched(3)).contains(later);
  }

  @Test
  void removesWhatOtherTermsHaveLeft() throws Exception {
    SnapshotTopic first = leader(1);
    write(first, some(3 * CHUNK), 1, FREE);
    breakOff(first, 3 * CHUNK, 2);
    SnapshotTopic second = leader(2);
    write(second, some(CHUNK + 1), 2, FREE);

    second.removeOthers(FREE);

    assertThat(keys()).containsOnlyKeys("2/0", "2/0/0", "2/0/1");
    second.removeOthers(FREE);
    assertThat(keys()).hasSize(3);
  }

  @Test
  void takesNoSnapshotOfAnotherJournal() throws Exception {
    write(leader(1), some(10), 1, FREE);

    SnapshotTopic other = nodes.closed(new SnapshotTopic(nodes.direct, "another", 2));
    other.open();

    assertThat(other.fetch(directory.resolve("fetched"))).isEmpty();
  }

  @Test
  void refusesATopicThatDoesNotFit() throws Exception {
    try (Admin admin = nodes.admin()) {
      NewTopic wrong = new NewTopic(topic(), 2, (short) 1);
      wrong.configs(Map.of("cleanup.policy", "delete", "max.message.bytes", "500000"));
      admin.createTopics(List.of(wrong)).all().get();
    }
    try (SnapshotTopic first = new SnapshotTopic(nodes.direct, "journal", 1)) {
      assertThatThrownBy(first::open)
          .isInstanceOf(UnusableTopicException.class)
          .hasMessageContaining(topic())
          .hasMessageContaining("cannot keep the fleet ledger")
          .hasMessageContaining("partitions is 2, needed is 1: delete it")
          .hasMessageContaining("cleanup.policy is delete, needed is compact: kafka-configs.sh")
          .hasMessageContaining("max.message.bytes is 500000, needed is at least 540672");
    }
  }

  @Test
  void tellsTheDoctorWhatTheTopicIsLikeAndMakesNone() throws Exception {
    assertThat(ClusterCheckup.fleet(nodes.direct))
        .singleElement()
        .satisfies(finding -> assertThat(finding.seen()).contains("is not there yet"));
    leader(1);
    assertThat(ClusterCheckup.fleet(nodes.direct))
        .hasSizeGreaterThan(5)
        .allMatch(TopicFinding::fine);
  }

  private String topic() {
    return nodes.direct.topic() + "-fleet";
  }

  private SnapshotTopic leader(long term) throws IOException {
    SnapshotTopic topic = nodes.closed(new SnapshotTopic(nodes.direct, "journal", term));
    topic.open();
    return topic;
  }

  private byte[] some(int bytes) {
    byte[] made = new byte[bytes];
    random.nextBytes(made);
    return made;
  }

  private void write(SnapshotTopic to, byte[] content, long offset, SnapshotTopic.Pace pace)
      throws IOException {
    Path file = Files.write(Files.createTempFile(directory, "snapshot", ""), content);
    try (FileChannel open = FileChannel.open(file)) {
      to.write(open, offset, "mark " + offset, pace);
    }
  }

  /** Ends after so many records of these bytes. */
  private void breakOff(SnapshotTopic to, int bytes, int records) {
    AtomicInteger sent = new AtomicInteger();
    assertThatThrownBy(() ->
            write(
                to,
                some(bytes),
                9,
                next -> {
                  if (sent.getAndIncrement() == records) {
                    throw new IOException("killed");
                  }
                }))
        .hasMessage("killed");
  }

  private Optional<byte[]> fetched(long term) throws IOException {
    Path file = directory.resolve("fetched");
    Files.deleteIfExists(file);
    return leader(term).fetch(file).isPresent()
        ? Optional.of(Files.readAllBytes(file))
        : Optional.empty();
  }

  private Properties properties() {
    Properties properties = new Properties();
    properties.put("bootstrap.servers", nodes.kafka.servers());
    return properties;
  }

  private void put(String key, byte[] value, long number) throws Exception {
    Header header =
        new RecordHeader("number", ByteBuffer.allocate(Long.BYTES).putLong(0, number).array());
    try (KafkaProducer<byte[], byte[]> producer =
        new KafkaProducer<>(properties(), new ByteArraySerializer(), new ByteArraySerializer())) {
      producer
          .send(new ProducerRecord<>(topic(), 0, key.getBytes(UTF_8), value, List.of(header)))
          .get();
    }
  }

  /** The keys that have a value, with its size. */
  private Map<String, Integer> keys() {
    TopicPartition partition = new TopicPartition(topic(), 0);
    Map<String, Integer> keys = new HashMap<>();
    try (KafkaConsumer<byte[], byte[]> consumer =
        new KafkaConsumer<>(
            properties(), new ByteArrayDeserializer(), new ByteArrayDeserializer())) {
      consumer.assign(List.of(partition));
      consumer.seekToBeginning(List.of(partition));
      long end = consumer.endOffsets(List.of(partition)).getOrDefault(partition, 0L);
      while (consumer.position(partition) < end) {
        for (ConsumerRecord<byte[], byte[]> each : consumer.poll(Duration.ofMillis(100))) {
          String key = new String(each.key(), UTF_8);
          if (each.value() == null) {
            keys.remove(key);
          } else {
            keys.put(key, each.value().length);
          }
        }
      }
    }
    return keys;
  }
}
