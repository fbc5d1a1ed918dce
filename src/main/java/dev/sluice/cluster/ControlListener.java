package dev.sluice.cluster;

import dev.sluice.migration.phase.PhaseRecord;

/**
 * Told what the control topic says, in its order, on the thread that reads it: while a call lasts,
 * the node hears nothing else and does not say that it is alive. So calls return at once; whatever
 * takes time, as opening a store, belongs to another thread. An exception ends the node's part in
 * the cluster, see {@link ControlTopic#failed}.
 */
public interface ControlListener {
  /** This phase is in force. Told again after a start and whenever it is read again. */
  default void phase(PhaseRecord phase) {}

  /** A flip asks that reads be held: no answer that was not sent before this returns. */
  default void held(HoldRecord hold) {}

  /** Reads may continue; if the flip was made, {@link #phase} was told before. */
  default void released() {}
}
