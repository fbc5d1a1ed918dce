package dev.sluice.journal.kafka;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * Settings {@code journal.kafka.*}, and what they share with the local journal.
 *
 * @param servers {@code journal.kafka.servers}: where to find the cluster, each {@code host:port}
 * @param topic {@code journal.kafka.topic}
 * @param partitions {@code journal.kafka.partitions}: part of the data, it never changes
 * @param replication {@code journal.kafka.replication}: copies of each partition
 * @param compression {@code journal.kafka.compression}
 * @param linger {@code journal.kafka.linger}: how long a request waits for frames of other
 *     partitions
 * @param batchBytes {@code journal.kafka.batch-bytes}: memory that the frames of one partition
 *     share
 * @param propertiesFile {@code journal.kafka.properties-file}: how the client proves who it is, and
 *     encrypts
 * @param maxBytes {@code journal.max-bytes}: most bytes of the topic, each partition counted once
 */
public record KafkaConfig(
    List<String> servers,
    String topic,
    int partitions,
    int replication,
    Compression compression,
    Duration linger,
    int batchBytes,
    Optional<Path> propertiesFile,
    long maxBytes) {

  /** How frames are compressed on their way and in the cluster. */
  public enum Compression {
    LZ4,
    SNAPPY,
    ZSTD,
    NONE
  }

  /** Replicas that have a reading when it is acknowledged. */
  public int minInSync() {
    return Math.min(2, replication);
  }

  /** What this journal is called in messages. */
  public String name() {
    return "topic " + topic + " at " + String.join(",", servers);
  }
}
