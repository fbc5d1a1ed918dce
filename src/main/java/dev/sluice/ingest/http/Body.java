package dev.sluice.ingest.http;

import dev.sluice.ingest.WorkArea;
import io.helidon.http.Status;

/** What became of reading a request's body. */
sealed interface Body {
  /** The decoded body is in the work area's {@link WorkArea#body()}, this many bytes of it. */
  record Complete(int length) implements Body {}

  /** This body will never be taken. */
  record Refused(Status status, String reason) implements Body {}
}
