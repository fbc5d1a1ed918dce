package dev.sluice.ingest;

import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;

/** Growing memory for one body. Confined to the request that holds its work area. */
public final class Region {
  /** Returned by {@link #fill} if the stream holds more than {@code maxBytes}. */
  public static final int TOO_LARGE = -1;

  private static final int FIRST_BYTES = 4 * 1024;
  private static final int YIELD_EVERY_BYTES = 64 * 1024;
  private static final int USUAL_BYTES = 128 * 1024;

  private final Claim claim;
  private byte[] bytes = new byte[0];
  private int claimed;
  private int filled;

  Region(Claim claim) {
    this.claim = claim;
  }

  public byte[] bytes() {
    return bytes;
  }

  /** Bytes that {@link #fill} has read, even if it failed. */
  int filled() {
    return filled;
  }

  /**
   * Reads the stream to its end. Claims memory as bytes arrive: what is announced is not there yet.
   *
   * @param expected length that the sender announced, or a negative number; decides only the first
   *     claim
   * @return number of bytes read, or {@link #TOO_LARGE}
   * @throws Claim.NoRoomException if there is no memory for more now
   */
  @SuppressWarnings("ThreadPriorityCheck") // waits for no lock: shares the carrier thread
  public int fill(InputStream in, long expected, int maxBytes) throws IOException {
    // One byte more than allowed or announced is room to see whether the stream ends there.
    long longest = expected < 0 ? maxBytes : Math.min(expected, maxBytes);
    int most = (int) Math.min(longest + 1, Integer.MAX_VALUE - 8);
    int room = Math.min(expected < 0 ? FIRST_BYTES : USUAL_BYTES, most);
    int length = 0;
    int yieldAt = YIELD_EVERY_BYTES;
    while (true) {
      reserve(room);
      // Not all that there is room for: what inflates would come at once, and keep the processor.
      int read = in.read(bytes, length, Math.min(room - length, YIELD_EVERY_BYTES));
      if (read < 0) {
        return length;
      }
      length += read;
      filled = length;
      if (length >= yieldAt) {
        // A sender that is fast enough never makes a read wait, so nothing else would get to run.
        Thread.yield();
        yieldAt = length + YIELD_EVERY_BYTES;
      }
      if (length > maxBytes) {
        return TOO_LARGE;
      }
      if (length == room) {
        room = (int) Math.min(2L * room, most);
      }
    }
  }

  /**
   * Makes room for a body of this many bytes, which the caller then puts at the start.
   *
   * @throws Claim.NoRoomException if there is no memory for it now
   */
  public void prepare(int length) {
    reserve(length);
    filled = length;
  }

  /** Prepares for the next body. */
  void reset() {
    claimed = 0;
    filled = 0;
  }

  /** Whether it holds no more than most bodies need. */
  boolean isUsual() {
    return bytes.length <= USUAL_BYTES;
  }

  private void reserve(int size) {
    if (size > claimed) {
      claim.claim(size - claimed);
      claimed = size;
    }
    if (size > bytes.length) {
      bytes = Arrays.copyOf(bytes, size);
    }
  }
}
