package dev.sluice.store;

import dev.sluice.reading.ReadingBatch;
import dev.sluice.store.ReadingSource.UnavailableException;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * The legacy table as a backfill reads it, in chunks and up to a row id fixed in advance: in the
 * order of ids, where that is nearly the order of time, or in the order (time, row id).
 * Thread-safe.
 */
public interface History {
  /** A row's place in the order of the copy. */
  record Position(long tsMicros, long id) implements Comparable<Position> {
    /** Sorts before every row that can be copied. */
    public static final Position START = new Position(0, 0);

    /** Before every row in the order of ids. */
    public static final Position START_BY_ID = new Position(0, Long.MIN_VALUE);

    @Override
    public int compareTo(Position other) {
      int byTs = Long.compare(tsMicros, other.tsMicros);
      return byTs == 0 ? Long.compare(id, other.id) : byTs;
    }
  }

  /** The class of a row that may need a decision before it is copied. */
  enum RowClass {
    /** A row without a device, a time or a value. */
    INCOMPLETE,
    /** A row whose time is before 1970. */
    BEFORE_1970,
    /** A device or metric that is empty, over 128 or 255 bytes, or holds a control character. */
    INVALID_NAME,
    /** Device ids that differ in bytes but that an old collation treats as equal. */
    SIMILAR_DEVICES,
    /** A row whose identity occurs again in a later row. */
    DUPLICATE,
    /** A row further ahead of the clock than ingest accepts readings. */
    FAR_FUTURE;

    /** The spelling used in configuration, JSON and files: {@code before-1970}. */
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

  /** Called after each step of an inspection. */
  @FunctionalInterface
  interface Inspected {
    /**
     * Reports that a step is done.
     *
     * @param id all rows up to this id have been checked
     * @param rows how many have been checked in all
     */
    void upTo(long id, long rows);
  }

  /** The greatest row id; 0 in an empty table. */
  long lastId() throws UnavailableException;

  /**
   * What one step in the order of ids has read.
   *
   * @param rows rows read, whatever they are; 0 if none follows
   * @param firstId id of the first one
   * @param lastId id of the last one
   * @param skipped those that would be copied but are not readings
   * @param fromTs the earliest ts among the readings, in microseconds
   * @param toTs the latest; less than {@code fromTs} if there are no readings
   */
  record Step(long rows, long firstId, long lastId, long skipped, long fromTs, long toTs) {}

  /**
   * Whether rows with greater ids are also later, but for few: what is read in the order of ids can
   * then be written nearly in the order of time. Judged by samples.
   */
  boolean idsFollowTime(long lastId) throws UnavailableException;

  /**
   * Passes on, from the table's keys alone, the findings that must be known before anything is
   * copied, because such rows could be copied and not be taken back: similar devices, and rows in
   * the far future.
   */
  void foresee(long lastId, Consumer<Finding> each) throws UnavailableException;

  /**
   * Reads the next rows in the order of ids, and checks each. Readings are added to the batch;
   * whatever must not be copied is left out and passed on, except for what {@link #foresee} finds.
   *
   * @param afterId rows with greater ids are read
   * @param lastId the greatest id to read
   * @param rows at most so many
   * @param into the readings, in the order of ids
   * @param each takes the findings once all rows have been read
   */
  Step step(long afterId, long lastId, int rows, ReadingBatch into, Consumer<Finding> each)
      throws UnavailableException;

  /** How many rows up to this id can be copied. Reads the whole index: minutes on a big table. */
  long count(long lastId) throws UnavailableException;

  /**
   * Finds the end of the chunk of at most {@code rows} rows that follows {@code after}. A chunk
   * never spans two days, UTC: a day is a partition of the store copied to.
   *
   * @return position of the chunk's last row; empty when no row follows
   */
  Optional<Position> chunkEnd(Position after, long lastId, int rows) throws UnavailableException;

  /**
   * Adds the readings after {@code after}, up to and including {@code end}, to the batch, in order.
   *
   * @return rows in that range that are not readings (no value, or a name that breaks the rules)
   */
  long read(Position after, Position end, long lastId, ReadingBatch into)
      throws UnavailableException;

  /**
   * Checks every row up to this id and passes each finding to {@code each}. Reads the whole table,
   * in small steps so as not to load the server; {@code progress} is called after each step and may
   * throw to stop.
   */
  void inspect(long lastId, Consumer<Finding> each, Inspected progress) throws UnavailableException;

  /** Number of statements the server is running now: a measure of its load. */
  int threadsRunning() throws UnavailableException;
}
