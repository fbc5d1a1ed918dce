package dev.sluice.journal;

import dev.sluice.reading.ReadingBatch;
import java.io.IOException;
import java.time.Duration;
import java.util.function.BooleanSupplier;

/**
 * One sink's way through the log: what comes next, and how far it is durably done. Confined to the
 * thread that delivers, except for {@link #kept}, {@link #end}, {@link #mark} and {@link #wake},
 * which any thread may call.
 *
 * <p>A new feed starts at the progress kept. A sink has one feed at a time. Its offsets count the
 * readings in the order in which this feed gives them; what they mean to other feeds, and to those
 * who append, is a {@link Mark}.
 */
public interface Feed extends AutoCloseable {
  /** The progress last kept: readings from there on are read again after a restart. */
  Progress kept();

  /**
   * The offset this feed will be at when it has read everything appended by now. An estimate where
   * readings can only be counted by reading them; exact once none but those at hand are unread.
   */
  long end();

  /**
   * How long ago it was last certain that this feed had given everything appended: its silence says
   * nothing about what was appended since. Zero where that is always certain.
   */
  Duration unheard();

  /**
   * The mark that this feed's sink has reached once it has everything before the offset.
   *
   * @param offset no less than that of {@link #kept}, and no more than has been read
   */
  Mark mark(long offset);

  /**
   * The mark that nothing read so far is at or behind. It is not before {@link #mark} of what has
   * been read, and beyond it where a journal has no place for a reading in the middle of a record.
   * For the thread that reads only.
   */
  Mark given();

  /**
   * Waits until this many readings are unread, the time is over, the journal closes, or {@code
   * enough} holds, which is asked before waiting and at every {@link #wake}.
   *
   * @return whether there are that many
   */
  boolean await(int readings, Duration atMost, BooleanSupplier enough) throws InterruptedException;

  /** Makes those in {@link #await} ask again whether they have waited enough. */
  void wake();

  /**
   * Clears the batch, fills it with at most {@code limit} consecutive readings and moves past them.
   * What can no longer be read is answered as {@link ReadResult.Lost} once and passed over.
   *
   * @throws IOException when the journal cannot be read or is closed; the feed has not moved
   */
  ReadResult read(ReadingBatch batch, int limit) throws IOException;

  /**
   * Same as {@link #read}, but takes no more than what is left of one frame: the readings of one
   * request, or a part of them, all appended at the time that {@link ReadResult.Filled} names.
   */
  ReadResult readFrame(ReadingBatch batch) throws IOException;

  /**
   * Moves to this offset, which is not before the progress kept: for a reader whose own state is
   * further on than its cursor. A journal without one order passes over as many readings, which
   * after a restart may be others.
   */
  void seek(long offset);

  /**
   * Keeps the progress durably; the journal may then delete what every sink has passed.
   *
   * @throws IOException when it may not be durable, or the journal is closed: what was kept before
   *     still counts, and delivering those readings again is harmless
   * @throws AssertionError for progress before the one kept or beyond the journal's end
   */
  void keep(Progress progress) throws IOException;

  /** Goes back to the progress kept: what follows it is read again. */
  void back();

  /** Closes the files this feed reads; the progress kept stays open with the journal. */
  @Override
  void close();
}
