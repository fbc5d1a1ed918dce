package dev.sluice.http.proxy;

import java.net.InetSocketAddress;
import java.util.Arrays;

/**
 * What a proxy says about a connection before it passes on the first byte: the PROXY protocol,
 * versions 1 and 2, as HAProxy's {@code doc/proxy-protocol.txt} describes it. Immutable.
 */
public sealed interface ProxyHeader {
  /** A header of version 2 may say more than addresses; none needs this much. */
  int MOST_BYTES = 4 * 1024;

  /**
   * More is to come.
   *
   * @param bytes how much has arrived
   */
  record Unfinished(int bytes) implements ProxyHeader {}

  /**
   * The connection is passed on for a client.
   *
   * @param client where it comes from; the name is not looked up
   * @param bytes length of the header; what comes after it is the client's
   */
  record Client(InetSocketAddress client, int bytes) implements ProxyHeader {}

  /**
   * The proxy speaks for itself, as in a health check.
   *
   * @param bytes length of the header
   */
  record Own(int bytes) implements ProxyHeader {}

  /**
   * There is no header, or one that says nothing usable.
   *
   * @param reason what is wrong
   */
  record Malformed(String reason) implements ProxyHeader {}

  /**
   * Reads the header that these bytes begin with.
   *
   * @param count how many bytes have arrived; those after them are not looked at
   */
  static ProxyHeader of(byte[] bytes, int count) {
    if (begins(bytes, count, Version2.START)) {
      return Version2.of(bytes, count);
    }
    if (begins(bytes, count, Version1.START)) {
      return Version1.of(bytes, count);
    }
    return new Malformed("it does not begin with a PROXY header");
  }

  /** Whether that is how it begins, as far as it has arrived. */
  private static boolean begins(byte[] bytes, int count, byte[] start) {
    int both = Math.min(start.length, count);
    return Arrays.equals(start, 0, both, bytes, 0, both);
  }
}
