package dev.sluice.fleet;

import dev.sluice.journal.Mark;
import java.nio.file.Path;

/** Is told of each snapshot of a fleet ledger. */
@FunctionalInterface
public interface SnapshotListener {
  /**
   * This file has been replaced, and the cursor is kept at its offset. Called by the ledger's
   * thread, which waits meanwhile.
   *
   * @param offset of the first reading that is not in it
   * @param mark where in the journal that is
   */
  void written(Path file, long offset, Mark mark);
}
