package dev.sluice.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.journal.kafka.KafkaConfig;
import dev.sluice.journal.kafka.KafkaConfig.Compression;
import dev.sluice.testing.TestKafka;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Properties;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.StringDeserializer;
import org.apache.kafka.common.serialization.StringSerializer;
import org.jspecify.annotations.Nullable;

/** The nodes of one test, on a topic of its own. */
final class Nodes {
  /** Quick, and yet long enough for a machine with much else to do. */
  static final Times QUICK =
      new Times(Duration.ofMillis(150), Duration.ofMillis(1_500), Duration.ofMillis(2_000));

  private static final AtomicInteger NUMBER = new AtomicInteger();

  final TestKafka kafka = TestKafka.shared();
  final KafkaConfig direct = config(kafka.servers());
  final KafkaConfig proxied = config(kafka.proxiedServers(), direct.topic());
  private final List<AutoCloseable> open = new ArrayList<>();

  private static KafkaConfig config(String servers) {
    return config(
        servers, "cluster-" + ProcessHandle.current().pid() + "-" + NUMBER.incrementAndGet());
  }

  private static KafkaConfig config(String servers, String topic) {
    return new KafkaConfig(
        List.of(servers.split(",")),
        topic,
        1,
        1,
        Compression.NONE,
        Duration.ofMillis(2),
        256 << 10,
        Optional.empty(),
        64 << 20);
  }

  static NodeInfo info(String id) {
    return info(id, "home-" + id);
  }

  static NodeInfo info(String id, String home) {
    return new NodeInfo(
        id,
        home,
        "http://" + id + ":8080",
        "http://" + id + ":8081",
        List.of("ingest", "delivery"),
        false,
        "1.2.3",
        Instant.parse("2026-11-27T04:00:00Z"));
  }

  ControlTopic control(String id) throws IOException {
    return control(direct, info(id));
  }

  /** A node that the tests can cut off. */
  ControlTopic proxied(String id) throws IOException {
    return control(proxied, info(id));
  }

  ControlTopic control(KafkaConfig config, NodeInfo info) throws IOException {
    return closed(ControlTopic.open(config, info, QUICK));
  }

  <T extends AutoCloseable> T closed(T opened) {
    open.addFirst(opened);
    return opened;
  }

  /** Name of the control topic. */
  String topic() {
    return direct.topic() + "-control";
  }

  Admin admin() {
    return Admin.create(Map.of("bootstrap.servers", kafka.servers()));
  }

  /** Writes as nobody's node. */
  void write(String key, @Nullable String value) throws Exception {
    try (KafkaProducer<String, String> producer =
        new KafkaProducer<>(properties(), new StringSerializer(), new StringSerializer())) {
      producer.send(new ProducerRecord<>(topic(), 0, key, value)).get();
    }
  }

  /** A producer that can fence whoever leads, and be fenced. */
  KafkaProducer<byte[], byte[]> rival() {
    Properties properties = properties();
    properties.put("transactional.id", "sluice-" + direct.topic() + "-leader");
    return closed(
        new KafkaProducer<>(properties, new ByteArraySerializer(), new ByteArraySerializer()));
  }

  private Properties properties() {
    Properties properties = new Properties();
    properties.put("bootstrap.servers", kafka.servers());
    return properties;
  }

  /** Every value that was ever committed under this key, unless compacted away meanwhile. */
  List<String> written(String key) {
    Properties properties = properties();
    properties.put("isolation.level", "read_committed");
    TopicPartition partition = new TopicPartition(topic(), 0);
    List<String> values = new ArrayList<>();
    try (KafkaConsumer<String, String> consumer =
        new KafkaConsumer<>(properties, new StringDeserializer(), new StringDeserializer())) {
      consumer.assign(List.of(partition));
      consumer.seekToBeginning(List.of(partition));
      long end = Objects.requireNonNull(consumer.endOffsets(List.of(partition)).get(partition));
      while (consumer.position(partition) < end) {
        for (ConsumerRecord<String, String> each : consumer.poll(Duration.ofMillis(100))) {
          if (each.key().equals(key)) {
            values.add(String.valueOf(each.value()));
          }
        }
      }
    }
    return values;
  }

  static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  /** Remembers what it was told, and does nothing. */
  static final class Told implements LeadershipListener {
    final List<Term> terms = new CopyOnWriteArrayList<>();
    final List<String> stops = new CopyOnWriteArrayList<>();

    /** The first term, which is told of a moment after the node leads. */
    Term first() {
      await().until(() -> !terms.isEmpty());
      return terms.getFirst();
    }

    @Override
    public void lead(Term term) {
      assertThat(terms).as("led again before it stopped").hasSameSizeAs(stops);
      terms.add(term);
    }

    @Override
    public void stopLeading(String why) {
      stops.add(why);
    }
  }

  /** Closes what was opened, the youngest first. */
  void close() throws Exception {
    kafka.proxy().resume();
    for (AutoCloseable each : open) {
      each.close();
    }
  }
}
