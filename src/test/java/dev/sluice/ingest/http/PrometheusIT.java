package dev.sluice.ingest.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.ingest.format.IgnoredKind;
import dev.sluice.reading.Reading;
import dev.sluice.testing.RemoteWriteSender;
import dev.sluice.testing.SluiceProcess;
import dev.sluice.testing.Stores;
import dev.sluice.testing.TestPorts;
import dev.sluice.testing.TightJournal;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Real Prometheus, old and new, with both versions of remote write, and real vmagent. */
class PrometheusIT {
  private static final Duration LONG = Duration.ofMinutes(3);
  private static final int FIRST_SCRAPES = 12;

  @TempDir private Path folder;

  @BeforeAll
  static void fetch() throws IOException, InterruptedException {
    RemoteWriteSender.fetch();
  }

  /** Bad samples among good ones, and series that end. */
  @Test
  void keepsAllThatIsGoodAndIsSentNothingAgain() {
    try (var all = new Senders(folder)) {
      all.await(FIRST_SCRAPES);

      all.stop();
      all.check();
    }
  }

  @Test
  @Tag("long")
  void losesNothingWhileTheJournalIsFull() {
    try (var all = new Senders(folder)) {
      all.tighten(folder);
      all.await(FIRST_SCRAPES);
      all.journals.forEach(TightJournal::stall);
      all.journals.forEach(TightJournal::fill);
      for (IngestServer server : all.servers) {
        await().atMost(LONG).until(() -> server.admission.counters().notNowRequests() > 1);
      }
      all.journals.forEach(TightJournal::resume);

      all.await(all.senders.stream().mapToInt(RemoteWriteSender::scrapes).max().orElse(0) + 2);

      all.stop();
      all.journals.forEach(TightJournal::awaitDelivered);
      all.check();
      for (int i = 0; i < all.servers.size(); i++) {
        assertThat(all.servers.get(i).kept)
            .filteredOn(reading -> reading.device().equals(TightJournal.BALLAST))
            .hasSize(all.journals.get(i).ballast());
      }
    }
  }

  /** One of every kind, each with a server of its own. */
  private static final class Senders implements AutoCloseable {
    private final List<IngestServer> servers = new ArrayList<>();
    private final List<RemoteWriteSender> senders = new ArrayList<>();
    private final List<TightJournal> journals = new ArrayList<>();

    private Senders(Path folder) {
      for (RemoteWriteSender.Kind kind : RemoteWriteSender.Kind.values()) {
        var server = new IngestServer();
        server.clock = InstantSource.system();
        servers.add(server);
        URI url = URI.create("http://127.0.0.1:" + server.port());
        senders.add(new RemoteWriteSender(kind, folder.resolve(kind.name()), url));
      }
    }

    /**
     * From now on each server's readings come through a small journal, and {@code kept} has them.
     */
    private void tighten(Path folder) {
      for (IngestServer server : servers) {
        var journal = new TightJournal(folder.resolve("data-" + server.port()), server.kept);
        journals.add(journal);
        server.journal = journal::append;
      }
    }

    /** Waits until each server has what was scraped first, up to this number. */
    private void await(int scrapes) {
      for (int i = 0; i < senders.size(); i++) {
        RemoteWriteSender sender = senders.get(i);
        IngestServer server = servers.get(i);
        Awaitility.await()
            .atMost(LONG)
            .failFast("the sender has ended: see its log", () -> !sender.alive())
            .untilAsserted(() -> assertNothingLost(sender, server.kept, scrapes));
      }
    }

    private void check() {
      for (int i = 0; i < senders.size(); i++) {
        RemoteWriteSender sender = senders.get(i);
        IngestServer server = servers.get(i);
        // vmagent takes the first 400 for a sign to go from zstd to snappy, and sends that batch
        // again.
        int again = sender.kind() == RemoteWriteSender.Kind.VMAGENT ? 4 : 0;
        assertThat(sentAgain(sender, server.kept)).hasSizeLessThanOrEqualTo(again);
        assertThat(server.admission.counters().ignored(IgnoredKind.STALE))
            .as(sender.log())
            .isPositive();
        assertThat(server.admission.counters().rejected())
            .isBetween(1L, (long) sender.scrapes() - RemoteWriteSender.CLEAN + again);
        assertThat(sender.log()).doesNotContain("assuming failure", "assumining failure");
      }
    }

