package dev.sluice.migration;

import dev.sluice.journal.Mark;
import dev.sluice.migration.phase.Role;
import dev.sluice.reading.Reading;
import java.io.IOException;
import java.util.Optional;

/**
 * What the migration may do with the running process; the root wires it. {@link #pair()} and the
 * marks from any thread; the rest only from a phase change, of which there is one at a time.
 */
public interface Stores {
  /** What the stores are called, whether they are open or not. */
  StoreNames names();

  /** Both stores; empty while only one is written. */
  Optional<Pair> pair();

  /** The same as a phase change sees them. */
  default Optional<Sides> sides() {
    return pair().map(Pair::sides);
  }

  /** The journal's end: everything acknowledged is before it. */
  Mark journalEnd();

  /**
   * Appends one reading as ingest would.
   *
   * @return whoever has reached it has the reading
   * @throws IOException if the journal refuses it
   */
  Mark append(Reading reading) throws IOException;

  /**
   * Opens the new store and a cursor for it at the journal's end, replacing any older one, and
   * starts delivering to it. Called before the phase that writes it is kept: after a crash in
   * between, the cursor exists but is not used.
   *
   * @throws IOException if the store cannot be used; nothing is left open
   */
  void joinNext() throws IOException;

  /**
   * Ends delivery to the store in this role, closes it and forgets its cursor. Called after the
   * phase that no longer writes it is kept. Never throws.
   */
  void leave(Role role);

  /** What is wrong with the schemas of the stores being written; empty if nothing is. */
  Optional<String> schemaProblem();

  /**
   * The same for one store only: going back to MySQL must not depend on what is wrong with QuestDB.
   */
  Optional<String> schemaProblem(Role role);
}
