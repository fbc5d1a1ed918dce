package dev.sluice.journal.kafka;

import dev.sluice.journal.AppendResult;
import dev.sluice.journal.Feed;
import dev.sluice.journal.Journal;
import dev.sluice.journal.JournalStats;
import dev.sluice.journal.Lease;
import dev.sluice.journal.Mark;
import dev.sluice.journal.Progress;
import dev.sluice.journal.Remains;
import dev.sluice.reading.ReadingBuffer;
import java.io.IOException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.ConcurrentModificationException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.ReentrantLock;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.Uuid;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The journal as a topic: readings are acknowledged when every in-sync replica has them, so they
 * survive the loss of a machine; no replica syncs its disk for that. What cannot be acknowledged
 * within half a second is refused, and may be in the topic all the same: repeated, it is the same
 * reading. Thread-safe.
 *
 * <p>A device belongs to one partition, and keeps its order there. Places count records; a feed's
 * own offsets count readings in the order it gives them, which is another one after a restart.
 */
public final class KafkaJournal implements Journal {
  private static final Logger LOG = LoggerFactory.getLogger(KafkaJournal.class);
  private static final Duration STARTING = Duration.ofSeconds(10);
  private static final Duration CLOSING = Duration.ofSeconds(1);

  /** The largest frame: whoever has no room for it is full. */
  private static final int FRAME_BYTES = Frames.MAX_RECORD_BYTES;

  private final KafkaConfig config;
  private final Clients clients;
  private final Admin admin;
  private final Producer<byte[], byte[]> producer;
  private final Cursors cursors;
  private final Lanes lanes;
  private final Watch watch;
  private final Set<KafkaFeed> feeds = ConcurrentHashMap.newKeySet();
  private final CompletableFuture<String> failed = new CompletableFuture<>();
  private final LongAdder accepted = new LongAdder();

  /** Readings that each sink found gone, by its name. */
  private final Map<String, LongAdder> lost = new ConcurrentHashMap<>();

  /** How long a damaged record is fetched again before it is given up. */
  private volatile Duration damagePatience = Duration.ofMinutes(1);

  private final ReentrantLock closeLock = new ReentrantLock();
  private volatile boolean refusing;
  private volatile boolean closed;

  private KafkaJournal(
      KafkaConfig config,
      Clients clients,
      Admin admin,
      InstantSource clock,
      Duration watchInterval,
      boolean leaving)
      throws IOException {
    this.config = config;
    this.clients = clients;
    this.admin = admin;
    Topic topic = new Topic(config, admin, STARTING);
    Uuid id = leaving ? topic.existing() : topic.ensure();
    cursors = new Cursors(config, id, admin);
    producer = clients.producer();
    lanes = new Lanes(config, producer, clock, this::fail);
    try {
      watch = new Watch(config, topic, admin, lanes, cursors, this::fail, watchInterval);
    } catch (IOException | RuntimeException | Error e) {
      producer.close(Duration.ZERO);
      throw e;
    }
  }

  /**
   * Connects, makes the topic if there is none, and checks it.
   *
   * @throws IOException if the cluster does not answer, or the topic does not fit: the message says
   *     what to do
   */
  public static KafkaJournal open(KafkaConfig config, InstantSource clock) throws IOException {
    return open(config, clock, Watch.INTERVAL);
  }

  /**
   * Connects to a topic that another journal takes the place of: it must be there, and is taken as
   * it is.
   *
   * @throws IOException if the cluster does not answer, or there is no such topic
   */
  public static KafkaJournal openToLeave(KafkaConfig config, InstantSource clock)
      throws IOException {
    return open(config, clock, Watch.INTERVAL, true);
  }

  static KafkaJournal open(KafkaConfig config, InstantSource clock, Duration watchInterval)
      throws IOException {
    return open(config, clock, watchInterval, false);
  }

  private static KafkaJournal open(
      KafkaConfig config, InstantSource clock, Duration watchInterval, boolean leaving)
      throws IOException {
    Clients clients = Clients.of(config);
    Admin admin = clients.admin();
    try {
      KafkaJournal journal =
          new KafkaJournal(config, clients, admin, clock, watchInterval, leaving);
      journal.start();
      return journal;
    } catch (IOException | RuntimeException | Error e) {
      admin.close(Duration.ZERO);
      throw e;
    }
  }

  private void start() {
    if (config.replication() == 1) {
      LOG.warn(
          "{} has one copy of each reading: it is lost with the disk of its broker; for more, set"
              + " journal.kafka.replication",
          config.name());
    }
    JournalStats stats = stats();
    LOG.info(
        "journal is {}: {} partitions, records {} to {} in {} bytes",
        config.name(),
        config.partitions(),
        stats.firstOffset(),
        stats.nextOffset(),
        stats.bytes());
    lanes.start();
    watch.start();
  }

