package dev.sluice.journal.disk;

import dev.sluice.journal.ReadResult;
import dev.sluice.reading.ReadingBatch;
import java.io.IOException;
import java.nio.file.NoSuchFileException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads the journal in order, from the segments' files through memory of its own. Confined to one
 * thread; has open files of its own, so an interrupt of that thread hurts no one else.
 *
 * <p>Every payload is verified before it is handed out. What cannot be read any more is answered as
 * {@link ReadResult.Lost} once and passed over; an {@link IOException} leaves the position where it
 * was.
 */
final class JournalReader implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(JournalReader.class);

  /** A batch takes no further frame once it holds this much. */
  private static final int MAX_BATCH_BYTES = 32 << 20;

  private final Disk disk;
  private final Segments segments;
  private final Tail tail;
  private final Quarantine quarantine;
  private final LostRanges lost;

  private long position;
  private @Nullable Segment segment;
  private @Nullable DiskFile file;
  private final FrameWalk walk = new FrameWalk();

  /** Whether the walk stands behind a frame that is not used up. */
  private boolean inHand;

  /** Offset behind the frame before the one in hand: from here to that one all is damaged. */
  private long gapFrom;

  JournalReader(
      Disk disk,
      Segments segments,
      Tail tail,
      Quarantine quarantine,
      LostRanges lost,
      long position) {
    this.disk = disk;
    this.segments = segments;
    this.tail = tail;
    this.quarantine = quarantine;
    this.lost = lost;
    this.position = position;
  }

  /**
   * Clears the batch and fills it with at most {@code limit} consecutive readings.
   *
   * @throws IOException when the disk cannot be read or the journal is closed
   */
  ReadResult read(ReadingBatch batch, int limit) throws IOException {
    if (limit < 1) {
      throw new IllegalArgumentException("limit is " + limit + ", allowed is 1 or more");
    }
    return read(batch, limit, Integer.MAX_VALUE);
  }

  /** Same as {@link #read(ReadingBatch, int)}, for the rest of one frame. */
  ReadResult readFrame(ReadingBatch batch) throws IOException {
    return read(batch, Integer.MAX_VALUE, 1);
  }

  private ReadResult read(ReadingBatch batch, int limit, int frames) throws IOException {
    if (tail.closed()) {
      throw new IOException("the journal cannot be read: it is closed");
    }
    long start = position;
    try {
      return fill(batch, limit, frames);
    } catch (IOException e) {
      close();
      position = start;
      throw e;
    }
  }

  /** Offset of the next reading to be read. */
  long position() {
    return position;
  }

  /** Moves to this offset, e.g. back to a cursor. */
  void seek(long offset) {
    position = offset;
  }

  /** Closes the file at hand; a later read opens it again. */
  @Override
  public void close() {
    DiskFile open = file;
    segment = null;
    file = null;
    if (open != null) {
      try {
        open.close();
      } catch (IOException e) {
        LOG.warn("a journal segment did not close after reading", e);
      }
    }
  }

  private ReadResult fill(ReadingBatch batch, int limit, int frames) throws IOException {
    long start = position;
    long end = tail.nextOffset();
    long appendedMicros = 0;
    batch.clear(start);
    for (int frame = 0;
        frame < frames
            && position < end
            && batch.size() < limit
            && batch.bytesUsed() < MAX_BATCH_BYTES;
        frame++) {
      long readable = findReadable(end);
      if (readable > position) {
        if (batch.size() > 0) {
          break;
        }
        position = readable;
        return new ReadResult.Lost(start, readable);
      }
      if (batch.size() == 0) {
        appendedMicros = walk.frame().appendedMicros();
      }
      if (!decode(batch, (int) Math.min(limit - batch.size(), end - position))) {
        return withoutFrameInHand(batch, start);
      }
    }
    return batch.size() == 0 ? new ReadResult.Empty() : new ReadResult.Filled(appendedMicros);
  }

  /**
   * Takes the frame that holds the position in hand.
   *
   * @return the position, or the next offset that can be read when the position cannot
   */
  private long findReadable(long end) throws IOException {
    while (true) {
      Segment holding = segments.holding(position);
      if (holding == null) {
        return Math.min(end, segments.oldest().baseOffset());
      }
      DiskFile open = open(holding);
      if (open == null) {
        if (segments.holding(position) == holding) {
          return giveUp(segmentEnd(holding, end), "file is gone: ", holding);
        }
        continue;
      }
      return findReadable(holding, open, end);
    }
  }

  private long findReadable(Segment holding, DiskFile open, long end) throws IOException {
    if (position < gapFrom) {
      restart(holding, open);
    }
    while (!inHand || walk.frame().endOffset() <= position) {
      long from = walk.position();
      gapFrom = walk.expectedOffset();
      long published = holding.publishedBytes();
      inHand = walk.next(published, position);
      if (!inHand) {
        if (from < published && holding != segments.newest()) {
          quarantine.copy(holding.path(), open, from, published);
        }
        return giveUp(segmentEnd(holding, end), "the rest is unreadable in ", holding);
      }
      if (walk.frameAt() != from) {
        quarantine.copy(holding.path(), open, from, walk.frameAt());
      }
    }
    return walk.frame().baseOffset() <= position
        ? position
        : giveUp(Math.min(end, walk.frame().baseOffset()), "damaged in ", holding);
  }

  private long giveUp(long to, String why, Segment where) {
    if (lost.add(position, to) > 0) {
      LOG.error("readings {} to {} are lost: {}{}", position, to - 1, why, where.path());
    }
    return to;
  }

  private long segmentEnd(Segment of, long end) {
    Segment next = segments.after(of);
    return next == null ? end : Math.min(end, next.baseOffset());
  }

  private boolean decode(ReadingBatch batch, int limit) throws IOException {
    Frame frame = walk.frame();
    int from = walk.payloadFrom();
    int skip = (int) (position - frame.baseOffset());
    try {
      position +=
          batch.decode(walk.bytes(), from, from + frame.payloadBytes(), frame.count(), skip, limit);
      return true;
    } catch (IllegalArgumentException malformed) {
      LOG.error(
          "frame at offset {} is intact but not a chunk of readings",
          frame.baseOffset(),
          malformed);
      return false;
    }
  }

  /**
   * The frame in hand spoiled the batch: gives what came before it, or, when nothing did, gives the
   * frame up.
   */
  private ReadResult withoutFrameInHand(ReadingBatch batch, long start) throws IOException {
    long badFrom = Math.max(start, walk.frame().baseOffset());
    long badTo = walk.frame().endOffset();
    if (badFrom > start) {
      position = start;
      return fill(batch, (int) (badFrom - start), Integer.MAX_VALUE);
    }
    batch.clear(start);
    lost.add(start, badTo);
    position = badTo;
    return new ReadResult.Lost(start, badTo);
  }

  /** The segment's file, from its first frame if it is not the one at hand; null when gone. */
  private @Nullable DiskFile open(Segment wanted) throws IOException {
    DiskFile open = file;
    if (open != null && segment == wanted) {
      return open;
    }
    close();
    try {
      open = disk.openToRead(wanted.path());
    } catch (NoSuchFileException e) {
      return null;
    }
    file = open;
    segment = wanted;
    restart(wanted, open);
    return open;
  }

  private void restart(Segment from, DiskFile open) {
    walk.restart(open, from.baseOffset());
    gapFrom = from.baseOffset();
    inHand = false;
  }
}
