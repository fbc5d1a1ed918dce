package dev.sluice.http.connection;

/** How many connections a listener has accepted, including those turned away. Thread-safe. */
@FunctionalInterface
public interface AcceptCount {
  /** A listener that does not exist yet. */
  AcceptCount NONE = () -> 0;

  long accepted();
}
