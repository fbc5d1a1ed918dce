package dev.sluice.migration.phase;

import java.io.IOException;
import java.time.Instant;
import java.util.Optional;

/** Who keeps the phase: a file of this process, or a topic that several share. */
public interface Phases {
  /**
   * The kept record; empty when there is none. Changes nothing.
   *
   * @throws IOException when it cannot be read or understood
   */
  Optional<PhaseRecord> kept() throws IOException;

  /**
   * The kept record, or, where there has never been one, this first one, which is then kept.
   *
   * @param readings whether the journal has ever taken one
   * @throws IOException when it cannot be read, understood or written, or is lost: when there is
   *     none, though there must have been
   */
  PhaseRecord openWith(Phase initial, Instant now, boolean readings) throws IOException;

  /**
   * Keeps the record that follows the one in force.
   *
   * @throws IOException when {@code present} is not what is kept, or the write failed: {@link
   *     #kept} then tells which of the two is kept
   * @throws IllegalArgumentException when {@code next} cannot follow {@code present}
   */
  void keep(PhaseRecord present, PhaseRecord next) throws IOException;

  /** The id of this process among those that share the phase; empty if it is alone. */
  String node();

  /** Why this process may not change the phase now, and who may; empty if it may. */
  Optional<String> objection();
}
