package dev.sluice.http.auth;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.regex.Pattern;

/**
 * A block of addresses (RFC 4632, RFC 4291), such as {@code 10.1.0.0/16} or {@code 2001:db8::/32}.
 * An IPv4 address mapped into IPv6 counts as the IPv4 address that it is. Immutable.
 */
public final class AddressRange {
  private static final Pattern IPV4 =
      Pattern.compile("(?:(?:0|[1-9]\\d{0,2})\\.){3}(?:0|[1-9]\\d{0,2})");

  /** With a colon and nothing else, a text is never looked up as a name. */
  private static final Pattern IPV6 = Pattern.compile("(?=.*:)[0-9A-Fa-f:.]{2,45}");

  private static final Pattern BITS = Pattern.compile("\\d{1,3}");
  private static final int IPV4_BITS = 32;
  private static final int IPV6_BITS = 128;

  private final byte[] first;
  private final int bits;
  private final String text;

  private AddressRange(byte[] first, int bits, String text) {
    this.first = first;
    this.bits = bits;
    this.text = text;
  }

  /**
   * The block written like this; an address alone is a block of one.
   *
   * @throws IllegalArgumentException if it is none; the message says what is wrong
   */
  public static AddressRange parse(String text) {
    int slash = text.indexOf('/');
    String address = slash < 0 ? text : text.substring(0, slash);
    byte[] bytes = bytes(address);
    int all = bytes.length * Byte.SIZE;
    int bits = slash < 0 ? all : bits(address, text.substring(slash + 1), all);
    AddressRange range = new AddressRange(bytes, bits, text);
    if (!range.endsInZeros()) {
      throw new IllegalArgumentException(
          "a block of addresses has bits set after its first %d: write the block's first address"
              .formatted(bits));
    }
    return range;
  }

  private static byte[] bytes(String address) {
    try {
      if (IPV4.matcher(address).matches() || IPV6.matcher(address).matches()) {
        return InetAddress.getByName(address).getAddress();
      }
    } catch (UnknownHostException e) {
      // It only looks like one: an octet is too large, or it has too many groups.
    }
    throw new IllegalArgumentException(
        "a block of addresses must look like 10.1.0.0/16 or 2001:db8::/32, and names are not"
            + " allowed");
  }

  private static int bits(String address, String text, int all) {
    boolean mapped = all == IPV4_BITS && address.indexOf(':') >= 0;
    int least = mapped ? IPV6_BITS - IPV4_BITS : 0;
    int most = mapped ? IPV6_BITS : all;
    int bits = BITS.matcher(text).matches() ? Integer.parseInt(text) : -1;
    if (bits < least || bits > most) {
      throw new IllegalArgumentException(
          "the number after the / of a block of addresses must be in %d..%d"
              .formatted(least, most));
    }
    return bits - least;
  }

  /** Whether this address is in the block. */
  public boolean holds(InetAddress address) {
    byte[] bytes = address.getAddress();
    if (bytes.length != first.length) {
      return false;
    }
    for (int i = 0; i < bytes.length; i++) {
      if (((bytes[i] ^ first[i]) & mask(i)) != 0) {
        return false;
      }
    }
    return true;
  }

  private boolean endsInZeros() {
    for (int i = 0; i < first.length; i++) {
      if ((first[i] & ~mask(i) & 0xff) != 0) {
        return false;
      }
    }
    return true;
  }

  /** The bits of byte {@code i} that all addresses of the block share. */
  private int mask(int i) {
    int shared = Math.clamp(bits - i * (long) Byte.SIZE, 0, Byte.SIZE);
    return 0xff << (Byte.SIZE - shared) & 0xff;
  }

  /** As it was written. */
  @Override
  public String toString() {
    return text;
  }
}
