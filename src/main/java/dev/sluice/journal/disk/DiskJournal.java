package dev.sluice.journal.disk;

import dev.sluice.journal.AppendResult;
import dev.sluice.journal.Feed;
import dev.sluice.journal.Journal;
import dev.sluice.journal.JournalConfig;
import dev.sluice.journal.JournalStats;
import dev.sluice.journal.Mark;
import dev.sluice.journal.Progress;
import dev.sluice.journal.ReadResult;
import dev.sluice.journal.Remains;
import dev.sluice.reading.ReadingBuffer;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The bounded durable log: readings go in at one end, are acknowledged when {@link
 * JournalConfig.Ack} holds, and are read by any number of readers; cursors say what may be deleted.
 * Thread-safe.
 *
 * <p>Offsets count readings, from 0, in the order of appends. A full journal or disk refuses
 * appends and goes on by itself when there is room. A failed sync, or a failed write that cannot be
 * taken back, ends it for good: appends are {@link AppendResult.Closed}, {@link #failed()} says
 * why, reading goes on.
 */
public final class DiskJournal implements Journal {
  private static final Logger LOG = LoggerFactory.getLogger(DiskJournal.class);

  /** Encoded bytes that may wait for the writer before appends are refused. */
  private static final long MAX_PENDING_BYTES = 256L << 20;

  private static final Duration LONGEST_WAIT = Duration.ofDays(365);

  private final JournalConfig config;
  private final Disk disk;
  private final Closeable directoryLock;
  private final Quarantine quarantine;
  private final LostRanges lost = new LostRanges();
  private final Cursors cursors;
  private final Segments segments;
  private final Tail tail;
  private final long openedAt;
  private final Failure failure;
  private final AtomicLong pendingBytes = new AtomicLong();
  private final GroupWriter writer;
  private final AppendLoop appendLoop;
  private final SyncLoop syncLoop;
  private final Thread syncThread;
  private final ReentrantLock closeLock = new ReentrantLock();
  private volatile boolean refusing;
  private boolean released;

  private DiskJournal(JournalConfig config, InstantSource clock, Disk disk, Closeable directoryLock)
      throws IOException {
    this.config = config;
    this.disk = disk;
    this.directoryLock = directoryLock;
    quarantine = new Quarantine(disk, config.directory());
    cursors = new Cursors(disk, config.directory(), quarantine, config.maxBytes() / 2);
    Recovery recovery = new Recovery(disk, config.directory(), quarantine, lost);
    segments = new Segments(disk, config.directory(), recovery.run(cursors.furthest()));
    openedAt = recovery.nextOffset();
    tail = new Tail(openedAt);
    failure = new Failure(config.directory());
    writer = new GroupWriter(config, segments, tail, clock);
    boolean os = config.ack() == JournalConfig.Ack.OS;
    appendLoop = new AppendLoop(new AppendQueue(), writer, failure, os);
    syncLoop = new SyncLoop(segments, config.syncInterval().toNanos(), failure, appendLoop);
    syncThread = Thread.ofPlatform().daemon().name("journal-sync").unstarted(syncLoop);
  }

  /**
   * Opens and recovers the journal.
   *
   * @throws IOException when the directory is in use, written by a newer build, or cannot be read
   *     or written
   */
  public static DiskJournal open(JournalConfig config, InstantSource clock) throws IOException {
    return open(config, clock, new LocalDisk());
  }

  static DiskJournal open(JournalConfig config, InstantSource clock, Disk disk) throws IOException {
    disk.createDirectories(config.directory());
    Closeable lock = disk.lock(config.directory());
    try {
      DiskJournal journal = new DiskJournal(config, clock, disk, lock);
      journal.start();
      return journal;
    } catch (IOException | RuntimeException | Error e) {
      lock.close();
      throw e;
    }
  }

  /** Whether the journal of this directory has ever taken a reading, and still is there. */
  public static boolean isIn(Path directory) throws IOException {
    for (String name : new LocalDisk().list(directory)) {
      OptionalLong base = SegmentHeader.baseOffset(name);
      if (base.isPresent()
          && (base.getAsLong() > 0 || Files.size(directory.resolve(name)) > SegmentHeader.BYTES)) {
        return true;
      }
    }
    return false;
  }

  /**
   * Deletes the segments and cursors of a directory that no journal has open; what is in quarantine
   * stays. Durable when this returns.
   */
  public static void delete(Path directory) throws IOException {
    Disk disk = new LocalDisk();
    if (!Files.isDirectory(directory)) {
      return;
    }
    Closeable lock = disk.lock(directory);
    try {
      Path cursors = directory.resolve("cursors");
      for (String name : disk.list(cursors)) {
        disk.delete(cursors.resolve(name));
      }
      List<Long> bases = new ArrayList<>();
      for (String name : disk.list(directory)) {
        SegmentHeader.baseOffset(name).ifPresent(bases::add);
      }
      bases.sort(null);
      for (long base : bases) {
        disk.delete(directory.resolve(SegmentHeader.fileName(base)));
      }
      disk.syncDirectory(directory);
    } finally {
      lock.close();
    }
  }

  @Override
  public AppendResult append(ReadingBuffer readings) {
    if (refusing || failure.happened()) {
      return closed();
    }
    if (readings.count() == 0) {
      return new AppendResult.Accepted(end(), 0);
    }
    long waiting = pendingBytes.get();
    if (waiting > MAX_PENDING_BYTES) {
      return new AppendResult.Full(
          waiting + " bytes wait to be written, allowed are " + MAX_PENDING_BYTES);
    }
    pendingBytes.addAndGet(readings.length());
    try {
      return appendLoop.append(new PendingAppend(readings));
    } finally {
      pendingBytes.addAndGet(-readings.length());
    }
  }

  @Override
  public Mark end() {
    return new OffsetMark(nextOffset());
  }

  /** Offset the next reading appended will get. */
  long nextOffset() {
    return tail.nextOffset();
  }

  /**
   * A reader for one thread, at this offset. Where readings before the oldest kept are asked for,
   * the first read answers {@link ReadResult.Lost}.
   */
  JournalReader reader(long offset) {
    return new JournalReader(disk, segments, tail, quarantine, lost, offset);
  }

  @Override
  public Feed feed(String sink) throws IOException {
    return new DiskFeed(this, cursor(sink));
  }

  @Override
  public Feed feedAtEnd(String sink) throws IOException {
    return new DiskFeed(this, cursorAtEnd(sink));
  }

  @Override
  public Feed yieldingFeed(String reader) throws IOException {
    return new DiskFeed(this, cursors.openYielding(reader, segments, tail));
  }

  /** The cursor of {@link #feed}: the same object for a name until it is replaced or forgotten. */
  Cursor cursor(String name) throws IOException {
    return cursors.open(name, segments, tail);
  }

  /** The cursor of {@link #feedAtEnd}. */
  Cursor cursorAtEnd(String name) throws IOException {
    return cursors.openAtEnd(name, segments, tail);
  }

  @Override
  public void forgetCursor(String name) throws IOException {
    cursors.forget(name, segments);
  }

  @Override
  public void adopt(String sink, Progress progress, Mark at) throws IOException {
    cursors.adopt(sink, progress, ((OffsetMark) at).offset());
  }

  @Override
  public Mark mark(String named) {
    return OffsetMark.of(named);
  }

  @Override
  public long readingsBehind(Mark mark) {
    return nextOffset() - ((OffsetMark) mark).offset();
  }

  @Override
  public Remains remains(List<String> sinks, List<String> readers) throws IOException {
    return new DiskRemains(
        this, sinks, cursors.kept(sinks), cursors.kept(readers), segments.oldest().baseOffset());
  }

  @Override
  public void sync() throws IOException {
    try {
      segments.sync();
    } catch (IOException e) {
      failure.fail(e);
      throw e;
    }
  }

  /**
   * Waits until something is appended beyond this offset, the time is over, the journal closes, or
   * {@code enough} holds: it is asked first, and again at every {@link #wakeWaiters()}.
   *
   * @return whether a reading with this offset can be read
   */
  boolean awaitBeyond(long offset, Duration timeout, BooleanSupplier enough)
      throws InterruptedException {
    Duration bounded = timeout.compareTo(LONGEST_WAIT) > 0 ? LONGEST_WAIT : timeout;
    return tail.awaitBeyond(offset, bounded.toNanos(), enough);
  }

  /** Those in {@link #awaitBeyond} ask again whether they have waited enough. */
  void wakeWaiters() {
    tail.wake();
  }

  @Override
  public JournalStats stats() {
    long next = tail.nextOffset();
    String refusal = refusing ? "journal is closed" : failure.reason().orElseGet(writer::full);
    return new JournalStats(
        segments.oldest().baseOffset(),
        next,
        segments.bytes(),
        config.maxBytes(),
        next - openedAt,
        lost.total(),
        refusal);
  }

  /** Why the journal has failed for good; empty while it has not. */
  public Optional<String> failure() {
    return failure.reason();
  }

  @Override
  public CompletionStage<String> failed() {
    return failure.stage();
  }

  @Override
  public void stopAppends() {
    closeLock.lock();
    try {
      if (refusing) {
        return;
      }
      refusing = true;
      appendLoop.stop();
      syncLoop.stop();
      LockSupport.unpark(syncThread);
      Uninterrupted.join(syncThread);
      if (!failure.happened()) {
        syncLast();
      }
    } finally {
      closeLock.unlock();
    }
  }

  /** Refuses new appends, finishes the running ones, syncs, releases the directory. */
  @Override
  public void close() {
    closeLock.lock();
    try {
      stopAppends();
      if (released) {
        return;
      }
      released = true;
      failure.close();
      tail.close();
      cursors.close();
      segments.close();
      directoryLock.close();
      LOG.info("journal {} closed at offset {}", config.directory(), tail.nextOffset());
    } catch (IOException e) {
      LOG.warn("lock of journal {} was not released cleanly", config.directory(), e);
    } finally {
      closeLock.unlock();
    }
  }

  private void start() {
    LOG.info(
        "journal {} opened: {} readings from offset {} on, {} bytes, {} readings lost to damage",
        config.directory(),
        openedAt - segments.oldest().baseOffset(),
        segments.oldest().baseOffset(),
        segments.bytes(),
        lost.total());
    failure.start();
    appendLoop.start();
    if (config.ack() == JournalConfig.Ack.OS) {
      syncThread.start();
    }
  }

  private void syncLast() {
    try {
      segments.sync();
    } catch (IOException e) {
      failure.fail(e);
    }
  }

  private AppendResult closed() {
    return new AppendResult.Closed(failure.reason().orElse("journal is closed"));
  }
}
