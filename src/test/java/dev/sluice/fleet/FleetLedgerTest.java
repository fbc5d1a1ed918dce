package dev.sluice.fleet;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.api.FleetDevice;
import dev.sluice.api.FleetGap;
import dev.sluice.api.FleetSummary;
import dev.sluice.files.AtomicFile;
import dev.sluice.fleet.FleetSimulation.Arrival;
import dev.sluice.journal.AppendResult;
import dev.sluice.journal.Feed;
import dev.sluice.journal.JournalConfig;
import dev.sluice.journal.Progress;
import dev.sluice.journal.disk.DiskJournal;
import dev.sluice.reading.Reading;
import dev.sluice.reading.ReadingBuffer;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The ledger over a real journal and real files: snapshots, restarts, kills, falling behind. */
class FleetLedgerTest {
  private static final long START = FleetSimulation.BASE_MICROS;
  private static final long SECOND = 1_000_000;
  private static final Path NO_NETSTAT = Path.of("/nonexistent");

  @TempDir Path directory;

  private final SetClock clock = new SetClock();
  private DiskJournal journal;

  @BeforeEach
  void openJournal() throws IOException {
    journal = DiskJournal.open(journalConfig(), clock);
  }

  @AfterEach
  void closeJournal() {
    journal.close();
  }

  @Test
  void readsAlongAndAnswers() throws IOException {
    try (FleetLedger ledger = open()) {
      ledger.start();
      steady("a", 0, 60, 5);
      clock.second(75);

      await().until(() -> ledger.states().silent() == 1);

      FleetDevice a = ledger.device("a").orElseThrow();
      assertThat(a.state()).isEqualTo("silent");
      assertThat(a.cause()).isEqualTo("device");
      assertThat(a.intervalSeconds()).isEqualTo(5.0);
      assertThat(a.readings()).isEqualTo(13);
      assertThat(a.recentGaps())
          .singleElement()
          .satisfies(gap -> {
            assertThat(gap.to()).isNull();
            assertThat(gap.from()).isEqualTo(iso(60));
          });
      append("a", 90);
      await()
          .until(() -> ledger.gaps(Instant.EPOCH, Optional.empty(), 10).gaps().get(0).to() != null);
      FleetGap gap = ledger.gaps(Instant.EPOCH, Optional.of("device"), 10).gaps().get(0);
      assertThat(gap).isEqualTo(new FleetGap("a", iso(60), iso(90), 30, "device"));
      assertThat(ledger.device("b")).isEmpty();
    }
    assertThat(Files.readAllLines(directory.resolve("fleet/events.ndjson")))
        .containsExactly(
            "{\"event\":\"silent\",\"device_id\":\"a\",\"from\":\"" + iso(60) + "\"}",
            "{\"event\":\"gap\",\"device_id\":\"a\",\"from\":\""
                + iso(60)
                + "\",\"to\":\""
                + iso(90)
                + "\",\"seconds\":30.00,\"cause\":\"device\"}");
  }

  @Test
  void sortsAndSelectsDevices() throws IOException {
    try (FleetLedger ledger = open()) {
      ledger.start();
      for (int second = 0; second <= 60; second += 5) {
        append("a", second);
        append("b", second);
        if (second % 10 == 0) {
          append("c", second);
        }
      }
      append("a", 90);
      await().until(() -> ledger.summary().ledger().lagReadings() == 0);
      clock.second(93);
      await().until(() -> ledger.states().silent() == 1);

      assertThat(names(ledger, Optional.empty(), DeviceOrder.NAME, 2)).containsExactly("a", "b");
      assertThat(names(ledger, Optional.empty(), DeviceOrder.GAPS, 1)).containsExactly("a");
      assertThat(names(ledger, Optional.of(DeviceState.SILENT), DeviceOrder.SILENCE, 9))
          .containsExactly("b");
      assertThat(names(ledger, Optional.of(DeviceState.LEARNING), DeviceOrder.SILENCE, 9))
          .containsExactly("c");
      assertThat(ledger.devices(Optional.empty(), DeviceOrder.NAME, 1).total()).isEqualTo(3);

      assertThat(ledger.retire("b").orElseThrow().state()).isEqualTo("retired");
      assertThat(ledger.retire("x")).isEmpty();
      clock.second(95);
      await().until(() -> ledger.states().retired() == 1 && ledger.states().silent() == 0);
    }
  }

