package dev.sluice.fleet;

/** Told by the ledger of what it finds, as it finds it, in the ledger's thread. */
interface GapListener {
  /** A watched device has been silent for too long; last heard at this time. */
  void silent(int device, long sinceMicros);

  /** A device is back, or its gap was noticed when it was. */
  void gap(int device, long fromMicros, long toMicros, Cause cause);

  /** Many gaps began together. */
  void together(Together.Group group);
}
