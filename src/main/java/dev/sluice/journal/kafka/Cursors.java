package dev.sluice.journal.kafka;

import dev.sluice.journal.Lease;
import dev.sluice.journal.Progress;
import java.io.IOException;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.errors.GroupIdNotFoundException;
import org.apache.kafka.common.errors.UnknownTopicOrPartitionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The cursors opened by this process; each is kept by the cluster as the offsets of a group. What
 * all of them have passed may be deleted; while none is opened, nothing is. Nothing is kept or
 * deleted without the lease. Thread-safe.
 */
final class Cursors {
  private static final Logger LOG = LoggerFactory.getLogger(Cursors.class);

  /** How long the cluster may take to answer; it may have to make its own topic first. */
  static final Duration ANSWER = Duration.ofSeconds(30);

  private final KafkaConfig config;
  private final Uuid topic;
  private final Admin admin;
  private final ReentrantLock lock = new ReentrantLock();
  private final Map<String, KafkaCursor> open = new HashMap<>();
  private boolean closed;
  private volatile Lease lease = Lease.ALWAYS;

  /** Of which sinks' feeds read from now on. */
  private volatile Set<Integer> delivered;

  /** Whether this process deletes what all have passed. */
  private volatile boolean trims = true;

  /** Whether a feed has moved its cursor: until then others may still be opened. */
  private volatile boolean moving;

  Cursors(KafkaConfig config, Uuid topic, Admin admin) {
    this.config = config;
    this.topic = topic;
    this.admin = admin;
    this.delivered = everything();
  }

  /** The group that keeps the cursor of this name. */
  static String group(String name) {
    return "sluice-" + name;
  }

  List<TopicPartition> partitions() {
    return IntStream.range(0, config.partitions())
        .mapToObj(p -> new TopicPartition(config.topic(), p))
        .toList();
  }

  /** The numbers of all partitions. */
  Set<Integer> everything() {
    return IntStream.range(0, config.partitions()).boxed().collect(Collectors.toUnmodifiableSet());
  }

  Uuid topic() {
    return topic;
  }

  /**
   * The one cursor of this name: as kept, and at the oldest record where nothing is kept. One that
   * was opened for other partitions, or moved by {@link #adopt}, holds back what it did until this
   * one is in its place.
   */
  KafkaCursor open(String name, boolean yielding, Consumer<byte[], byte[]> consumer)
      throws IOException {
    lock.lock();
    try {
      requireOpenLocked(name);
      KafkaCursor cursor = open.get(name);
      Set<Integer> partitions = yielding ? everything() : delivered;
      if (cursor == null || cursor.closed() || !cursor.partitions().equals(partitions)) {
        KafkaCursor next = new KafkaCursor(name, yielding, partitions, found(name, consumer));
        commit(next, consumer);
        closeLocked(name);
        open.put(name, next);
        return next;
      }
      return cursor;
    } finally {
      lock.unlock();
    }
  }

  /** A new cursor of this name behind everything acknowledged by now, in the place of any other. */
  KafkaCursor openAtEnd(String name, Consumer<byte[], byte[]> consumer) throws IOException {
    lock.lock();
    try {
      requireOpenLocked(name);
      closeLocked(name);
      KafkaCursor cursor = new KafkaCursor(name, false, everything(), at(name, consumer, true));
      commit(cursor, consumer);
      open.put(name, cursor);
      return cursor;
    } finally {
      lock.unlock();
    }
  }

  /**
   * From now on cursors may be opened and moved while this lease holds.
   *
   * @param all whether this process leads, and deletes what all cursors have passed
   */
  void under(Lease now, boolean all) {
    trims = all;
    lease = now;
  }

  /** Cursors of sinks that are opened from now on are moved in these partitions only. */
  void deliver(Set<Integer> partitions) {
    delivered = Set.copyOf(partitions);
  }

  /** Closes all, and leaves what is kept of them to another process. */
  void leave() {
    lock.lock();
    try {
      moving = false;
      open.values().forEach(KafkaCursor::close);
      open.clear();
    } finally {
      lock.unlock();
    }
  }

  void forget(String name) throws IOException {
    lock.lock();
    try {
      requireOpenLocked(name);
      requireLease(name);
      closeLocked(name);
      Answers.of(
          admin.deleteConsumerGroupOffsets(group(name), new HashSet<>(partitions())).all(),
          ANSWER,
          config.name());
    } catch (GroupIdNotFoundException | UnknownTopicOrPartitionException none) {
      // Nothing is kept.
    } catch (KafkaException e) {
      throw new IOException("cursor " + name + " may come back: " + e.getMessage(), e);
    } finally {
      lock.unlock();
    }
  }

