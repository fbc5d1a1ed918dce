package dev.sluice.http.connection;

/**
 * How many connections a listener lets in.
 *
 * @param most at the same time, at least 1; beyond that, connections are told to retry later and
 *     closed
 * @param perAddress of those, from one address, loopback excepted; 0 is no limit
 * @param refused told of each connection that is turned away because of {@code perAddress}
 */
public record ConnectionLimits(int most, int perAddress, Refused refused) {
  /** Counts connections. */
  @FunctionalInterface
  public interface Refused {
    void add();
  }

  /** A limit for all addresses together. */
  public static ConnectionLimits of(int most) {
    return new ConnectionLimits(most, 0, () -> {});
  }
}
