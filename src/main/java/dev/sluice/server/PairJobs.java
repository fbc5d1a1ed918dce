package dev.sluice.server;

/** What works with both stores, and must know when one of them leaves or joins. */
interface PairJobs {
  /** As long as there is nothing that does. */
  PairJobs NONE =
      new PairJobs() {
        @Override
        public void end() {}

        @Override
        public boolean forget() {
          return true;
        }
      };

  /** Ends the work, before a store that leaves is closed; there is no pair any more. */
  void end();

  /**
   * Forgets what was found out about an earlier mirror, before the new store joins.
   *
   * @return false if it could not be forgotten: the store must not join then
   */
  boolean forget() throws InterruptedException;
}
