package dev.sluice.migration.backfill;

import java.time.Duration;

/**
 * How many rows the next chunk has: as many as fit into a quarter of a second, so that a copy can
 * yield between chunks. Confined to the copying thread.
 */
final class ChunkSize {
  static final Duration LONGEST = Duration.ofMillis(250);
  private static final Duration SHORT = Duration.ofMillis(100);
  private static final int SMALLEST = 100;
  private static final int FIRST = 5_000;

  private final int largest;
  private int rows;

  ChunkSize(int largest) {
    this.largest = largest;
    this.rows = Math.min(largest, FIRST);
  }

  int rows() {
    return rows;
  }

  /** Records how long a chunk took, waiting excluded. */
  void took(Duration time) {
    if (time.compareTo(LONGEST) > 0) {
      tooMuch();
    } else if (time.compareTo(SHORT) < 0) {
      rows = Math.min(largest, rows + rows / 2);
    }
  }

  void tooMuch() {
    rows = Math.max(Math.min(SMALLEST, largest), rows / 2);
  }
}
