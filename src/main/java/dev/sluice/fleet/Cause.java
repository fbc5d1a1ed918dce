package dev.sluice.fleet;

/** Why a device had a gap, from what Sluice knows. The first that applies is the cause. */
enum Cause {
  /** This process was stopped, or paused for long, when the device was due. */
  SLUICE_DOWN(0, "sluice-down"),
  /**
   * Ingest answered "not now", or turned a client over its limit away, or the kernel dropped
   * connections, when the device was due.
   */
  REFUSED(1, "refused"),
  /** A large share of the fleet fell silent at the same time. */
  FLEET(2, "fleet"),
  /** The readings came afterwards: the sensor took and kept them. */
  LATE(3, "late"),
  /** None of the above: the device itself, or its own way to here. */
  DEVICE(4, "device");

  private static final Cause[] ALL = values();

  private final int code;
  private final String label;

  Cause(int code, String label) {
    this.code = code;
    this.label = label;
  }

  /** Its name in answers and metrics. */
  String label() {
    return label;
  }

  /** Its number in snapshots; also its place in {@link #values()}. */
  int code() {
    return code;
  }

  static Cause of(int code) {
    return ALL[code];
  }
}
