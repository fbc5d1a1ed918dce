package dev.sluice.store;

import dev.sluice.reading.Reading;
import dev.sluice.reading.ReadingBatch;
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

  /**
   * Adds the readings that follow to a batch, in order; the last one added is the current one. Much
   * cheaper than reading name by name.
   *
   * @param most how many, at least 1
   * @return how many were added; 0 only after the last reading
   * @throws UnavailableException as {@link #next()}
   */
  default int read(ReadingBatch into, int most) throws UnavailableException {
    int added = 0;
    while (added < most && next()) {
      into.add(new Reading(device(), metric(), tsMicros(), value()));
      added++;
    }
    return added;
  }

  /** Microseconds since the Unix epoch, UTC; never less than those of the previous reading. */
  long tsMicros();

  String device();

  String metric();

  double value();

  /** Releases connection, cursor and memory; never throws. */
  @Override
  void close();
}
