package dev.sluice.server;

import java.io.IOException;

/**
 * Has this process deliver every partition while it changes what is delivered to. Thread-safe.
 * Where a journal is not shared, it always does.
 */
interface Recall {
  Recall NEEDLESS =
      new Recall() {
        @Override
        public void recall() {}

        @Override
        public void release() {}
      };

  /**
   * Waits until this process delivers everything; so it does until {@link #release}, which must
   * follow in any case.
   *
   * @throws IOException if others do not give back what they deliver: nothing may change then
   */
  void recall() throws IOException, InterruptedException;

  void release();
}
