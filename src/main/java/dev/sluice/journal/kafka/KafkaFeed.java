package dev.sluice.journal.kafka;

import dev.sluice.journal.Feed;
import dev.sluice.journal.Mark;
import dev.sluice.journal.Progress;
import dev.sluice.journal.ReadResult;
import dev.sluice.reading.ReadingBatch;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.apache.kafka.clients.consumer.Consumer;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.OffsetAndMetadata;
import org.apache.kafka.clients.consumer.OffsetOutOfRangeException;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.TopicPartition;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A consumer of all partitions, or of those that this process delivers, and the cursor it moves.
 * Fetches a little ahead of what is read. While the cluster is away there is nothing to read. In
 * partitions of other processes its place is behind everything: they give it nothing to do.
 *
 * <p>Records are given in the order in which they were appended, as far as partitions can be
 * compared: to about {@link #APART_MICROS}, and not at all with a partition that does not answer.
 * Otherwise a backlog would be given partition by partition, and time would run back with each.
 */
final class KafkaFeed implements Feed {
  private static final Logger LOG = LoggerFactory.getLogger(KafkaFeed.class);

  /** About as much as is fetched ahead, shared by the partitions. */
  private static final int MAX_AHEAD_BYTES = 16 << 20;

  /** A record may be given before one of another partition that is older by that. */
  private static final long APART_MICROS = 200_000;

  /** How long a partition is waited for that has older records, but does not give them. */
  private static final Duration BEHIND = Duration.ofSeconds(1);

  /** The same for a reader in no hurry, to whom late records look like a clock that is set back. */
  private static final Duration YIELDING_BEHIND = Duration.ofMinutes(1);

  /** How long after a damaged record was tried its partition is fetched again. */
  private static final Duration NEXT_DAMAGED = Duration.ofSeconds(1);

  /** Longer than anything is waited for. */
  private static final Duration NEVER = Duration.ofDays(365);

  private static final Pattern PARTITION = Pattern.compile("-(\\d+)(?![\\w-]|\\.\\w)");

  /** A batch takes no further record once it holds this much. */
  private static final int MAX_BATCH_BYTES = 32 << 20;

  /**
   * Time between two fetches of a reader that keeps up. A request costs the broker and this process
   * as much as many records do, and what arrives meanwhile comes with the next one.
   */
  private static final Duration PACE = Duration.ofMillis(10);

  /** The same for a reader in no hurry. */
  private static final Duration YIELDING_PACE = Duration.ofMillis(50);

  /** How long a wait may go on without looking whether it is still meant. */
  private static final Duration SLICE = Duration.ofMillis(25);

  /**
   * Those of still partitions are kept again: the offsets of a group without members expire, and a
   * node that was frozen in the middle of keeping older ones may have put those in their place.
   */
  private static final Duration KEEP_ALL = Duration.ofMinutes(1);

  private final KafkaJournal journal;
  private final Cursors cursors;
  private final KafkaCursor cursor;
  private final Consumer<byte[], byte[]> consumer;
  private final List<TopicPartition> everything;

  /** Those that it reads. */
  private final List<TopicPartition> partitions;

  private final Trail trail;
  private final Duration behind;
  private final Duration pace;

  /** What is fetched of each partition and not wholly read. */
  private final List<ArrayDeque<Fetched>> ahead = new ArrayList<>();

  /** Bytes of each of them; a partition that has its share is paused. */
  private final int[] aheadBytes;

  private final boolean[] paused;

  /** Readings of all of them, without what of their first records is read. */
  private long aheadReadings;

  /** When the last record fetched of each partition was appended: those to come are younger. */
  private final long[] fetchedMicros;

  /** Since when the oldest record at hand waits for a partition; 0 while it does not. */
  private long behindSince;

  /**
   * A record that cannot be read.
   *
   * @param place its offset
   * @param sinceNanos since when it counts as such
   * @param triedNanos when it was last tried
   */
  private record Damage(long place, long sinceNanos, long triedNanos) {}

  /** Whether none of the partitions rests, as far as the consumer knows. */
  private boolean allAssigned;

  /** Not to be asked before, by {@link System#nanoTime}, as it had given all it had. */
  private long nextFetchNanos = System.nanoTime();

  /** By partition; null where what is next can be read. */
  private final @Nullable Damage[] damage;

  /** Damaged records before it were tried long enough, by partition. */
  private final long[] givenUp;

  /** Lost records before it have been counted, by partition. */
  private final long[] countedTo;

  /** Until when all that was appended had been given, by {@link System#nanoTime}. */
  private volatile long heardNanos = System.nanoTime() - NEVER.toNanos();

  /** Readings to be passed over after a seek. */
  private long toSkip;

  /** Offset of the next record to be fetched, by partition. */
  private final AtomicLongArray fetchPlaces;

  /** The feed's offset behind all that is fetched. */
  private volatile long fetchedOffset;

  /** Readings of a record so far. */
  private volatile double meanReadings = 1;

  /** The record of the last readings given, and how many of it were given before them. */
  private @Nullable Fetched lastGiven;

  private int lastGivenFrom;

  private long fetchedRecords;
  private long fetchedReadings;
  private long allKeptNanos = System.nanoTime();
  private volatile boolean woken;

  /** What a wait met, for whoever reads next. */
  private @Nullable IOException trouble;

  KafkaFeed(
      KafkaJournal journal,
      Cursors cursors,
      KafkaCursor cursor,
      Consumer<byte[], byte[]> consumer) {
    this.journal = journal;
    this.cursors = cursors;
    this.cursor = cursor;
    this.consumer = consumer;
    this.everything = cursors.partitions();
    this.partitions =
        everything.stream()
            .filter(partition -> cursor.partitions().contains(partition.partition()))
            .toList();
    this.behind = cursor.yielding() ? YIELDING_BEHIND : BEHIND;
    this.pace = cursor.yielding() ? YIELDING_PACE : PACE;
    this.trail = new Trail(cursor.kept(), cursor.progress().offset());
    int partitions = cursor.kept().length;
    this.fetchPlaces = new AtomicLongArray(partitions);
    this.aheadBytes = new int[partitions];
    this.paused = new boolean[partitions];
    this.fetchedMicros = new long[partitions];
    this.damage = new Damage[partitions];
    this.givenUp = new long[partitions];
    this.countedTo = new long[partitions];
    for (int p = 0; p < partitions; p++) {
      ahead.add(new ArrayDeque<>());
    }
    back();
  }

  @Override
  public Progress kept() {
    return cursor.progress();
  }

  /** The place behind what is fetched of this partition, 0 if it is not; any thread may ask. */
  long fetched(int partition) {
    return cursor.partitions().contains(partition) ? fetchPlaces.get(partition) : 0;
  }

  /** Exact once all is fetched; else what is not counts as much as the records so far. */
  @Override
  public long end() {
    long fetched = fetchedOffset;
    long records = 0;
    for (int p = 0; p < fetchPlaces.length(); p++) {
      records += Math.max(0, journal.end(p) - fetchPlaces.get(p));
    }
    return fetched + Math.round(records * meanReadings);
  }

  /** The cluster was last asked how far it is at the time of the {@link Watch}'s latest look. */
  @Override
  public Duration unheard() {
    return Duration.ofNanos(Math.max(0, System.nanoTime() - heardNanos));
  }

  /** Nothing is at hand: whether nothing was appended either. */
  private void listen() {
    Watch.Look look = journal.look();
    for (int p = 0; p < aheadBytes.length; p++) {
      if (fetchPlaces.get(p) < look.ends()[p]) {
        return;
      }
    }
    heardNanos = Math.max(heardNanos, look.askedNanos());
  }

  @Override
  public Mark mark(long offset) {
    return trail.mark(offset);
  }

  /** Within a record that is not fetched yet, nobody knows where the next one begins. */
  @Override
  public Mark given() {
    long[] places = new long[fetchPlaces.length()];
    for (TopicPartition partition : partitions) {
      int p = partition.partition();
      Trail.Spot next = trail.next(p);
      long beyond = fetchPlaces.get(p) > next.place() ? 1 : next.skip();
      places[p] =
          next.skip() == 0
              ? next.place()
              : Math.max(next.place() + 1, Math.min(next.place() + beyond, journal.end(p)));
    }
    return KafkaMark.everywhere(places);
  }

  @Override
  public boolean await(int readings, Duration atMost, BooleanSupplier enough)
      throws InterruptedException {
    if (Thread.interrupted()) {
      throw new InterruptedException();
    }
    keepAllInTime();
    long start = System.nanoTime();
    woken = true;
    while (!holds(readings)) {
      if (journal.closed()) {
        return false;
      }
      if (woken) {
        woken = false;
        if (enough.getAsBoolean()) {
          return false;
        }
      }
      Duration left = atMost.minusNanos(System.nanoTime() - start);
      try {
        fetch(left.compareTo(SLICE) < 0 ? left : SLICE);
        passOver();
      } catch (IOException e) {
        trouble = e;
      }
      if (left.isNegative() || left.isZero()) {
        return holds(readings);
      }
    }
    return true;
  }

  /** Whether there are so many to read, or as many as are fetched ahead. */
  private boolean holds(int readings) {
    return trouble != null
        || (!trail.isFull()
            && oldest() != null
            && (aheadReadings - toSkip >= readings || isAnyPaused()));
  }

  private boolean isAnyPaused() {
    for (boolean full : paused) {
      if (full) {
        return true;
      }
    }
    return false;
  }

  /**
   * The record to be given next: the oldest at hand, unless a partition that has given nothing yet
   * may have a much older one.
   */
  private @Nullable Fetched oldest() {
    Fetched oldest = null;
    for (ArrayDeque<Fetched> queue : ahead) {
      Fetched first = queue.peekFirst();
      if (first != null && (oldest == null || first.appendedMicros() < oldest.appendedMicros())) {
        oldest = first;
      }
    }
    if (oldest == null || !isBehind(oldest.appendedMicros() - APART_MICROS)) {
      behindSince = 0;
      return oldest;
    }
    long now = System.nanoTime();
    behindSince = behindSince == 0 ? now : behindSince;
    return now - behindSince > behind.toNanos() ? oldest : null;
  }

  /** Whether a partition has records to come that may have been appended before this time. */
  private boolean isBehind(long micros) {
    for (int p = 0; p < aheadBytes.length; p++) {
      if (ahead.get(p).isEmpty()
          && fetchedMicros[p] < micros
          && fetchPlaces.get(p) < journal.end(p)) {
        return true;
      }
    }
    return false;
  }

  @Override
  public void wake() {
    woken = true;
  }

  @Override
  public ReadResult read(ReadingBatch batch, int limit) throws IOException {
    if (limit < 1) {
      throw new IllegalArgumentException("limit is " + limit + ", allowed is 1 or more");
    }
    return read(batch, limit, Integer.MAX_VALUE);
  }

  @Override
  public ReadResult readFrame(ReadingBatch batch) throws IOException {
    return read(batch, Integer.MAX_VALUE, 1);
  }

  private ReadResult read(ReadingBatch batch, int limit, int records) throws IOException {
    requireOpen();
    IOException met = trouble;
    if (met != null) {
      trouble = null;
      throw met;
    }
    if (!holds(records == 1 ? 1 : limit)) {
      fetch(Duration.ZERO);
    }
    passOver();
    batch.clear(trail.offset());
    trail.pause();
    long appendedMicros = 0;
    int taken = 0;
    for (Fetched first = oldest();
        first != null
            && !trail.isFull()
            && taken < records
            && batch.size() < limit
            && batch.bytesUsed() < MAX_BATCH_BYTES;
        first = oldest()) {
      int skip = read(first);
      if (first.isLost()) {
        if (batch.size() > 0) {
          break;
        }
        return lose(first, first.readings() - skip);
      }
      if (batch.size() == 0) {
        appendedMicros = first.appendedMicros();
      }
      int take = Math.min(limit - batch.size(), first.readings() - skip);
      first.decode(batch, skip, take);
      give(first, take, false);
      taken++;
    }
    if (batch.size() > 0) {
      return new ReadResult.Filled(appendedMicros);
    }
    if (aheadReadings == 0) {
      listen();
    }
    return new ReadResult.Empty();
  }

  private ReadResult lose(Fetched gone, int readings) {
    long from = trail.offset();
    give(gone, readings, true);
    if (!cursor.yielding() && gone.nextPlace() > countedTo[gone.partition()]) {
      countedTo[gone.partition()] = gone.nextPlace();
      journal.addLost(cursor.name(), readings);
      LOG.error(
          "Records {} to {} of partition {} cannot be read any more by {}: at least {} readings",
          gone.place(),
          gone.nextPlace() - 1,
          gone.partition(),
          cursor.name(),
          readings);
    }
    return new ReadResult.Lost(from, from + readings);
  }

  /** How many readings of the first record ahead are behind the reader already. */
  private int read(Fetched first) {
    Trail.Spot spot = trail.next(first.partition());
    return spot.place() == first.place() ? Math.toIntExact(spot.skip()) : 0;
  }

  /** Moves behind so many readings of the first record ahead. */
  private void give(Fetched first, int readings, boolean lost) {
    int behind = read(first) + readings;
    lastGiven = first;
    lastGivenFrom = behind - readings;
    boolean whole = behind >= first.readings();
    Trail.Spot end =
        whole ? new Trail.Spot(first.nextPlace(), 0) : new Trail.Spot(first.place(), behind);
    trail.give(first.partition(), readings, end, lost);
    aheadReadings -= readings;
    if (whole) {
      int p = first.partition();
      ahead.get(p).removeFirst();
      aheadBytes[p] -= first.bytes();
      if (paused[p] && aheadBytes[p] < share() / 2 + 1) {
        paused[p] = false;
        if (consumer.assignment().contains(partition(p))) {
          consumer.resume(List.of(partition(p)));
        }
      }
    }
  }

  /** How many of the last readings given, all of one record, are before this place of a sink. */
  int passed(Kept[] sink, int given) {
    Fetched last = lastGiven;
    if (last == null) {
      return 0;
    }
    Kept there = sink[last.partition()];
    if (there.place() >= last.nextPlace()) {
      return given;
    }
    if (there.place() < last.place()) {
      return 0;
    }
    long within = last.isLost() ? there.place() - last.place() : there.skip();
    return Math.clamp(within - lastGivenFrom, 0, given);
  }

  /**
   * Names the place of a sink by the record behind the last one given, if it skips all of that one.
   * To be called after each {@link #readFrame}; what {@link #passed} says stays the same.
   */
  void carry(Kept[] sink) {
    Fetched last = lastGiven;
    if (last == null || last.isLost()) {
      return;
    }
    Kept there = sink[last.partition()];
    if (there.place() == last.place() && there.skip() > last.readings()) {
      sink[last.partition()] =
          new Kept(
              last.nextPlace(),
              there.skip() - last.readings(),
              there.origin(),
              there.delivered(),
              there.deadLettered(),
              there.lost());
    }
  }

  /** Its offset of the next reading. */
  long offset() {
    return trail.offset();
  }

  /** Everything read is done with; for a reader whose progress is kept elsewhere. */
  Kept[] settled() {
    Progress before = cursor.progress();
    long offset = trail.offset();
    Kept[] next = trail.with(before, before.plusDelivered(offset - before.offset()));
    cursor.keep(next);
    trail.kept(next, offset);
    return next;
  }

  private int share() {
    return MAX_AHEAD_BYTES / partitions.size();
  }

  private TopicPartition partition(int p) {
    return everything.get(p);
  }

  /** Moves on as a seek asked for, as far as there is something to move over. */
  private void passOver() {
    for (Fetched first = oldest();
        first != null && toSkip > 0 && !trail.isFull();
        first = oldest()) {
      int readings = (int) Math.min(toSkip, first.readings() - read(first));
      give(first, readings, first.isLost());
      toSkip -= readings;
    }
  }

  /** Fetches what has arrived, in its {@link #pace}, waiting for the first of it. */
  private void fetch(Duration atMost) throws IOException {
    requireOpen();
    assign();
    long left = Math.max(0, atMost.toNanos());
    long early = consumer.assignment().isEmpty() ? left : nextFetchNanos - System.nanoTime();
    if (early > 0) {
      LockSupport.parkNanos(Math.min(left, early));
      left -= early;
    }
    if (left < 0 || consumer.assignment().isEmpty()) {
      return;
    }
    try {
      int records = 0;
      for (ConsumerRecord<byte[], byte[]> record : consumer.poll(Duration.ofNanos(left))) {
        add(record);
        records++;
      }
      boolean gaveAll = records > 0 && records < Clients.POLL_RECORDS;
      nextFetchNanos = System.nanoTime() + (gaveAll ? pace.toNanos() : 0);
    } catch (OffsetOutOfRangeException e) {
      passGaps(e.offsetOutOfRangePartitions().keySet());
    } catch (KafkaException | IllegalStateException e) {
      int p = damaged(e);
      if (p < 0) {
        throw new IOException(
            "group " + Cursors.group(cursor.name()) + " cannot read: " + e.getMessage(), e);
      }
      damaged(p, String.valueOf(e.getMessage()));
    }
    meanReadings = fetchedRecords == 0 ? 1 : (double) fetchedReadings / fetchedRecords;
  }

  /**
   * The partition whose next record this says cannot be read; else -1. A consumer has no exception
   * of its own for that, only a message that names the partition.
   */
  private int damaged(RuntimeException e) {
    if (e.getClass() != KafkaException.class) {
      return -1;
    }
    String said = String.valueOf(e.getMessage());
    Matcher found = PARTITION.matcher(said);
    while (found.find()) {
      int p = found.group(1).length() > 6 ? -1 : Integer.parseInt(found.group(1));
      if (p >= 0
          && p < aheadBytes.length
          && said.startsWith(partition(p).topic(), found.start() - partition(p).topic().length())) {
        return p;
      }
    }
    return -1;
  }

  /**
   * Another replica may lead soon and have it whole, so it is fetched again for a while, once a
   * second, and then given up. The other partitions go on meanwhile.
   */
  private void damaged(int p, String why) {
    long now = System.nanoTime();
    long place = fetchPlaces.get(p);
    long patience = journal.damagePatience().toNanos();
    Damage before = damage[p];
    long since = before == null || before.place() != place ? now : before.sinceNanos();
    damage[p] = new Damage(place, since, now);
    boolean known = place < givenUp[p];
    if (since == now && !known) {
      LOG.error(
          "Record {} of partition {} is damaged where {} reads it; it is tried for {} s, then given"
              + " up: {}",
          place,
          p,
          cursor.name(),
          journal.damagePatience().toSeconds(),
          why);
    } else if (known || now - since > patience) {
      givenUp[p] = Math.max(givenUp[p], place + 1);
      add(Fetched.gap(p, place, place + 1));
      // If the next one is in the same batch, it has been tried as long.
      damage[p] = new Damage(place + 1, now - patience, now - NEXT_DAMAGED.toNanos());
      if (consumer.assignment().contains(partition(p))) {
        consumer.seek(partition(p), place + 1);
      }
    }
    assign();
  }

  /** Fetches every partition but those whose damaged record was tried a moment ago. */
  private void assign() {
    if (allAssigned && Arrays.stream(damage).allMatch(Objects::isNull)) {
      return;
    }
    Set<TopicPartition> before = Set.copyOf(consumer.assignment());
    List<TopicPartition> now =
        partitions.stream().filter(partition -> !isResting(partition.partition())).toList();
    allAssigned = now.size() == partitions.size();
    if (Set.copyOf(now).equals(before)) {
      return;
    }
    consumer.assign(now);
    for (TopicPartition partition : now) {
      if (!before.contains(partition)) {
        consumer.seek(partition, fetchPlaces.get(partition.partition()));
        if (paused[partition.partition()]) {
          consumer.pause(List.of(partition));
        }
      }
    }
  }

  private boolean isResting(int p) {
    Damage there = damage[p];
    return there != null
        && there.place() == fetchPlaces.get(p)
        && System.nanoTime() - there.triedNanos() < NEXT_DAMAGED.toNanos();
  }

  private void add(ConsumerRecord<byte[], byte[]> record) {
    byte @Nullable [] value = record.value();
    Fetched fetched =
        Fetched.record(
            record.partition(),
            record.offset(),
            Frames.count(record.headers()),
            value == null ? new byte[0] : value,
            record.timestamp() * 1_000);
    Damage there = damage[record.partition()];
    if (there != null && record.offset() >= there.place()) {
      damage[record.partition()] = null;
    }
    fetchedRecords++;
    fetchedReadings += fetched.readings();
    add(fetched);
  }

  /** What the cursor has passed already of this partition's first record does not count. */
  private void add(Fetched fetched) {
    int p = fetched.partition();
    Trail.Spot spot = trail.next(p);
    long behind = 0;
    if (fetchPlaces.get(p) == spot.place()) {
      behind = Math.min(spot.skip(), fetched.readings());
      boolean all = behind == fetched.readings();
      trail.pass(
          p,
          new Trail.Spot(
              all ? fetched.nextPlace() : fetched.place(),
              all && !fetched.isLost() ? spot.skip() - behind : all ? 0 : behind));
    }
    fetchPlaces.set(p, fetched.nextPlace());
    fetchedMicros[p] = Math.max(fetchedMicros[p], fetched.appendedMicros());
    if (behind < fetched.readings()) {
      ahead.get(p).add(fetched);
      aheadReadings += fetched.readings() - behind;
      aheadBytes[p] += fetched.bytes();
      if (!paused[p] && aheadBytes[p] >= share()) {
        paused[p] = true;
        consumer.pause(List.of(partition(p)));
      }
      long offset = fetchedOffset;
      fetchedOffset = offset + fetched.readings() - behind;
    }
  }

  /**
   * Goes on at the oldest record of these partitions. What was before it is a gap. A cursor behind
   * the end is one of records that the cluster has lost, and what came in their place may be
   * anything: all of it is read again.
   */
  private void passGaps(Set<TopicPartition> partitions) throws IOException {
    try {
      Map<TopicPartition, Long> begins = consumer.beginningOffsets(partitions, Cursors.ANSWER);
      for (TopicPartition partition : partitions) {
        int p = partition.partition();
        long begin = begins.getOrDefault(partition, 0L);
        long place = fetchPlaces.get(p);
        if (place < begin) {
          add(Fetched.gap(p, place, begin));
        } else {
          LOG.error(
              "Partition {} of {} no longer has record {}, which {} has passed: the cluster has lost"
                  + " records; delivery restarts there from the oldest one",
              p,
              partition.topic(),
              place,
              cursor.name());
          fetchPlaces.set(p, begin);
        }
        consumer.seek(partition, begin);
      }
    } catch (KafkaException e) {
      throw new IOException("the oldest records are unknown: " + e.getMessage(), e);
    }
  }

  @Override
  public void seek(long offset) {
    if (offset < trail.offset() + toSkip) {
      back();
    }
    toSkip = Math.max(0, offset - trail.offset());
  }

  @Override
  public void keep(Progress progress) throws IOException {
    requireOpen();
    if (cursor.closed()) {
      throw new IOException(
          "cursor " + cursor.name() + " cannot advance: it, or the journal, is closed");
    }
    if (progress.offset() > trail.offset() && progress.offset() <= trail.offset() + toSkip) {
      throw new IOException(
          "cursor "
              + cursor.name()
              + " cannot advance to "
              + progress.offset()
              + " yet: what is passed over is fetched up to "
              + trail.offset());
    }
    Kept[] before = cursor.kept();
    Kept[] next = trail.with(cursor.progress(), progress);
    boolean all = System.nanoTime() - allKeptNanos > KEEP_ALL.toNanos();
    Map<TopicPartition, OffsetAndMetadata> changed = new HashMap<>();
    for (TopicPartition partition : partitions) {
      int p = partition.partition();
      if (all || !next[p].equals(before[p])) {
        changed.put(partition, next[p].offset(cursors.topic()));
      }
    }
    if (!changed.isEmpty()) {
      cursors.commit(cursor.name(), changed, consumer);
    }
    allKeptNanos = all ? System.nanoTime() : allKeptNanos;
    cursor.keep(next);
    trail.kept(next, progress.offset());
    cursors.moved();
  }

  /**
   * Also where nothing moves: the group would forget its offsets, and with them what it counted.
   */
  private void keepAllInTime() {
    if (cursor.closed() || System.nanoTime() - allKeptNanos <= KEEP_ALL.toNanos()) {
      return;
    }
    allKeptNanos = System.nanoTime();
    Kept[] kept = cursor.kept();
    Map<TopicPartition, OffsetAndMetadata> all = new HashMap<>();
    for (TopicPartition partition : partitions) {
      all.put(partition, kept[partition.partition()].offset(cursors.topic()));
    }
    try {
      cursors.commit(cursor.name(), all, consumer);
    } catch (IOException e) {
      LOG.warn("{}; it is tried again in a minute", e.getMessage());
    }
  }

  @Override
  public void back() {
    trail.back();
    ahead.forEach(ArrayDeque::clear);
    Arrays.fill(aheadBytes, 0);
    Arrays.fill(paused, false);
    Arrays.fill(fetchedMicros, 0);
    consumer.assign(partitions);
    allAssigned = true;
    consumer.resume(partitions);
    aheadReadings = 0;
    behindSince = 0;
    toSkip = 0;
    fetchedOffset = trail.offset();
    for (int p = 0; p < aheadBytes.length; p++) {
      fetchPlaces.set(p, trail.next(p).place());
    }
    for (TopicPartition partition : partitions) {
      consumer.seek(partition, fetchPlaces.get(partition.partition()));
    }
  }

  @Override
  public void close() {
    consumer.close(Clients.CLOSING);
    journal.left(this);
  }

  private void requireOpen() throws IOException {
    if (journal.closed()) {
      throw new IOException("the journal cannot be read: it is closed");
    }
  }
}