  /**
   * Puts a cursor at this mark, with the progress of a sink that comes from another journal, in the
   * place of any other of this name; it is not opened.
   */
  void adopt(String name, Progress progress, KafkaMark at) throws IOException {
    lock.lock();
    try {
      requireOpenLocked(name);
      requireLease(name);
      KafkaCursor before = open.get(name);
      if (before != null) {
        before.close(); // and holds back what it did until another one is opened
      }
      Map<TopicPartition, OffsetAndMetadata> offsets = new HashMap<>();
      for (TopicPartition partition : partitions()) {
        int p = partition.partition();
        Kept kept =
            p == 0
                ? new Kept(
                    at.place(p),
                    0,
                    progress.origin(),
                    progress.delivered(),
                    progress.deadLettered(),
                    progress.lost())
                : new Kept(at.place(p), 0, 0, 0, 0, 0);
        offsets.put(partition, kept.offset(topic));
      }
      Answers.of(
          admin.alterConsumerGroupOffsets(group(name), offsets).all(), ANSWER, config.name());
    } catch (KafkaException e) {
      throw new IOException(
          "cursor %s could not be kept by group %s: %s"
              .formatted(name, group(name), e.getMessage()),
          e);
    } finally {
      lock.unlock();
    }
  }

  /**
   * What the group of this cursor keeps for this topic, by partition; empty if that is nothing.
   * Where it keeps nothing for one, that begins at the oldest record.
   */
  Optional<Kept[]> kept(String name, Watch.Look look) throws IOException {
    Map<TopicPartition, OffsetAndMetadata> offsets = committed(name);
    Kept[] kept = at(look.begins());
    boolean any = false;
    for (TopicPartition partition : partitions()) {
      int p = partition.partition();
      OffsetAndMetadata offset = offsets.get(partition);
      if (offset != null) {
        Optional<Kept> found =
            Kept.of(offset, topic).filter(there -> there.place() <= look.ends()[p]);
        any |= found.isPresent();
        kept[p] = found.orElse(kept[p]);
      }
    }
    return any ? Optional.of(kept) : Optional.empty();
  }

  /** Of a sink that begins at these places. */
  static Kept[] at(long[] places) {
    return Arrays.stream(places).mapToObj(Kept::beginningAt).toArray(Kept[]::new);
  }

  /** The same counts; places before these are these. */
  static Kept[] notBefore(long[] places, Kept[] kept) {
    Kept[] later = kept.clone();
    for (int p = 0; p < later.length; p++) {
      Kept there = later[p];
      if (there.place() < places[p]) {
        later[p] =
            new Kept(
                places[p],
                0,
                there.origin(),
                there.delivered(),
                there.deadLettered(),
                there.lost());
      }
    }
    return later;
  }

  private Map<TopicPartition, OffsetAndMetadata> committed(String name) throws IOException {
    try {
      return Answers.of(
          admin.listConsumerGroupOffsets(group(name)).partitionsToOffsetAndMetadata(),
          ANSWER,
          config.name());
    } catch (GroupIdNotFoundException none) {
      return Map.of();
    } catch (KafkaException e) {
      throw unreadable(name, e);
    }
  }

  /** A feed has moved its cursor. */
  void moved() {
    moving = true;
  }

  /**
   * For each partition, the place that every opened cursor has passed; empty while none has moved,
   * because those that are not opened yet hold nothing back.
   *
   * @param all whether those that yield count too
   */
  Optional<long[]> least(boolean all) {
    if (!moving || !trims || !lease.holds()) {
      return Optional.empty();
    }
    lock.lock();
    try {
      long[] least = null;
      for (KafkaCursor cursor : open.values()) {
        if (all || !cursor.yielding()) {
          if (least == null) {
            least = new long[config.partitions()];
            Arrays.fill(least, Long.MAX_VALUE);
          }
          for (int p = 0; p < least.length; p++) {
            least[p] = Math.min(least[p], cursor.passed(p));
          }
        }
      }
      return Optional.ofNullable(least);
    } finally {
      lock.unlock();
    }
  }

  /**
   * Asks the groups how far others are in the partitions that they deliver. Asks nothing where this
   * process delivers all, or does not lead.
   */
  void lookElsewhere() throws IOException {
    if (!trims) {
      return;
    }
    for (KafkaCursor cursor : parts()) {
      Map<TopicPartition, OffsetAndMetadata> kept =
          Answers.of(
              admin.listConsumerGroupOffsets(group(cursor.name())).partitionsToOffsetAndMetadata(),
              ANSWER,
              config.name());
      long[] places = new long[config.partitions()];
      for (TopicPartition partition : partitions()) {
        int p = partition.partition();
        OffsetAndMetadata offset = kept.get(partition);
        places[p] =
            offset == null
                ? cursor.passed(p)
                : Kept.of(offset, topic).map(Kept::place).orElse(cursor.passed(p));
      }
      cursor.see(places);
    }
  }

