package dev.sluice.store;

import dev.sluice.reading.ReadingBatch;

/**
 * A store as delivery sees it. Called by one delivery thread only; {@link #close()} may come from
 * another once that thread has ended.
 */
public interface Sink extends AutoCloseable {
  /** {@code mysql} or {@code questdb}: the name in status, metrics and files. */
  String name();

  /** Most readings {@link #write} wants at once. */
  int maxBatch();

  /**
   * Upserts all readings, later ones of one identity winning, and returns when the store has
   * acknowledged them. Never throws for what a store can do; a repeated write changes nothing.
   */
  WriteResult write(ReadingBatch batch);

  /** Releases every connection, file and thread; never throws. */
  @Override
  void close();
}
