package dev.sluice.ingest.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.bench.BenchReport;
import dev.sluice.bench.Format;
import dev.sluice.bench.Runs;
import dev.sluice.reading.Reading;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What the load generator sends, as Sluice's own parsers understand it. */
@Tag("slow")
class BenchReadingsTest {
  private record Identity(String device, long tsMicros) {}

  private final IngestServer server = new IngestServer();

  @BeforeEach
  void tellTheTime() {
    server.clock = InstantSource.system();
  }

  @AfterEach
  void stop() {
    server.close();
  }

  @ParameterizedTest
  @CsvSource({
    "JSON, 1, 100",
    "JSON, 50, 100",
    "NDJSON, 1, 100",
    "NDJSON, 50, 100",
    "LINES, 1, 100",
    "LINES, 50, 100",
    // Fewer devices than connections, which then share one.
    "LINES, 50, 3",
    "JSON, 1, 1"
  })
  void sendsReadingsSluiceKeepsWithoutOneIdentityTwice(Format format, int batch, int devices)
      throws Exception {
    BenchReport report =
        Runs.at(server.port())
            .connections(7, Duration.ofMillis(500))
            .rate(200, 0)
            .carrying(format, batch, devices, 0.2)
            .run();

    assertThat(report.clean()).as("%s", report).isTrue();
    assertThat(report.readings()).isEqualTo(100L * batch);
    List<Reading> kept = server.kept;
    assertThat(kept).hasSize(100 * batch);
    Set<Identity> identities = new HashSet<>();
    Set<String> names = new HashSet<>();
    for (Reading reading : kept) {
      identities.add(new Identity(reading.device(), reading.tsMicros()));
      names.add(reading.device());
      assertThat(reading.device()).matches("sensor-\\d{7}");
      assertThat(reading.value()).isBetween(10.0, 99.99);
    }
    assertThat(identities).hasSize(kept.size());
    assertThat(names).hasSize(Math.min(devices, 100 * batch));
  }

  @Test
  void stampsReadingsWithTheTimeTheyWereDueAt() throws Exception {
    long before = System.currentTimeMillis() * 1_000;
    Runs.at(server.port()).carrying(Format.LINES, 1, 4, 0).run();
    long after = System.currentTimeMillis() * 1_000;

    assertThat(server.kept).hasSize(200);
    Map<String, Long> last = new HashMap<>();
    for (Reading reading : server.kept) {
      assertThat(reading.tsMicros()).isBetween(before, after);
      // Four devices, four connections: each sends its own in order, every 20 ms.
      Long earlier = last.put(reading.device(), reading.tsMicros());
      if (earlier != null) {
        assertThat(reading.tsMicros() - earlier).isBetween(19_000L, 21_000L);
      }
    }
  }

  @Test
  void stampsTheWantedShareInThePast() throws Exception {
    Runs.at(server.port()).carrying(Format.LINES, 100, 1_000, 0.1).run();

    Map<String, Long> newest = new HashMap<>();
    long oldest = Long.MAX_VALUE;
    long latest = 0;
    int late = 0;
    for (Reading reading : server.kept) {
      long before = newest.getOrDefault(reading.device(), 0L);
      late += reading.tsMicros() < before ? 1 : 0;
      newest.merge(reading.device(), reading.tsMicros(), Math::max);
      oldest = Math.min(oldest, reading.tsMicros());
      latest = Math.max(latest, reading.tsMicros());
    }
    // The first reading of a device is never seen to be late: 20,000 readings of 1,000 devices.
    assertThat(late).isBetween(1_600, 2_200);
    assertThat(latest - oldest).isBetween(5_000_000L, 11_500_000L);
  }
}
