package dev.sluice.reading;

/** Asked before memory that a client's data fills is allocated. */
@FunctionalInterface
public interface MemoryClaim {
  /** For memory that nobody limits. */
  MemoryClaim UNLIMITED = bytes -> {};

  /**
   * Claims this many bytes more. What it throws is thrown by whoever needs them, who has changed
   * nothing by then.
   */
  void claim(long bytes);
}
