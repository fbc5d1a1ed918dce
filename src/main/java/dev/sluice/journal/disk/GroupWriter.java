package dev.sluice.journal.disk;

import dev.sluice.journal.AppendResult;
import dev.sluice.journal.JournalConfig;
import dev.sluice.reading.ReadingBuffer;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Writes groups of appends to the log: as few writes as the staging memory allows and, under {@code
 * fsync}, one sync for all of them. Confined to one thread at a time, that which {@link AppendLoop}
 * lets write, except {@link #full()} and {@link #blocked()}.
 *
 * <p>A group is kept whole or not at all: when a write fails, what it left is truncated away,
 * durably, so that no power cut brings a refused reading back in the place of a later one; every
 * append of the group is refused, and the log goes on where it was. Order on success: write, sync,
 * publish to readers, complete the appends; so nobody sees a reading that is not acknowledged.
 */
final class GroupWriter {
  private static final Logger LOG = LoggerFactory.getLogger(GroupWriter.class);
  private static final int STAGING_BYTES = 1 << 20;

  /** Time between two tries of a disk that refused a write. */
  static final long PROBE_NANOS = TimeUnit.MILLISECONDS.toNanos(25);

  private final JournalConfig config;
  private final Segments segments;
  private final Tail tail;
  private final InstantSource clock;
  private final Frame frame = new Frame();
  private final ByteBuffer staging =
      ByteBuffer.allocate(STAGING_BYTES).order(ByteOrder.LITTLE_ENDIAN);
  private final List<PendingAppend> admitted = new ArrayList<>();

  private Segment active;
  private long nextOffset;
  private long probedNanos;

  /** Why the last write failed; empty when it did not. */
  private volatile String writeFailure = "";

  GroupWriter(JournalConfig config, Segments segments, Tail tail, InstantSource clock) {
    this.config = config;
    this.segments = segments;
    this.tail = tail;
    this.clock = clock;
    this.active = segments.newest();
    this.nextOffset = tail.nextOffset();
  }

  /** Why an append of one full frame would be refused now; empty when it would not. */
  String full() {
    long bytes = segments.bytes();
    return bytes + Frame.MAX_BYTES + SegmentHeader.BYTES > config.maxBytes()
        ? overLimit(bytes, Frame.MAX_BYTES)
        : writeFailure;
  }

  /**
   * Whether the last write failed, so that {@link #probe()} has to find out when it works again.
   */
  boolean blocked() {
    return !writeFailure.isEmpty();
  }

  /**
   * Writes a group and completes each of its appends.
   *
   * @throws IOException when the journal cannot go on; appends not completed are not acknowledged
   */
  void write(List<PendingAppend> group) throws IOException {
    admit(group);
    if (admitted.isEmpty()) {
      return;
    }
    if (blocked()) {
      probe();
    }
    if (blocked()) {
      refuseAdmitted();
      return;
    }
    Segment first = active;
    long sizeBefore = first.writtenBytes();
    long offsetBefore = nextOffset;
    try {
      writeFrames();
    } catch (IOException e) {
      takeBackApart(first, sizeBefore, offsetBefore, e);
      refuse(e);
      return;
    } catch (RuntimeException | Error e) {
      takeBackApart(first, sizeBefore, offsetBefore, e);
      throw e;
    }
    if (config.ack() == JournalConfig.Ack.FSYNC) {
      segments.sync();
    }
    segments.publishFrom(first);
    tail.publish(nextOffset);
    accept(offsetBefore);
  }

  /**
   * Tries whether the disk takes a good many bytes again, unless it did so a moment ago; nothing
   * else ends a refusal, so that a disk with little room does not go back and forth with every
   * append. A crash leaves zeros, which recovery cuts off.
   */
  void probe() throws IOException {
    long now = System.nanoTime();
    if (now - probedNanos < PROBE_NANOS) {
      return;
    }
    probedNanos = now;
    long sizeBefore = active.writtenBytes();
    staging.clear();
    for (int i = 0; i < STAGING_BYTES; i += Long.BYTES) {
      staging.putLong(i, 0);
    }
    boolean written = false;
    try {
      active.write(staging);
      written = true;
    } catch (IOException e) {
      LOG.debug("journal {} still cannot be written", config.directory(), e);
    }
    active.truncate(sizeBefore);
    if (written) {
      LOG.info("journal {} is writable again", config.directory());
      writeFailure = "";
    }
  }

  /** Leaves in {@link #admitted} what fits under the byte limit, refuses the rest. */
  private void admit(List<PendingAppend> group) {
    admitted.clear();
    long bytes = segments.bytes();
    long activeBytes = active.writtenBytes();
    for (PendingAppend append : group) {
      ReadingBuffer readings = append.readings();
      long size = activeBytes;
      long need = 0;
      for (int i = 0; i < readings.chunks(); i++) {
        int frameBytes = frameBytes(readings, i);
        if (size + frameBytes > config.segmentBytes()) {
          need += SegmentHeader.BYTES;
          size = SegmentHeader.BYTES;
        }
        size += frameBytes;
        need += frameBytes;
      }
      if (bytes + need > config.maxBytes()) {
        append.complete(new AppendResult.Full(overLimit(bytes, need)));
      } else {
        admitted.add(append);
        bytes += need;
        activeBytes = size;
      }
    }
  }

  private void writeFrames() throws IOException {
    Instant now = clock.instant();
    long micros = now.getEpochSecond() * 1_000_000 + now.getNano() / 1_000;
    staging.clear();
    for (PendingAppend append : admitted) {
      for (int i = 0; i < append.readings().chunks(); i++) {
        stage(append, i, micros);
      }
    }
    flush();
  }

  private void stage(PendingAppend append, int chunk, long micros) throws IOException {
    ReadingBuffer readings = append.readings();
    int frameBytes = frameBytes(readings, chunk);
    if (active.writtenBytes() + staging.position() + frameBytes > config.segmentBytes()) {
      flush();
      active = segments.roll(nextOffset);
    }
    if (staging.remaining() < frameBytes) {
      flush();
    }
    int from = readings.chunkStart(chunk);
    int payloadBytes = readings.chunkEnd(chunk) - from;
    int count = readings.chunkCount(chunk);
    frame.put(staging, payloadBytes, count, append.payloadCrc(chunk), nextOffset, micros);
    staging.put(readings.array(), from, payloadBytes);
    nextOffset += count;
  }

  private void flush() throws IOException {
    staging.flip();
    int bytes = staging.remaining();
    if (bytes > 0) {
      active.write(staging);
      segments.addBytes(bytes);
    }
    staging.clear();
  }

  /**
   * In a thread of its own, which nobody interrupts: the writing one may be a request's, and an
   * interrupt during a sync closes the file.
   */
  private void takeBackApart(Segment first, long sizeBefore, long offsetBefore, Throwable cause)
      throws IOException {
    FutureTask<Boolean> task =
        new FutureTask<>(() -> {
          takeBack(first, sizeBefore, offsetBefore, cause);
          return true;
        });
    Thread apart = Thread.ofPlatform().daemon().name("journal-take-back").unstarted(task);
    try {
      apart.start();
    } catch (OutOfMemoryError e) {
      LOG.warn("cannot start a thread to undo a failed write", e);
      task.run();
    }
    Uninterrupted.join(apart);
    if (task.state() == Future.State.FAILED) {
      throw new IOException(task.exceptionNow().getMessage(), task.exceptionNow());
    }
    if (task.state() != Future.State.SUCCESS) {
      throw new IOException("a failed write to " + first.path() + " was not undone", cause);
    }
  }

  private void takeBack(Segment first, long sizeBefore, long offsetBefore, Throwable cause)
      throws IOException {
    try {
      while (segments.newest() != first) {
        segments.unroll();
      }
      segments.addBytes(sizeBefore - first.writtenBytes());
      first.truncate(sizeBefore);
      segments.sync();
    } catch (IOException e) {
      e.addSuppressed(cause);
      throw new IOException(
          "a failed write to " + first.path() + " could not be undone: " + e.getMessage(), e);
    }
    active = first;
    nextOffset = offsetBefore;
  }

  private void refuse(IOException cause) {
    String reason = "journal " + config.directory() + " cannot be written: " + cause.getMessage();
    LOG.error("{}; appends are refused until it can", reason, cause);
    writeFailure = reason;
    probedNanos = System.nanoTime();
    refuseAdmitted();
  }

  private void refuseAdmitted() {
    AppendResult full = new AppendResult.Full(writeFailure);
    for (PendingAppend append : admitted) {
      append.complete(full);
    }
    admitted.clear();
  }

  private void accept(long firstOffset) {
    long offset = firstOffset;
    try {
      for (PendingAppend append : admitted) {
        int count = append.readings().count();
        append.complete(new AppendResult.Accepted(new OffsetMark(offset + count), count));
        offset += count;
      }
    } finally {
      admitted.clear();
      tail.acknowledged(nextOffset);
    }
  }

  private String overLimit(long bytes, long more) {
    return "journal "
        + config.directory()
        + " holds "
        + bytes
        + " bytes and "
        + more
        + " more would exceed journal.max-bytes "
        + config.maxBytes();
  }

  private static int frameBytes(ReadingBuffer readings, int chunk) {
    return Frame.HEADER_BYTES + readings.chunkEnd(chunk) - readings.chunkStart(chunk);
  }
}
