package dev.sluice.migration.phase;

/** Who knows the phase in force. Thread-safe. */
@FunctionalInterface
public interface PhaseInForce {
  PhaseRecord phase();
}
