package dev.sluice.ingest.mqtt;

/**
 * What its sender is told of a message.
 *
 * @param reason what is wrong with it; empty if nothing is
 */
record Answer(Fate fate, String reason) {
  static final Answer KEPT = new Answer(Fate.KEPT, "");
}
