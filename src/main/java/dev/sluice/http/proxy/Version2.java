package dev.sluice.http.proxy;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.Arrays;

/**
 * Version 2 of the PROXY header: sixteen bytes, then addresses, then what else the proxy wants to
 * say, which is ignored. Pure.
 */
final class Version2 {
  static final byte[] START = {'\r', '\n', '\r', '\n', 0, '\r', '\n', 'Q', 'U', 'I', 'T', '\n'};
  private static final int HEAD_BYTES = 16;
  private static final int VERSION = 2;
  private static final int LOCAL = 0;
  private static final int PROXY = 1;
  private static final int TCP4 = 0x11;
  private static final int TCP6 = 0x21;

  private Version2() {}

  static ProxyHeader of(byte[] bytes, int count) {
    if (count < HEAD_BYTES) {
      return new ProxyHeader.Unfinished(count);
    }
    int version = (bytes[12] & 0xf0) >> 4;
    int command = bytes[12] & 0x0f;
    int family = bytes[13] & 0xff;
    int length = unsigned16(bytes, 14);
    if (version != VERSION || command > PROXY) {
      return new ProxyHeader.Malformed(
          "its header has version %d and command %d".formatted(version, command));
    }
    if (HEAD_BYTES + length > ProxyHeader.MOST_BYTES) {
      return new ProxyHeader.Malformed(
          "its header has %d bytes, allowed are %d"
              .formatted(HEAD_BYTES + length, ProxyHeader.MOST_BYTES));
    }
    int addressBytes = family == TCP4 ? 4 : 16;
    if (command == PROXY) {
      if (family != TCP4 && family != TCP6) {
        return new ProxyHeader.Malformed(
            "its header is not about a TCP connection (family 0x%02x)".formatted(family));
      }
      if (length < 2 * addressBytes + 4) {
        return new ProxyHeader.Malformed("its header has no room for addresses and ports");
      }
    }
    int end = HEAD_BYTES + length;
    if (count < end) {
      return new ProxyHeader.Unfinished(count);
    }
    return command == LOCAL
        ? new ProxyHeader.Own(end)
        : new ProxyHeader.Client(
            new InetSocketAddress(
                address(bytes, HEAD_BYTES, addressBytes),
                unsigned16(bytes, HEAD_BYTES + 2 * addressBytes)),
            end);
  }

  private static InetAddress address(byte[] bytes, int from, int length) {
    try {
      return InetAddress.getByAddress(Arrays.copyOfRange(bytes, from, from + length));
    } catch (UnknownHostException e) {
      throw new AssertionError("an address of " + length + " bytes", e);
    }
  }

  private static int unsigned16(byte[] bytes, int at) {
    return (bytes[at] & 0xff) << Byte.SIZE | (bytes[at + 1] & 0xff);
  }
}
