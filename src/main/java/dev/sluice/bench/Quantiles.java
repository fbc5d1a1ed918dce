package dev.sluice.bench;

import org.HdrHistogram.AbstractHistogram;

/**
 * Durations in microseconds: {@code p50} is the time that 50 % of the requests did not exceed, and
 * so on.
 */
public record Quantiles(
    double p50, double p90, double p99, double p999, double p9999, double max, double mean) {
  private static final double NANOS_PER_MICRO = 1e3;

  static Quantiles of(AbstractHistogram nanos) {
    return new Quantiles(
        micros(nanos, 50),
        micros(nanos, 90),
        micros(nanos, 99),
        micros(nanos, 99.9),
        micros(nanos, 99.99),
        nanos.getMaxValue() / NANOS_PER_MICRO,
        nanos.getMean() / NANOS_PER_MICRO);
  }

  private static double micros(AbstractHistogram nanos, double percentile) {
    return nanos.getValueAtPercentile(percentile) / NANOS_PER_MICRO;
  }
}
