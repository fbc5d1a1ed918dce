package dev.sluice.store;

/**
 * Whether this process may still write to a store that others write to as well. Asked by a sink
 * before each thing it sends, as late as it can: a process can be stopped between the question and
 * the write, and whoever writes meanwhile must not be overwritten once it goes on. Thread-safe, and
 * cheap.
 */
@FunctionalInterface
public interface WritePermit {
  /** For a process that shares its stores with nobody. */
  WritePermit ALWAYS = () -> true;

  /** Why nothing more is written once it is gone. */
  String GONE = "this node may not write to it now: another one may";

  /** Whether something may be sent now. */
  boolean holds();
}
