package dev.sluice.store;

import dev.sluice.reading.ReadingBatch;
import dev.sluice.store.ReadingSource.UnavailableException;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * The legacy table as a backfill reads it: rows in order of (time, row id), in chunks, up to a row
 * id fixed beforehand. Thread-safe.
 */
public interface History {
  /** A row's place in the order of the copy. */
  record Position(long tsMicros, long id) implements Comparable<Position> {
    /** Before every row that can be copied. */
    public static final Position START = new Position(0, 0);

    @Override
    public int compareTo(Position other) {
      int byTs = Long.compare(tsMicros, other.tsMicros);
      return byTs == 0 ? Long.compare(id, other.id) : byTs;
    }
  }

  /** Why a row of the legacy table needs a decision before it is copied, or not. */
  enum RowClass {
    /** No device, no time or no value. */
    INCOMPLETE,
    /** Before 1970. */
    BEFORE_1970,
    /** A device or metric that is empty, over 128 or 255 bytes, or holds a control character. */
    INVALID_NAME,
    /** Device ids that an old collation took for one, and that are different bytes. */
    SIMILAR_DEVICES,
    /** A row whose identity has a later row. */
    DUPLICATE,
    /** Further ahead of the clock than ingest takes readings. */
    FAR_FUTURE;

    /** As configuration, JSON and files spell it: {@code before-1970}. */
    public String label() {
      return name().toLowerCase(java.util.Locale.ROOT).replace('_', '-');
    }
  }

  /**
   * One row, or one group of devices, found before copying.
   *
   * @param key how a DBA finds it: {@code id=17} or {@code device_id='a','A'}
   * @param reason what is wrong with it, observed against allowed
   */
  record Finding(RowClass rowClass, String key, String reason) {}

  /** Told after each step of an inspection. */
  @FunctionalInterface
  interface Inspected {
    /**
     * A step is done.
     *
     * @param id up to which all rows were looked at
     * @param rows looked at so far
     */
    void upTo(long id, long rows);
  }

  /** The greatest row id there is; 0 in an empty table. */
  long lastId() throws UnavailableException;

  /** How many rows up to this id can be copied. Reads the whole index: minutes on a big table. */
  long count(long lastId) throws UnavailableException;

  /**
   * Where a chunk of at most {@code rows} rows behind {@code after} ends. A chunk never spans two
   * days, UTC: a day is a partition of the store copied to.
   *
   * @return position of the chunk's last row; empty when there is no further row
   */
  Optional<Position> chunkEnd(Position after, long lastId, int rows) throws UnavailableException;

  /**
   * Adds the readings behind {@code after} up to and with {@code end} to the batch, in order.
   *
   * @return rows in that range that are no readings (no value, or a name breaking the rules)
   */
  long read(Position after, Position end, long lastId, ReadingBatch into)
      throws UnavailableException;

  /**
   * Looks at every row up to this id and tells every finding. Reads the whole table, gently, in
   * steps; {@code progress} is told how far it has come, and may throw to end it.
   */
  void inspect(long lastId, Consumer<Finding> each, Inspected progress) throws UnavailableException;

  /** Statements the server runs at this moment: how busy it is. */
  int threadsRunning() throws UnavailableException;
}
