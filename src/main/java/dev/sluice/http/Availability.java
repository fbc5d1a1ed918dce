package dev.sluice.http;

import java.util.Optional;

/** Whether ingest would take a request now. Thread-safe; anyone may see the answer. */
@FunctionalInterface
public interface Availability {
  /** Why a request would be turned away now; empty if it would not. */
  Optional<String> refusal();
}
