package dev.sluice.migration;

import dev.sluice.reading.Identity;
import dev.sluice.reading.Micros;
import dev.sluice.reading.ReadingBatch;
import dev.sluice.store.Sink;
import dev.sluice.store.WriteResult;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Sits between delivery and the new store. Reports to the parity map every hour that is written to,
 * and keeps a chunk of rows copied from MySQL from overwriting what the mirror wrote while the
 * chunk was in flight.
 *
 * <p>Backfill and repair both copy a chunk this way, with the journal's marks as the clock:
 *
 * <ol>
 *   <li>fix the keys of the chunk, so that its range of ts is known; or a range in which they are
 *       expected, and begin again with a wider one if the rows turn out not to be in it;
 *   <li>{@link #openChunk}: from now on, everything the mirror writes in that range is recorded;
 *   <li>only then take {@link Pair.Next#written}, and wait until MySQL's delivery has reached it:
 *       the table then has everything the mirror wrote before recording began;
 *   <li>read the rows from MySQL, not earlier;
 *   <li>{@link Chunk#write}: leaves out what was recorded, and writes the rest while the mirror
 *       waits, so that whatever the mirror writes next comes later and wins;
 *   <li>close the chunk; it counts once the store has applied it and is durable.
 * </ol>
 *
 * <p>A crash in between repeats the chunk, which is harmless: whatever the store had beyond its
 * cursor is delivered again.
 *
 * <p>{@link #write} and {@link #close} belong to the delivery thread, as with every sink;
 * everything else may be called from any thread. {@link #openChunk} never waits for a write to the
 * store.
 */
public final class MirrorSink implements Sink {
  /** The most readings recorded for one chunk, about 40 MB of them. */
  static final int MAX_RECORDED = 200_000;

  private final Sink sink;
  private final HoursWritten hoursWritten;
  private final int maxRecorded;

  /** Held while anything is written to the store. Fair: a busy mirror must not starve a chunk. */
  private final ReentrantLock writing = new ReentrantLock(true);

  /** Guards the readings recorded by the chunks; held only briefly. */
  private final ReentrantLock records = new ReentrantLock();

  private final List<Chunk> chunks = new CopyOnWriteArrayList<>();

  /**
   * Wraps the sink that writes the new store.
   *
   * @param sink the new store as delivery writes it
   * @param written told which hours are written to
   */
  public MirrorSink(Sink sink, HoursWritten written) {
    this(sink, written, MAX_RECORDED);
  }

  MirrorSink(Sink sink, HoursWritten written, int maxRecorded) {
    this.sink = sink;
    this.hoursWritten = written;
    this.maxRecorded = maxRecorded;
  }

  @Override
  public String name() {
    return sink.name();
  }

  @Override
  public int maxBatch() {
    return sink.maxBatch();
  }

  @Override
  public boolean keepsTimeOrder() {
    return sink.keepsTimeOrder();
  }

  @Override
  public WriteResult write(ReadingBatch batch) {
    try {
      tellHours(batch);
      record(batch);
      try {
        return exclusively(() -> sink.write(batch));
      } finally {
        tellHours(batch);
      }
    } catch (UncheckedIOException e) {
      return notTold(e);
    }
  }

  private static WriteResult notTold(UncheckedIOException e) {
    return new WriteResult.Unavailable(String.valueOf(e.getMessage()));
  }

  @Override
  public void close() {
    sink.close();
  }

  /**
   * Begins to record what the mirror writes in this range. The chunk must be closed.
   *
   * @param fromTs first ts of the range, inclusive, in microseconds
   * @param toTs last ts, also inclusive
   */
  public Chunk openChunk(long fromTs, long toTs) {
    Chunk chunk = new Chunk(fromTs, toTs);
    chunks.add(chunk);
    return chunk;
  }

  /** Runs an action while neither the mirror nor any chunk writes to the store. */
  public <T, E extends Exception> T exclusively(Action<T, E> action) throws E {
    writing.lock();
    try {
      return action.run();
    } finally {
      writing.unlock();
    }
  }

  /**
   * An action that needs the store to itself.
   *
   * @param <T> its result
   * @param <E> how it fails
   */
  @FunctionalInterface
  public interface Action<T, E extends Exception> {
    /** Runs with all other writes to the store held up. */
    T run() throws E;
  }

  private void record(ReadingBatch batch) {
    records.lock();
    try {
      for (Chunk chunk : chunks) {
        chunk.recordLocked(batch);
      }
    } finally {
      records.unlock();
    }
  }

  private void tellHours(ReadingBatch batch) {
    long[] hours = new long[4];
    int count = 0;
    long hour = 0;
    long nextHour = 0;
    for (int i = 0; i < batch.size(); i++) {
      long ts = batch.tsMicros(i);
      if (ts < hour || ts >= nextHour) {
        hour = ts - ts % Micros.PER_HOUR;
        nextHour = hour + Micros.PER_HOUR;
        if (count == hours.length) {
          int distinct = distinct(hours, count);
          hours = distinct > count / 2 ? Arrays.copyOf(hours, 2 * count) : hours;
          count = distinct;
        }
        hours[count++] = hour;
      }
    }
    if (count > 0) {
      hoursWritten.hoursWritten(Arrays.copyOf(hours, distinct(hours, count)));
    }
  }

  /** Sorts the hours and removes duplicates; returns how many are left. */
  private static int distinct(long[] hours, int count) {
    Arrays.sort(hours, 0, count);
    int distinct = Math.min(1, count);
    for (int i = 1; i < count; i++) {
      if (hours[i] != hours[i - 1]) {
        hours[distinct++] = hours[i];
      }
    }
    return distinct;
  }

  /** A range of ts being copied. Used by one thread at a time. */
  public final class Chunk implements AutoCloseable {
    private final long fromTs;
    private final long toTs;
    private final Set<Identity> recorded = new HashSet<>();
    private final Set<Long> recordedTs = new HashSet<>();
    private boolean overflowed;
    private long superseded;

    private Chunk(long fromTs, long toTs) {
      this.fromTs = fromTs;
      this.toTs = toTs;
    }

    /**
     * Writes these rows, except those the mirror has written since the chunk was opened; the mirror
     * waits meanwhile. May be called again, for another part of the chunk or after a failure.
     *
     * @param chunkSink the second writer of the same store
     * @param rows read after MySQL had reached what the mirror had written when the chunk was
     *     opened; all of them in the range
     * @return the store's answer; {@code Busy} if the mirror wrote more than can be recorded
     *     ({@link #overflowed()}): this chunk can then never be written, and a new, smaller one
     *     must be opened
     */
    public WriteResult write(Sink chunkSink, ReadingBatch rows) {
      try {
        tellHours(rows);
        try {
          return exclusively(() -> writeRest(chunkSink, rows));
        } finally {
          tellHours(rows);
        }
      } catch (UncheckedIOException e) {
        return notTold(e);
      }
    }

    /** Rows that successful writes left out because the mirror had written something newer. */
    public long superseded() {
      return superseded;
    }

    /** Whether the mirror wrote more than can be recorded. */
    public boolean overflowed() {
      records.lock();
      try {
        return overflowed;
      } finally {
        records.unlock();
      }
    }

    /** Stops recording; never throws. */
    @Override
    public void close() {
      chunks.remove(this);
    }

    private WriteResult writeRest(Sink chunkSink, ReadingBatch rows) {
      if (overflowed()) {
        return new WriteResult.Busy(
            "more than "
                + maxRecorded
                + " readings arrived through the mirror in the range of one chunk while it was"
                + " copied");
      }
      ReadingBatch rest = rest(rows);
      WriteResult result = rest.size() == 0 ? WriteResult.Written.DURABLE : chunkSink.write(rest);
      if (result instanceof WriteResult.Written) {
        superseded += rows.size() - rest.size();
      }
      return result;
    }

    /**
     * Readings recorded after this call are also written after these rows: the caller holds up the
     * mirror.
     */
    private ReadingBatch rest(ReadingBatch rows) {
      records.lock();
      try {
        return recorded.isEmpty() ? rows : BatchFilter.without(rows, this::isRecordedLocked);
      } finally {
        records.unlock();
      }
    }

    private boolean isRecordedLocked(ReadingBatch rows, int i) {
      return recordedTs.contains(rows.tsMicros(i)) && recorded.contains(rows.reading(i).identity());
    }

    private void recordLocked(ReadingBatch batch) {
      for (int i = 0; i < batch.size() && !overflowed; i++) {
        long ts = batch.tsMicros(i);
        if (ts >= fromTs && ts <= toTs) {
          recorded.add(batch.reading(i).identity());
          recordedTs.add(ts);
          overflowed = recorded.size() > maxRecorded;
        }
      }
    }
  }
}
