package dev.sluice.ingest;

import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.HdrHistogram.Histogram;
import org.HdrHistogram.Recorder;

/**
 * How long ingest takes to answer once it has a request's body: parsing, appending, the ack, the
 * answer. How fast a client sends its body is not counted: nothing in this process can change that.
 * Nor are requests that found no room. Thread-safe; recording allocates nothing and never waits.
 *
 * <p>The quantiles cover the time between the last two queries that were at least a second apart:
 * the last second for a caller that asks constantly, the last scrape interval for a scraper. So a
 * caller that has not asked for a long time should not act on the first answer alone. Zero if there
 * was no request.
 */
public final class IngestLatency {
  private static final long WINDOW_NANOS = TimeUnit.SECONDS.toNanos(1);
  private static final long MOST_MICROS = TimeUnit.MINUTES.toMicros(10);

  /** Two digits: 1 % is more precise than a second's worth of requests. */
  private static final int DIGITS = 2;

  private final Recorder recorder = new Recorder(1, MOST_MICROS, DIGITS);
  private final ReentrantLock lock = new ReentrantLock();
  private Histogram window = recorder.getIntervalHistogram();
  private long windowEndNanos = System.nanoTime();

  public IngestLatency() {}

  /** Records how long one request took to answer. */
  public void record(long nanos) {
    recorder.recordValue(Math.clamp(nanos / 1_000, 1, MOST_MICROS));
  }

  /** The latency that this share of requests, from 0 to 1, did not exceed. */
  public Duration quantile(double share) {
    return quantile(share, System.nanoTime());
  }

  Duration quantile(double share, long nowNanos) {
    lock.lock();
    try {
      if (nowNanos - windowEndNanos >= WINDOW_NANOS) {
        window = recorder.getIntervalHistogram(window);
        windowEndNanos = nowNanos;
      }
      return window.getTotalCount() == 0
          ? Duration.ZERO
          : Duration.ofNanos(1_000 * window.getValueAtPercentile(100 * share));
    } finally {
      lock.unlock();
    }
  }
}
