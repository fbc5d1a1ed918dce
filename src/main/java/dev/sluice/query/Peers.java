package dev.sluice.query;

import java.io.IOException;
import java.time.Duration;

/**
 * The other processes that answer reads of the same stores, as {@link Reads} needs them.
 * Thread-safe.
 */
public interface Peers {
  /** There are none. */
  Peers NONE =
      new Peers() {
        @Override
        public boolean knowPhase() {
          return true;
        }

        @Override
        public String ignorance() {
          return "";
        }

        @Override
        public void hold(long epoch, Duration atMost) {}

        @Override
        public void release() {}
      };

  /**
   * Whether this process knows the phase in force, and so which store is read. Asked before a read
   * and again before its answer: cheap, takes no lock.
   */
  boolean knowPhase();

  /** Why it does not. */
  String ignorance();

  /**
   * Has all of them hold their reads; returns when each does, or can answer none.
   *
   * @param epoch of the phase to come
   * @param atMost how long the hold is meant to last
   * @throws IOException if that cannot be known; they are released then
   */
  void hold(long epoch, Duration atMost) throws IOException, InterruptedException;

  /** Lets them continue, unless the new phase has. */
  void release();
}
