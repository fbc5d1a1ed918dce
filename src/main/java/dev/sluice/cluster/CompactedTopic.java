package dev.sluice.cluster;

import dev.sluice.journal.kafka.Answers;
import dev.sluice.journal.kafka.KafkaConfig;
import dev.sluice.journal.kafka.TopicFinding;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.Config;
import org.apache.kafka.clients.admin.ConfigEntry;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartitionInfo;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.errors.AuthorizationException;
import org.apache.kafka.common.errors.RetriableException;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;

/**
 * Makes a compacted topic of one partition beside the journal's, and says what of it is not as it
 * must be. Thread-safe.
 */
final class CompactedTopic {
  /** What such a topic is for. */
  enum Use {
    CONTROL(
        "-control",
        "keep the phase",
        "16777216",
        8 << 10,
        "or each start reads all that nodes have said for days",
        "name another journal.kafka.topic, or stop every Sluice, keep what kafka-console-consumer.sh"
            + " shows of the key phase, and delete this topic"),
    FLEET(
        "-fleet",
        "keep the fleet ledger",
        "67108864",
        SnapshotTopic.CHUNK_BYTES + (16 << 10),
        "or older snapshots take room for days",
        "delete it: the node that leads makes it anew");

    private final String suffix;
    private final String purpose;
    private final String segmentBytes;
    private final int leastMessageBytes;
    private final String whySegmentMs;
    private final String mendPartitions;

    Use(
        String suffix,
        String purpose,
        String segmentBytes,
        int leastMessageBytes,
        String whySegmentMs,
        String mendPartitions) {
      this.suffix = suffix;
      this.purpose = purpose;
      this.segmentBytes = segmentBytes;
      this.leastMessageBytes = leastMessageBytes;
      this.whySegmentMs = whySegmentMs;
      this.mendPartitions = mendPartitions;
    }

    /** The name of that topic. */
    String topic(KafkaConfig config) {
      return config.topic() + suffix;
    }

    /** What it is called in messages. */
    String name(KafkaConfig config) {
      return "topic " + topic(config) + " at " + String.join(",", config.servers());
    }
  }

  private static final int SEGMENT_MS = 600_000;
  private static final int MOST_SEGMENT_MS = 3_600_000;

  /** The default of brokers, and more than any record here. */
  private static final int MESSAGE_BYTES = 1_048_588;

  private static final Duration PATIENCE = Duration.ofSeconds(10);

  private final Use use;
  private final KafkaConfig config;
  private final String topic;
  private final String name;
  private final Admin admin;

  CompactedTopic(Use use, KafkaConfig config, Admin admin) {
    this.use = use;
    this.config = config;
    this.topic = use.topic(config);
    this.name = use.name(config);
    this.admin = admin;
  }

  /**
   * Makes the topic if there is none, and checks it.
   *
   * @throws UnusableTopicException if the topic does not fit, then the message names each mismatch;
   *     or if this user may not use it
   * @throws IOException if the cluster does not answer
   */
  void ensure() throws IOException {
    try {
      checkFit();
      return;
    } catch (UnknownTopicOrPartitionException none) {
      make();
    } catch (ApiException e) {
      throw unusable(e);
    }
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (true) {
      try {
        checkFit();
        return;
      } catch (UnknownTopicOrPartitionException notYet) {
        // Made by the controller; one of the brokers that were asked has not heard of it.
        if (System.nanoTime() - deadline > 0) {
          throw unusable(notYet);
        }
        pause();
      } catch (ApiException e) {
        throw unusable(e);
      }
    }
  }

  private void checkFit() throws IOException {
    String wrong =
        findings(described()).stream()
            .filter(finding -> !finding.fine())
            .map(finding ->
                "%s is %s, needed is %s: %s"
                    .formatted(finding.name(), finding.seen(), finding.wanted(), finding.mend()))
            .collect(Collectors.joining("; "));
    if (!wrong.isEmpty()) {
      throw new UnusableTopicException("%s cannot %s: %s".formatted(name, use.purpose, wrong));
    }
  }

  private IOException unusable(ApiException e) {
    return unusable(name, "be used", e);
  }

  /** That this topic cannot be read, say, for what the cluster said. */
  static IOException unusable(String name, String done, KafkaException e) {
    if (e instanceof AuthorizationException) {
      return new UnusableTopicException(
          "%s cannot %s: the user in journal.kafka.properties-file needs Create, Describe, DescribeConfigs, Read and Write on it (%s)"
              .formatted(name, done, e.getMessage()),
          e);
    }
    String message = "%s cannot %s: %s".formatted(name, done, e.getMessage());
    return e instanceof ApiException && !(e instanceof RetriableException)
        ? new UnusableTopicException(message, e)
        : new IOException(message, e);
  }

