package dev.sluice.journal.disk;

import java.io.IOException;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Walks one segment from good frame to good frame, for recovery and for readers alike, so that both
 * see the same damage. Confined to one thread; reused for segment after segment.
 *
 * <p>Damage is passed over: behind a frame whose header is good and whose payload is not, the next
 * one starts; behind anything else every byte is tried. A frame found that way must be good in
 * header and payload, and its base offset must be one that the bytes passed over can account for.
 * Within a segment offsets follow each other without gaps, so every gap is damage.
 */
final class FrameWalk {
  /** Two of the longest frames: one is always whole in it, and small ones come many a read. */
  private static final int WINDOW_BYTES = 2 * Frame.MAX_BYTES;

  /** What is read where payloads are jumped over: headers only, not what lies between them. */
  private static final int JUMP_BYTES = 4096;

  private final byte[] window = new byte[WINDOW_BYTES];
  private final ByteBuffer windowBuffer = ByteBuffer.wrap(window);
  private final Frame frame = new Frame();

  private @Nullable DiskFile file;
  private long windowAt;
  private int windowLength;

  private long limit;
  private long position;
  private long expectedOffset;
  private long frameAt;

  /** Goes to the first frame of a segment. */
  void restart(DiskFile segment, long baseOffset) {
    file = segment;
    windowAt = 0;
    windowLength = 0;
    position = SegmentHeader.BYTES;
    expectedOffset = baseOffset;
    frameAt = position;
  }

  /**
   * Moves behind the next good frame.
   *
   * @param limitBytes bytes of the file that may be looked at; those must not change any more
   * @param verifyFrom payloads of frames that end at or before this offset are not read
   * @return false, and nothing moved, when no good frame is left
   */
  boolean next(long limitBytes, long verifyFrom) throws IOException {
    limit = limitBytes;
    long at = position;
    boolean searching = false;
    while (at + Frame.HEADER_BYTES <= limit) {
      if (headerAt(at)) {
        boolean trusted = !searching && frame.endOffset() <= verifyFrom;
        if (trusted || payloadIntact(at)) {
          frameAt = at;
          position = at + frame.bytes();
          expectedOffset = frame.endOffset();
          return true;
        }
        at += searching ? 1 : frame.bytes();
      } else {
        searching = true;
        at++;
      }
    }
    return false;
  }

  /** The frame {@link #next} moved behind. */
  Frame frame() {
    return frame;
  }

  /** Where that frame starts in the file. */
  long frameAt() {
    return frameAt;
  }

  /** The memory its payload is in, from {@link #payloadFrom()}. */
  byte[] bytes() {
    return window;
  }

  /** Makes the payload present and tells where it starts in {@link #bytes()}. */
  int payloadFrom() throws IOException {
    long payloadAt = frameAt + Frame.HEADER_BYTES;
    if (!load(payloadAt, frame.payloadBytes())) {
      throw new IOException("frame at byte " + frameAt + " is cut short: the file has shrunk");
    }
    return (int) (payloadAt - windowAt);
  }

  /** Byte behind the last good frame. */
  long position() {
    return position;
  }

  /** Offset behind the last good frame. */
  long expectedOffset() {
    return expectedOffset;
  }

  /** Whether a whole good header stands at the position, whatever became of its payload. */
  boolean wholeFrameFollows() throws IOException {
    return position + Frame.HEADER_BYTES <= limit && headerAt(position);
  }

  private boolean headerAt(long at) throws IOException {
    if (!load(at, Frame.HEADER_BYTES) || !frame.parse(window, (int) (at - windowAt))) {
      return false;
    }
    long gap = frame.baseOffset() - expectedOffset;
    return gap >= 0
        && gap <= (at - position) / Frame.MIN_READING_BYTES
        && at + frame.bytes() <= limit
        && (gap == 0 || at > position);
  }

  private boolean payloadIntact(long at) throws IOException {
    return load(at, frame.bytes())
        && frame.matches(window, (int) (at - windowAt) + Frame.HEADER_BYTES);
  }

  /** Has {@code length} bytes of the file from {@code at} in the window, if it has them. */
  private boolean load(long at, int length) throws IOException {
    long windowEnd = windowAt + windowLength;
    if (at >= windowAt && at + length <= windowEnd) {
      return true;
    }
    DiskFile source = file;
    if (source == null) {
      return false;
    }
    int ahead = at >= windowAt && at <= windowEnd ? WINDOW_BYTES : Math.max(length, JUMP_BYTES);
    windowBuffer.clear().limit((int) Math.min(ahead, limit - at));
    windowAt = at;
    windowLength = 0;
    while (windowLength < length) {
      if (!windowBuffer.hasRemaining() || source.read(windowBuffer, at + windowLength) < 0) {
        return false;
      }
      windowLength = windowBuffer.position();
    }
    return true;
  }
}
