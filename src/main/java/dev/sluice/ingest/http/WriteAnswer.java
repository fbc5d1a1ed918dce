package dev.sluice.ingest.http;

import io.helidon.http.Status;

/** The answer to a write request, decided but not sent; holds nothing of the request. */
sealed interface WriteAnswer {
  /**
   * All was kept: 204.
   *
   * @param written values that need not be sent again: readings kept, and stale markers
   */
  record Complete(int written) implements WriteAnswer {}

  /**
   * Some or all was refused, whatever the status, and clients are not to send that again.
   *
   * @param written as of {@link Complete}, of what was not refused
   * @param json the body
   */
  record Never(Status status, int written, String json) implements WriteAnswer {}

  /**
   * Nothing was kept, because the client is over a limit of its own; it is to send that again: 429,
   * or 503 where clients drop what a 429 answers.
   */
  record Limited(int retrySeconds, String reason) implements WriteAnswer {}

  /** Nothing was kept, and clients are to send it again: 503. */
  record NotNow(int retrySeconds, String reason) implements WriteAnswer {}
}
