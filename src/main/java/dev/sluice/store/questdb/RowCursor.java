package dev.sluice.store.questdb;

import java.io.IOException;

/**
 * Rows of the table as they are stored, one at a time; not all of them are readings. Confined to
 * one thread; must be closed. The accessors describe the row that {@link #next()} last moved to.
 */
public interface RowCursor extends AutoCloseable {
  /** Moves to the next row, in order of ts; false after the last one, and once closed. */
  boolean next() throws IOException;

  /** Microseconds since the Unix epoch, UTC. */
  long tsMicros();

  /** In UTF-8, valid until {@link #next()}; empty if the row has none. */
  byte[] device();

  /** Empty if the row has none. */
  String metric();

  /** NaN if the row has none. */
  double value();

  /** Releases connection, cursor and memory; never throws. */
  @Override
  void close();
}
