package dev.sluice.journal.kafka;

import java.io.IOException;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Properties;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.CloseOptions;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/**
 * Makes the clients of one cluster. What a user may set is how they are let in; what the contracts
 * of the journal rest on is set here. Thread-safe.
 */
public final class Clients {
  private static final String ALLOWED = "security.*, sasl.*, ssl.*";

  /** How long a request to one broker may take; an append does not wait for that. */
  private static final Duration REQUEST = Duration.ofSeconds(5);

  /** How long a frame is tried again; nobody waits for it then, but the lane is kept in order. */
  private static final Duration DELIVERY = Duration.ofSeconds(10);

  /** How long the sending thread may wait to learn who leads a partition. */
  private static final Duration BLOCK = Duration.ofMillis(250);

  /** Most bytes of one answer to a consumer, as compressed; it keeps one at hand. */
  private static final int FETCH_BYTES = 8 << 20;

  /** Most records a consumer hands over at once: together at most 25 MiB. */
  static final int POLL_RECORDS = 100;

  /** What a consumer may take to end; it has nothing left to say. */
  static final CloseOptions CLOSING = CloseOptions.timeout(Duration.ofSeconds(1));

  private static final AtomicInteger NUMBER = new AtomicInteger();

  private final KafkaConfig config;
  private final Properties access;

  private Clients(KafkaConfig config, Properties access) {
    this.config = config;
    this.access = access;
  }

  /**
   * Reads {@code journal.kafka.properties-file}, if there is one; connects nowhere.
   *
   * @throws IOException if it cannot be read, or sets what is not its business
   */
  public static Clients of(KafkaConfig config) throws IOException {
    Properties access = new Properties();
    if (config.propertiesFile().isPresent()) {
      Path file = config.propertiesFile().get();
      try (Reader in = Files.newBufferedReader(file, StandardCharsets.UTF_8)) {
        access.load(in);
      }
      Set<String> others = new TreeSet<>(access.stringPropertyNames());
      others.removeIf(name -> name.matches("(security|sasl|ssl)\\..+"));
      if (!others.isEmpty()) {
        throw new IOException(
            "journal.kafka.properties-file %s sets %s; allowed are %s: take the others out"
                .formatted(file, String.join(", ", others), ALLOWED));
      }
    }
    return new Clients(config, access);
  }

  /** A client for topics and groups. */
  public Admin admin() throws IOException {
    Properties properties = common("sluice-admin");
    return made(() -> Admin.create(properties));
  }

  Producer<byte[], byte[]> producer() throws IOException {
    Map<String, Object> properties = new HashMap<>();
    properties.put(ProducerConfig.MAX_IN_FLIGHT_REQUESTS_PER_CONNECTION, "5");
    properties.put(ProducerConfig.MAX_BLOCK_MS_CONFIG, millis(BLOCK));
    properties.put(ProducerConfig.DELIVERY_TIMEOUT_MS_CONFIG, millis(DELIVERY));
    properties.put(ProducerConfig.LINGER_MS_CONFIG, millis(config.linger()));
    properties.put(ProducerConfig.BATCH_SIZE_CONFIG, config.batchBytes());
    properties.put(
        ProducerConfig.COMPRESSION_TYPE_CONFIG,
        config.compression().name().toLowerCase(Locale.ROOT));
    // Never what appends wait for: the lanes refuse before.
    properties.put(
        ProducerConfig.BUFFER_MEMORY_CONFIG,
        2 * Lanes.MAX_BYTES + (long) config.partitions() * 2 * config.batchBytes());
    return producer("sluice-append", properties);
  }

  /**
   * A producer whose records are acknowledged by every in-sync replica, and are there once.
   *
   * @param purpose begins its {@code client.id}
   * @param settings beside that, in Kafka's words
   */
  public Producer<byte[], byte[]> producer(String purpose, Map<String, ?> settings)
      throws IOException {
    Properties properties = common(purpose);
    properties.put(ProducerConfig.ACKS_CONFIG, "all");
    properties.put(ProducerConfig.ENABLE_IDEMPOTENCE_CONFIG, "true");
    properties.putAll(settings);
    return made(() ->
        new KafkaProducer<>(properties, new ByteArraySerializer(), new ByteArraySerializer()));
  }

  /** A consumer whose offsets are those of this group. */
  Consumer<byte[], byte[]> consumer(String group) throws IOException {
    return consumer(
        group,
        Map.of(
            ConsumerConfig.GROUP_ID_CONFIG,
            group,
            ConsumerConfig.FETCH_MAX_BYTES_CONFIG,
            FETCH_BYTES,
            ConsumerConfig.MAX_PARTITION_FETCH_BYTES_CONFIG,
            1 << 20,
            ConsumerConfig.MAX_POLL_RECORDS_CONFIG,
            POLL_RECORDS));
  }

  /**
   * A consumer that commits nothing by itself, and passes nothing over in silence.
   *
   * @param purpose begins its {@code client.id}
   * @param settings beside that, in Kafka's words
   */
  public Consumer<byte[], byte[]> consumer(String purpose, Map<String, ?> settings)
      throws IOException {
    Properties properties = common(purpose);
    properties.put(ConsumerConfig.ENABLE_AUTO_COMMIT_CONFIG, "false");
    properties.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "none");
    properties.put(ConsumerConfig.ALLOW_AUTO_CREATE_TOPICS_CONFIG, "false");
    properties.putAll(settings);
    return made(() ->
        new KafkaConsumer<>(properties, new ByteArrayDeserializer(), new ByteArrayDeserializer()));
  }

  private interface Maker<T> {
    T make();
  }

  private <T> T made(Maker<T> maker) throws IOException {
    try {
      return maker.make();
    } catch (KafkaException e) {
      Throwable cause = e.getCause() == null ? e : e.getCause();
      throw new IOException(
          "no client for %s: %s; check journal.kafka.servers and journal.kafka.properties-file"
              .formatted(config.name(), cause.getMessage()),
          e);
    }
  }

  private Properties common(String purpose) {
    Properties properties = new Properties();
    properties.putAll(access);
    properties.put("bootstrap.servers", String.join(",", config.servers()));
    properties.put("client.id", purpose + "-" + NUMBER.incrementAndGet());
    properties.put("metric.reporters", "");
    properties.put("request.timeout.ms", millis(REQUEST));
    properties.put("reconnect.backoff.max.ms", "500");
    properties.put("retry.backoff.max.ms", "500");
    properties.put("enable.metrics.push", "false");
    return properties;
  }

  private static String millis(Duration duration) {
    return String.valueOf(duration.toMillis());
  }
}
