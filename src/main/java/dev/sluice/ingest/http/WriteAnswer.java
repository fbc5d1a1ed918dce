package dev.sluice.ingest.http;

import io.helidon.http.Status;

/** The answer to a write request, decided but not sent; holds nothing of the request. */
sealed interface WriteAnswer {
  /**
   * All was kept: 204, or OTLP's 200.
   *
   * @param written values that need not be sent again: readings kept, and stale markers
   */
  record Complete(int written) implements WriteAnswer {}

  /**
   * Some or all data points of an OTLP request were refused, and clients are not to send those
   * again: 200.
   *
   * @param points how many were refused
   * @param reason which were, the first ones, and why
   */
  record Partly(int points, String reason) implements WriteAnswer {}

  /**
   * Some or all was refused, whatever the status, and clients are not to send that again.
   *
   * @param written as of {@link Complete}, of what was not refused
   * @param reason why
   * @param json the body, for clients of formats without one of their own
   */
  record Never(Status status, int written, String reason, String json) implements WriteAnswer {}

  /**
   * Nothing was kept, because the client is over a limit of its own; it is to send that again: 429,
   * or 503 where clients drop what a 429 answers.
   */
  record Limited(int retrySeconds, String reason) implements WriteAnswer {
    String message() {
      return "%s; nothing was stored, send it again in %s s".formatted(reason, retrySeconds);
    }
  }

  /** Nothing was kept, and clients are to send it again: 503. */
  record NotNow(int retrySeconds, String reason) implements WriteAnswer {
    String message() {
      return reason + "; nothing was stored, try again";
    }
  }
}
