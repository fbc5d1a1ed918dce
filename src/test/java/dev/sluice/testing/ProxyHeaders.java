package dev.sluice.testing;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.ByteArrayOutputStream;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;

/** PROXY headers as a proxy sends them, byte by byte. */
public final class ProxyHeaders {
  public static final int LOCAL = 0x20;
  public static final int PROXY = 0x21;
  public static final int TCP4 = 0x11;
  public static final int TCP6 = 0x21;

  private static final byte[] SIGNATURE = {
    0x0D, 0x0A, 0x0D, 0x0A, 0x00, 0x0D, 0x0A, 0x51, 0x55, 0x49, 0x54, 0x0A
  };

  private ProxyHeaders() {}

  /** Version 1, for a client at this address. */
  public static byte[] v1(String client) {
    String family = client.indexOf(':') < 0 ? "TCP4" : "TCP6";
    String own = client.indexOf(':') < 0 ? "192.0.2.254" : "2001:db8::fe";
    return "PROXY %s %s %s 4711 8080\r\n".formatted(family, client, own).getBytes(US_ASCII);
  }

  /** Version 2, for a client at this address, with these bytes after the addresses. */
  public static byte[] v2(String client, byte... more) {
    try {
      byte[] source = InetAddress.getByName(client).getAddress();
      ByteBuffer rest = ByteBuffer.allocate(2 * source.length + 4 + more.length);
      rest.put(source).put(new byte[source.length]);
      rest.putShort((short) 4711).putShort((short) 8080).put(more);
      return v2(PROXY, source.length == 4 ? TCP4 : TCP6, rest.array());
    } catch (UnknownHostException e) {
      throw new AssertionError(e);
    }
  }

  /** Version 2, whatever it says. */
  public static byte[] v2(int versionAndCommand, int family, byte[] rest) {
    return v2(versionAndCommand, family, rest.length, rest);
  }

  /** Likewise, announcing another length. */
  public static byte[] v2(int versionAndCommand, int family, int length, byte[] rest) {
    var header = new ByteArrayOutputStream();
    header.writeBytes(SIGNATURE);
    header.write(versionAndCommand);
    header.write(family);
    header.write(length >> 8);
    header.write(length);
    header.writeBytes(rest);
    return header.toByteArray();
  }
}
