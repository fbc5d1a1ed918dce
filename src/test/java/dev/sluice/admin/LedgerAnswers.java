package dev.sluice.admin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.api.FleetDevice;
import dev.sluice.api.FleetDevices;
import dev.sluice.api.FleetGaps;
import dev.sluice.api.FleetSummary;
import dev.sluice.cli.text.FleetText;
import dev.sluice.fleet.FleetConfig;
import dev.sluice.fleet.FleetLedger;
import dev.sluice.http.auth.TokenAuth;
import dev.sluice.journal.AppendResult;
import dev.sluice.journal.JournalConfig;
import dev.sluice.journal.disk.DiskJournal;
import dev.sluice.reading.Reading;
import dev.sluice.reading.ReadingBuffer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/**
 * {@code /v1/fleet} and what is below it, of a real ledger: five minutes of ten devices with a gap
 * of each cause.
 *
 * <p>All is in the journal before the ledger begins to read, so that its time is that of the
 * readings alone.
 */
final class LedgerAnswers {
  private static final long START = 1_795_300_000L;
  private static final int EVERY = 5;
  private static final int END = 300;
  private static final int WIDTH = 80;
  private static final String SENSOR = "press-1";

  private final GoldenAnswers answers;
  private Instant now = second(0);

  LedgerAnswers(GoldenAnswers answers) {
    this.answers = answers;
  }

  void all() throws IOException {
    empty();
    fleet();
    absent();
  }

  private void empty() throws IOException {
    try (DiskJournal journal = journal("fleet-none");
        FleetLedger ledger = ledger("fleet-none", journal);
        AdminPort port = port(Optional.of(ledger))) {
      ledger.start();
      answers.add(
          "fleet-none",
          200,
          port.get("/v1/fleet"),
          GoldenAnswers.text(FleetSummary.class, FleetText::of));
      devices("fleet-devices-none", port, "");
      gaps("fleet-gaps-none", port, "");
    }
  }

  private void fleet() throws IOException {
    Path fleet = Files.createDirectories(answers.data().resolve("fleet/fleet"));
    Files.writeString(
        fleet.resolve("incidents.ndjson"),
        incident("stopped", 176, 184, 0)
            + incident("pause", 190.5, 190.9, 400_000)
            + incident("pause", 195.25, 195.5, 250_000)
            + incident("journal-full", 219.5, 221.5, 12));
    try (DiskJournal journal = journal("fleet")) {
      for (int second = 0; second <= END; second++) {
        appendAll(journal, second);
      }
      now = second(END + 3);
      try (FleetLedger ledger = ledger("fleet", journal);
          AdminPort port = port(Optional.of(ledger))) {
        ledger.start();
        await().until(() -> ledger.states().silent() == 2);
        shown(port);
        refused(port);
        answers.add(
            "fleet-retire",
            200,
            port.post("/v1/fleet", "{'action':'retire','device_id':'hall/7'}"),
            GoldenAnswers.text(FleetDevice.class, device -> FleetText.device(device, WIDTH)));
      }
    }
  }

  private void shown(AdminPort port) {
    answers.add(
        "fleet", 200, port.get("/v1/fleet"), GoldenAnswers.text(FleetSummary.class, FleetText::of));
    devices("fleet-devices", port, "?sort=name");
    devices("fleet-devices-silent", port, "?state=silent&sort=silence&limit=1");
    device("fleet-device", port, SENSOR);
    device("fleet-device-silent", port, "hall/7");
    device("fleet-device-learning", port, "new");
    device("fleet-device-ahead", port, "ahead");
    gaps("fleet-gaps", port, "?limit=6");
    gaps("fleet-gaps-late", port, "?cause=late");
    gaps("fleet-gaps-since", port, "?since=" + second(END + 1));
  }

  private void refused(AdminPort port) {
    answers.add("fleet-refused-state", 400, port.get("/v1/fleet/devices?state=asleep"));
    answers.add("fleet-refused-sort", 400, port.get("/v1/fleet/devices?sort=size"));
    answers.add("fleet-refused-limit", 400, port.get("/v1/fleet/devices?limit=1001"));
    answers.add("fleet-refused-cause", 400, port.get("/v1/fleet/gaps?cause=ghosts"));
    answers.add("fleet-refused-since", 400, port.get("/v1/fleet/gaps?since=yesterday"));
    answers.add("fleet-refused-action", 400, port.post("/v1/fleet", "{'action':'wake'}"));
    answers.add("fleet-refused-device", 400, port.post("/v1/fleet", "{'action':'retire'}"));
    answers.add("fleet-unknown-device", 404, port.get("/v1/fleet/devices/nobody"));
    answers.add(
        "fleet-unknown-retire",
        404,
        port.post("/v1/fleet", "{'action':'retire','device_id':'nobody'}"));
  }

