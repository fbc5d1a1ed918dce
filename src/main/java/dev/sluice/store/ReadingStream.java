package dev.sluice.store;

import dev.sluice.store.ReadingSource.UnavailableException;

/**
 * Readings of one store, one at a time. Confined to one thread; must be closed. The accessors tell
 * of the reading {@link #next()} last went to.
 */
public interface ReadingStream extends AutoCloseable {
  /**
   * Goes to the next reading; false behind the last.
   *
   * @throws UnavailableException when the store breaks off; the stream is of no more use
   */
  boolean next() throws UnavailableException;

  /** Microseconds since the Unix epoch, UTC; never less than of the reading before. */
  long tsMicros();

  String device();

  String metric();

  double value();

  /** Gives back connection, cursor and memory; never throws. */
  @Override
  void close();
}
