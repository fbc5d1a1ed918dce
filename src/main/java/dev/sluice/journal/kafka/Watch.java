package dev.sluice.journal.kafka;

import java.io.IOException;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.ListOffsetsResult.ListOffsetsResultInfo;
import org.apache.kafka.clients.admin.LogDirDescription;
import org.apache.kafka.clients.admin.OffsetSpec;
import org.apache.kafka.clients.admin.RecordsToDelete;
import org.apache.kafka.clients.admin.ReplicaInfo;
import org.apache.kafka.clients.admin.TopicDescription;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.TopicPartitionInfo;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Looks at the topic once a second, in a thread of its own: where each partition begins and ends,
 * how many bytes it has, whether it can take readings; and has deleted what every cursor has
 * passed. Between two looks, what this process sends is added to the bytes as if nothing compressed
 * it, so the limit is kept rather too early than too late.
 */
final class Watch implements Runnable {
  private static final Logger LOG = LoggerFactory.getLogger(Watch.class);
  private static final Duration ANSWER = Duration.ofSeconds(5);
  static final Duration INTERVAL = Duration.ofSeconds(1);

  /** What a look found. Its arrays are not changed. */
  static final class Look {
    private final long[] begins;
    private final long[] ends;
    private final long bytes;
    private final long sentBefore;
    private final String problem;
    private final long askedNanos;

    private Look(
        long[] begins, long[] ends, long bytes, long sentBefore, String problem, long askedNanos) {
      this.begins = begins;
      this.ends = ends;
      this.bytes = bytes;
      this.sentBefore = sentBefore;
      this.problem = problem;
      this.askedNanos = askedNanos;
    }

    /** Offset of the first record, by partition. */
    long[] begins() {
      return begins;
    }

    /** Offset behind the last one, by partition. */
    long[] ends() {
      return ends;
    }

    /** Of all partitions, each counted once. */
    long bytes() {
      return bytes;
    }

    /** Bytes this process had sent when it was looked at. */
    long sentBefore() {
      return sentBefore;
    }

    /** Why it can take nothing; empty if it can. */
    String problem() {
      return problem;
    }

    /** Before the cluster was asked, by {@link System#nanoTime}. */
    long askedNanos() {
      return askedNanos;
    }

    private Look withProblem(String why) {
      return new Look(begins, ends, bytes, sentBefore, why, askedNanos);
    }
  }

  private final KafkaConfig config;
  private final Topic topic;
  private final Admin admin;
  private final Lanes lanes;
  private final Lanes.Failed failed;
  private final Cursors cursors;
  private final Duration interval;
  private final CountDownLatch stop = new CountDownLatch(1);
  private final Thread thread;
  private volatile Look latest;

  /** Whether the last attempt to delete records failed. */
  private boolean trimFailed;

  /** A first look, in the thread that calls. */
  Watch(
      KafkaConfig config,
      Topic topic,
      Admin admin,
      Lanes lanes,
      Cursors cursors,
      Lanes.Failed failed,
      Duration interval)
      throws IOException {
    this.config = config;
    this.topic = topic;
    this.admin = admin;
    this.lanes = lanes;
    this.failed = failed;
    this.cursors = cursors;
    this.interval = interval;
    this.thread = Thread.ofPlatform().daemon().name("journal-watch").unstarted(this);
    this.latest = look();
  }

  void start() {
    thread.start();
  }

  void end() {
    stop.countDown();
  }

  Look latest() {
    return latest;
  }

  long bytes() {
    Look now = latest;
    return now.bytes() + lanes.sentBytes() - now.sentBefore();
  }

  /** Why so many more bytes find no room; empty if they do. */
  String overLimit(long more) {
    long bytes = bytes();
    return bytes + more <= config.maxBytes()
        ? ""
        : "%s holds %d bytes and %d more would exceed journal.max-bytes %d"
            .formatted(config.name(), bytes, more, config.maxBytes());
  }

  @Override
  public void run() {
    try {
      while (!stop.await(interval.toMillis(), TimeUnit.MILLISECONDS)) {
        turn();
      }
    } catch (InterruptedException e) {
      throw new AssertionError("unexpected interrupt of " + thread.getName(), e);
    }
  }

  private void turn() {
    Look before = latest;
    // Asked for before the look: in a sound log no cursor is then beyond an end.
    Optional<long[]> passed = cursors.least(before.bytes() <= config.maxBytes() / 2);
    try {
      latest = look();
      if (passed.isPresent()) {
        trim(passed.get());
      }
      lookElsewhere();
      if (!before.problem().isEmpty() && latest.problem().isEmpty()) {
        LOG.info("{} takes readings again", config.name());
      }
    } catch (IOException | RuntimeException e) {
      if (stop.getCount() == 0) {
        return; // the client was closed meanwhile
      }
      latest = latest.withProblem(config.name() + " is not to be reached: " + e.getMessage());
    }
    if (before.problem().isEmpty() && !latest.problem().isEmpty()) {
      LOG.warn("No readings are taken in: {}", latest.problem());
    }
  }

