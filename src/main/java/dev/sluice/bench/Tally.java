package dev.sluice.bench;

import java.util.Locale;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAccumulator;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Function;
import org.HdrHistogram.AtomicHistogram;
import org.HdrHistogram.Histogram;

/**
 * Counts the outcomes of requests. Thread-safe: connections share a few stripes, because a
 * histogram per connection would take gigabytes and a single one would be contended.
 */
final class Tally {
  private static final long MOST_NANOS = TimeUnit.HOURS.toNanos(1);
  private static final int SIGNIFICANT_DIGITS = 3;
  private static final int MOST_STRIPES = 8;

  private final Stripe[] stripes;
  private final LongAdder ok = new LongAdder();
  private final ConcurrentHashMap<String, LongAdder> failed = new ConcurrentHashMap<>();
  private final LongAccumulator lastNanos = new LongAccumulator(Long::max, 0);

  Tally() {
    stripes = new Stripe[Math.min(MOST_STRIPES, Runtime.getRuntime().availableProcessors())];
    for (int i = 0; i < stripes.length; i++) {
      stripes[i] = new Stripe();
    }
  }

  /** The part that this connection writes to. */
  Stripe stripe(int connection) {
    return stripes[connection % stripes.length];
  }

  /** Counts a response; {@code nowNanos} is on the run's clock. */
  void answered(int status, long nowNanos) {
    if (status >= 200 && status < 300) {
      ok.increment();
    } else {
      failed(Integer.toString(status));
    }
    lastNanos.accumulate(nowNanos);
  }

  void lost(LostException.Reason reason, long nowNanos) {
    failed(reason.name().toLowerCase(Locale.ROOT));
    lastNanos.accumulate(nowNanos);
  }

  /**
   * Reports everything counted; call this after the run.
   *
   * @param countedFromNanos on the run's clock
   */
  BenchReport report(BenchConfig config, long countedFromNanos, double cpuSeconds) {
    SortedMap<String, Long> failures = new TreeMap<>();
    failed.forEach((word, count) -> failures.put(word, count.sum()));
    long good = ok.sum();
    long requests = good + failures.values().stream().mapToLong(Long::longValue).sum();
    long counted = Math.max(config.load().duration().toNanos(), lastNanos.get() - countedFromNanos);
    return new BenchReport(
        requests,
        good,
        failures,
        good * config.readings().batch(),
        counted / 1e9,
        config.load().connections(),
        merged(stripe -> stripe.latency),
        merged(stripe -> stripe.service),
        merged(stripe -> stripe.behind),
        cpuSeconds,
        config.seed());
  }

  private void failed(String word) {
    failed.computeIfAbsent(word, key -> new LongAdder()).increment();
  }

  private Quantiles merged(Function<Stripe, AtomicHistogram> part) {
    Histogram all = new Histogram(MOST_NANOS, SIGNIFICANT_DIGITS);
    for (Stripe stripe : stripes) {
      all.add(part.apply(stripe));
    }
    return Quantiles.of(all);
  }

  /** Times in nanoseconds; anything over an hour counts as an hour. */
  static final class Stripe {
    private final AtomicHistogram latency = new AtomicHistogram(MOST_NANOS, SIGNIFICANT_DIGITS);
    private final AtomicHistogram service = new AtomicHistogram(MOST_NANOS, SIGNIFICANT_DIGITS);
    private final AtomicHistogram behind = new AtomicHistogram(MOST_NANOS, SIGNIFICANT_DIGITS);

    void latency(long nanos) {
      record(latency, nanos);
    }

    void service(long nanos) {
      record(service, nanos);
    }

    void behind(long nanos) {
      record(behind, nanos);
    }

    private static void record(AtomicHistogram histogram, long nanos) {
      histogram.recordValue(Math.min(Math.max(nanos, 0), MOST_NANOS));
    }
  }
}
