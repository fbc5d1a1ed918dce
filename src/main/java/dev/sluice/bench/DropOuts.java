package dev.sluice.bench;

import java.util.SplittableRandom;

/**
 * A sensor that drops out now and then: it sends nothing for four to ten of its turns, and what it
 * would have sent is lost. Confined to the connection's thread.
 */
final class DropOuts {
  private static final int LEAST_TURNS = 4;
  private static final int MOST_TURNS = 10;
  private static final double MEAN_TURNS = (LEAST_TURNS + MOST_TURNS) / 2.0;

  private final double chance;
  private final SplittableRandom random;
  private int left;

  /**
   * @param share of the turns that are missed, 0 to below 1
   */
  DropOuts(double share, SplittableRandom random) {
    this.chance = share / (MEAN_TURNS * (1 - share) + share);
    this.random = random;
  }

  /** Moves to the next turn; whether it is missed. */
  boolean misses() {
    if (left > 0) {
      left--;
      return true;
    }
    if (random.nextDouble() >= chance) {
      return false;
    }
    left = random.nextInt(LEAST_TURNS, MOST_TURNS + 1) - 1;
    return true;
  }
}
