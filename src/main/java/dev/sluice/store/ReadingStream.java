package dev.sluice.store;

import dev.sluice.store.ReadingSource.UnavailableException;

/**
 * Readings of one store, one at a time. Confined to one thread; must be closed. The accessors
 * describe the reading that {@link #next()} last moved to.
 */
public interface ReadingStream extends AutoCloseable {
  /**
   * Moves to the next reading; false after the last one.
   *
   * @throws UnavailableException when the store fails midway; the stream cannot be used any more
   */
  boolean next() throws UnavailableException;

  /** Microseconds since the Unix epoch, UTC; never less than those of the previous reading. */
  long tsMicros();

  String device();

  String metric();

  double value();

  /** Releases connection, cursor and memory; never throws. */
  @Override
  void close();
}
