package dev.sluice.journal;

import dev.sluice.reading.ReadingBatch;
import java.io.IOException;
import java.util.Map;

/**
 * What is left in a journal that another takes the place of: read once, each device's readings in
 * their order, from what the slowest sink in each part has not passed. Changes nothing. Confined to
 * one thread, except for {@link #left}.
 */
public interface Remains extends AutoCloseable {
  /** How far each of those asked for had come. */
  Map<String, Progress> sinks();

  /** Readings still to be read, about. */
  long left();

  /**
   * Whether all that was appended by now has been read.
   *
   * @throws IOException if that is not known
   */
  boolean isOver() throws IOException;

  /**
   * Fills the batch with the next readings, waiting at most a second where they come from
   * elsewhere; {@link ReadResult.Empty} if that gave none, which is not the end.
   *
   * @throws IOException when they cannot be read; nothing was passed over
   */
  ReadResult read(ReadingBatch batch) throws IOException;

  /** How many of the readings of the last {@link #read} this sink had passed: the first ones. */
  int passed(String sink);

  /** Where the next read goes on. */
  String place();

  /**
   * Goes on where {@link #place} was, before anything is read.
   *
   * @throws IllegalArgumentException if it is not a place of this journal
   */
  void goTo(String place);

  /** Closes what was opened to read; the journal stays open. */
  @Override
  void close();
}
