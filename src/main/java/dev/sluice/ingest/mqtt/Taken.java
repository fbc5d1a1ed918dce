package dev.sluice.ingest.mqtt;

import java.util.List;

/**
 * What became of a batch.
 *
 * @param answers for its first messages, in their order; those that are kept are in the journal
 * @param retryMs after which the others may be tried again; 0 if there are none
 */
record Taken(List<Answer> answers, long retryMs) {
  /** All of it is settled. */
  static Taken all(List<Answer> answers) {
    return new Taken(answers, 0);
  }

  /** Nothing of it is settled. */
  static Taken notNow(long retryMs) {
    return new Taken(List.of(), retryMs);
  }
}