  @Override
  public AppendResult append(ReadingBuffer readings) {
    if (refusing || failed.isDone()) {
      return new AppendResult.Closed(failed.getNow("journal is closed"));
    }
    if (readings.count() == 0) {
      return new AppendResult.Accepted(end(), 0);
    }
    String over = watch.overLimit(readings.length());
    if (!over.isEmpty()) {
      return new AppendResult.Full(over);
    }
    AppendResult result = lanes.append(readings);
    if (result instanceof AppendResult.Accepted(Mark end, int count)) {
      accepted.add(count);
    }
    return result;
  }

  /**
   * Everything this process has acknowledged is before it, whatever any of its feeds has read, so
   * whatever a store shows, and what other processes had acknowledged by the last look, up to a
   * second ago.
   */
  @Override
  public Mark end() {
    long[] ends = watch.latest().ends().clone();
    for (int p = 0; p < ends.length; p++) {
      ends[p] = Math.max(ends[p], lanes.acknowledged(p));
      for (KafkaFeed feed : feeds) {
        ends[p] = Math.max(ends[p], feed.fetched(p));
      }
    }
    return KafkaMark.everywhere(ends);
  }

  /** The end of one partition, as {@link #end} knows it. */
  long end(int partition) {
    return Math.max(watch.latest().ends()[partition], lanes.acknowledged(partition));
  }

  /**
   * Feeds may be opened from now on, as this process leads. Their cursors move, and what all of
   * them have passed is deleted, only while this lease holds. Sinks' feeds read all partitions.
   */
  public void deliverUnder(Lease lease) {
    cursors.deliver(cursors.everything());
    cursors.under(lease, true);
  }

  /**
   * Feeds of sinks may be opened from now on, as this process delivers some partitions while
   * another leads. Their cursors move only while this lease holds; nothing is deleted.
   */
  public void deliverUnder(Lease lease, Set<Integer> partitions) {
    cursors.deliver(partitions);
    cursors.under(lease, false);
  }

  /**
   * Feeds of sinks that are opened from now on read these partitions only, as other processes
   * deliver the others; {@link #feedAtEnd} and {@link #yieldingFeed} read all. The feed of a sink
   * must be closed before it gets another one.
   */
  public void deliverOnly(Set<Integer> partitions) {
    cursors.deliver(partitions);
  }

  /** Id of the topic; one that is made anew under the same name has another. */
  public String topicId() {
    return cursors.topic().toString();
  }

  /** The numbers of all partitions. */
  public Set<Integer> partitions() {
    return cursors.everything();
  }

  /**
   * About how many records of these partitions this sink has not got durably, by what its group was
   * last seen to keep; 0 while it has no feed here.
   */
  public long behind(String sink, Set<Integer> of) {
    long records = 0;
    for (int p : of) {
      long end = end(p);
      records += Math.max(0, end - cursors.passed(sink, p).orElse(end));
    }
    return records;
  }

  /**
   * This process delivers no more: closes its cursors, and leaves what is kept of them to another
   * process. The feeds must be closed.
   */
  public void leaveDelivery() {
    cursors.leave();
  }

  @Override
  public Feed feed(String sink) throws IOException {
    return feed(sink, consumer -> cursors.open(sink, false, consumer));
  }

  @Override
  public Feed feedAtEnd(String sink) throws IOException {
    return feed(sink, consumer -> cursors.openAtEnd(sink, consumer));
  }

  @Override
  public Feed yieldingFeed(String reader) throws IOException {
    return feed(reader, consumer -> cursors.open(reader, true, consumer));
  }

  /** How a feed comes to its cursor. */
  private interface Opening {
    KafkaCursor cursor(Consumer<byte[], byte[]> consumer) throws IOException;
  }

  private Feed feed(String name, Opening opening) throws IOException {
    check(name);
    Consumer<byte[], byte[]> consumer = clients.consumer(Cursors.group(name));
    try {
      consumer.assign(cursors.partitions());
      KafkaFeed feed = new KafkaFeed(this, cursors, opening.cursor(consumer), consumer);
      feeds.add(feed);
      return feed;
    } catch (IOException | RuntimeException | Error e) {
      consumer.close(Clients.CLOSING);
      throw e;
    }
  }

  @Override
  public void adopt(String sink, Progress progress, Mark at) throws IOException {
    check(sink);
    cursors.adopt(sink, progress, (KafkaMark) at);
  }

  @Override
  public Mark mark(String named) {
    return KafkaMark.of(named);
  }

  @Override
  public long readingsBehind(Mark mark) throws IOException {
    try (Consumer<byte[], byte[]> consumer = clients.consumer(Cursors.group(KafkaRemains.NAME))) {
      return Count.behind((KafkaMark) mark, ends(), cursors.partitions(), consumer);
    } catch (KafkaException e) {
      throw new IOException(
          "what was moved to %s cannot be counted: %s".formatted(config.name(), e.getMessage()), e);
    }
  }

