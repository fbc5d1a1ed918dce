package dev.sluice.ingest.http;

import dev.sluice.ingest.WorkArea;
import io.helidon.http.Status;

/** The outcome of reading a request's body. */
sealed interface Body {
  /** The decoded body is in the work area's {@link WorkArea#body()} and has this many bytes. */
  record Complete(int length) implements Body {}

  /** This body will never be accepted. */
  record Refused(Status status, String reason) implements Body {}
}
