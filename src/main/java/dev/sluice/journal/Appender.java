package dev.sluice.journal;

import dev.sluice.reading.ReadingBuffer;

/**
 * Where ingest leaves readings: an accepted append survives what {@link JournalConfig.Ack}
 * promises. Thread-safe.
 */
public interface Appender {
  /**
   * Appends the readings and returns when the promise of {@link JournalConfig.Ack} holds. The
   * buffer must not change meanwhile. An interrupt does not shorten the wait; it is kept for the
   * caller.
   */
  AppendResult append(ReadingBuffer readings);

  /** The mark that everything acknowledged by now is before. */
  Mark end();
}
