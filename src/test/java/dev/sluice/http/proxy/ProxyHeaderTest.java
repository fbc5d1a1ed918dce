package dev.sluice.http.proxy;

import static dev.sluice.testing.ProxyHeaders.LOCAL;
import static dev.sluice.testing.ProxyHeaders.PROXY;
import static dev.sluice.testing.ProxyHeaders.TCP4;
import static dev.sluice.testing.ProxyHeaders.TCP6;
import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.testing.ProxyHeaders;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.Arrays;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class ProxyHeaderTest {
  @ParameterizedTest
  @ValueSource(strings = {"203.0.113.7", "0.0.0.0", "255.255.255.255", "2001:db8::7", "::1"})
  void namesTheClientInBothVersionsAndLeavesWhatFollows(String client) throws Exception {
    for (byte[] header : new byte[][] {ProxyHeaders.v1(client), ProxyHeaders.v2(client)}) {
      byte[] bytes = Arrays.copyOf(header, header.length + 3);

      assertThat(ProxyHeader.of(bytes, bytes.length))
          .isEqualTo(
              new ProxyHeader.Client(
                  new InetSocketAddress(InetAddress.getByName(client), 4711), header.length));
    }
  }

  @Test
  void waitsForEveryByteOfAHeader() {
    for (byte[] header :
        new byte[][] {
          ProxyHeaders.v1("203.0.113.7"),
          ProxyHeaders.v1("2001:db8::7"),
          ProxyHeaders.v2("203.0.113.7", new byte[300]),
          ProxyHeaders.v2("2001:db8::7"),
          ProxyHeaders.v2(LOCAL, 0, new byte[0])
        }) {
      for (int count = 0; count < header.length; count++) {
        assertThat(ProxyHeader.of(header, count)).isEqualTo(new ProxyHeader.Unfinished(count));
      }
      assertThat(ProxyHeader.of(header, header.length))
          .isNotInstanceOfAny(ProxyHeader.Unfinished.class, ProxyHeader.Malformed.class);
    }
  }

  @Test
  void takesAProxysOwnConnectionForItsOwn() {
    byte[] unknown = bytes("PROXY UNKNOWN\r\n");
    byte[] unknownWithMore = bytes("PROXY UNKNOWN ffff:f::1 ffff:f::2 65535 65535\r\n");
    byte[] local = ProxyHeaders.v2(LOCAL, 0, new byte[0]);
    byte[] localWithAddresses = ProxyHeaders.v2(LOCAL, TCP4, new byte[12]);

    for (byte[] header : new byte[][] {unknown, unknownWithMore, local, localWithAddresses}) {
      assertThat(ProxyHeader.of(header, header.length))
          .isEqualTo(new ProxyHeader.Own(header.length));
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "GET / HTTP/1.1 | does not begin with",
        "PROXYTCP4 | does not begin with",
        "proxy TCP4 1.2.3.4 5.6.7.8 1 2 | does not begin with",
        "PROXY TCP4 1.2.3.4 5.6.7.8 1 | 5 words, not 6",
        "PROXY TCP4 1.2.3.4 5.6.7.8 1 2 3 | 7 words, not 6",
        "PROXY TCP4  1.2.3.4 5.6.7.8 1 2 | 7 words, not 6",
        "PROXY | 2 words, not 6",
        "PROXY UDP4 1.2.3.4 5.6.7.8 1 2 | no TCP4 or TCP6",
        "PROXY tcp4 1.2.3.4 5.6.7.8 1 2 | no TCP4 or TCP6",
        "PROXY TCP6 1.2.3.4 5.6.7.8 1 2 | an address or a port that is none",
        "PROXY TCP4 ::1 5.6.7.8 1 2 | an address or a port that is none",
        "PROXY TCP4 1.2.3 5.6.7.8 1 2 | an address or a port that is none",
        "PROXY TCP4 1.2.3.256 5.6.7.8 1 2 | an address or a port that is none",
        "PROXY TCP4 01.2.3.4 5.6.7.8 1 2 | an address or a port that is none",
        "PROXY TCP4 example.org 5.6.7.8 1 2 | an address or a port that is none",
        "PROXY TCP4 1.2.3.4 example.org 1 2 | an address or a port that is none",
        "PROXY TCP6 fe80::1%eth0 ::1 1 2 | an address or a port that is none",
        "PROXY TCP4 1.2.3.4 5.6.7.8 65536 2 | an address or a port that is none",
        "PROXY TCP4 1.2.3.4 5.6.7.8 -1 2 | an address or a port that is none",
        "PROXY TCP4 1.2.3.4 5.6.7.8 01 2 | an address or a port that is none",
        "PROXY TCP4 1.2.3.4 5.6.7.8 1 99999999999 | an address or a port that is none"
      })
  void refusesALineThatNamesNobody(String line, String reason) {
    byte[] bytes = bytes(line + (line.equals("PROXY") ? " \r\n" : "\r\n"));

    assertThat(ProxyHeader.of(bytes, bytes.length))
        .isInstanceOfSatisfying(
            ProxyHeader.Malformed.class,
            malformed -> assertThat(malformed.reason()).contains(reason));
  }

  @Test
  void refusesALineThatDoesNotEnd() {
    byte[] bytes = bytes("PROXY TCP4 " + "1".repeat(200));

    assertThat(ProxyHeader.of(bytes, 106)).isInstanceOf(ProxyHeader.Unfinished.class);
    assertThat(ProxyHeader.of(bytes, 107))
        .isEqualTo(new ProxyHeader.Malformed("its header has more than 107 bytes"));
    byte[] bare = bytes("PROXY TCP4 1.2.3.4 5.6.7.8 1 2\n");
    assertThat(ProxyHeader.of(bare, bare.length))
        .isEqualTo(
            new ProxyHeader.Malformed(
                "its header does not end with a carriage return and a line feed"));
  }

  static Stream<byte[]> unusable() {
    return Stream.of(
        ProxyHeaders.v2(0x11, TCP4, new byte[12]), // version 1
        ProxyHeaders.v2(0x31, TCP4, new byte[12]), // version 3
        ProxyHeaders.v2(0x22, TCP4, new byte[12]), // command 2
        ProxyHeaders.v2(PROXY, 0x00, new byte[0]), // unspecified
        ProxyHeaders.v2(PROXY, 0x12, new byte[12]), // datagrams
        ProxyHeaders.v2(PROXY, 0x31, new byte[216]), // a Unix socket
        ProxyHeaders.v2(PROXY, 0x41, new byte[36]), // no family
        ProxyHeaders.v2(PROXY, TCP4, new byte[11]),
        ProxyHeaders.v2(PROXY, TCP6, new byte[35]),
        ProxyHeaders.v2(PROXY, TCP4, ProxyHeader.MOST_BYTES - 15, new byte[0]),
        ProxyHeaders.v2(PROXY, TCP4, 65_535, new byte[0]),
        ProxyHeaders.v2(LOCAL, 0, 65_535, new byte[0]),
        bytes("\r\n\r\n\0\r\nQUIX\n...."));
  }

  @ParameterizedTest
  @MethodSource("unusable")
  void refusesVersion2AsSoonAsItIsKnownToBeUnusable(byte[] header) {
    assertThat(ProxyHeader.of(header, Math.min(header.length, 16)))
        .isInstanceOf(ProxyHeader.Malformed.class);
  }

  @Test
  void takesTheLargestHeaderThatIsAllowed() {
    byte[] header = ProxyHeaders.v2("203.0.113.7", new byte[ProxyHeader.MOST_BYTES - 28]);

    assertThat(header).hasSize(ProxyHeader.MOST_BYTES);
    assertThat(ProxyHeader.of(header, header.length)).isInstanceOf(ProxyHeader.Client.class);
  }

  /** Whatever comes: an answer, and never one that reaches beyond what has arrived. */
  @Test
  void answersWhateverComes() {
    long seed = System.nanoTime();
    System.out.println("seed " + seed);
    Random random = new Random(seed);
    for (int i = 0; i < 200_000; i++) {
      byte[] bytes =
          switch (random.nextInt(3)) {
            case 0 -> ProxyHeaders.v1("203.0.113." + random.nextInt(256));
            case 1 -> ProxyHeaders.v2("2001:db8::" + random.nextInt(1_000), new byte[9]);
            default -> ProxyHeaders.v2("203.0.113." + random.nextInt(256));
          };
      for (int flips = random.nextInt(4); flips > 0; flips--) {
        bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
      }
      int count = random.nextInt(bytes.length + 1);

      switch (ProxyHeader.of(bytes, count)) {
        case ProxyHeader.Unfinished(int have) -> assertThat(have).isEqualTo(count);
        case ProxyHeader.Client(InetSocketAddress client, int length) -> {
          assertThat(length).isBetween(1, count);
          assertThat(client.isUnresolved()).isFalse();
        }
        case ProxyHeader.Own(int length) -> assertThat(length).isBetween(1, count);
        case ProxyHeader.Malformed(String reason) -> assertThat(reason).isNotEmpty();
      }
    }
  }

  private static byte[] bytes(String text) {
    return text.getBytes(ISO_8859_1);
  }
}
