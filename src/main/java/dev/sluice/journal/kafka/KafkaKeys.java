package dev.sluice.journal.kafka;

import dev.sluice.config.Check;
import dev.sluice.config.Key;
import dev.sluice.config.ValueType;
import dev.sluice.journal.JournalConfig;
import dev.sluice.journal.JournalKeys;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/** The keys of {@link KafkaConfig}. */
public final class KafkaKeys {
  public static final Key<List<String>> SERVERS =
      Key.of(
          "journal.kafka.servers",
          ValueType.names(),
          "Brokers to begin with, host:port, separated by commas. Required by journal.kind=kafka.");
  public static final Key<String> TOPIC =
      Key.of(
          "journal.kafka.topic",
          "sluice-readings",
          ValueType.name(),
          "Made if it does not exist, checked if it does.");
  public static final Key<Integer> PARTITIONS =
      Key.of(
          "journal.kafka.partitions",
          "12",
          ValueType.integer(1, 1024),
          "Its partitions; a device belongs to one, so the number never changes.");
  public static final Key<Integer> REPLICATION =
      Key.of(
          "journal.kafka.replication",
          "3",
          ValueType.integer(1, 9),
          "Copies of each partition; an ack waits for two, or for the one there is.");
  public static final Key<KafkaConfig.Compression> COMPRESSION =
      Key.of(
          "journal.kafka.compression",
          "lz4",
          ValueType.choice(KafkaConfig.Compression.values()),
          "How readings are compressed on their way and in the topic.");
  public static final Key<Duration> LINGER =
      Key.of(
          "journal.kafka.linger",
          "2ms",
          ValueType.duration("0ms", "100ms"),
          "How long a request to a broker waits for more; part of each ack.");
  public static final Key<Long> BATCH_BYTES =
      Key.of(
          "journal.kafka.batch-bytes",
          "256KiB",
          ValueType.bytes(16 << 10, 1 << 20),
          "Readings of one partition that go to a broker together.");
  public static final Key<Path> PROPERTIES_FILE =
      Key.of(
          "journal.kafka.properties-file",
          ValueType.path(),
          "security.*, sasl.* and ssl.* of Kafka's client, where the cluster asks for them.");

  /** All of them, in the order of the reference. */
  public static final List<Key<?>> ALL =
      List.of(
          SERVERS,
          TOPIC,
          PARTITIONS,
          REPLICATION,
          COMPRESSION,
          LINGER,
          BATCH_BYTES,
          PROPERTIES_FILE);

  private KafkaKeys() {}

  /** Demands what a journal in Kafka needs. */
  public static void check(Check settings) {
    if (settings.required(JournalKeys.KIND) == JournalConfig.Kind.KAFKA
        && settings.optional(SERVERS).isEmpty()) {
      settings.demand(SERVERS, "journal.kind is kafka");
    }
  }
}