  private List<KafkaCursor> parts() {
    lock.lock();
    try {
      return open.values().stream().filter(KafkaCursor::isPart).toList();
    } finally {
      lock.unlock();
    }
  }

  /**
   * The place up to which this sink has a partition durably, whoever delivers it; empty while no
   * cursor of this name is open.
   */
  OptionalLong passed(String name, int partition) {
    lock.lock();
    try {
      KafkaCursor cursor = open.get(name);
      return cursor == null ? OptionalLong.empty() : OptionalLong.of(cursor.passed(partition));
    } finally {
      lock.unlock();
    }
  }

  void close() {
    lock.lock();
    try {
      closed = true;
      open.values().forEach(KafkaCursor::close);
    } finally {
      lock.unlock();
    }
  }

  /**
   * Has the group keep this.
   *
   * @throws IOException if it may not be kept
   */
  void commit(String name, Map<TopicPartition, OffsetAndMetadata> offsets, Consumer<?, ?> consumer)
      throws IOException {
    requireLease(name);
    try {
      consumer.commitSync(offsets, Duration.ofSeconds(5));
    } catch (KafkaException e) {
      throw new IOException(
          "cursor %s could not be kept by group %s: %s"
              .formatted(name, group(name), e.getMessage()),
          e);
    }
  }

  private void commit(KafkaCursor cursor, Consumer<?, ?> consumer) throws IOException {
    Map<TopicPartition, OffsetAndMetadata> offsets = new HashMap<>();
    for (int p : cursor.partitions()) {
      offsets.put(new TopicPartition(config.topic(), p), cursor.kept()[p].offset(topic));
    }
    commit(cursor.name(), offsets, consumer);
  }

  private Kept[] found(String name, Consumer<byte[], byte[]> consumer) throws IOException {
    Map<TopicPartition, OffsetAndMetadata> committed;
    try {
      committed = consumer.committed(Set.copyOf(partitions()), ANSWER);
    } catch (KafkaException e) {
      throw unreadable(name, e);
    }
    Kept[] kept = at(name, consumer, false);
    Kept[] ends = at(name, consumer, true);
    int foreign = 0;
    for (TopicPartition partition : partitions()) {
      OffsetAndMetadata offset = committed.get(partition);
      if (offset != null) {
        long end = ends[partition.partition()].place();
        Optional<Kept> found = Kept.of(offset, topic).filter(place -> place.place() <= end);
        foreign += found.isEmpty() ? 1 : 0;
        kept[partition.partition()] = found.orElse(kept[partition.partition()]);
      }
    }
    if (foreign > 0) {
      LOG.warn(
          "Group {} keeps offsets of {} partitions that are beyond their end, not for this topic {},"
              + " or not Sluice's: delivery restarts there from the oldest reading kept",
          group(name),
          foreign,
          config.topic());
    }
    return kept;
  }

  private Kept[] at(String name, Consumer<byte[], byte[]> consumer, boolean end)
      throws IOException {
    try {
      Map<TopicPartition, Long> places =
          end
              ? consumer.endOffsets(partitions(), ANSWER)
              : consumer.beginningOffsets(partitions(), ANSWER);
      Kept[] kept = new Kept[config.partitions()];
      for (TopicPartition partition : partitions()) {
        Long place = places.get(partition);
        if (place == null) {
          throw new IOException(partition + " has no place to begin at");
        }
        kept[partition.partition()] = Kept.beginningAt(place);
      }
      return kept;
    } catch (KafkaException e) {
      throw unreadable(name, e);
    }
  }

  private IOException unreadable(String name, KafkaException e) {
    return new IOException(
        "cursor %s cannot be opened: %s does not answer: %s"
            .formatted(name, config.name(), e.getMessage()),
        e);
  }

  private void requireLease(String name) throws IOException {
    if (!lease.holds()) {
      throw new IOException("cursor " + name + " is not kept: this node delivers no more");
    }
  }

  private void requireOpenLocked(String name) throws IOException {
    if (closed) {
      throw new IOException("cursor " + name + " cannot be opened: the journal is closed");
    }
  }

  private void closeLocked(String name) {
    KafkaCursor cursor = open.remove(name);
    if (cursor != null) {
      cursor.close();
    }
  }
}
