package dev.sluice.journal.disk;

import dev.sluice.journal.Progress;
import java.io.IOException;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How far one sink has come, kept durably. One thread advances, and nobody may interrupt it while
 * it does: an interrupt in the middle of file I/O closes the file. {@link #state()} from any
 * thread.
 */
final class Cursor {
  private static final Logger LOG = LoggerFactory.getLogger(Cursor.class);

  private final String name;
  private final CursorFile file;
  private final Tail tail;
  private final Cursors all;
  private final Segments segments;
  private final ReentrantLock fileLock = new ReentrantLock();
  private volatile Progress state;
  private boolean closed;

  Cursor(String name, CursorFile file, Tail tail, Cursors all, Segments segments) {
    this.name = name;
    this.file = file;
    this.tail = tail;
    this.all = all;
    this.segments = segments;
    this.state = file.state();
  }

  /** The state last persisted. */
  Progress state() {
    return state;
  }

  /** What to add to the offsets of this sink for those of the journal. */
  long shift() {
    return file.shift();
  }

  /** The journal's offset of the first reading not settled. */
  long place() {
    return state.offset() + shift();
  }

  /**
   * Persists the state durably, then lets the journal delete segments nobody needs.
   *
   * @throws IOException when it may not be durable, or cursor or journal is closed: the state is
   *     unchanged, and delivering those readings again is harmless
   * @throws AssertionError for a state behind the present one or beyond the journal's end
   */
  void advance(Progress next) throws IOException {
    fileLock.lock();
    try {
      if (closed) {
        throw new IOException("cursor " + name + " cannot advance: it, or the journal, is closed");
      }
      check(next);
      file.write(next);
      state = next;
    } finally {
      fileLock.unlock();
    }
    all.deletePassed(segments);
  }

  void close() {
    fileLock.lock();
    try {
      closed = true;
      file.close();
    } catch (IOException e) {
      LOG.warn("cursor {} did not close", name, e);
    } finally {
      fileLock.unlock();
    }
  }

  private void check(Progress next) {
    if (next.origin() != state.origin()
        || next.offset() < state.offset()
        || next.offset() + shift() > tail.nextOffset()) {
      throw new AssertionError(
          "cursor "
              + name
              + " cannot go from "
              + state
              + " to "
              + next
              + ", the journal ends at "
              + tail.nextOffset());
    }
  }
}
