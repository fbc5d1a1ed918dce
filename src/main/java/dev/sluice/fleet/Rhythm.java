package dev.sluice.fleet;

import dev.sluice.fleet.Devices.Page;

/**
 * How often a device is heard: its typical interval and the mean deviation from it, both as moving
 * averages with a weight of 1/16, which is how RFC 3550 reckons jitter. Stateless; all of it is in
 * the device's row.
 *
 * <p>What would spoil the averages is left out: a gap, arrivals in bursts (shorter than an eighth
 * of the interval), and what a sensor saved up while it was away. A device that changes its ways is
 * learned again: after {@value #GAPS_TO_RELEARN} gaps, or {@value #BURSTS_TO_RELEARN} short
 * intervals, in a row.
 */
final class Rhythm {
  /** Intervals after which a device is watched. */
  static final int ENOUGH = 8;

  private static final float WEIGHT = 1f / 16;

  /** A steady sensor is not silent for a network's hiccup: jitter counts as at least this share. */
  private static final float LEAST_JITTER = 1f / 16;

  private static final float SILENCE_JITTERS = 4;
  private static final float BURST_SHARE = 1f / 8;
  private static final float CYCLE = 4;
  private static final int BURSTS_TO_RELEARN = 31;
  private static final int GAPS_TO_RELEARN = 3;
  private static final int BURST_MASK = 31;
  private static final int GAP_STEP = 32;

  private Rhythm() {}

  static boolean known(Page page, int i) {
    return page.seen(i) >= ENOUGH;
  }

  /** What jitter may add to the interval before a device is silent, in seconds. */
  static float slack(Page page, int i) {
    return SILENCE_JITTERS * Math.max(page.jitter(i), LEAST_JITTER * page.interval(i));
  }

  /** When a device is overdue, if not yet silent: seconds since its last arrival. */
  static float lateAfter(Page page, int i) {
    return page.interval(i) + slack(page, i) / 2;
  }

  /** Forgets what was learned. */
  static void relearn(Page page, int i) {
    page.seen(i, (byte) 0);
    page.runs(i, (byte) 0);
  }

  /**
   * Takes in an interval that is no gap.
   *
   * @param seconds between two arrivals
   * @param tsSeconds between the newest ts of each
   */
  static void arrived(Page page, int i, float seconds, float tsSeconds) {
    float interval = page.interval(i);
    int seen = page.seen(i);
    if (seen > 0 && seconds < interval * BURST_SHARE) {
      burst(page, i, tsSeconds >= interval / 2);
      return;
    }
    if (seen < ENOUGH) {
      learn(page, i, seen, seconds);
    } else {
      float deviation = Math.abs(seconds - interval);
      page.interval(i, interval + (seconds - interval) * WEIGHT);
      page.jitter(i, page.jitter(i) + (deviation - page.jitter(i)) * WEIGHT);
    }
    page.runs(i, (byte) 0);
  }

  /** Takes in that there was a gap of this length. */
  static void gap(Page page, int i, float seconds) {
    int runs = (page.runs(i) & 0xff) / GAP_STEP + 1;
    page.runs(i, (byte) (runs * GAP_STEP));
    if (runs == GAPS_TO_RELEARN) {
      relearn(page, i);
      learn(page, i, 0, seconds);
    }
  }

  /** What was saved up says nothing: the sensor's own time moves on as usual. */
  private static void burst(Page page, int i, boolean savedUp) {
    if (savedUp) {
      return;
    }
    if ((page.runs(i) & BURST_MASK) == BURSTS_TO_RELEARN) {
      relearn(page, i);
    } else {
      page.runs(i, (byte) (page.runs(i) + 1));
    }
  }

  /** Plain means at first. An interval of another order begins again: it is that of the cycle. */
  private static void learn(Page page, int i, int seen, float seconds) {
    if (seen == 0 || seconds > page.interval(i) * CYCLE) {
      page.interval(i, seconds);
      page.jitter(i, 0);
      page.seen(i, (byte) 1);
      return;
    }
    float interval = page.interval(i) + (seconds - page.interval(i)) / (seen + 1);
    float deviation = Math.abs(seconds - interval);
    page.jitter(i, page.jitter(i) + (deviation - page.jitter(i)) / seen);
    page.interval(i, interval);
    page.seen(i, (byte) (seen + 1));
  }
}
