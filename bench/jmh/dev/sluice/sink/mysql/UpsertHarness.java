package dev.sluice.sink.mysql;

import dev.sluice.reading.ReadingBatch;

/** Lets benchmarks, which live in a package of their own, at the statements of this one. */
public final class UpsertHarness {
  private static final int STATEMENT_BYTES = 16 << 20;

  private final Lanes lanes = new Lanes();
  private final Upsert upsert = new Upsert(true, STATEMENT_BYTES);

  /**
   * Splits a batch over the lanes and writes every lane's statements, all but sending them.
   *
   * @return characters of all statements
   */
  public long statements(ReadingBatch batch, int laneCount, int rows) {
    lanes.split(batch, laneCount);
    long characters = 0;
    for (int lane = 0; lane < laneCount; lane++) {
      int to = lanes.start(lane + 1);
      for (int at = lanes.start(lane); at < to; ) {
        at = upsert.write(batch, lanes.rows(), at, Math.min(to, at + rows));
        characters += upsert.sql().length();
      }
    }
    return characters;
  }
}
