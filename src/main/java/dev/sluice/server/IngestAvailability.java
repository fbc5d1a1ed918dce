package dev.sluice.server;

import dev.sluice.http.Availability;
import dev.sluice.http.Gate;
import dev.sluice.http.connection.ListenerWatch;
import dev.sluice.journal.Journal;
import java.util.Optional;

/**
 * Ingest takes a request while the gate is open, the journal has room, tokens can be checked and
 * the ports accept.
 */
record IngestAvailability(
    Gate gate, Availability move, Journal journal, Availability tokens, ListenerWatch listeners)
    implements Availability {
  @Override
  public Optional<String> refusal() {
    if (gate.state() != Gate.State.OPEN) {
      return Optional.of(
          gate.state().reason()
              + move.refusal().map(progress -> ", and moves its journal: " + progress).orElse(""));
    }
    // Anyone may see this; the journal's own reason names paths, and is in the status and the log.
    return journal.stats().full().isEmpty()
        ? tokens.refusal().or(listeners::refusal)
        : Optional.of("journal has no room, or cannot be written: see GET /v1/status, and the log");
  }
}
