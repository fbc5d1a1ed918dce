package dev.sluice.server;

import dev.sluice.http.Availability;
import dev.sluice.http.Gate;
import dev.sluice.http.connection.ListenerWatch;
import java.util.Optional;

/** A process that takes no readings in is there once it has started and until it stops. */
record ReadAvailability(Gate gate, Availability tokens, ListenerWatch listeners)
    implements Availability {
  @Override
  public Optional<String> refusal() {
    return gate.state() == Gate.State.SHUT
        ? tokens.refusal().or(listeners::refusal)
        : Optional.of(gate.state().reason());
  }
}
