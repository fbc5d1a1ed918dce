package dev.sluice.fleet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.files.NdjsonLog;
import dev.sluice.fleet.Incident.Kind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class IncidentsTest {
  private static final long SECOND = 1_000_000;

  @TempDir Path directory;

  @Test
  void areKnownToTheNextProcess() throws IOException {
    Incidents incidents = incidents();
    incidents.begin(Kind.STOPPED, 5 * SECOND);
    incidents.add(new Incident(Kind.PAUSE, 6 * SECOND, 7 * SECOND, SECOND));
    incidents.end(Kind.STOPPED, 9 * SECOND, 0);
    incidents.begin(Kind.JOURNAL_FULL, 10 * SECOND);

    Incidents again = incidents();
    again.load();

    assertThat(again.all())
        .containsExactly(
            new Incident(Kind.PAUSE, 6 * SECOND, 7 * SECOND, SECOND),
            new Incident(Kind.STOPPED, 5 * SECOND, 9 * SECOND, 0));
  }

  @Test
  void areBoundedAndPausesGoFirst() throws IOException {
    Incidents incidents = incidents();
    incidents.add(new Incident(Kind.STOPPED, 0, 1, 0));
    for (int n = 0; n < 3 * Incidents.MOST; n++) {
      incidents.add(new Incident(Kind.PAUSE, n * SECOND, n * SECOND + 1, 1));
    }

    assertThat(incidents.all()).hasSize(Incidents.MOST);
    assertThat(incidents.all().get(0).kind()).isEqualTo(Kind.STOPPED);
    Incidents again = incidents();
    again.load();
    assertThat(again.all().size()).isBetween(Incidents.MOST / 2, Incidents.MOST);
    assertThat(Files.readAllLines(directory.resolve("incidents.ndjson")).size())
        .isLessThanOrEqualTo(2 * Incidents.MOST + 1);
  }

  @Test
  void passOverALineThatCannotBeUnderstood() throws IOException {
    incidents().add(new Incident(Kind.STOPPED, 1, 2, 0));
    Files.writeString(
        directory.resolve("incidents.ndjson"),
        "{\"kind\":\"stopped\"}\nnothing\n",
        StandardOpenOption.APPEND);
    Incidents again = incidents();

    again.load();

    assertThat(again.all()).hasSize(1);
  }

  @Test
  void areSeenByTheWatch() throws IOException {
    Path netstat = Path.of("src/test/resources/fleet/netstat");
    Incidents incidents = incidents();
    AtomicLong refused = new AtomicLong();
    AtomicLong overLimit = new AtomicLong();
    try (Watch watch =
        new Watch(
            directory, netstat, incidents, refused::get, overLimit::get, InstantSource.system())) {
      watch.compare(100 * SECOND, 100 * SECOND + 20_000 + 3_000_000, 20_000);
      watch.compare(200 * SECOND, 200 * SECOND + 520_000, 520_000);
      watch.compare(300 * SECOND, 300 * SECOND + 60_000, 60_000);

      assertThat(incidents.all())
          .containsExactly(
              new Incident(
                  Kind.CLOCK_STEP, 103 * SECOND + 20_000, 103 * SECOND + 20_000, 3 * SECOND),
              new Incident(Kind.PAUSE, 200 * SECOND + 20_000, 200 * SECOND + 520_000, 500_000));

      watch.start();
      await().until(() -> watch.lastBeat() > 0);
      refused.set(5);
      overLimit.set(1);
      await().until(() -> incidents.all().stream().filter(Incident::isOpen).count() == 2);
    }
    assertThat(incidents.all())
        .filteredOn(incident -> incident.kind() == Kind.OVER_LIMIT)
        .singleElement()
        .satisfies(incident -> {
          assertThat(incident.isOpen()).isFalse();
          assertThat(incident.detail())
              .isEqualTo("clients over a limit of their own were turned away, with 1 request");
        });
    assertThat(incidents.all())
        .filteredOn(incident -> incident.kind() == Kind.JOURNAL_FULL)
        .singleElement()
        .satisfies(incident -> {
          assertThat(incident.isOpen()).isFalse();
          assertThat(incident.detail()).isEqualTo("ingest answered \"not now\" to 5 requests");
        });
  }

  @Test
  void readTheKernelsCountByItsName() throws IOException {
    List<String> lines = Files.readAllLines(Path.of("src/test/resources/fleet/netstat"));

    assertThat(Watch.overflows(lines)).isEqualTo(17);
    assertThat(Watch.overflows(List.of("IpExt: a", "IpExt: 1"))).isZero();
  }

  private Incidents incidents() {
    return new Incidents(new NdjsonLog(directory.resolve("incidents.ndjson")));
  }
}
