package dev.sluice.journal;

import dev.sluice.reading.ReadingBatch;
import java.io.IOException;

/** Skeleton: signatures only. Confined to one thread. */
public final class JournalReader implements AutoCloseable {
  JournalReader() {}

  /** Clears the batch and fills it with at most {@code limit} consecutive readings. */
  public ReadResult read(ReadingBatch batch, int limit) throws IOException {
    throw new AssertionError("skeleton");
  }

  /** Offset of the next reading to be read. */
  public long position() {
    throw new AssertionError("skeleton");
  }

  /** Moves to this offset, e.g. back to a cursor. */
  public void seek(long offset) {
    throw new AssertionError("skeleton");
  }

  @Override
  public void close() {
    throw new AssertionError("skeleton");
  }
}
