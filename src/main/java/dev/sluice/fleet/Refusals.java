package dev.sluice.fleet;

/** How often ingest has answered "not now". Any thread may ask. */
@FunctionalInterface
public interface Refusals {
  /** Requests turned away since the process started; only grows. */
  long count();
}
