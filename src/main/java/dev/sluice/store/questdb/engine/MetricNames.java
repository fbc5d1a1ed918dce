package dev.sluice.store.questdb.engine;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Metric names as text, each decoded only once: a hash table over spans of bytes, kept bounded by
 * overwriting an entry when two names meet in one slot. Confined to one thread.
 */
final class MetricNames {
  /** Slots; a power of two. With names of 255 bytes, about 5 MiB at most. */
  private static final int SLOTS = 1 << 13;

  private final @Nullable String[] names = new @Nullable String[SLOTS];
  private final byte[][] spans = new byte[SLOTS][];

  MetricNames() {
    Arrays.fill(spans, new byte[0]);
  }

  /** The text of {@code bytes[from, from + size)}; size is at least 1. */
  String of(byte[] bytes, int from, int size) {
    int slot = slot(bytes, from, size);
    String known = names[slot];
    byte[] span = spans[slot];
    if (known != null && Arrays.equals(span, 0, span.length, bytes, from, from + size)) {
      return known;
    }
    String name = new String(bytes, from, size, StandardCharsets.UTF_8);
    names[slot] = name;
    spans[slot] = Arrays.copyOfRange(bytes, from, from + size);
    return name;
  }

  private static int slot(byte[] bytes, int from, int size) {
    int hash = size;
    for (int i = from; i < from + size; i++) {
      hash = 31 * hash + bytes[i];
    }
    hash *= 0x9E3779B9;
    return hash >>> (Integer.SIZE - Integer.numberOfTrailingZeros(SLOTS));
  }
}
