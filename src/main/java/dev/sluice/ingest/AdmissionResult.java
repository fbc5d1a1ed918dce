package dev.sluice.ingest;

import dev.sluice.http.limit.OverLimit;
import dev.sluice.ingest.format.Rejections;

/** What became of a request's readings. A request that is not accepted left nothing behind. */
public sealed interface AdmissionResult {
  /**
   * The request was read to its end, and its good readings are in the journal.
   *
   * @param count readings kept; 0 if the request had none, or was to be kept as a whole and some
   *     are refused: then the journal was not asked
   * @param rejections what was refused of it; the work area's, so gone when that is given back
   */
  record Accepted(int count, Rejections rejections) implements AdmissionResult {}

  /**
   * The body cannot be read, and never will be.
   *
   * @param reason what is wrong, and where
   */
  record Refused(String reason) implements AdmissionResult {}

  /**
   * The readings are more than one request may have.
   *
   * @param reason what there is too much of
   */
  record TooLarge(String reason) implements AdmissionResult {}

  /**
   * The journal cannot take more now. Delivery makes room, so the sender may try again.
   *
   * @param reason fit for any sender: names no paths
   */
  record Full(String reason) implements AdmissionResult {}

  /**
   * This process takes no readings: it is starting or shutting down, or its journal is closed or
   * has failed. The sender may try again, as after a restart.
   *
   * @param reason fit for any sender: names no paths
   */
  record Closed(String reason) implements AdmissionResult {}

  /**
   * A limit on what all requests take together, on what one client takes, or on new days, leaves no
   * room for this one.
   */
  sealed interface NoRoom extends AdmissionResult {}

  /**
   * The request would not fit even if it were the only one.
   *
   * @param reason what there is too much of, observed against allowed
   */
  record NeverFits(String reason) implements NoRoom {}

  /**
   * Other requests hold the memory that this one needs.
   *
   * @param reason what there is too much of, observed against allowed
   */
  record Busy(String reason) implements NoRoom {}

  /**
   * The client is over a limit of its own.
   *
   * @param over which, and for how long
   */
  record Limited(OverLimit over) implements NoRoom {}

  /**
   * The readings are of too many days that have none yet.
   *
   * @param reason how many, observed against allowed
   * @param afterSeconds seconds until that many are allowed, at least 1
   */
  record TooManyNewDays(String reason, int afterSeconds) implements NoRoom {}
}
