package dev.sluice.store;

import dev.sluice.reading.Identity;
import dev.sluice.store.ReadingSource.UnavailableException;
import java.util.Collection;
import java.util.stream.LongStream;

/** What the migration asks of the store it moves to, beside writing and reading. Thread-safe. */
public interface MirrorStore {
  /** How far the readings table is applied. */
  WalStatus walStatus() throws UnavailableException;

  /** Whether a commit is synced before it is acknowledged. */
  boolean syncsCommits() throws UnavailableException;

  /** The days, since 1970, that have readings, ascending; cheap. */
  LongStream days() throws UnavailableException;

  /** Whether {@link #remove} can be done at all. */
  boolean removes();

  /**
   * Takes readings out, atomically for each ts, and leaves all others as they are. The caller sees
   * to it that nothing else is written meanwhile and that all before is applied.
   *
   * @throws UnsupportedOperationException unless {@link #removes}
   */
  void remove(Collection<Identity> identities) throws UnavailableException;
}
