package dev.sluice.journal;

import dev.sluice.reading.ReadingBuffer;
import java.io.IOException;
import java.time.Duration;
import java.time.InstantSource;

/** Skeleton: signatures only. */
public final class Journal implements AutoCloseable {
  private Journal() {}

  /** Opens and recovers the journal. */
  public static Journal open(JournalConfig config, InstantSource clock) throws IOException {
    throw new AssertionError("skeleton");
  }

  /** Appends and returns when the ack mode's promise holds. Thread-safe. */
  public AppendResult append(ReadingBuffer readings) {
    throw new AssertionError("skeleton");
  }

  /** A reader for one thread, at this offset (or the oldest kept, if that is later). */
  public JournalReader reader(long offset) {
    throw new AssertionError("skeleton");
  }

  /** The named sink's cursor: as persisted, or at the oldest offset kept when there is none. */
  public Cursor cursor(String name) throws IOException {
    throw new AssertionError("skeleton");
  }

  /**
   * Waits until something is appended beyond this offset, the time is over or the journal closes.
   */
  public boolean awaitBeyond(long offset, Duration timeout) throws InterruptedException {
    throw new AssertionError("skeleton");
  }

  public JournalStats stats() {
    throw new AssertionError("skeleton");
  }

  /** Refuses new appends, finishes the running ones, syncs, releases the directory. */
  @Override
  public void close() {
    throw new AssertionError("skeleton");
  }
}
