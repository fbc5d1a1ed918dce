package dev.sluice.journal.kafka;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
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
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.config.ConfigResource;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.errors.AuthenticationException;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;

/** Makes the topic, and says what of it is not as contracts 1 to 7 need it. Thread-safe. */
final class Topic {
  /** Segments a partition always has, about: the active one, and one on its way out. */
  private static final int SEGMENTS_KEPT = 2;

  private static final long LEAST_SEGMENT_BYTES = 1 << 20;
  private static final long MOST_SEGMENT_BYTES = 1 << 30;

  private final KafkaConfig config;
  private final Admin admin;
  private final Duration patience;

  /**
   * @param patience how long the cluster may take to answer
   */
  Topic(KafkaConfig config, Admin admin, Duration patience) {
    this.config = config;
    this.admin = admin;
    this.patience = patience;
  }

  /**
   * Makes the topic if there is none, and checks it.
   *
   * @return its id: a topic of the same name that was made later has another
   * @throws IOException if the cluster does not answer, or the topic does not fit; then the message
   *     names each mismatch
   */
  Uuid ensure() throws IOException {
    try {
      return fitting();
    } catch (UnknownTopicOrPartitionException none) {
      make();
    } catch (ApiException e) {
      throw unusable(e);
    }
    long deadline = System.nanoTime() + patience.toNanos();
    while (true) {
      try {
        return fitting();
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

  private Uuid fitting() throws IOException {
    TopicDescription topic = described();
    String wrong =
        findings(topic).stream()
            .filter(finding -> !finding.fine())
            .map(finding ->
                "%s is %s, needed is %s: %s"
                    .formatted(finding.name(), finding.seen(), finding.wanted(), finding.mend()))
            .collect(Collectors.joining("; "));
    if (!wrong.isEmpty()) {
      throw new IOException(config.name() + " cannot be the journal: " + wrong);
    }
    return topic.topicId();
  }

  /**
   * The id of a topic that must be there with its partitions; nothing else of it is checked.
   *
   * @throws IOException if it is not, or the cluster does not answer
   */
  Uuid existing() throws IOException {
    try {
      TopicDescription topic = described();
      if (topic.partitions().size() != config.partitions()) {
        throw new IOException(
            "%s has %d partitions, not the %d it was written with"
                .formatted(config.name(), topic.partitions().size(), config.partitions()));
      }
      return topic.topicId();
    } catch (ApiException e) {
      throw unusable(e);
    }
  }

  private IOException unusable(ApiException e) {
    if (!(e instanceof AuthenticationException)) {
      return new IOException(config.name() + " cannot be used: " + e.getMessage(), e);
    }
    Throwable why = e;
    while (why.getCause() != null) {
      why = why.getCause();
    }
    return new IOException(
        "%s and Sluice cannot agree on a connection: %s%s; check journal.kafka.properties-file"
            .formatted(
                config.name(),
                e.getMessage(),
                e.getCause() == null ? "" : " (" + why.getMessage() + ")"),
        e);
  }

  /** What there is to say about the topic; changes nothing. */
  List<TopicFinding> findings() throws IOException {
    try {
      TopicDescription topic = described();
      List<TopicFinding> findings = new ArrayList<>(findings(topic));
      findings.add(inSync(topic));
      return findings;
    } catch (UnknownTopicOrPartitionException e) {
      return List.of(
          new TopicFinding("topic", true, config.topic() + " is not there yet", "any", ""));
    } catch (ApiException e) {
      throw unusable(e);
    }
  }

  TopicDescription described() throws IOException {
    return Answers.of(
        Objects.requireNonNull(
            admin.describeTopics(List.of(config.topic())).topicNameValues().get(config.topic())),
        patience,
        config.name());
  }

  private static void pause() throws IOException {
    try {
      Thread.sleep(50);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
  }

  private void make() throws IOException {
    NewTopic topic =
        new NewTopic(config.topic(), config.partitions(), (short) config.replication());
    Map<String, String> settings = new LinkedHashMap<>();
    settings.put("cleanup.policy", "delete");
    settings.put("retention.ms", "-1");
    settings.put("retention.bytes", "-1");
    settings.put("min.insync.replicas", String.valueOf(config.minInSync()));
    settings.put("unclean.leader.election.enable", "false");
    settings.put("segment.bytes", String.valueOf(segmentBytes()));
    topic.configs(settings);
    try {
      Answers.of(admin.createTopics(List.of(topic)).all(), patience, config.name());
    } catch (TopicExistsException another) {
      // Of several that start at once, one made it.
    } catch (ApiException e) {
      throw new IOException(
          "%s cannot be made with %d partitions and journal.kafka.replication %d: %s"
              .formatted(config.name(), config.partitions(), config.replication(), e.getMessage()),
          e);
    }
  }

  /** So that full partitions free their room in time, and all of them fit. */
  private long segmentBytes() {
    long fair = config.maxBytes() / (4L * SEGMENTS_KEPT * config.partitions());
    return Math.clamp(fair, LEAST_SEGMENT_BYTES, MOST_SEGMENT_BYTES);
  }

  private List<TopicFinding> findings(TopicDescription topic) throws IOException {
    ConfigResource resource = new ConfigResource(ConfigResource.Type.TOPIC, config.topic());
    Config settings =
        Answers.of(
            Objects.requireNonNull(admin.describeConfigs(List.of(resource)).values().get(resource)),
            patience,
            config.name());
    int replicas =
        topic.partitions().stream().mapToInt(p -> p.replicas().size()).min().orElseThrow();
    long inSync = number(settings, "min.insync.replicas");
    long segment = number(settings, "segment.bytes");
    long mostSegment = config.maxBytes() / ((long) SEGMENTS_KEPT * config.partitions());
    return List.of(
        new TopicFinding(
            "partitions",
            topic.partitions().size() == config.partitions(),
            String.valueOf(topic.partitions().size()),
            String.valueOf(config.partitions()),
            "set journal.kafka.partitions to what the topic has, or name another topic"),
        new TopicFinding(
            "replication",
            replicas >= config.replication(),
            String.valueOf(replicas),
            "at least " + config.replication(),
            "reassign its partitions, or set journal.kafka.replication"),
        exactly(settings, "cleanup.policy", "delete"),
        exactly(settings, "retention.ms", "-1"),
        exactly(settings, "retention.bytes", "-1"),
        exactly(settings, "unclean.leader.election.enable", "false"),
        new TopicFinding(
            "min.insync.replicas",
            inSync >= config.minInSync() && inSync <= replicas,
            String.valueOf(inSync),
            config.minInSync() + ".." + replicas,
            alter("min.insync.replicas=" + config.minInSync())),
        new TopicFinding(
            "max.message.bytes",
            number(settings, "max.message.bytes") >= 2L * Frames.MAX_RECORD_BYTES,
            String.valueOf(number(settings, "max.message.bytes")),
            "at least " + 2L * Frames.MAX_RECORD_BYTES,
            alter("max.message.bytes=1048588")),
        new TopicFinding(
            "segment.bytes",
            segment <= mostSegment,
            String.valueOf(segment),
            "at most %d, as %d partitions share journal.max-bytes %d"
                .formatted(mostSegment, config.partitions(), config.maxBytes()),
            alter("segment.bytes=" + segmentBytes()) + ", or raise journal.max-bytes"));
  }

  /** Partitions that could not lose one more replica, or are without a leader. */
  private TopicFinding inSync(TopicDescription topic) {
    String behind = behind(topic, config.replication());
    return new TopicFinding(
        "in-sync replicas",
        behind.isEmpty(),
        behind.isEmpty() ? config.replication() + " of each partition" : behind,
        config.replication() + " of each partition",
        "start the brokers that are away, or let them catch up");
  }

  /** The first partition that has fewer replicas in sync than this, in words; else empty. */
  static String behind(TopicDescription topic, int least) {
    for (TopicPartitionInfo partition : topic.partitions()) {
      if (partition.leader() == null || partition.leader().isEmpty()) {
        return "partition " + partition.partition() + " has no leader";
      }
      if (partition.isr().size() < least) {
        return "partition %d has %d of %d"
            .formatted(partition.partition(), partition.isr().size(), partition.replicas().size());
      }
    }
    return "";
  }

  private TopicFinding exactly(Config settings, String name, String wanted) {
    String seen = text(settings, name);
    return new TopicFinding(name, seen.equals(wanted), seen, wanted, alter(name + "=" + wanted));
  }

  private String alter(String setting) {
    return "kafka-configs.sh --bootstrap-server %s --alter --topic %s --add-config %s"
        .formatted(config.servers().getFirst(), config.topic(), setting);
  }

  private static long number(Config settings, String name) {
    return Long.parseLong(text(settings, name));
  }

  private static String text(Config settings, String name) {
    ConfigEntry entry = settings.get(name);
    return entry == null ? "" : String.valueOf(entry.value());
  }
}
