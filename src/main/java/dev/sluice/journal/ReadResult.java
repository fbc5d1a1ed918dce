package dev.sluice.journal;

/** What a read of the journal found. */
public sealed interface ReadResult {
  /**
   * The batch holds readings and the reader has moved behind them.
   *
   * @param appendedMicros when the first of them was appended, microseconds since the epoch
   */
  record Filled(long appendedMicros) implements ReadResult {}

  /** Nothing is appended beyond this reader's position yet. */
  record Empty() implements ReadResult {}

  /**
   * Readings were appended here and can no longer be read; the reader has moved behind them.
   *
   * @param fromOffset first one lost
   * @param toOffset offset behind the last one lost
   */
  record Lost(long fromOffset, long toOffset) implements ReadResult {}
}