  @Test
  void keepsThatADeviceIsRetiredWithoutWaitingForTheNextSnapshot() throws IOException {
    Path kept = directory.resolve("fleet/ledger");
    Path crashed = directory.resolve("crashed");
    try (FleetLedger ledger = open()) {
      ledger.start();
      steady("a", 0, 60, 5);
      await().until(() -> ledger.device("a").isPresent());
      assertThat(kept).doesNotExist();

      ledger.retire("a");
      await().until(() -> Files.exists(kept));
      Files.copy(kept, crashed);
    }
    Files.move(crashed, kept, StandardCopyOption.REPLACE_EXISTING);

    try (FleetLedger ledger = open()) {
      assertThat(ledger.device("a").orElseThrow().state()).isEqualTo("retired");
    }
  }

  @Test
  void knowsEverythingAfterARestartAndNamesTheTimeWithoutSluice() throws IOException {
    try (FleetLedger ledger = open()) {
      ledger.start();
      steady("a", 0, 60, 5);
      steady("gone", 61, 100, 3);
      clock.second(150);
      await().until(() -> ledger.states().silent() == 2);
    }
    byte[] beat = ByteBuffer.allocate(8).putLong(START + 200 * SECOND).array();
    Files.write(directory.resolve("fleet/heartbeat"), beat);
    clock.second(300);

    try (FleetLedger ledger = open()) {
      ledger.start();
      clock.second(320);
      ledger.ready();
      append("a", 320);
      await().until(() -> ledger.device("a").orElseThrow().state().equals("live"));

      FleetSummary summary = ledger.summary();
      assertThat(ledger.device("gone").orElseThrow().state()).isEqualTo("silent");
      assertThat(summary.gaps()).containsEntry("device", 1L);
      assertThat(summary.incidents())
          .anySatisfy(incident -> {
            assertThat(incident.kind()).isEqualTo("stopped");
            assertThat(incident.from()).isEqualTo(iso(200));
            assertThat(incident.to()).isEqualTo(iso(320));
          });
    }
  }

  @Test
  void beginsAgainWhenTheSnapshotIsDamaged() throws IOException {
    try (FleetLedger ledger = open()) {
      ledger.start();
      steady("a", 0, 60, 5);
      await().until(() -> ledger.device("a").isPresent());
    }
    Path file = directory.resolve("fleet/ledger");
    byte[] bytes = Files.readAllBytes(file);
    bytes[bytes.length / 2] ^= 1;
    Files.write(file, bytes);

    try (FleetLedger ledger = open()) {
      ledger.start();
      assertThat(ledger.device("a")).isEmpty();
      append("a", 70);
      await().until(() -> ledger.device("a").isPresent());
    }
  }

  @Test
  void passesOverWhatTheJournalHadToDeleteAndSaysSo() throws IOException {
    journal.close();
    journal =
        DiskJournal.open(
            new JournalConfig(
                directory.resolve("small"),
                JournalConfig.Ack.OS,
                Duration.ofMillis(50),
                4L << 20,
                1L << 20),
            clock);
    try (Feed sink = journal.feed("mysql");
        FleetLedger ledger = open()) {
      long appended = fill(sink);

      ledger.start();
      await().until(() -> ledger.progress().lagReadings() == 0);

      assertThat(ledger.progress().skippedReadings()).isBetween(1L, appended - 1);
      assertThat(journal.stats().lost()).as("the journal has lost nothing").isZero();
    }
  }

  /** Three times what the journal holds, delivered at once: nothing is refused. */
  private long fill(Feed sink) throws IOException {
    ReadingBuffer buffer = new ReadingBuffer(1 << 16, 1 << 20);
    for (int n = 0; n < 2_000; n++) {
      buffer.add(new Reading("sensor-" + n, "temp", START + n, 1));
    }
    long appended = 0;
    while (appended * 30 < 12L << 20) {
      clock.second(appended / 2_000);
      assertThat(journal.append(buffer)).isInstanceOf(AppendResult.Accepted.class);
      appended += buffer.count();
      sink.keep(Progress.at(0).plusDelivered(appended));
    }
    return appended;
  }

  @Test
  void countsEachGapOnceThoughItIsKilledAnywhere() throws IOException {
    long seed = System.nanoTime();
    System.out.println("seed " + seed);
    SplittableRandom random = new SplittableRandom(seed);
    FleetSimulation fleet = new FleetSimulation(30, 5, 0.2, seed);
    Map<String, String> expected = undisturbed(fleet);

    int next = 0;
    int kills = 0;
    FleetLedger ledger = open();
    while (next < fleet.arrivals.size()) {
      int until = Math.min(fleet.arrivals.size(), next + 1 + random.nextInt(600));
      for (; next < until; next++) {
        append(fleet.arrivals.get(next));
      }
      ledger.replay(random.nextInt(3) == 0 ? Integer.MAX_VALUE : random.nextInt(500));
      if (random.nextBoolean()) {
        ledger.save();
      }
      if (random.nextInt(3) > 0) {
        ledger.abandon();
        kills++;
        ledger = random.nextInt(4) == 0 ? openThatTearsItsSnapshot(random) : open();
      }
    }
    ledger.replay(Integer.MAX_VALUE);

    System.out.println(expected.size() + " gaps, " + kills + " kills");
    assertThat(kills).isGreaterThan(5);
    assertThat(gapsOf(ledger)).isEqualTo(expected);
    long total = ledger.summary().gaps().values().stream().mapToLong(Long::longValue).sum();
    assertThat(total).isEqualTo(expected.size());
    assertThat(Files.readAllLines(directory.resolve("fleet/events.ndjson")))
        .filteredOn(line -> line.contains("\"gap\""))
        .hasSize(expected.size())
        .doesNotHaveDuplicates();
    ledger.abandon();
  }

