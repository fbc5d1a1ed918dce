package dev.sluice.store.questdb.engine;

import io.questdb.cairo.CairoEngine;
import io.questdb.cairo.TableReader;
import io.questdb.cairo.TableToken;
import java.util.Arrays;
import java.util.stream.LongStream;

/**
 * A range of time, split at partition boundaries so that no cursor has more than a few of them
 * open: the engine maps every partition of a cursor's range before returning its first row, and
 * years of days are thousands of mappings. The first piece is one partition, in case that fills the
 * page; each following piece is twice as large, up to {@value #MOST} partitions. Time without
 * partitions costs nothing.
 *
 * <p>The pieces are disjoint and together cover the whole range. Confined to one thread.
 */
final class PartitionWalk {
  /** Most partitions in one piece. */
  static final int MOST = 32;

  /** Where the partitions of the range begin, ascending. */
  private final long[] begins;

  private final long fromMicros;
  private final long toMicros;
  private final boolean descending;

  /** Partitions passed, counted from the end where the walk began. */
  private int passed;

  private int width = 1;
  private boolean done;
  private long pieceFrom;
  private long pieceTo;
  private int first;
  private int behind;

  PartitionWalk(long[] begins, long fromMicros, long toMicros, boolean descending) {
    this.begins = begins;
    this.fromMicros = fromMicros;
    this.toMicros = toMicros;
    this.descending = descending;
    this.done = fromMicros >= toMicros;
  }

  /** Walks the table as it is partitioned now; opens no partition. */
  static PartitionWalk of(
      CairoEngine engine, TableToken table, long fromMicros, long toMicros, boolean descending) {
    try (TableReader reader = engine.getReader(table)) {
      return new PartitionWalk(
          begins(reader, fromMicros, toMicros), fromMicros, toMicros, descending);
    }
  }

  private static long[] begins(TableReader reader, long fromMicros, long toMicros) {
    int first = Math.max(0, reader.getPartitionIndexByTimestamp(fromMicros));
    int end = first;
    int count = reader.getPartitionCount();
    while (end < count && reader.getPartitionTimestampByIndex(end) < toMicros) {
      end++;
    }
    long[] begins = new long[end - first];
    for (int i = 0; i < begins.length; i++) {
      begins[i] = reader.getPartitionTimestampByIndex(first + i);
    }
    return begins;
  }

  /** Moves to the next piece; false after the last one. */
  boolean next() {
    if (done) {
      return false;
    }
    int after = Math.min(begins.length, passed + width);
    done = after == begins.length;
    first = descending ? begins.length - after : passed;
    behind = descending ? begins.length - passed : after;
    if (descending) {
      pieceTo = passed == 0 ? toMicros : pieceFrom;
      pieceFrom = done ? fromMicros : begins[begins.length - after];
    } else {
      pieceFrom = passed == 0 ? fromMicros : pieceTo;
      pieceTo = done ? toMicros : begins[after];
    }
    passed = after;
    width = Math.min(MOST, 2 * width);
    return true;
  }

  /** Where the piece's partitions begin, ascending. */
  LongStream partitions() {
    return Arrays.stream(begins, first, behind);
  }

  /** First instant of the piece, inclusive. */
  long fromMicros() {
    return pieceFrom;
  }

  /** Last instant of the piece, exclusive. */
  long toMicros() {
    return pieceTo;
  }
}
