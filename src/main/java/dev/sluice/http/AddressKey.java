package dev.sluice.http;

import java.net.Inet6Address;
import java.net.InetAddress;

/**
 * What counts as one address where addresses are counted or limited: an address of IPv4, and of
 * IPv6 the network of its first 64 bits, because whoever has one of its addresses has them all.
 * Pure.
 */
public final class AddressKey {
  private static final int NETWORK_BYTES = 8;

  /** Of the IPv6 networks that begin so, none is ever assigned. */
  private static final long IPV4 = 0xFFFFL << 32;

  private AddressKey() {}

  /** The same number for the same sender. */
  public static long of(InetAddress address) {
    byte[] bytes = address.getAddress();
    int count = address instanceof Inet6Address ? NETWORK_BYTES : bytes.length;
    long key = 0;
    for (int i = 0; i < count; i++) {
      key = key << Byte.SIZE | (bytes[i] & 0xFF);
    }
    return count == NETWORK_BYTES ? key : IPV4 | key;
  }
}
