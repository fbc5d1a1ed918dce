package dev.sluice.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class VerifyCommandTest {
  private static final String GET = "GET /v1/verify";
  private static final String POST = "POST /v1/verify";

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
  void showsWhatIsKnown() {
    admin.on(GET, 200, verify("done", 2, 1));

    assertThat(command.run("verify")).isZero();

    assertThat(command.out().lines())
        .containsExactly(
            "verify     done, needed",
            "hours      8 matched, 1 mismatched, 0 dirty, 0 unverified",
            "started    2026-11-22T03:00:00Z",
            "finished   2026-11-22T03:10:00Z",
            "compared   1,000 rows in 9 of 9 hours",
            "found      2 missing, 0 extra, 0 value, 0 precision",
            "           listed by key in /data/verify/mismatches",
            "full pass  2026-11-22T03:10:00Z",
            "parity     not proven: 1 hour is mismatched",
            "next       sluice verify repair lists what a repair would copy");
  }

  @Test
  void showsWhatIsKnownBeforeTheFirstRun() {
    admin.on(
        GET,
        200,
        """
        {"state":"idle","scope":null,"hours":{"unverified":3,"matched":0,"mismatched":0,"dirty":0},
         "complete_pass_at":null,"objection":"no pass over all hours yet","control":null}
        """);

    command.run("verify");

    assertThat(command.out().lines())
        .containsExactly(
            "verify     idle",
            "hours      0 matched, 0 mismatched, 0 dirty, 3 unverified",
            "full pass  none yet",
            "parity     not proven: no pass over all hours yet",
            "next       sluice verify start");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "start | {\"action\":\"start\",\"scope\":\"needed\"}",
        "start --all | {\"action\":\"start\",\"scope\":\"all\"}",
        "start --control QuestDB | {\"action\":\"start\",\"scope\":\"control-questdb\"}",
        "--control mysql start | {\"action\":\"start\",\"scope\":\"control-mysql\"}",
        "cancel | {\"action\":\"cancel\"}",
        "repair | {\"action\":\"repair\",\"execute\":false}",
        "repair --execute | {\"action\":\"repair\",\"execute\":true}"
      })
  void asksForEachAction(String line, String body) {
    admin.on(POST, 200, verify("running", 0, 0));

    assertThat(command.run(("verify " + line).split(" "))).isZero();

    assertThat(admin.requests).containsExactly("POST /v1/verify " + body);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "verify --execute | --execute belongs to repair",
        "verify map --all | --all belongs to start",
        "verify --control mysql | --control belongs to start",
        "verify repair --watch | --watch belongs to start",
        "verify start --all-hours | --all-hours belongs to map",
        "verify start --all --control mysql | exclude each other",
        "verify start --control oracle | but was 'oracle'"
      })
  void refusesOptionsThatWouldNotDoWhatTheyLookLike(String line, String part) {
    assertThat(command.run(line.split(" "))).isEqualTo(Cli.USAGE);

    assertThat(command.err()).contains(part);
    assertThat(admin.requests).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "done, 0, 0, 0",
    "done, 2, 1, 1",
    "done, 0, 1, 1",
    "cancelled, 0, 0, 1",
    "failed, 0, 0, 1"
  })
  void watchesToTheEndAndTellsByItsExitCode(String state, int keys, int hours, int code) {
    admin.on(POST, 200, verify("running", 0, 0)).on(GET, 200, verify(state, keys, hours));

    assertThat(command.run("verify", "start", "--watch")).isEqualTo(code);

    assertThat(command.out())
        .startsWith("verify running: 100.0 %, 9 of 9 hours, 7 rows/s, at 2026-11-22T03\n")
        .contains("verify " + state + ": ");
  }

  @ParameterizedTest
  @CsvSource({"0, 0", "1, 1"})
  void judgesAControlRunByItsOwnDifferencesAlone(int differences, int code) {
    admin.on(
        GET,
        200,
        """
        {"state":"done","scope":"control-mysql","started_at":"2026-11-22T03:00:00Z",
         "hours":{"mismatched":4},"mismatches":{"missing":4},"hours_done":2,"rows_compared":10,
         "control":{"store":"mysql","rows":5,"differences":%d}}
        """
            .formatted(differences));

    assertThat(command.run("verify", "watch")).isEqualTo(code);

    assertThat(command.out()).contains("control    mysql against itself: 5 rows, " + differences);
  }

  @Test
  void hasNothingToWatchBeforeTheFirstRun() {
    admin.on(GET, 200, "{\"state\":\"idle\"}");

    assertThat(command.run("verify", "watch")).isEqualTo(Cli.FAILED);

    assertThat(command.err()).contains("start one: sluice verify start");
  }

  @Test
  void mapsHoursInTheSameStateToOneLine() {
    admin.on("GET /v1/verify?map=true", 200, map());

    assertThat(command.run("verify", "map")).isZero();

    assertThat(command.out().lines())
        .containsExactly(
            "from           to             hours  state       mysql rows  questdb rows  mismatches"
                + "  since",
            "2026-11-22T00  2026-11-22T01  2      matched     3,000       3,000         0         "
                + "  2026-11-22T03:00:00Z",
            "2026-11-22T02  2026-11-22T02  1      mismatched  10          9             1         "
                + "  2026-11-22T03:02:00Z",
            "2026-11-22T04  2026-11-22T04  1      dirty       5           5             0         "
                + "  2026-11-22T04:30:00Z",
            "2026-11-22T05  2026-11-22T05  1      unverified  0           0             0         "
                + "  -",
            "",
            "5 hours: 2 matched, 1 mismatched, 1 dirty, 1 unverified",
            "Hours (UTC) without a reading in either store are not listed.");
  }

  @Test
  void mapsEachHourWhenAskedTo() {
    admin.on("GET /v1/verify?map=true", 200, map());

    command.run("verify", "map", "--all-hours");

    assertThat(command.out().lines().filter(line -> line.startsWith("2026-"))).hasSize(5);
  }

  @Test
  void mapsNothingInWords() {
    admin.on("GET /v1/verify?map=true", 200, "{\"map\":[]}");

    assertThat(command.run("verify", "map")).isZero();

    assertThat(command.out()).contains("to check: sluice verify start");
  }

  @Test
  void saysWhatARepairWouldDo() {
    admin.on(POST, 200, repair(false));

    assertThat(command.run("verify", "repair")).isZero();

    assertThat(command.out().lines())
        .containsExactly(
            "A repair would change in QuestDB:",
            "  missing    1,234  in MySQL only: copied",
            "  value      2      different value: MySQL's is copied",
            "  precision  0      almost the same value: MySQL's is copied",
            "  extra      0      in QuestDB only: removed",
            "3 keys need no repair: the stores agree by now.",
            "",
            "25 keys cannot be repaired:",
            "  a remote QuestDB removes no rows",
            "    extra  s-17  temp  2026-11-22T03:00:00.000001Z",
            "    and 24 more: see --json and the mismatch files",
            "",
            "Nothing was changed. To proceed:",
            "  sluice verify repair --execute --set admin.port=" + admin.port());
  }

  @Test
  void failsARepairThatLeavesKeysBehind() {
    admin.on(POST, 200, repair(true));
    admin.on(POST, 200, "{\"execute\":true,\"repaired\":{\"missing\":1},\"not_repaired\":[]}");

    assertThat(command.run("verify", "repair", "--execute")).isEqualTo(Cli.FAILED);
    assertThat(command.out())
        .startsWith("Repaired:\n")
        .endsWith("The affected hours are being verified again: sluice verify watch\n");

    assertThat(command.run("verify", "repair", "--execute")).isZero();
    assertThat(command.out()).doesNotContain("cannot be repaired");
  }

  @Test
  void passesOnWhyItIsRefused() {
    admin.on(POST, 409, "{\"code\":\"refused\",\"message\":\"only MySQL is written\"}");

    assertThat(command.run("verify", "start")).isEqualTo(Cli.FAILED);

    assertThat(command.err()).isEqualTo("sluice: only MySQL is written\n");
  }

  private static String verify(String state, int missing, int mismatched) {
    boolean running = state.equals("running");
    return """
    {"state":"%s","scope":"needed","why":null,
     "hours":{"unverified":0,"matched":8,"mismatched":%d,"dirty":0},
     "hours_done":9,"hours_total":9,"hour":%s,"rows_compared":1000,"rows_per_second":7,
     "mismatches":{"missing":%d,"extra":0,"value":0,"precision":0},
     "mismatch_files":"/data/verify/mismatches","complete_pass_at":"2026-11-22T03:10:00Z",
     "objection":%s,"started_at":"2026-11-22T03:00:00Z","finished_at":%s,"control":null}
    """
        .formatted(
            state,
            mismatched,
            running ? "\"2026-11-22T03\"" : "null",
            missing,
            mismatched == 0 ? "null" : "\"1 hour is mismatched\"",
            running ? "null" : "\"2026-11-22T03:10:00Z\"");
  }

  private static String map() {
    return """
    {"hours":{"unverified":1,"matched":2,"mismatched":1,"dirty":1},"map":[
     {"hour":"2026-11-22T00","state":"matched","mysql_rows":1000,"questdb_rows":1000,
      "mismatches":0,"verified_at":"2026-11-22T03:00:00Z","dirty_since":null},
     {"hour":"2026-11-22T01","state":"matched","mysql_rows":2000,"questdb_rows":2000,
      "mismatches":0,"verified_at":"2026-11-22T03:01:00Z","dirty_since":null},
     {"hour":"2026-11-22T02","state":"mismatched","mysql_rows":10,"questdb_rows":9,
      "mismatches":1,"verified_at":"2026-11-22T03:02:00Z","dirty_since":null},
     {"hour":"2026-11-22T04","state":"dirty","mysql_rows":5,"questdb_rows":5,
      "mismatches":0,"verified_at":"2026-11-22T04:10:00Z","dirty_since":"2026-11-22T04:30:00Z"},
     {"hour":"2026-11-22T05","state":"unverified"}]}
    """;
  }

  private static String repair(boolean execute) {
    return """
    {"execute":%s,"repaired":{"missing":1234,"value":2,"precision":0,"extra":0},
     "not_repaired":[{"class":"extra","device_id":"s-17","metric":"temp",
      "ts":"2026-11-22T03:00:00.000001Z","reason":"a remote QuestDB removes no rows"}],
     "not_repaired_total":25,"unchanged":3}
    """
        .formatted(execute);
  }
}
