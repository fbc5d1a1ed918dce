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
import org.apache.kafka.common.TopicPartitionInfo;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;

/** Makes the control topic, and says what of it is not as it must be. Thread-safe. */
final class ControlSetup {
  private static final int SEGMENT_MS = 600_000;
  private static final int MOST_SEGMENT_MS = 3_600_000;

  private static final Duration PATIENCE = Duration.ofSeconds(10);

  private final KafkaConfig config;
  private final String topic;
  private final String name;
  private final Admin admin;

  ControlSetup(KafkaConfig config, Admin admin) {
    this.config = config;
    this.topic = topic(config);
    this.name = name(config);
    this.admin = admin;
  }

  /** Its name. */
  static String topic(KafkaConfig config) {
    return config.topic() + "-control";
  }

  /** What it is called in messages. */
  static String name(KafkaConfig config) {
    return "topic " + topic(config) + " at " + String.join(",", config.servers());
  }

  /**
   * Makes the topic if there is none, and checks it.
   *
   * @throws IOException if the cluster does not answer, or the topic does not fit; then the message
   *     names each mismatch
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
      throw new IOException(name + " cannot keep the phase: " + wrong);
    }
  }

  private IOException unusable(ApiException e) {
    return new IOException(name + " cannot be used: " + e.getMessage(), e);
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
            // Kafka compacts no segment that is still written to, and every node writes each
            // second.
            "segment.ms",
            String.valueOf(SEGMENT_MS),
            "segment.bytes",
            "16777216",
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
      throw new IOException(
          "%s cannot be made with journal.kafka.replication %d: %s"
              .formatted(name, config.replication(), e.getMessage()),
          e);
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
    return List.of(
        new TopicFinding(
            "partitions",
            partitions == 1,
            String.valueOf(partitions),
            "1",
            "name another journal.kafka.topic, or stop every Sluice, keep what kafka-console-consumer.sh"
                + " shows of the key phase, and delete this topic"),
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
            "at most %d, or each start reads all that nodes have said for days"
                .formatted(MOST_SEGMENT_MS),
            alter("segment.ms=" + SEGMENT_MS)),
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
