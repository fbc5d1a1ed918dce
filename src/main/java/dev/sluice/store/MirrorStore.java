package dev.sluice.store;

import dev.sluice.reading.Identity;
import dev.sluice.store.ReadingSource.UnavailableException;
import java.util.Collection;
import java.util.stream.LongStream;

/** What a migration needs from the store it moves to, besides writing and reading. Thread-safe. */
public interface MirrorStore {
  /** How much of the readings table's write-ahead log has been applied. */
  WalStatus walStatus() throws UnavailableException;

  /** Whether a commit is synced before it is acknowledged. */
  boolean syncsCommits() throws UnavailableException;

  /** The days that have readings, in days since 1970, ascending; cheap. */
  LongStream days() throws UnavailableException;

  /** Whether {@link #remove} is supported at all. */
  boolean removes();

  /**
   * Removes readings, atomically for each ts, and leaves all others untouched. The caller must make
   * sure that everything written before has been applied, and must prevent other writes meanwhile.
   *
   * @throws UnsupportedOperationException unless {@link #removes}
   */
  void remove(Collection<Identity> identities) throws UnavailableException;
}