  private void absent() {
    try (AdminPort port = port(Optional.empty())) {
      answers.add("fleet-absent", 404, port.get("/v1/fleet"));
    }
  }

  private void devices(String name, AdminPort port, String query) {
    answers.add(
        name,
        200,
        port.get("/v1/fleet/devices" + query),
        GoldenAnswers.text(
            FleetDevices.class, found -> FleetText.devices(found, query.contains("state="))));
  }

  private void device(String name, AdminPort port, String device) {
    answers.add(
        name,
        200,
        port.get("/v1/fleet/devices/" + device),
        GoldenAnswers.text(FleetDevice.class, found -> FleetText.device(found, WIDTH)));
  }

  private void gaps(String name, AdminPort port, String query) {
    answers.add(
        name,
        200,
        port.get("/v1/fleet/gaps" + query),
        GoldenAnswers.text(
            FleetGaps.class,
            found -> FleetText.gaps(found, query.contains("cause=") || query.contains("since="))));
  }

  /** What all devices send in this second. */
  private void appendAll(DiskJournal journal, int second) {
    now = second(second);
    if (second % EVERY == 0) {
      for (int press = 1; press <= 4; press++) {
        if (!cutOff(second) && !stopped(second) && !(press == 4 && second == 220)) {
          append(journal, "press-" + press, second, second - 0.25);
        }
      }
      if (second <= 150 && !cutOff(second)) {
        append(journal, "hall/7", second, second - 40);
      }
      if (!stopped(second) && second != END) {
        append(journal, "quiet", second, second);
      }
      if (!stopped(second)) {
        append(journal, "ahead", second, second + 90);
      }
      if (!stopped(second)) {
        buffered(journal, second);
      }
      if (second >= 290) {
        append(journal, "new", second, second);
        append(journal, "beyond", second, second);
      }
    }
  }

  /** Half a minute of the network of one hall: all but {@code quiet} and {@code ahead}. */
  private static boolean cutOff(int second) {
    return second > 60 && second < 90;
  }

  private static boolean stopped(int second) {
    return second > 175 && second < 185;
  }

  /** A sensor that keeps its readings while it is away, and then sends them. */
  private void buffered(DiskJournal journal, int second) {
    if (second < 240 || second > 260) {
      append(journal, "keeps", second, second);
    } else if (second == 260) {
      for (int kept = 240; kept <= 260; kept += EVERY) {
        append(journal, "keeps", second, kept);
      }
    }
  }

  private void append(DiskJournal journal, String device, int second, double ts) {
    assertThat(now).isEqualTo(second(second));
    ReadingBuffer buffer = new ReadingBuffer(256, 1024);
    buffer.add(new Reading(device, "temp", micros(ts), 1));
    assertThat(journal.append(buffer)).isInstanceOf(AppendResult.Accepted.class);
  }

  private DiskJournal journal(String name) throws IOException {
    return DiskJournal.open(
        new JournalConfig(
            answers.data().resolve(name).resolve("journal"),
            JournalConfig.Ack.OS,
            Duration.ofSeconds(1),
            1L << 30,
            8L << 20),
        () -> now);
  }

  private FleetLedger ledger(String name, DiskJournal journal) throws IOException {
    return FleetLedger.open(
        new FleetConfig(
            true,
            answers.data().resolve(name).resolve("fleet"),
            9,
            Duration.ofSeconds(2),
            0.2,
            Duration.ofDays(30)),
        journal.yieldingFeed("fleet"),
        () -> {},
        () -> 0,
        () -> 0,
        (file, offset, mark) -> {},
        () -> now);
  }

  private static AdminPort port(Optional<FleetLedger> ledger) {
    return new AdminPort(
        new FleetRoutes(() -> Optional.of(ledger), TokenAuth.everybody(), AdminPort.audit()));
  }

  private static String incident(String kind, double from, double to, long amount) {
    return "{\"kind\":\"%s\",\"from_us\":%d,\"to_us\":%d,\"amount\":%d}%n"
        .formatted(kind, micros(from), micros(to), amount);
  }

  private static Instant second(int second) {
    return Instant.ofEpochSecond(START + second);
  }

  private static long micros(double second) {
    return START * 1_000_000 + Math.round(second * 1_000_000);
  }
}
