package dev.sluice.journal.kafka;

import dev.sluice.journal.Progress;
import java.util.Arrays;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * What a group is known to keep for one sink, in the partitions that this process delivers; all of
 * them, unless it shares them with others. Changed by the thread of its feed; any thread looks.
 */
final class KafkaCursor {
  private final String name;

  /** Whether it holds nothing back while the topic is rather full. */
  private final boolean yielding;

  private final Set<Integer> partitions;
  private volatile Kept[] kept;

  /** The place that the group was last seen to keep, by partition; counts for those of others. */
  private volatile long[] seen;

  private volatile boolean closed;

  /** Of all partitions. */
  KafkaCursor(String name, boolean yielding, Kept[] found) {
    this(
        name,
        yielding,
        IntStream.range(0, found.length).boxed().collect(Collectors.toUnmodifiableSet()),
        found);
  }

  /**
   * @param partitions that this process delivers
   * @param found what the group keeps, by partition, also of those of others
   */
  KafkaCursor(String name, boolean yielding, Set<Integer> partitions, Kept[] found) {
    this.name = name;
    this.yielding = yielding;
    this.partitions = Set.copyOf(partitions);
    this.seen = Arrays.stream(found).mapToLong(Kept::place).toArray();
    Kept[] own = found.clone();
    for (int p = 0; p < own.length; p++) {
      own[p] = partitions.contains(p) ? own[p] : own[p].elsewhere();
    }
    this.kept = own;
  }

  String name() {
    return name;
  }

  boolean yielding() {
    return yielding;
  }

  /** Those that this process delivers. */
  Set<Integer> partitions() {
    return partitions;
  }

  /** Whether other processes deliver some of the partitions. */
  boolean isPart() {
    return partitions.size() < kept.length;
  }

  /** The place up to which the sink has this partition durably, whoever delivers it. */
  long passed(int partition) {
    return partitions.contains(partition) ? kept[partition].place() : seen[partition];
  }

  /** The group keeps these places now; not to be changed. */
  void see(long[] places) {
    seen = places;
  }

  /** By partition; not to be changed. */
  Kept[] kept() {
    return kept;
  }

  void keep(Kept[] next) {
    kept = next;
  }

  /** The sum of these partitions; its origin is that of all. */
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
