package dev.sluice.store.questdb.engine;

import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;
import java.time.Duration;

/**
 * What people's queries may take, on the console and the PG wire.
 *
 * @param time of one query, whatever timeout its sender asks for
 * @param memoryBytes the engine's own memory, of all of them together; files that it maps are not
 *     part of it
 */
record QueryLimits(Duration time, long memoryBytes) {
  private static final Duration TIME = Duration.ofMinutes(1);
  private static final long LEAST_BYTES = 256L << 20;
  private static final int SHARE = 8;

  /** A minute, and an eighth of the memory of the machine or container. */
  static QueryLimits here() {
    long total =
        ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class).getTotalMemorySize();
    return new QueryLimits(TIME, Math.max(LEAST_BYTES, total / SHARE));
  }
}
