package dev.sluice.http.connection;

import dev.sluice.http.ConnectionsByAddress;

/**
 * How many connections a listener lets in.
 *
 * @param most at the same time, at least 1; beyond that, connections are told to retry later and
 *     closed
 * @param addresses how many of one address, to all listeners that share it
 */
public record ConnectionLimits(int most, ConnectionsByAddress addresses) {
  /** A limit for all addresses together. */
  public static ConnectionLimits of(int most) {
    return new ConnectionLimits(most, ConnectionsByAddress.unlimited());
  }
}
