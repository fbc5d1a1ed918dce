package dev.sluice.bench;

import java.util.SortedMap;

/**
 * What came of a run. Immutable.
 *
 * @param requests that were due in the time that counts
 * @param ok answered 2xx
 * @param failed the others by status, or by the word for why there was no answer: {@code connect},
 *     {@code closed}, {@code timeout}, {@code protocol}, {@code unsent}
 * @param readings in the requests that were answered 2xx
 * @param seconds from the start of counting to the end of the run or the last answer, what is later
 * @param latency from when a request was due until its answer was complete; a lost one counts with
 *     the time until that was known
 * @param service likewise, from when it was sent; a request that never was is not in it
 * @param behind how late requests were sent that nothing but the generator held up
 * @param cpuSeconds of this process in {@code seconds}
 */
public record BenchReport(
    long requests,
    long ok,
    SortedMap<String, Long> failed,
    long readings,
    double seconds,
    int connections,
    Quantiles latency,
    Quantiles service,
    Quantiles behind,
    double cpuSeconds,
    long seed) {

  /** Whether every request got a 2xx, and there was one. */
  public boolean clean() {
    return requests > 0 && ok == requests;
  }

  /** Answered 2xx. */
  public double requestsPerSecond() {
    return ok / seconds;
  }

  /** In requests that were answered 2xx. */
  public double readingsPerSecond() {
    return readings / seconds;
  }
}
