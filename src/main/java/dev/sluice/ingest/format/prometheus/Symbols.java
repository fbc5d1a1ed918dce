package dev.sluice.ingest.format.prometheus;

import dev.sluice.reading.MemoryClaim;
import java.util.Arrays;

/**
 * Where the texts are that the series of one version 2 request refer to. Confined to its parser.
 */
final class Symbols {
  private static final int INITIAL = 64;
  private static final int RETAINED = 1024;

  private final MemoryClaim memory;
  private int[] at = new int[INITIAL];
  private int[] length = new int[INITIAL];
  private int count;

  /**
   * @param memory called with the number of additional bytes before memory grows; may throw
   */
  Symbols(MemoryClaim memory) {
    this.memory = memory;
  }

  void add(int symbolAt, int symbolLength) {
    if (count == at.length) {
      memory.claim(2L * Integer.BYTES * count);
      at = Arrays.copyOf(at, 2 * count);
      length = Arrays.copyOf(length, 2 * count);
    }
    at[count] = symbolAt;
    length[count] = symbolLength;
    count++;
  }

  int count() {
    return count;
  }

  /** Offset of a symbol in the body. */
  int at(int i) {
    return at[i];
  }

  /** Length of a symbol, in bytes. */
  int length(int i) {
    return length[i];
  }

  void clear() {
    count = 0;
  }

  /** Forgets all symbols, and drops the memory too after an unusually large request. */
  void release() {
    count = 0;
    if (at.length > RETAINED) {
      at = new int[INITIAL];
      length = new int[INITIAL];
    }
  }
}
