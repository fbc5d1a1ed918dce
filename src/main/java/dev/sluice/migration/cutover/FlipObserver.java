package dev.sluice.migration.cutover;

import dev.sluice.migration.phase.PhaseRecord;

/** Follows a phase change while it is carried out, on its thread. */
interface FlipObserver {
  /** A step begins; {@code what} describes it. */
  void step(String what);

  /** The new record is kept, and so in force. */
  void inForce(PhaseRecord next);
}