  /** What is not known of others' cursors holds records back a little longer, and no more. */
  private void lookElsewhere() {
    try {
      cursors.lookElsewhere();
    } catch (IOException | KafkaException e) {
      LOG.debug("How far other nodes are in {} is not known", config.name(), e);
    }
  }

  private Look look() throws IOException {
    try {
      long sent = lanes.sentBytes();
      long asked = System.nanoTime();
      TopicDescription described = topic.described();
      if (!described.topicId().equals(cursors.topic())) {
        failed.because(
            config.name()
                + " was deleted and made again: what no sink had yet is gone; restart Sluice to go on"
                + " with the new one");
      }
      String behind = Topic.behind(described, config.minInSync());
      return new Look(
          places(OffsetSpec.earliest()),
          places(OffsetSpec.latest()),
          bytes(described),
          sent,
          behind.isEmpty()
              ? ""
              : "%s: %s replicas in sync, an ack needs %d"
                  .formatted(config.name(), behind, config.minInSync()),
          asked);
    } catch (KafkaException e) {
      throw new IOException(e.getMessage(), e);
    }
  }

  private long[] places(OffsetSpec spec) throws IOException {
    Map<TopicPartition, ListOffsetsResultInfo> found =
        Answers.of(
            admin
                .listOffsets(
                    cursors.partitions().stream()
                        .collect(Collectors.toMap(partition -> partition, partition -> spec)))
                .all(),
            ANSWER,
            config.name());
    long[] places = new long[config.partitions()];
    found.forEach((partition, info) -> places[partition.partition()] = info.offset());
    return places;
  }

  private long bytes(TopicDescription described) throws IOException {
    Map<Integer, Integer> leaders = new HashMap<>();
    for (TopicPartitionInfo partition : described.partitions()) {
      if (partition.leader() != null && !partition.leader().isEmpty()) {
        leaders.put(partition.partition(), partition.leader().id());
      }
    }
    Map<Integer, Map<String, LogDirDescription>> folders =
        Answers.of(
            admin
                .describeLogDirs(Map.copyOf(leaders).values().stream().distinct().toList())
                .allDescriptions(),
            ANSWER,
            config.name());
    long bytes = 0;
    for (Map.Entry<Integer, Map<String, LogDirDescription>> broker : folders.entrySet()) {
      for (LogDirDescription folder : broker.getValue().values()) {
        for (Map.Entry<TopicPartition, ReplicaInfo> replica : folder.replicaInfos().entrySet()) {
          if (replica.getKey().topic().equals(config.topic())
              && broker.getKey().equals(leaders.get(replica.getKey().partition()))) {
            bytes += replica.getValue().size();
          }
        }
      }
    }
    return bytes;
  }

  /** A look in the thread that calls, for whoever must not miss the last records. */
  Look now() throws IOException {
    return look();
  }

  /**
   * Deletes every record before these places, by partition.
   *
   * @throws IOException if some may be left
   */
  void deleteBefore(long[] places) throws IOException {
    Map<TopicPartition, RecordsToDelete> all = new HashMap<>();
    for (TopicPartition partition : cursors.partitions()) {
      if (places[partition.partition()] > 0) {
        all.put(partition, RecordsToDelete.beforeOffset(places[partition.partition()]));
      }
    }
    try {
      Answers.of(admin.deleteRecords(all).all(), ANSWER, config.name());
    } catch (KafkaException e) {
      throw new IOException(
          config.name() + " still has records that are not needed: " + e.getMessage(), e);
    }
  }

  /**
   * A cursor beyond an end is one of records that the cluster has lost: others came in their place.
   */
  private void trim(long[] least) {
    Look now = latest;
    Map<TopicPartition, RecordsToDelete> passed = new HashMap<>();
    for (TopicPartition partition : cursors.partitions()) {
      int p = partition.partition();
      long place = least[p];
      if (place > now.begins()[p] && place <= now.ends()[p]) {
        passed.put(partition, RecordsToDelete.beforeOffset(place));
      }
    }
    if (passed.isEmpty()) {
      return;
    }
    try {
      Answers.of(admin.deleteRecords(passed).all(), ANSWER, config.name());
      trimFailed = false;
    } catch (IOException | KafkaException e) {
      if (!trimFailed) {
        LOG.warn(
            "What every sink has passed is not deleted from {}; it is tried again",
            config.name(),
            e);
      }
      trimFailed = true;
    }
  }
}
