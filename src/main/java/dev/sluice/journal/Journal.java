package dev.sluice.journal;

import java.io.IOException;
import java.util.List;
import java.util.concurrent.CompletionStage;

/**
 * The bounded durable log of this process: readings go in at one end, and each sink reads them at
 * its own pace through a feed. Thread-safe. How it is kept is up to the implementation.
 */
public interface Journal extends Appender, AutoCloseable {
  /**
   * The named sink's feed, at its cursor: as persisted, or at the oldest reading kept when there is
   * none or it is unreadable. Open all feeds before the first one moves its cursor: only opened
   * cursors hold readings back.
   */
  Feed feed(String sink) throws IOException;

  /**
   * A feed with a new cursor of this name at the journal's end, durably in the place of any older
   * one: of that one nothing counts any more, whether it was opened or not. Every reading
   * acknowledged after this returns comes through this feed. A crash leaves the old cursor, the new
   * one, or none.
   *
   * @throws IOException when it may not be durable, or the journal is closed: no cursor of this
   *     name is open then, and the old or the new one may be found by {@link #feed}
   */
  Feed feedAtEnd(String sink) throws IOException;

  /**
   * Same as {@link #feed}, for a reader that must never be the reason for a full journal: what it
   * has not read is kept for it only within half of what the journal may hold. What is deleted
   * before it was read is answered as {@link ReadResult.Lost}, once, and does not count as lost by
   * the journal.
   */
  Feed yieldingFeed(String reader) throws IOException;

  /**
   * Closes the named cursor and deletes it durably; nothing is kept for it any more. Nothing
   * happens when there is none.
   *
   * @throws IOException when a crash may bring it back: nothing is kept for it anyway
   */
  void forgetCursor(String sink) throws IOException;

  /**
   * Places the cursor of a sink that comes from another journal: at this mark, durably, with the
   * progress it had there, in the place of any cursor of this name. Its feed counts on from that
   * progress. A crash leaves the old cursor or the new one.
   *
   * @throws IOException when it may not be durable, or the journal is closed
   */
  void adopt(String sink, Progress progress, Mark at) throws IOException;

  /** The mark of this journal that {@code Mark.toString} named. */
  Mark mark(String named);

  /**
   * How many readings were appended behind this mark by now; reads them where offsets do not tell.
   */
  long readingsBehind(Mark mark) throws IOException;

  /**
   * What some of these have not passed yet, for a journal that takes the place of this one. While
   * it is read, nobody else may append, and no feed of these may be open.
   *
   * @param sinks must lose nothing: one without a cursor begins at the oldest reading kept
   * @param readers others; one without a cursor is left out
   */
  Remains remains(List<String> sinks, List<String> readers) throws IOException;

  /**
   * Makes everything acknowledged as durable as this journal ever does.
   *
   * @throws IOException when it may not be: the journal fails for good
   */
  void sync() throws IOException;

  JournalStats stats();

  /**
   * Completes, with the reason, when the journal fails permanently, and never otherwise: the time
   * to exit non-zero. Whoever is told may close the journal.
   */
  CompletionStage<String> failed();

  /**
   * Refuses new appends and makes the running ones durable; reading and cursors go on, so that
   * delivery can be stopped after ingest. {@link #close()} does the rest.
   */
  void stopAppends();

  @Override
  void close();
}
