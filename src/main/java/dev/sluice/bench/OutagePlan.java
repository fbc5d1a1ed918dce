package dev.sluice.bench;

/**
 * Decides which connections are offline when. At regular intervals the next share of them goes
 * offline, so that each gets its turn; one that would not be back before the end does not go,
 * because what it held back would never be sent. Immutable.
 */
final class OutagePlan {
  private final long everyNanos;
  private final long offlineNanos;
  private final long warmupNanos;
  private final long endNanos;
  private final int connections;
  private final int away;

  OutagePlan(BenchConfig config) {
    BenchConfig.Outages outages = config.outages();
    this.everyNanos = outages.every().toNanos();
    this.offlineNanos = outages.offline().toNanos();
    this.warmupNanos = config.load().warmupNanos();
    this.endNanos = config.load().endNanos();
    this.connections = config.load().connections();
    this.away =
        outages.enabled() ? Math.max(1, (int) Math.round(outages.share() * connections)) : 0;
  }

  /**
   * When a connection with something to send can send it: now, or when it is back.
   *
   * @param dueNanos from the start of the warm-up, like the result
   */
  long reachableAt(int connection, long dueNanos) {
    long counted = dueNanos - warmupNanos;
    if (away == 0 || counted < everyNanos) {
      return dueNanos;
    }
    long round = counted / everyNanos;
    long back = warmupNanos + round * everyNanos + offlineNanos;
    return dueNanos < back && back < endNanos && goes(connection, round) ? back : dueNanos;
  }

  private boolean goes(int connection, long round) {
    return (connection + round * away) % connections < away;
  }
}