  /** The gaps that a ledger finds which nothing happens to. */
  private Map<String, String> undisturbed(FleetSimulation fleet) throws IOException {
    Path elsewhere = directory.resolve("elsewhere");
    DiskJournal other =
        DiskJournal.open(
            new JournalConfig(
                elsewhere.resolve("journal"),
                JournalConfig.Ack.OS,
                Duration.ofSeconds(1),
                1L << 30,
                8L << 20),
            clock);
    try (other) {
      DiskJournal mine = journal;
      journal = other;
      FleetLedger ledger = open(elsewhere, new AtomicFile());
      fleet.arrivals.forEach(this::append);
      ledger.replay(Integer.MAX_VALUE);
      Map<String, String> found = gapsOf(ledger);
      ledger.abandon();
      journal = mine;
      return found;
    }
  }

  private static Map<String, String> gapsOf(FleetLedger ledger) {
    Map<String, String> found = new TreeMap<>();
    for (FleetGap gap : ledger.gaps(Instant.EPOCH, Optional.empty(), Gaps.MOST).gaps()) {
      if (gap.to() != null) {
        found.put(gap.deviceId() + " " + gap.from(), gap.to() + " " + gap.cause());
      }
    }
    return found;
  }

  private FleetLedger openThatTearsItsSnapshot(SplittableRandom random) throws IOException {
    AtomicFile.Step last = List.of(AtomicFile.Step.values()).get(random.nextInt(3));
    return open(
        directory,
        new AtomicFile(step -> {
          if (step == last) {
            throw new IOException("killed after " + step);
          }
        }));
  }

  private FleetLedger open() throws IOException {
    return open(directory, new AtomicFile());
  }

  private FleetLedger open(Path data, AtomicFile writer) throws IOException {
    FleetConfig config =
        new FleetConfig(
            true, data.resolve("fleet"), 10_000, Duration.ofSeconds(2), 0.2, Duration.ofDays(30));
    return FleetLedger.open(
        config,
        journal.yieldingFeed("fleet"),
        () -> {},
        () -> 0,
        () -> 0,
        (file, offset, mark) -> {},
        clock,
        writer,
        NO_NETSTAT);
  }

  private static List<String> names(
      FleetLedger ledger, Optional<DeviceState> state, DeviceOrder order, int limit) {
    return ledger.devices(state, order, limit).devices().stream()
        .map(FleetDevice::deviceId)
        .toList();
  }

  private JournalConfig journalConfig() {
    return new JournalConfig(
        directory.resolve("journal"),
        JournalConfig.Ack.OS,
        Duration.ofSeconds(1),
        1L << 30,
        8L << 20);
  }

  private void steady(String device, int from, int to, int every) {
    for (int second = from; second <= to; second += every) {
      append(device, second);
    }
  }

  private void append(String device, int second) {
    clock.second(second);
    append(new Reading(device, "temp", START + second * SECOND, 1));
  }

  private void append(Arrival arrival) {
    clock.micros(arrival.micros());
    ReadingBuffer buffer = new ReadingBuffer(256, 1 << 16);
    String name = new String(FleetSimulation.name(arrival.device()), UTF_8);
    for (long ts : arrival.ts()) {
      buffer.add(new Reading(name, "temp", ts, 1));
    }
    assertThat(journal.append(buffer)).isInstanceOf(AppendResult.Accepted.class);
  }

  private void append(Reading reading) {
    ReadingBuffer buffer = new ReadingBuffer(256, 1 << 16);
    buffer.add(reading);
    assertThat(journal.append(buffer)).isInstanceOf(AppendResult.Accepted.class);
  }

  private static String iso(int second) {
    return Instant.ofEpochSecond(START / SECOND + second).toString();
  }

  /** Stands still until it is set. */
  private static final class SetClock implements InstantSource {
    private volatile long micros = START;

    void second(long second) {
      micros(START + second * SECOND);
    }

    void micros(long to) {
      micros = to;
    }

    @Override
    public Instant instant() {
      return Instant.ofEpochSecond(micros / SECOND, micros % SECOND * 1_000);
    }
  }
}
