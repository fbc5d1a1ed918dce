package dev.sluice.http.origin;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Which hosts are ours. What whole requests get is tested on a listener. */
class OriginsTest {
  private static final Origins ORIGINS =
      Origins.of(
          new OriginConfig(List.of("sensors.example", "*.corp.example"), List.of()),
          "bound.example",
          "0.0.0.0");

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "127.0.0.1",
        "127.0.0.1:8080",
        "10.255.0.7:80",
        "[::1]:8080",
        "[fe80::1%25eth0]",
        "localhost",
        "LocalHost:8081",
        "localhost.",
        "sluice.localhost:8081",
        "bound.example:8080",
        "sensors.example",
        "SENSORS.example.:8080",
        "a.corp.example",
        "a.b.corp.example:443"
      })
  void answersToAddressesAndItsOwnNames(String host) {
    assertThat(judge(ORIGINS, host)).isEqualTo(Verdict.Welcome.WELCOME);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "evil.example",
        "evil.example:8080",
        "localhost.evil.example",
        "xlocalhost",
        "127.0.0.1.evil.example",
        "127.0.0.evil",
        "1.2.3",
        "1.2.3.4.5",
        "1..2.3",
        "1234.1.1.1",
        "127.0.0.1x",
        "corp.example",
        "xcorp.example",
        "sensors.example.evil",
        "sensors.example:8080x",
        ".localhost",
        "."
      })
  void answersToNoOtherName(String host) {
    assertThat(judge(ORIGINS, host))
        .isInstanceOfSatisfying(
            Verdict.Misdirected.class,
            refused -> assertThat(refused.reason()).contains(host, "http.allowed-hosts"));
  }

  @Test
  void answersToAnyNameIfToldSo() {
    Origins any = Origins.of(new OriginConfig(List.of("*"), List.of()));

    assertThat(judge(any, "evil.example")).isEqualTo(Verdict.Welcome.WELCOME);
  }

  @Test
  void allocatesNothingForWhatASensorSends() {
    byte[] head = head("sensors.example:8080");
    Provenance from = provenance(head);
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long id = Thread.currentThread().threadId();
    int welcome = 0;
    threads.getThreadAllocatedBytes(id);

    long before = threads.getThreadAllocatedBytes(id);
    for (int i = 0; i < 100_000; i++) {
      welcome += ORIGINS.judge(head, from) == Verdict.Welcome.WELCOME ? 1 : 0;
    }
    long allocated = threads.getThreadAllocatedBytes(id) - before;

    assertThat(welcome).isEqualTo(100_000);
    assertThat(allocated).isLessThan(100_000);
  }

  private static Verdict judge(Origins origins, String host) {
    byte[] head = head(host);
    return origins.judge(head, provenance(head));
  }

  private static byte[] head(String host) {
    return ("POST /write " + host).getBytes(StandardCharsets.ISO_8859_1);
  }

  private static Provenance provenance(byte[] head) {
    Provenance from = new Provenance();
    from.method(0, 4);
    from.target(5, 11);
    from.host(12, head.length);
    return from;
  }
}
