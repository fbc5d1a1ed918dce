package dev.sluice.journal.disk;

import dev.sluice.journal.AppendResult;
import dev.sluice.reading.ReadingBuffer;
import java.util.concurrent.locks.LockSupport;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * One append on its way into the log. Made by the appending thread, which computes the checksums
 * and waits; completed once, by whoever writes, who wakes that thread and no other, and not even
 * that one when it has not gone to sleep yet.
 */
final class PendingAppend {
  private final ReadingBuffer readings;
  private final int[] payloadCrcs;
  private final Thread appender = Thread.currentThread();
  private volatile @Nullable AppendResult result;

  /** Written before the result is looked at a last time; read after it is written. */
  private volatile boolean asleep;

  /** Link of {@link AppendQueue}. */
  @Nullable PendingAppend next;

  PendingAppend(ReadingBuffer readings) {
    this.readings = readings;
    this.payloadCrcs = new int[readings.chunks()];
    CRC32C crc = new CRC32C();
    for (int i = 0; i < payloadCrcs.length; i++) {
      crc.reset();
      int from = readings.chunkStart(i);
      crc.update(readings.array(), from, readings.chunkEnd(i) - from);
      payloadCrcs[i] = (int) crc.getValue();
    }
  }

  ReadingBuffer readings() {
    return readings;
  }

  int payloadCrc(int chunk) {
    return payloadCrcs[chunk];
  }

  /** Bytes of its frames together. */
  long frameBytes() {
    return readings.length() + (long) Frame.HEADER_BYTES * payloadCrcs.length;
  }

  void complete(AppendResult outcome) {
    if (result == null) {
      result = outcome;
      if (asleep) {
        LockSupport.unpark(appender);
      }
    }
  }

  /**
   * Waits for the outcome, however often it is interrupted: only the writer knows what became of
   * the readings. The interrupt is kept for the caller.
   */
  AppendResult await() {
    boolean interrupted = false;
    AppendResult outcome = result;
    if (outcome == null) {
      asleep = true;
      outcome = result;
    }
    while (outcome == null) {
      LockSupport.park(this);
      interrupted |= Thread.interrupted();
      outcome = result;
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
    return outcome;
  }
}
