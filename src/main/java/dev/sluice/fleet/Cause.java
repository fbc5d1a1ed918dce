package dev.sluice.fleet;

/** Why a device had a gap, from what Sluice knows. The first that applies is the cause. */
enum Cause {
  /** This process was stopped, or paused for long, when the device was due. */
  SLUICE_DOWN("sluice-down"),
  /** Ingest answered "not now", or the kernel dropped connections, when the device was due. */
  REFUSED("refused"),
  /** A large share of the fleet fell silent at the same time. */
  FLEET("fleet"),
  /** The readings came afterwards: the sensor took and kept them. */
  LATE("late"),
  /** None of the above: the device itself, or its own way to here. */
  DEVICE("device");

  private static final Cause[] ALL = values();

  private final String label;

  Cause(String label) {
    this.label = label;
  }

  /** Its name in answers and metrics. */
  String label() {
    return label;
  }

  static Cause of(int ordinal) {
    return ALL[ordinal];
  }
}
