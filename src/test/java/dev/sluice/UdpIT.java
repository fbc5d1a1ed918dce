package dev.sluice;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.testing.SluiceProcess;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The production jar taking datagrams: killed, stopped, and started again. */
class UdpIT {
  @TempDir private Path directory;

  @Test
  void losesToAKillOnlyWhatWasNotAppendedAndToAStopNothing() throws Exception {
    long accepted;
    try (SluiceProcess sluice = start()) {
      send(sluice.url("udp"), 0, 20_000);
      await().until(() -> accepted(sluice) > 0);
      accepted = accepted(sluice);
      sluice.kill();
    }

    try (SluiceProcess sluice = start()) {
      assertThat(appended(sluice)).isGreaterThanOrEqualTo(accepted);
      long before = appended(sluice);
      long sent = 2_000;
      send(sluice.url("udp"), 20_000, (int) sent);
      await()
          .until(() ->
              metric(sluice, "sluice_udp_datagrams_total")
                      + metric(sluice, "sluice_udp_kernel_dropped_total")
                  == sent);
      assertThat(metric(sluice, "sluice_udp_refused_datagrams_total{reason=\"malformed\"}"))
          .isZero();
      await().until(() -> appended(sluice) == before + received(sluice));
      sluice.awaitCaughtUp("questdb");
      assertThat(sluice.get("ingest", "/v1/readings?device=s-20000&metric=temp").body())
          .contains("\"value\":20000");
      // What waits when the signal comes is taken in.
      send(sluice.url("udp"), 30_000, 200);
      assertThat(sluice.terminate(Duration.ofMinutes(2))).isZero();
      assertThat(sluice.log()).contains("Received 2200 datagrams, of which 0 refused");
    }
  }

  private SluiceProcess start() {
    return SluiceProcess.start(
        directory,
        "up",
        List.of(
            "data.dir=" + directory.resolve("data"),
            "cutover.initial-phase=retired",
            "udp.enabled=true",
            "udp.port=0",
            "ingest.port=0",
            "admin.port=0",
            "questdb.console-port=0",
            "questdb.pg-port=0"));
  }

  private static void send(URI to, int first, int count) throws IOException {
    InetSocketAddress address = new InetSocketAddress(to.getHost(), to.getPort());
    try (DatagramSocket socket = new DatagramSocket()) {
      for (int i = first; i < first + count; i++) {
        byte[] line = "temp,host=s-%d value=%d".formatted(i, i).getBytes(UTF_8);
        socket.send(new DatagramPacket(line, line.length, address));
      }
    }
  }

  private static long accepted(SluiceProcess sluice) {
    return sluice.status().getJsonObject("ingest").getJsonNumber("accepted").longValue();
  }

  private static long appended(SluiceProcess sluice) {
    return sluice.status().getJsonObject("journal").getJsonNumber("next_offset").longValue();
  }

  private static long received(SluiceProcess sluice) throws Exception {
    return metric(sluice, "sluice_udp_datagrams_total");
  }

  private static long metric(SluiceProcess sluice, String name) throws Exception {
    String text = sluice.get("admin", "/metrics").body();
    Matcher matcher =
        Pattern.compile("^" + Pattern.quote(name) + " (\\S+)$", Pattern.MULTILINE).matcher(text);
    assertThat(matcher.find()).as(name + " in " + text).isTrue();
    return (long) Double.parseDouble(matcher.group(1));
  }
}
