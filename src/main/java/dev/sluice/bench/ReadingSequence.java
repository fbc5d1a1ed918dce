package dev.sluice.bench;

import java.time.Duration;
import java.util.SplittableRandom;

/**
 * Device and ts of one connection's readings, one after another. Over all connections of a run no
 * pair occurs twice: a connection has its own devices or, if there are fewer devices than
 * connections, shares one and uses only microseconds with the same remainder; its clock never
 * stands still; and a late reading takes its ts from those reserved for late ones. Confined to the
 * connection's thread.
 *
 * <p>A connection that sends more readings than there are microseconds stamps them ahead of time.
 */
final class ReadingSequence {
  private static final double GOLDEN = 0.618_033_988_75;

  private final int firstDevice;
  private final int deviceStep;
  private final int deviceCount;
  private final long tickMicros;
  private final long offsetMicros;
  private final double lateShare;
  private final long windowTicks;
  private final long stride;
  private final SplittableRandom random;

  private int next;
  private int device;
  private long tick = Long.MIN_VALUE;
  private long window = Long.MIN_VALUE;
  private long lateInWindow;
  private long lateSlot;

  /**
   * @param index of this connection, from 0
   */
  ReadingSequence(
      BenchConfig.Readings readings, int connections, int index, SplittableRandom random) {
    int devices = readings.devices();
    int sharers = (connections + devices - 1) / devices;
    int kinds = readings.outOfOrder() > 0 ? 2 : 1;
    this.firstDevice = index % devices;
    this.deviceStep = connections;
    this.deviceCount = sharers > 1 ? 1 : (devices - 1 - firstDevice) / connections + 1;
    this.tickMicros = (long) sharers * kinds;
    this.offsetMicros = (long) (index / devices) * kinds;
    this.lateShare = readings.outOfOrder();
    this.windowTicks = windowTicks(readings.lateBy(), tickMicros);
    this.stride = stride(windowTicks);
    this.random = random;
    // A random start, so that a run does not use the same microseconds as the run just before it.
    this.lateSlot = random.nextLong(windowTicks);
  }

  /** Sets when the following readings were taken; if that time is used up, they get a later one. */
  void at(long micros) {
    tick = Math.max(tick, micros / tickMicros);
  }

  /** Moves to the next device and returns the ts of its reading, in microseconds. */
  long next() {
    device = firstDevice + next * deviceStep;
    next = next + 1 == deviceCount ? 0 : next + 1;
    long now = tick++;
    if (lateShare > 0 && random.nextDouble() < lateShare && mayBeLate(now)) {
      return ((window - 1) * windowTicks + lateSlot) * tickMicros + offsetMicros + 1;
    }
    return now * tickMicros + offsetMicros;
  }

  /** The device of the reading whose ts {@link #next} returned. */
  int device() {
    return device;
  }

  /**
   * Late readings sent in one time window are stamped within the window before, so they are late by
   * less than two windows, which is {@code lateBy}. A stride that has no divisor in common with the
   * window's length visits every slot once before repeating one; after that none are left.
   */
  private boolean mayBeLate(long now) {
    long current = now / windowTicks;
    if (current != window) {
      window = current;
      lateInWindow = 0;
    }
    if (lateInWindow == windowTicks) {
      return false;
    }
    lateInWindow++;
    lateSlot += stride;
    if (lateSlot >= windowTicks) {
      lateSlot -= windowTicks;
    }
    return true;
  }

  private static long windowTicks(Duration lateBy, long tickMicros) {
    return Math.max(1, lateBy.toNanos() / 1_000 / 2 / tickMicros);
  }

  private static long stride(long ticks) {
    long stride = Math.max(1, (long) (ticks * GOLDEN));
    while (greatestCommonDivisor(stride, ticks) != 1) {
      stride++;
    }
    return stride;
  }

  private static long greatestCommonDivisor(long a, long b) {
    return b == 0 ? a : greatestCommonDivisor(b, a % b);
  }
}