  @Override
  public Remains remains(List<String> sinks, List<String> readers) throws IOException {
    sinks.forEach(KafkaJournal::check);
    readers.forEach(KafkaJournal::check);
    Watch.Look look = watch.now();
    Map<String, Kept[]> kept = new LinkedHashMap<>();
    for (String sink : sinks) {
      kept.put(sink, cursors.kept(sink, look).orElseGet(() -> Cursors.at(look.begins())));
    }
    for (String reader : readers) {
      cursors
          .kept(reader, look)
          .ifPresent(places -> kept.put(reader, Cursors.notBefore(look.begins(), places)));
    }
    return new KafkaRemains(
        this, cursors, clients.consumer(Cursors.group(KafkaRemains.NAME)), look, kept);
  }

  /** Nothing: whatever is acknowledged is replicated, and no replica syncs its disk. */
  @Override
  public void sync() {}

  /**
   * Deletes the records before this place, and these cursors, for a topic that another journal has
   * taken the place of.
   *
   * @param place as {@link Remains#place} had it when all was read; empty if nothing was
   * @throws IOException if some may be left
   */
  public void discard(List<String> sinks, Optional<String> place) throws IOException {
    for (String sink : sinks) {
      forgetCursor(sink);
    }
    forgetCursor(KafkaRemains.NAME);
    if (place.isPresent()) {
      watch.deleteBefore(
          Arrays.stream(KafkaRemains.places(place.get(), config.partitions()))
              .mapToLong(Kept::place)
              .toArray());
    }
  }

  private static void check(String name) {
    if (!name.matches("[a-z0-9][a-z0-9_-]{0,63}")) {
      throw new IllegalArgumentException(
          "cursor name \"" + name + "\", allowed are 1..64 of a-z, 0-9, _ and -");
    }
  }

  @Override
  public void forgetCursor(String sink) throws IOException {
    check(sink);
    cursors.forget(sink);
  }

  @Override
  public JournalStats stats() {
    Watch.Look look = watch.latest();
    return new JournalStats(
        Arrays.stream(look.begins()).sum(),
        Arrays.stream(look.ends()).sum(),
        watch.bytes(),
        config.maxBytes(),
        accepted.sum(),
        lost(),
        full());
  }

  /** Each sink that passes a gap counts it, so the sink that found most knows of all. */
  private long lost() {
    return lost.values().stream().mapToLong(LongAdder::sum).max().orElse(0);
  }

  private String full() {
    if (refusing || failed.isDone()) {
      return failed.getNow("journal is closed");
    }
    String over = watch.overLimit(FRAME_BYTES);
    if (!over.isEmpty()) {
      return over;
    }
    String problem = watch.latest().problem();
    return problem.isEmpty() ? lanes.stalled() : problem;
  }

  @Override
  public CompletionStage<String> failed() {
    return failed.minimalCompletionStage();
  }

  private void fail(String reason) {
    // Whoever is told may close the journal, which waits for the thread that fails.
    failed.completeAsync(() -> reason);
  }

  @Override
  public void stopAppends() {
    closeLock.lock();
    try {
      if (!refusing) {
        refusing = true;
        lanes.settle();
      }
    } finally {
      closeLock.unlock();
    }
  }

  @Override
  public void close() {
    closeLock.lock();
    try {
      stopAppends();
      if (closed) {
        return;
      }
      closed = true;
      cursors.close();
      lanes.end();
      watch.end();
      feeds.forEach(KafkaJournal::closeUnused);
      producer.close(CLOSING);
      admin.close(CLOSING);
      LOG.info("journal {} closed", config.name());
    } finally {
      closeLock.unlock();
    }
  }

  private static void closeUnused(KafkaFeed feed) {
    try {
      feed.close();
    } catch (ConcurrentModificationException reading) {
      // Its thread finds the journal closed, and closes the feed.
    }
  }

  boolean closed() {
    return closed;
  }

  void left(KafkaFeed feed) {
    feeds.remove(feed);
  }

  /** Records that a sink had not passed are gone, by no doing of this journal. */
  void addLost(String sink, long readings) {
    lost.computeIfAbsent(sink, name -> new LongAdder()).add(readings);
  }

  Watch.Look look() {
    return watch.latest();
  }

  /** Offsets behind the last record of each partition, as the cluster says now. */
  long[] ends() throws IOException {
    return watch.now().ends();
  }

  Duration damagePatience() {
    return damagePatience;
  }

  /** For a test that does not want to wait for a minute. */
  void giveUpDamagedAfter(Duration patience) {
    damagePatience = patience;
  }
}
