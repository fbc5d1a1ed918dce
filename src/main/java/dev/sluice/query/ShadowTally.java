package dev.sluice.query;

/** Who counts what shadow reads found. Thread-safe. */
@FunctionalInterface
public interface ShadowTally {
  ShadowCounts counts();
}
