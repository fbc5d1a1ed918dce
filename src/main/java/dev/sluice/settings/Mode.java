package dev.sluice.settings;

import dev.sluice.migration.phase.Phase;

/** What the settings are for; determines one default and which keys are required. */
public enum Mode {
  /** Everything embedded: no key is required. */
  UP(Phase.MIRROR),
  /** Production: the stores that the phase writes must be configured. */
  SERVE(Phase.MYSQL),
  /** A command that talks to a running Sluice: stores are not checked. */
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
