package dev.sluice.journal.kafka;

import dev.sluice.reading.ReadingBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The way into one partition. At most one flight is under way; what is appended meanwhile waits
 * together and shares the frames of the next one. So the cost of a record is shared by all who wait
 * for the cluster, and a lane keeps its order whatever becomes of a flight. Thread-safe.
 */
final class Lane {
  /** A buffer that has grown beyond this is not kept. */
  private static final int KEPT_BYTES = 1 << 20;

  private static final int FIRST_BYTES = 1024;

  /**
   * What one lane can never reach: {@link Lanes} refuses appends long before, and the largest
   * append is a request's.
   */
  private static final int MAX_BYTES = 1 << 30;

  /**
   * Frames on their way together.
   *
   * @param chunks the frames' values
   * @param counts readings in each
   * @param appends those who wait for all of them
   */
  record Flight(
      List<byte[]> chunks, List<Integer> counts, List<PendingAppend> appends, long bytes) {}

  private final int partition;
  private final ReentrantLock lock = new ReentrantLock();
  private ReadingBuffer filling = new ReadingBuffer(FIRST_BYTES, MAX_BYTES);
  private List<PendingAppend> waiting = new ArrayList<>();

  /** Whether it is queued to be sent, or a flight is under way. */
  private boolean busy;

  /** Since when, by {@link System#nanoTime}; of no meaning while it is not. */
  private long busySince;

  Lane(int partition) {
    this.partition = partition;
  }

  int partition() {
    return partition;
  }

  void lock() {
    lock.lock();
  }

  void unlock() {
    lock.unlock();
  }

  /** Adds a reading of this append to the next frame; the encoded bytes that takes. */
  int addLocked(
      PendingAppend append,
      byte[] bytes,
      int deviceAt,
      int deviceLength,
      int metricAt,
      int metricLength,
      long tsMicros,
      double value) {
    int before = filling.length();
    if (!filling.add(
        bytes, deviceAt, deviceLength, bytes, metricAt, metricLength, tsMicros, value)) {
      throw new AssertionError("a lane holds " + before + " bytes");
    }
    if (waiting.isEmpty() || waiting.getLast() != append) {
      waiting.add(append);
      append.joined();
    }
    return filling.length() - before;
  }

  /** Whether the caller must have it sent: it was idle, and now it has something. */
  boolean becomesBusy() {
    lock.lock();
    try {
      return becomesBusyLocked();
    } finally {
      lock.unlock();
    }
  }

  private boolean becomesBusyLocked() {
    if (busy || filling.count() == 0) {
      return false;
    }
    busy = true;
    busySince = System.nanoTime();
    return true;
  }

  /** How long a flight has been under way, or queued; 0 when none is. */
  long busyNanos() {
    lock.lock();
    try {
      return busy ? System.nanoTime() - busySince : 0;
    } finally {
      lock.unlock();
    }
  }

  /** Likewise, for who holds the lock. */
  long busyNanosLocked() {
    return busy ? System.nanoTime() - busySince : 0;
  }

  /** Takes all that waits; a flight without chunks if nobody waits for it any more. */
  Flight takeOff() {
    lock.lock();
    try {
      long bytes = filling.length();
      List<byte[]> chunks = new ArrayList<>();
      List<Integer> counts = new ArrayList<>();
      if (!waiting.stream().allMatch(PendingAppend::isOver)) {
        for (int i = 0; i < filling.chunks(); i++) {
          chunks.add(
              Arrays.copyOfRange(filling.array(), filling.chunkStart(i), filling.chunkEnd(i)));
          counts.add(filling.chunkCount(i));
        }
      }
      Flight flight = new Flight(chunks, counts, waiting, bytes);
      waiting = new ArrayList<>();
      filling.clear();
      if (filling.capacity() > KEPT_BYTES) {
        filling = new ReadingBuffer(FIRST_BYTES, MAX_BYTES);
      }
      return flight;
    } finally {
      lock.unlock();
    }
  }

  /** The flight is over; whether the caller must have the next one sent. */
  boolean landed() {
    lock.lock();
    try {
      busy = false;
      return becomesBusyLocked();
    } finally {
      lock.unlock();
    }
  }
}
