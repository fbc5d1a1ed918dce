package dev.sluice.ingest.http;

import io.helidon.http.Status;

/** The answer to a write request, decided but not sent; holds nothing of the request. */
sealed interface WriteAnswer {
  /** All was kept: 204. */
  record Complete() implements WriteAnswer {
    static final Complete INSTANCE = new Complete();
  }

  /**
   * Some or all was refused, whatever the status, and clients are not to send that again.
   *
   * @param json the body
   */
  record Never(Status status, String json) implements WriteAnswer {}

  /**
   * Nothing was kept, because the client is over a limit of its own; it is to send that again: 429,
   * or 503 where clients drop what a 429 answers.
   */
  record Limited(int retrySeconds, String reason) implements WriteAnswer {}

  /** Nothing was kept, and clients are to send it again: 503. */
  record NotNow(int retrySeconds, String reason) implements WriteAnswer {}
}
