package dev.sluice.store.questdb.engine;

import dev.sluice.store.questdb.QuestDbTable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalInt;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Counts the memory mappings of this process, which the kernel limits to {@code vm.max_map_count}:
 * beyond that the JVM itself cannot map and dies. A reader of the engine maps six files of every
 * partition it opens, so the mappings of all readers together are bounded here. Thread-safe.
 */
final class Mappings {
  /** Linux's default limit. */
  static final int USUAL_LIMIT = 65_530;

  /** Mapped files per partition: ts, device_id (two), metric, value, device_hash. */
  static final int PER_PARTITION = 6;

  /**
   * Mapped files per reader, whatever it reads: the table's transaction, metadata and symbol files.
   */
  private static final int PER_READER = 16;

  private static final int MOST_READERS = 16;
  private static final Path LIMIT_FILE = Path.of("/proc/sys/vm/max_map_count");
  private static final Logger LOG = LoggerFactory.getLogger(Mappings.class);

  private final int limit;
  private final AtomicInteger taken = new AtomicInteger();

  Mappings(int limit) {
    this.limit = limit;
  }

  /** Uses this machine's limit, or Linux's default if it cannot be read. */
  static Mappings here() {
    try {
      // Not readString, whose first read is of a single byte: the kernel serves these files to the
      // first read only.
      return new Mappings(Integer.parseInt(Files.readAllLines(LIMIT_FILE).getFirst().strip()));
    } catch (IOException | NumberFormatException e) {
      return new Mappings(USUAL_LIMIT);
    }
  }

  /** Most mappings that all readers together may hold; the rest is for the JVM and the writers. */
  int forReaders() {
    return limit / 2;
  }

  /** Mappings that readers hold now. */
  int taken() {
    return taken.get();
  }

  /** Takes one mapping; false when readers hold all they may. */
  boolean tryTake() {
    if (taken.incrementAndGet() <= forReaders()) {
      return true;
    }
    taken.decrementAndGet();
    return false;
  }

  void give() {
    taken.decrementAndGet();
  }

  /**
   * How many reads to answer at the same time: as configured, else as many as fit into half of what
   * readers may map. The other half is for scans, the console and the PG wire.
   *
   * @param perRead most partitions one read has open
   */
  int readers(OptionalInt set, int perRead) {
    return set.orElseGet(() ->
        Math.clamp(forReaders() / 2 / (perRead * PER_PARTITION + PER_READER), 1, MOST_READERS));
  }

  /** Warns if the limit is too low for what may be read. */
  void check(int readers, int perRead, int partitions) {
    long reads = (long) readers * (perRead * PER_PARTITION + PER_READER);
    long all = (long) partitions * PER_PARTITION;
    if (reads > forReaders()) {
      LOG.warn(
          "vm.max_map_count is {}: {} reads at once (questdb.max-readers) may map {} files, only"
              + " {} are allowed; further reads are answered 503. Lower questdb.max-readers, or"
              + " run: sysctl -w vm.max_map_count={}",
          limit,
          readers,
          reads,
          forReaders(),
          advised(reads));
    } else if (all > forReaders()) {
      LOG.warn(
          "vm.max_map_count is {}: a query in the console or over the PG wire that spans all {}"
              + " partitions of table {} would map {} files, only {} are allowed, and so fails."
              + " Sluice's own reads are not affected. To run such a query: sysctl -w"
              + " vm.max_map_count={}",
          limit,
          partitions,
          QuestDbTable.NAME,
          all,
          forReaders(),
          advised(all));
    }
  }

  /** Leaves room for four times as much. */
  private static long advised(long mappings) {
    return Math.max(262_144, Long.highestOneBit(8 * mappings));
  }
}
