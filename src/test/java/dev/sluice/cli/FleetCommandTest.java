package dev.sluice.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.api.FleetDevice;
import dev.sluice.api.FleetDevices;
import dev.sluice.api.FleetGap;
import dev.sluice.api.FleetGaps;
import dev.sluice.api.FleetGroup;
import dev.sluice.api.FleetSummary;
import dev.sluice.api.Json;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FleetCommandTest {
  private static final String GET = "GET /v1/fleet";
  private static final FleetSummary.Quantiles UNKNOWN =
      new FleetSummary.Quantiles(null, null, null, null);
  private static final FleetGap SILENCE =
      new FleetGap("hall/7", "2026-11-22T03:05:00.25Z", null, 95.5, "device");
  private static final FleetGap STOP =
      new FleetGap("hall/7", "2026-11-22T03:00:00.5Z", "2026-11-22T03:00:20Z", 19.5, "sluice-down");

  private CannedAdmin admin;
  private CommandRun command;

  @BeforeEach
  void start() throws IOException {
    admin = new CannedAdmin();
    command = new CommandRun(admin.port());
  }

  @AfterEach
  void stop() {
    admin.close();
  }

  @Test
  void showsAFleetOfNobody() {
    admin.on(GET, 200, fleet(0, 1_245_184, UNKNOWN, UNKNOWN, List.of(), List.of()));

    assertThat(command.run("fleet")).isZero();

    assertThat(command.out().lines())
        .containsExactly(
            "devices     none heard yet",
            "gaps        none",
            "lateness    not measured yet",
            "intervals   not measured yet",
            "ledger      up to date",
            "memory      1.2 MiB");
    assertThat(command.err()).isEmpty();
  }

  /** One sensor whose backlog is from last week: neither bytes a device nor seconds in millions. */
  @Test
  void showsAFleetOfOneInUnitsThatPeopleRead() {
    FleetSummary.Quantiles lateness = new FleetSummary.Quantiles(0.0, 0.85, 12.345, 620_544.0);
    FleetSummary.Quantiles ratio = new FleetSummary.Quantiles(1.0, 1.05, 9.994, 14_321.5);
    admin.on(GET, 200, fleet(1, 1_245_184, lateness, ratio, List.of(), List.of()));

    command.run("fleet", "show");

    assertThat(command.out().lines())
        .contains(
            "devices     1 live, 0 late, 0 silent, 0 learning, 0 retired",
            "lateness    p50 0 ms, p90 850 ms, p99 12.3 s, max 7 d 4 h",
            "intervals   p50 1.00, p90 1.05, p99 9.99, max 14,322 times the usual",
            "memory      1.2 MiB");
  }

  @Test
  void showsALargeFleetWithWhatADeviceTakes() {
    admin.on(GET, 200, fleet(10_000, 1_765_432, UNKNOWN, UNKNOWN, List.of(), List.of()));

    command.run("fleet");

    assertThat(command.out().lines())
        .contains(
            "devices     10,000 live, 0 late, 0 silent, 0 learning, 0 retired",
            "memory      1.7 MiB, 177 bytes a device");
  }

  @Test
  void showsWhatBeganTogetherAndWhatOfItIsSluicesOwn() {
    List<FleetGroup> together =
        List.of(
            new FleetGroup("2026-11-22T03:05:00Z", null, 1_204, "fleet"),
            new FleetGroup("2026-11-22T03:00:00.25Z", "2026-11-22T03:02:05Z", 3, "sluice-down"));
    List<FleetSummary.Incident> incidents =
        List.of(
            incident("pause", "2026-11-22T03:04:00.1Z", "2026-11-22T03:04:00.35Z", "0.25 s"),
            incident("journal-full", "2026-11-22T03:03:00Z", null, "ingest answered"),
            incident("pause", "2026-11-22T03:01:00Z", "2026-11-22T03:01:01.5Z", "1.50 s"),
            incident("stopped", "2026-11-22T03:00:00.25Z", "2026-11-22T03:02:05Z", "not running"));
    admin.on(GET, 200, fleet(3, 1_245_184, UNKNOWN, UNKNOWN, together, incidents));

    command.run("fleet");

    assertThat(command.out().lines())
        .endsWith(
            "together    1,204 devices, fleet, since 2026-11-22T03:05:00Z",
            "            3 devices, sluice-down, from 2026-11-22T03:00:00Z to 2026-11-22T03:02:05Z,"
                + " 2 min 5 s",
            "incidents   journal-full since 2026-11-22T03:03:00Z: ingest answered",
            "            stopped from 2026-11-22T03:00:00Z to 2026-11-22T03:02:05Z, 2 min 5 s: not"
                + " running",
            "            2 pauses between 2026-11-22T03:01:00Z and 2026-11-22T03:04:00Z: the process"
                + " stood still, longest 1.5 s");
  }

  @Test
  void saysHowFarTheLedgerIsAndWhyItDoesNotGoOn() {
    FleetSummary.Progress progress =
        new FleetSummary.Progress(1_200, 75.25, 1_245_184, 415_061.3, 1, "reading failed: disk");
    admin.on(
        GET,
        200,
        Json.write(
            new FleetSummary(
                new FleetSummary.States(1, 1, 1, 0, 0),
                7,
                3,
                progress,
                Map.of("device", 2L, "late", 0L),
                List.of(),
                UNKNOWN,
                UNKNOWN,
                List.of())));

    command.run("fleet");

    assertThat(command.out().lines())
        .contains(
            "            about 7 devices beyond fleet.max-devices, which is 3: counted, not watched",
            "gaps        2 device",
            "ledger      1,200 readings (1 min 15 s) behind",
            "            1 reading passed over: it was behind, and the journal needed the room",
            "            reading failed: disk");
  }

  @Test
  void listsDevices() {
    admin.on(
        GET + "/devices?state=silent&sort=gaps&limit=2",
        200,
        Json.write(
            new FleetDevices(
                3, List.of(device("hall/7", "silent", List.of()), device("b", "live", null)))));

    assertThat(
            command.run("fleet", "devices", "--state", "silent", "--sort", "gaps", "--limit", "2"))
        .isZero();

    assertThat(command.out())
        .isEqualToNormalizingNewlines(
            """
            device  state   last arrival          interval  jitter  gaps   longest    why
            hall/7  silent  2026-11-22T03:05:00Z  5.0 s     120 ms  1,234  1 h 2 min  device
            b       live    2026-11-22T03:05:00Z  -         -       0      -

            2 of 3 devices
            """);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "devices | /devices | No device was heard yet.",
        "devices --state late | /devices?state=late | No device is in this state.",
        "gaps | /gaps | No gap is known.",
        "gaps --cause late | /gaps?cause=late | No such gap is known."
      })
  void saysWhenThereIsNone(String line, String route, String text) {
    admin.on(GET + route, 200, "{\"total\":0,\"devices\":[],\"gaps\":[],\"together\":[]}");

    assertThat(command.run(("fleet " + line).split(" "))).isZero();

    assertThat(command.out().strip()).isEqualTo(text);
  }

  @Test
  void listsGapsWithThoseThatBeganTogether() {
    admin.on(
        GET + "/gaps?cause=sluice-down&since=2026-11-22T03%3A00%3A00Z&limit=5",
        200,
        Json.write(
            new FleetGaps(
                2,
                List.of(SILENCE, STOP),
                List.of(
                    new FleetGroup(
                        "2026-11-22T03:00:00Z", "2026-11-22T03:00:20Z", 2, "sluice-down")))));

    command.run(
        "fleet",
        "gaps",
        "--cause",
        "sluice-down",
        "--since",
        "2026-11-22T03:00:00Z",
        "--limit",
        "5");

    assertThat(command.out())
        .isEqualToNormalizingNewlines(
            """
            device  from                  to                    length      cause
            hall/7  2026-11-22T03:05:00Z  not over              1 min 36 s  device
            hall/7  2026-11-22T03:00:00Z  2026-11-22T03:00:20Z  19.5 s      sluice-down

            2 gaps
            together    2 devices, sluice-down, from 2026-11-22T03:00:00Z to 2026-11-22T03:00:20Z, 20.0 s
            """);
  }

  @Test
  void showsADeviceWithItsGapsOnALineOfTime() {
    admin.on(
        GET + "/device?id=hall%2F7",
        200,
        Json.write(device("hall/7", "silent", List.of(SILENCE, STOP))));

    assertThat(command.onTerminal(61).run("fleet", "device", "hall/7")).isZero();

    assertThat(command.out().lines())
        .startsWith(
            "device      hall/7",
            "state       silent for 1 min 36 s, cause so far: device",
            "heard       2026-11-22T02:00:00Z to 2026-11-22T03:05:00Z",
            "readings    1,234",
            "interval    5.0 s, jitter 120 ms, silent after 6.3 s",
            "lateness    none: its clock is ahead by 2.5 s",
            "gaps        1,234, longest 1 h 2 min",
            "")
        .contains("S Sluice was down  R refused  F fleet  L came late  D device");
    String bar =
        command.out().lines().filter(line -> line.contains("\u2501")).findFirst().orElse("");
    assertThat(bar).matches("\u2501{2,3}S{2,4}\u2501{35,42}D{12,16}").hasSize(60);
  }

  @Test
  void asksForADeviceWhateverItsName() {
    String name = "50%;a\\b//../x y&id=+#\u00fc";
    String asked = GET + "/device?id=50%25%3Ba%5Cb%2F%2F..%2Fx%20y%26id%3D%2B%23%C3%BC";
    admin.on(asked, 200, Json.write(device(name, "learning", null)));

    assertThat(command.run("fleet", "device", name)).isZero();

    assertThat(command.out()).startsWith("device      " + name);
    assertThat(admin.requests).containsExactly(asked);
  }

  @Test
  void showsADeviceThatIsNew() {
    admin.on(GET + "/device?id=b", 200, Json.write(device("b", "learning", null)));

    command.run("fleet", "device", "b");

    assertThat(command.out().lines())
        .containsExactly(
            "device      b",
            "state       learning",
            "heard       2026-11-22T02:00:00Z to 2026-11-22T03:05:00Z",
            "readings    1,234",
            "interval    not known yet: it takes nine arrivals",
            "lateness    120 ms",
            "gaps        none");
  }

  @Test
  void retiresADevice() {
    admin.on("POST /v1/fleet", 200, Json.write(device("a b", "retired", null)));

    assertThat(command.run("fleet", "retire", "a b")).isZero();

    assertThat(admin.requests)
        .containsExactly("POST /v1/fleet {\"action\":\"retire\",\"device_id\":\"a b\"}");
    assertThat(command.out()).contains("state       retired: not watched until it is heard again");
  }

  @Test
  void printsJsonAsItCame() {
    String answer = fleet(3, 1_245_184, UNKNOWN, UNKNOWN, List.of(), List.of());
    admin.on(GET, 200, answer);

    assertThat(command.run("fleet", "--json")).isZero();

    assertThat(command.out()).isEqualToNormalizingNewlines(answer + "\n");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "fleet device | device needs the ID of a device",
        "fleet retire | retire needs the ID of a device",
        "fleet gaps x | only device and retire take an ID",
        "fleet x | but was 'x'",
        "fleet --state late | --state belongs to devices",
        "fleet gaps --sort gaps | --sort belongs to devices",
        "fleet devices --cause late | --cause belongs to gaps",
        "fleet devices --since 2026-11-22T03:00:00Z | --since belongs to gaps",
        "fleet device x --limit 3 | --limit belongs to devices and gaps",
        "fleet gaps --limit x | is not an int"
      })
  void refusesWhatItWouldNotObey(String line, String part) {
    assertThat(command.run(line.split(" "))).isEqualTo(Cli.USAGE);

    assertThat(command.err()).contains(part);
    assertThat(admin.requests).isEmpty();
  }

  @Test
  void passesOnWhatSluiceSaysAboutWhatItDoesNotKnow() {
    admin.on(
        GET + "/device?id=x",
        404,
        "{\"code\":\"not found\",\"message\":\"device \\\"x\\\" is not known: never heard\"}");
    admin.on(GET + "/gaps?cause=x", 400, "{\"message\":\"cause is x, allowed are late\"}");
    admin.on(GET, 200, "[]");

    assertThat(command.run("fleet", "device", "x")).isEqualTo(Cli.FAILED);
    assertThat(command.err())
        .isEqualToIgnoringNewLines("sluice: device \"x\" is not known: never heard");
    assertThat(command.run("fleet", "gaps", "--cause", "x")).isEqualTo(Cli.FAILED);
    assertThat(command.err()).contains("answered 400: cause is x, allowed are late");
    assertThat(command.run("fleet")).isEqualTo(Cli.FAILED);
    assertThat(command.err()).contains("the answer is not the fleet of a Sluice server");
    assertThat(command.run("fleet", "devices")).as("an older Sluice").isEqualTo(Cli.FAILED);
    assertThat(command.err()).contains("is older than this command");
  }

  private static String fleet(
      int live,
      long bytes,
      FleetSummary.Quantiles lateness,
      FleetSummary.Quantiles ratio,
      List<FleetGroup> together,
      List<FleetSummary.Incident> incidents) {
    Map<String, Long> gaps = new LinkedHashMap<>();
    List.of("sluice-down", "refused", "fleet", "late", "device")
        .forEach(cause -> gaps.put(cause, 0L));
    return Json.write(
        new FleetSummary(
            new FleetSummary.States(live, 0, 0, 0, 0),
            0,
            1_000_000,
            new FleetSummary.Progress(0, 0, bytes, live == 0 ? 0 : (double) bytes / live, 0, null),
            gaps,
            together,
            lateness,
            ratio,
            incidents));
  }

  private static FleetSummary.Incident incident(
      String kind, String from, @Nullable String to, String detail) {
    return new FleetSummary.Incident(kind, from, to, detail);
  }

  /**
   * @param gaps null for a device of which little is known
   */
  private static FleetDevice device(String id, String state, @Nullable List<FleetGap> gaps) {
    boolean known = gaps != null;
    boolean silent = state.equals("silent");
    return new FleetDevice(
        id,
        state,
        "2026-11-22T02:00:00Z",
        "2026-11-22T03:05:00.25Z",
        "2026-11-22T03:05:00Z",
        1_234,
        known ? 5.0 : null,
        known ? 0.12 : null,
        known ? -2.5 : 0.12,
        known ? 1_234 : 0,
        known ? 3_725.0 : 0,
        silent ? 95.5 : null,
        silent ? "device" : null,
        known ? 6.25 : null,
        gaps);
  }
}
