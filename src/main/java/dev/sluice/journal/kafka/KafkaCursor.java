package dev.sluice.journal.kafka;

import dev.sluice.journal.Progress;
import java.util.Arrays;

/**
 * What a group is known to keep for one sink, in all partitions. Changed by the thread of its feed;
 * any thread looks.
 */
final class KafkaCursor {
  private final String name;

  /** Whether it holds nothing back while the topic is rather full. */
  private final boolean yielding;

  private volatile Kept[] kept;
  private volatile boolean closed;

  KafkaCursor(String name, boolean yielding, Kept[] kept) {
    this.name = name;
    this.yielding = yielding;
    this.kept = kept;
  }

  String name() {
    return name;
  }

  boolean yielding() {
    return yielding;
  }

  /** By partition; not to be changed. */
  Kept[] kept() {
    return kept;
  }

  void keep(Kept[] next) {
    kept = next;
  }

  /** The sum of all partitions. */
  Progress progress() {
    Kept[] now = kept;
    long origin = sum(now, Kept::origin);
    return new Progress(
        origin,
        origin + sum(now, Kept::settled),
        sum(now, Kept::delivered),
        sum(now, Kept::deadLettered),
        sum(now, Kept::lost));
  }

  private interface Part {
    long of(Kept kept);
  }

  private static long sum(Kept[] kept, Part part) {
    return Arrays.stream(kept).mapToLong(part::of).sum();
  }

  /** Nothing counts any more that is kept through it. */
  void close() {
    closed = true;
  }

  boolean closed() {
    return closed;
  }
}
