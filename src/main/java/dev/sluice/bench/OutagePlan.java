package dev.sluice.bench;

/**
 * Which connections are away when. Every so often the next share of them goes, so that each has its
 * turn; nobody goes who would not be back before the end, for what it kept would not be sent.
 * Immutable.
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
   * When a connection that has something to send can: now, or when it is back.
   *
   * @param dueNanos from the start of the warm-up, as the result
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
