package dev.sluice.ingest;

import dev.sluice.http.ByteBudget;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;

/**
 * Growing memory for one body. What it holds is claimed from the budget first and given back by
 * {@link #reset()}. Confined to the request that holds its work area.
 */
final class Region {
  /** {@link #fill}: the stream holds more than {@code maxBytes}. */
  static final int TOO_LARGE = -1;

  /** {@link #fill}: the budget has no room for more now. */
  static final int NO_ROOM = -2;

  private static final int SMALL_BYTES = 16 * 1024;
  private static final int KEEP_BYTES = 256 * 1024;

  private final ByteBudget budget;
  private byte[] bytes = new byte[SMALL_BYTES];
  private int claimed;

  Region(ByteBudget budget) {
    this.budget = budget;
  }

  byte[] bytes() {
    return bytes;
  }

  /**
   * Reads the stream to its end. Claims as bytes come: what is announced is not there yet.
   *
   * @param expected what the sender announced, or a negative number; decides the first claim only
   * @return bytes read, {@link #TOO_LARGE} or {@link #NO_ROOM}
   */
  int fill(InputStream in, long expected, int maxBytes) throws IOException {
    // One byte more than allowed, or announced, is room to see the end, or that there is none.
    long longest = expected < 0 ? maxBytes : Math.min(expected, maxBytes);
    int most = (int) Math.min(longest + 1, Integer.MAX_VALUE - 8);
    int room = Math.min(expected < 0 ? SMALL_BYTES : KEEP_BYTES, most);
    int length = 0;
    while (claim(room)) {
      int read = in.read(bytes, length, room - length);
      if (read < 0) {
        return length;
      }
      length += read;
      if (length > maxBytes) {
        return TOO_LARGE;
      }
      if (length == room) {
        room = (int) Math.min(2L * room, most);
      }
    }
    return NO_ROOM;
  }

  /** Gives the claim back, and with it memory that only a rare big body needs. */
  void reset() {
    budget.give(claimed);
    claimed = 0;
    if (bytes.length > KEEP_BYTES) {
      bytes = new byte[SMALL_BYTES];
    }
  }

  private boolean claim(int size) {
    if (size > claimed) {
      if (!budget.tryTake(size - claimed)) {
        return false;
      }
      claimed = size;
    }
    if (size > bytes.length) {
      bytes = Arrays.copyOf(bytes, size);
    }
    return true;
  }
}
