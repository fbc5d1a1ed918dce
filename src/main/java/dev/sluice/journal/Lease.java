package dev.sluice.journal;

/**
 * The right to write to the stores and to move their cursors. Where several processes share a
 * journal, only one has it at a time. Thread-safe, and cheap enough to be asked before each write.
 */
@FunctionalInterface
public interface Lease {
  /** For a process that shares its journal with nobody. */
  Lease ALWAYS = () -> true;

  /** Whether this process has the right now, and for as long as a write may take. */
  boolean holds();
}