    private void stop() {
      senders.forEach(RemoteWriteSender::close);
    }

    @Override
    public void close() {
      stop();
      servers.forEach(IngestServer::close);
      journals.forEach(TightJournal::close);
    }
  }

  @Test
  @Tag("long")
  void losesNothingWhenSluiceIsKilledAndStartedAgain() {
    int pg = TestPorts.free();
    URI ingest = URI.create("http://127.0.0.1:" + TestPorts.free());
    List<String> settings =
        List.of(
            "data.dir=" + folder.resolve("data"),
            "cutover.initial-phase=retired",
            "ingest.port=" + ingest.getPort(),
            "admin.port=0",
            "questdb.console-port=0",
            "questdb.console-password=open-sesame",
            "questdb.pg-port=" + pg);
    URI stored = URI.create("postgresql://sluice:open-sesame@127.0.0.1:" + pg + "/qdb");
    List<RemoteWriteSender> senders = new ArrayList<>();
    try {
      SluiceProcess first = SluiceProcess.start(folder, "up", settings);
      try {
        for (RemoteWriteSender.Kind kind : RemoteWriteSender.Kind.values()) {
          senders.add(new RemoteWriteSender(kind, folder.resolve(kind.name()), ingest));
        }
        await().atMost(LONG).until(() -> least(senders) >= FIRST_SCRAPES);
        await()
            .atMost(LONG)
            .until(() -> first.status().getJsonObject("ingest").getInt("accepted") > 0);
      } finally {
        first.kill();
      }
      int before = least(senders);
      await().atMost(LONG).until(() -> least(senders) >= before + 4);
      try (SluiceProcess second = SluiceProcess.start(folder, "up", settings)) {
        List<Integer> wanted = senders.stream().map(sender -> sender.scrapes() + 2).toList();
        for (int i = 0; i < senders.size(); i++) {
          RemoteWriteSender sender = senders.get(i);
          int last = wanted.get(i);
          await()
              .atMost(LONG)
              .pollInterval(Duration.ofSeconds(1))
              .untilAsserted(() -> assertNothingLost(sender, Stores.questDb(stored), last));
        }
        second.awaitCaughtUp("questdb");
        assertThat(Stores.questDb(stored)).doesNotHaveDuplicates();
      }
    } finally {
      senders.forEach(RemoteWriteSender::close);
    }
  }

  private static int least(List<RemoteWriteSender> senders) {
    return senders.stream().mapToInt(RemoteWriteSender::scrapes).min().orElseThrow();
  }

  /** A scrape that took too long has no {@code seq}, and {@code up} is 0 instead. */
  private static void assertNothingLost(
      RemoteWriteSender sender, List<Reading> readings, int scrapes) {
    Set<Integer> stored = seq(sender, readings).collect(Collectors.toSet());
    List<Integer> missing =
        IntStream.rangeClosed(1, scrapes).boxed().filter(value -> !stored.contains(value)).toList();
    long failed =
        readings.stream()
            .filter(r -> r.device().equals(sender.instance()))
            .filter(r -> r.metric().equals("up{job=\"tests\"}") && r.value() == 0)
            .count();
    assertThat(missing).as("%s", sender.log()).hasSizeLessThanOrEqualTo((int) failed);
  }

  private static List<Integer> sentAgain(RemoteWriteSender sender, List<Reading> readings) {
    Set<Integer> once = new HashSet<>();
    return seq(sender, readings).filter(value -> !once.add(value)).toList();
  }

  private static Stream<Integer> seq(RemoteWriteSender sender, List<Reading> readings) {
    return readings.stream()
        .filter(r -> r.device().equals(sender.instance()))
        .filter(r -> r.metric().equals("seq{job=\"tests\"}"))
        .map(r -> (int) r.value());
  }
}
