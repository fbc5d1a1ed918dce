package dev.sluice.bench;

import java.util.SortedMap;

/**
 * The result of a run. Immutable.
 *
 * @param requests that were due in the counted time
 * @param ok answered 2xx
 * @param failed the others by status, or by the word for why there was no response: {@code
 *     connect}, {@code closed}, {@code timeout}, {@code protocol}, {@code unsent}
 * @param readings in the requests that were answered 2xx
 * @param seconds from the start of counting to the end of the run or to the last response,
 *     whichever is later
 * @param latency from when a request was due until its response was complete; a lost request counts
 *     with the time until the loss was known
 * @param service like latency, but from when it was sent; leaves out requests never sent
 * @param behind how late the generator sent requests that nothing else held up
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

  /** Whether there was a request, and every one was answered 2xx. */
  public boolean clean() {
    return requests > 0 && ok == requests;
  }

  /** Rate of requests answered 2xx. */
  public double requestsPerSecond() {
    return ok / seconds;
  }

  /** Rate of readings in requests answered 2xx. */
  public double readingsPerSecond() {
    return readings / seconds;
  }
}
