package dev.sluice.http.proxy;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.sluice.http.auth.AddressRange;
import java.net.InetAddress;
import java.net.InetSocketAddress;

/** Version 1 of the PROXY header: a line of text. Pure. */
final class Version1 {
  static final byte[] START = "PROXY ".getBytes(US_ASCII);
  private static final int MOST_LINE_BYTES = 107;
  private static final int WORDS = 6;
  private static final int MOST_PORT_DIGITS = 5;
  private static final int MOST_PORT = 65_535;

  private Version1() {}

  static ProxyHeader of(byte[] bytes, int count) {
    int end = 0;
    while (end < count && end < MOST_LINE_BYTES && bytes[end] != '\n') {
      end++;
    }
    if (end == MOST_LINE_BYTES) {
      return new ProxyHeader.Malformed("its header has more than " + MOST_LINE_BYTES + " bytes");
    }
    if (end == count) {
      return new ProxyHeader.Unfinished(count);
    }
    if (bytes[end - 1] != '\r') {
      return new ProxyHeader.Malformed(
          "its header does not end with a carriage return and a line feed");
    }
    return line(new String(bytes, 0, end - 1, US_ASCII), end + 1);
  }

  private static ProxyHeader line(String line, int bytes) {
    if (line.equals("PROXY UNKNOWN") || line.startsWith("PROXY UNKNOWN ")) {
      return new ProxyHeader.Own(bytes);
    }
    String[] words = line.split(" ", -1);
    if (words.length != WORDS) {
      return new ProxyHeader.Malformed(
          "its header has %d words, not %d".formatted(words.length, WORDS));
    }
    boolean v6 = words[1].equals("TCP6");
    if (!v6 && !words[1].equals("TCP4")) {
      return new ProxyHeader.Malformed("its header names no TCP4 or TCP6 connection");
    }
    try {
      InetAddress source = address(words[2], v6);
      address(words[3], v6);
      int port = port(words[4]);
      port(words[5]);
      return new ProxyHeader.Client(new InetSocketAddress(source, port), bytes);
    } catch (IllegalArgumentException e) {
      return new ProxyHeader.Malformed("its header names an address or a port that is none");
    }
  }

  private static InetAddress address(String text, boolean v6) {
    if (text.indexOf(':') >= 0 != v6) {
      throw new IllegalArgumentException("not of the family");
    }
    return AddressRange.address(text);
  }

  private static int port(String text) {
    boolean digits = !text.isEmpty() && text.chars().allMatch(c -> c >= '0' && c <= '9');
    boolean padded = text.length() > 1 && text.charAt(0) == '0';
    if (!digits || padded || text.length() > MOST_PORT_DIGITS) {
      throw new IllegalArgumentException("not a number");
    }
    int port = Integer.parseInt(text);
    if (port > MOST_PORT) {
      throw new IllegalArgumentException("too large");
    }
    return port;
  }
}
