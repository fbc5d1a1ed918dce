package dev.sluice.cluster;

/**
 * What a node writes about once a second. Immutable.
 *
 * @param info what it is
 * @param instance random, of this process
 * @param beat the process's own monotonic clock in nanoseconds when it wrote this; means nothing to
 *     others
 * @param epoch of the phase it follows; 0 while it knows none
 * @param holding offset of the {@link HoldRecord} for which it holds reads; -1 if it holds none
 * @param leads whether it leads
 * @param share its part in the delivery
 */
public record NodeRecord(
    NodeInfo info,
    String instance,
    long beat,
    long epoch,
    long holding,
    boolean leads,
    NodeShare share) {

  /** Whether it holds reads for a flip. */
  public boolean holds() {
    return holding >= 0;
  }
}
