package dev.sluice.settings;

import dev.sluice.migration.phase.Phase;

/** What the settings are for; decides one default and which keys must be there. */
public enum Mode {
  /** Everything embedded: nothing has to be set. */
  UP(Phase.MIRROR),
  /** Production: the stores that the phase writes have to be named. */
  SERVE(Phase.MYSQL),
  /** A command that talks to a running Sluice: stores do not matter. */
  CLIENT(Phase.MYSQL);

  private final Phase initialPhase;

  Mode(Phase initialPhase) {
    this.initialPhase = initialPhase;
  }

  /** The default of {@code cutover.initial-phase}. */
  Phase initialPhase() {
    return initialPhase;
  }
}
