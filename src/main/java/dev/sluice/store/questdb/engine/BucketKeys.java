package dev.sluice.store.questdb.engine;

import dev.sluice.store.questdb.DeviceBucket;
import io.questdb.cairo.CairoEngine;
import io.questdb.cairo.SymbolMapReader;
import io.questdb.cairo.TableToken;
import io.questdb.cairo.TableWriter;
import io.questdb.cairo.wal.WalWriter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Writes buckets into the engine's log by the numbers that the table has given them, which never
 * change. A writer of the log only knows those that had been applied when it was made; the others
 * it must look up by text, row by row, and repeats them with every commit. So after many of these
 * the sink is told to take a new writer. Confined to the delivery thread.
 */
final class BucketKeys {
  private static final String[] TEXTS =
      IntStream.range(0, DeviceBucket.COUNT).mapToObj(Integer::toString).toArray(String[]::new);

  private static final int UNKNOWN = -1;

  /** Rows with buckets unknown to the writer, after which a new one is worth its making. */
  private static final int MOST_UNKNOWN = 500_000;

  /** Most writers left over from earlier that are passed over in search of a new one. */
  private static final int MOST_PASSED = 4;

  private final int[] keys = new int[DeviceBucket.COUNT];
  private final int mostUnknown;
  private int column;
  private int known;
  private int unknownRows;

  BucketKeys() {
    this(MOST_UNKNOWN);
  }

  BucketKeys(int mostUnknown) {
    this.mostUnknown = mostUnknown;
  }

  /** Whether to go on with another writer, from {@link #open}. */
  boolean areStale() {
    return unknownRows >= mostUnknown;
  }

  /**
   * Takes a writer from the engine's pool, and the numbers that it knows: one made after the last,
   * if it has become stale. Until that is closed the pool does not offer it again.
   */
  WalWriter open(CairoEngine engine, TableToken table) {
    int atLeast = areStale() ? known + 1 : 0;
    List<WalWriter> passed = new ArrayList<>();
    try {
      WalWriter writer = engine.getWalWriter(table);
      column = writer.getMetadata().getColumnIndex(DeviceBucket.COLUMN);
      while (writer.getSymbolCountWatermark(column) < atLeast && passed.size() < MOST_PASSED) {
        passed.add(writer);
        writer = engine.getWalWriter(table);
      }
      read(writer);
      return writer;
    } finally {
      passed.forEach(WalWriter::close);
    }
  }

  private void read(WalWriter writer) {
    unknownRows = 0;
    known = writer.getSymbolCountWatermark(column);
    Arrays.fill(keys, UNKNOWN);
    if (known == 0) {
      return;
    }
    SymbolMapReader symbols = writer.getSymbolMapReader(column);
    for (int bucket = 0; bucket < keys.length; bucket++) {
      int key = symbols.keyOf(TEXTS[bucket]);
      keys[bucket] = key >= 0 && key < known ? key : UNKNOWN;
    }
  }

  void put(TableWriter.Row row, int bucket) {
    int key = keys[bucket];
    if (key != UNKNOWN) {
      row.putSymIndex(column, key);
    } else {
      row.putSym(column, TEXTS[bucket]);
      unknownRows++;
    }
  }
}
