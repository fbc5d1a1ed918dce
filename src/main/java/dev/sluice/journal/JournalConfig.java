package dev.sluice.journal;

import java.nio.file.Path;
import java.time.Duration;

/**
 * Settings {@code journal.*} of a journal on this machine's disk.
 *
 * @param directory {@code <data.dir>/journal}
 * @param ack {@code journal.ack}: what an ack waits for
 * @param syncInterval {@code journal.sync-interval}: most time between a write and its sync under
 *     {@link Ack#OS}
 * @param maxBytes {@code journal.max-bytes}: most bytes of all segments together
 * @param segmentBytes {@code journal.segment-bytes}: size at which a segment is closed
 */
public record JournalConfig(
    Path directory, Ack ack, Duration syncInterval, long maxBytes, long segmentBytes) {

  /** Where the journal is kept. */
  public enum Kind {
    /** On this machine's disk. */
    LOCAL,
    /** In a topic of a Kafka cluster. */
    KAFKA;

    /** What an ack waits for if nothing is said. */
    public Ack usualAck() {
      return this == KAFKA ? Ack.REPLICATED : Ack.OS;
    }

    /** Whether an ack can wait for that. */
    public boolean offers(Ack ack) {
      return (ack == Ack.REPLICATED) == (this == KAFKA);
    }
  }

  /** What a reading has survived when it is acknowledged. */
  public enum Ack {
    /** Handed to the kernel: survives the death of this process, not a power cut. */
    OS,
    /** Synced by a group commit: survives a power cut. */
    FSYNC,
    /** In the memory of every in-sync replica: survives the loss of a machine. */
    REPLICATED
  }

  /** Smallest segment: one frame with the largest chunk must fit well. */
  public static final long MIN_SEGMENT_BYTES = 1 << 20;

  /** Largest segment: positions in one are ints. */
  public static final long MAX_SEGMENT_BYTES = 1 << 30;

  /** Refuses impossible settings, naming key, value and range. */
  public JournalConfig {
    if (syncInterval.isNegative() || syncInterval.isZero()) {
      throw new IllegalArgumentException(
          "journal.sync-interval is " + syncInterval + ", allowed is anything above 0");
    }
    if (segmentBytes < MIN_SEGMENT_BYTES || segmentBytes > MAX_SEGMENT_BYTES) {
      throw new IllegalArgumentException(
          "journal.segment-bytes is "
              + segmentBytes
              + ", allowed are "
              + MIN_SEGMENT_BYTES
              + ".."
              + MAX_SEGMENT_BYTES);
    }
    if (maxBytes < minBytes(segmentBytes)) {
      throw new IllegalArgumentException(
          "journal.max-bytes is "
              + maxBytes
              + ", allowed is at least two segments ("
              + minBytes(segmentBytes)
              + ")");
    }
  }

  /** The least that {@link #maxBytes} may be: room is freed by whole segments, so two must fit. */
  static long minBytes(long segmentBytes) {
    return 2 * segmentBytes;
  }
}
