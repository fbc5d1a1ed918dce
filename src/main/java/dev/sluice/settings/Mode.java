package dev.sluice.settings;

import dev.sluice.migration.phase.Phase;

/** What the settings are for; determines some defaults and which keys are required. */
public enum Mode {
  /** Everything embedded: no key is required. */
  UP(Phase.MIRROR, 9000, 8812),
  /** Production: the stores that the phase writes must be configured. */
  SERVE(Phase.MYSQL, 0, 0),
  /** A command that talks to a running Sluice: stores are not checked. */
  CLIENT(Phase.MYSQL, 0, 0);

  private final Phase initialPhase;
  private final int consolePort;
  private final int pgPort;

  Mode(Phase initialPhase, int consolePort, int pgPort) {
    this.initialPhase = initialPhase;
    this.consolePort = consolePort;
    this.pgPort = pgPort;
  }

  /** The default of {@code cutover.initial-phase}. */
  Phase initialPhase() {
    return initialPhase;
  }

  /** The default of {@code questdb.console-port}; 0 is off. */
  int consolePort() {
    return consolePort;
  }

  /** The default of {@code questdb.pg-port}; 0 is off. */
  int pgPort() {
    return pgPort;
  }
}
