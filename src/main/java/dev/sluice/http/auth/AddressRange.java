package dev.sluice.http.auth;

import dev.sluice.config.ValueType;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * A block of addresses (RFC 4632, RFC 4291), such as {@code 10.1.0.0/16} or {@code 2001:db8::/32}.
 * An IPv4 address mapped into IPv6 counts as the IPv4 address that it is. Immutable.
 */
public final class AddressRange {
  /** One byte, in decimal. */
  private static final String OCTET = "(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)";

  private static final Pattern IPV4 = Pattern.compile("(?:" + OCTET + "\\.){3}" + OCTET);

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
    byte[] bytes = address(address).getAddress();
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

  /**
   * Blocks of addresses as the value of a setting.
   *
   * @see #parse
   */
  public static ValueType<List<AddressRange>> list() {
    return new ValueType<>(
        "blocks of addresses, separated by commas, such as 10.1.0.0/16",
        false,
        true,
        AddressRange::blocks);
  }

  private static Optional<List<AddressRange>> blocks(String text) {
    try {
      return Optional.of(
          Arrays.stream(text.split(",", -1)).map(String::strip).map(AddressRange::parse).toList());
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  /**
   * The address that is written like this; nothing is looked up.
   *
   * @throws IllegalArgumentException if it is none
   */
  public static InetAddress address(String text) {
    try {
      if (IPV4.matcher(text).matches() || IPV6.matcher(text).matches()) {
        return InetAddress.getByName(text);
      }
    } catch (UnknownHostException e) {
      // It only looks like one: it has too many groups.
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