  /** What there is to say about the topic; changes nothing. */
  List<TopicFinding> findings() throws IOException {
    try {
      TopicDescription described = described();
      List<TopicFinding> findings = new ArrayList<>(findings(described));
      findings.add(inSync(described.partitions().getFirst()));
      return findings;
    } catch (UnknownTopicOrPartitionException e) {
      return List.of(new TopicFinding("topic", true, topic + " is not there yet", "any", ""));
    } catch (ApiException e) {
      throw unusable(e);
    }
  }

  /** Whether there is one. */
  boolean exists() throws IOException {
    try {
      described();
      return true;
    } catch (UnknownTopicOrPartitionException none) {
      return false;
    }
  }

  private TopicDescription described() throws IOException {
    return Answers.of(
        Objects.requireNonNull(admin.describeTopics(List.of(topic)).topicNameValues().get(topic)),
        PATIENCE,
        name);
  }

  private void make() throws IOException {
    NewTopic made = new NewTopic(topic, 1, (short) config.replication());
    made.configs(
        Map.of(
            "cleanup.policy",
            "compact",
            // Kafka compacts no segment that is still written to.
            "segment.ms",
            String.valueOf(SEGMENT_MS),
            "segment.bytes",
            use.segmentBytes,
            "max.message.bytes",
            String.valueOf(MESSAGE_BYTES),
            "min.cleanable.dirty.ratio",
            "0.1",
            "min.insync.replicas",
            String.valueOf(config.minInSync()),
            "unclean.leader.election.enable",
            "false"));
    try {
      Answers.of(admin.createTopics(List.of(made)).all(), PATIENCE, name);
    } catch (TopicExistsException another) {
      // Of several nodes that start at once, one made it.
    } catch (ApiException e) {
      throw unusable(name, "be made with journal.kafka.replication " + config.replication(), e);
    }
  }

  private static void pause() throws IOException {
    try {
      Thread.sleep(50);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
  }

  private List<TopicFinding> findings(TopicDescription described) throws IOException {
    ConfigResource resource = new ConfigResource(ConfigResource.Type.TOPIC, topic);
    Config settings =
        Answers.of(
            Objects.requireNonNull(admin.describeConfigs(List.of(resource)).values().get(resource)),
            PATIENCE,
            name);
    int partitions = described.partitions().size();
    int replicas = described.partitions().getFirst().replicas().size();
    String inSync = text(settings, "min.insync.replicas");
    int least = Integer.parseInt(inSync);
    String segment = text(settings, "segment.ms");
    int messages = Integer.parseInt(text(settings, "max.message.bytes"));
    return List.of(
        new TopicFinding(
            "partitions", partitions == 1, String.valueOf(partitions), "1", use.mendPartitions),
        new TopicFinding(
            "replication",
            replicas >= config.replication(),
            String.valueOf(replicas),
            "at least " + config.replication(),
            "reassign its partition, or set journal.kafka.replication"),
        exactly(settings, "cleanup.policy", "compact"),
        new TopicFinding(
            "segment.ms",
            Long.parseLong(segment) <= MOST_SEGMENT_MS,
            segment,
            "at most %d, %s".formatted(MOST_SEGMENT_MS, use.whySegmentMs),
            alter("segment.ms=" + SEGMENT_MS)),
        new TopicFinding(
            "max.message.bytes",
            messages >= use.leastMessageBytes,
            String.valueOf(messages),
            "at least " + use.leastMessageBytes,
            alter("max.message.bytes=" + MESSAGE_BYTES)),
        exactly(settings, "unclean.leader.election.enable", "false"),
        new TopicFinding(
            "min.insync.replicas",
            least >= config.minInSync() && least <= replicas,
            inSync,
            config.minInSync() + ".." + replicas,
            alter("min.insync.replicas=" + config.minInSync())));
  }

  private TopicFinding inSync(TopicPartitionInfo partition) {
    int inSync = partition.isr().size();
    return new TopicFinding(
        "in-sync replicas",
        inSync >= config.replication(),
        inSync + " of " + partition.replicas().size(),
        "at least " + config.replication(),
        "start the brokers that are away, or let them catch up");
  }

  private TopicFinding exactly(Config settings, String key, String wanted) {
    String seen = text(settings, key);
    return new TopicFinding(key, seen.equals(wanted), seen, wanted, alter(key + "=" + wanted));
  }

  private static String text(Config settings, String key) {
    ConfigEntry entry = settings.get(key);
    return entry == null ? "" : String.valueOf(entry.value());
  }

  private String alter(String setting) {
    return "kafka-configs.sh --bootstrap-server %s --alter --topic %s --add-config %s"
        .formatted(config.servers().getFirst(), topic, setting);
  }
}
