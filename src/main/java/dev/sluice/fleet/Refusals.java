package dev.sluice.fleet;

/** How often ingest has turned somebody away for one reason. Any thread may ask. */
@FunctionalInterface
public interface Refusals {
  /** Requests turned away since the process started; only grows. */
  long count();
}
