package dev.sluice.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class BackfillCommandTest {
  private static final String GET = "GET /v1/backfill";
  private static final String POST = "POST /v1/backfill";
  private static final String NONE =
      """
      {"state":"none","why":null,"id":null,"rows_copied":0,"findings":{},
       "preflight":{"state":"none"}}
      """;

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
  void showsHowFarItIs() {
    admin.on(
        GET,
        200,
        """
        {"state":"throttled","why":"MySQL runs 31 statements, limit 25","id":"b-1",
         "rows_total":10000000,"rows_copied":4130000,"rows_skipped":12,"rows_superseded":34,
         "position":"2026-11-01T10:00:00Z","rows_per_second":12345,"limit_rows_per_second":20000,
         "eta_seconds":200,"started_at":"2026-11-22T03:00:00Z","finished_at":null,
         "findings":{"before-1970":{"count":3,"decision":"stop"},
                     "duplicate":{"count":1200,"decision":"skip"}},
         "findings_file":"/data/backfill/findings.ndjson",
         "preflight":{"state":"done","rows_inspected":10000000,"rows_total":10000000}}
        """);

    assertThat(command.run("backfill")).isZero();

    assertThat(command.out().lines())
        .containsExactly(
            "backfill   throttled (b-1)",
            "           MySQL runs 31 statements, limit 25",
            "rows       4,130,000 of 10,000,000 rows, 12 skipped, 34 superseded by the mirror",
            "pace       12,345 rows/s in the last minute, limit 20,000 rows/s",
            "           ETA 3 min 20 s",
            "position   2026-11-01T10:00:00Z",
            "started    2026-11-22T03:00:00Z",
            "preflight  done, 10,000,000 of 10,000,000 rows inspected",
            "",
            "findings     rows   decision",
            "before-1970  3      stop",
            "duplicate    1,200  skip",
            "listed by key in /data/backfill/findings.ndjson",
            "before-1970 blocks a backfill. Decide with the setting backfill.before-1970 or with"
                + " --decide before-1970=skip",
            "",
            "next       sluice backfill watch");
  }

  @Test
  void startsWithTheDecisionsAndSaysWhatIsNext() {
    admin.on(POST, 200, running(0));

    assertThat(
            command.run(
                "backfill",
                "start",
                "--decide",
                "duplicate=skip",
                "--decide",
                "similar-devices=copy"))
        .isZero();

    assertThat(admin.requests)
        .containsExactly(
            "POST /v1/backfill {\"action\":\"start\",\"decisions\":"
                + "{\"duplicate\":\"skip\",\"similar-devices\":\"copy\"}}");
    assertThat(command.out()).endsWith("next       sluice backfill watch\n");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "preflight | {\"action\":\"preflight\"}",
        "pause | {\"action\":\"pause\"}",
        "resume | {\"action\":\"resume\"}",
        "cancel | {\"action\":\"cancel\"}",
        "throttle 20000 | {\"action\":\"throttle\",\"rows_per_second\":20000}",
        "throttle 0 | {\"action\":\"throttle\",\"rows_per_second\":0}"
      })
  void asksForEachAction(String line, String body) {
    admin.on(POST, 200, running(0));

    assertThat(command.run(("backfill " + line).split(" "))).isZero();

    assertThat(admin.requests).containsExactly("POST /v1/backfill " + body);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "backfill throttle | throttle needs N",
        "backfill throttle -5 | N is -5, allowed are 0 and more",
        "backfill pause 5 | only throttle takes a number",
        "backfill resume --decide duplicate=skip | --decide belongs to start",
        "backfill cancel --watch | --watch belongs to preflight, start and resume",
        "backfill stop | but was 'stop'"
      })
  void refusesOptionsThatWouldNotDoWhatTheyLookLike(String line, String part) {
    assertThat(command.run(line.split(" "))).isEqualTo(Cli.USAGE);

    assertThat(command.err()).contains(part);
    assertThat(admin.requests).isEmpty();
  }

  @Test
  void watchesInLinesWhereThereIsNoTerminal() {
    admin.on(GET, 200, running(10)).on(GET, 200, running(20));
    admin.on(GET, 200, state("throttled", 30, "mirror lag 3 s, limit 2 s"));
    admin.on(GET, 200, state("complete", 100, ""));

    assertThat(command.run("backfill", "watch")).isZero();

    assertThat(command.out().lines())
        .startsWith(
            "backfill running: 10.0 %, 10 of 100 rows, 5 rows/s, ETA 18 s, at 2026-11-01T10:00:00Z",
            "backfill throttled: 30.0 %, 30 of 100 rows, 5 rows/s, ETA 18 s, at"
                + " 2026-11-01T10:00:00Z, mirror lag 3 s, limit 2 s",
            "backfill complete: 100.0 %, 100 of 100 rows, at 2026-11-01T10:00:00Z",
            "backfill   complete (b-1)")
        .endsWith("next       sluice verify start");
    assertThat(command.out()).doesNotContain("\r", "\u001b");
  }

  @Test
  void printsALineNowAndThenThoughNothingChanges() {
    admin.on(GET, 200, running(10)).on(GET, 200, running(20)).on(GET, 200, running(30));
    admin.on(GET, 200, state("complete", 100, ""));
    command.impatient(Duration.ofSeconds(10));

    command.run("backfill", "watch");

    assertThat(command.out().lines().filter(line -> line.startsWith("backfill running")))
        .hasSize(3);
  }

  @Test
  void rewritesOneLineOnATerminal() {
    admin.on(POST, 200, running(10)).on(GET, 200, running(50));
    admin.on(GET, 200, state("complete", 100, ""));

    assertThat(command.onTerminal(80).run("backfill", "start", "--watch")).isZero();

    String bars = command.out().substring(0, command.out().indexOf('\n'));
    assertThat(bars.split("\r", -1))
        .containsExactly(
            "",
            "backfill  [##----------------------] 10.0 %  10 of 100 rows  5 rows/s  ETA 18"
                + " s\u001b[K",
            "backfill  [############------------] 50.0 %  50 of 100 rows  5 rows/s  ETA 18"
                + " s\u001b[K",
            "backfill complete  [###########] 100.0 %  100 of 100 rows  2026-11-01T10:00:00Z"
                + "\u001b[K");
    assertThat(command.out()).contains("\u001b[K\nbackfill   complete (b-1)\n");
  }

  @ParameterizedTest
  @CsvSource({"cancelled", "failed"})
  void failsWhenWhatItWatchesDoes(String state) {
    admin.on(GET, 200, running(10)).on(GET, 200, state(state, 10, "MySQL is gone"));

    assertThat(command.run("backfill", "watch")).isEqualTo(Cli.FAILED);

    assertThat(command.out()).contains("backfill " + state + ": ", "MySQL is gone");
  }

  @Test
  void waitsOnWhilePaused() {
    admin.on(GET, 200, state("paused", 10, "")).on(GET, 200, state("complete", 100, ""));

    assertThat(command.run("backfill", "watch")).isZero();

    assertThat(command.out()).startsWith("backfill paused: 10.0 %");
  }

  @Test
  void hasNothingToWatchBeforeTheFirstStart() {
    admin.on(GET, 200, NONE);

    assertThat(command.run("backfill", "watch")).isEqualTo(Cli.FAILED);

    assertThat(command.err()).contains("start one: sluice backfill start");
  }

  @ParameterizedTest
  @CsvSource({"stop, 1", "skip, 0"})
  void failsAPreflightThatLeavesSomethingToDecide(String decision, int code) {
    admin.on(POST, 200, preflight("preflight", "running", decision));
    admin.on(GET, 200, preflight("none", "done", decision));

    assertThat(command.run("backfill", "preflight", "--watch")).isEqualTo(code);

    assertThat(command.out()).startsWith("preflight running: 50.0 %, 40 rows inspected\n");
    assertThat(command.out()).contains("findings   rows  decision");
  }

  @Test
  void outlivesARestartOfSluice() {
    admin.on(GET, 200, running(10)).on(GET, 503, "{\"message\":\"Sluice is starting\"}");
    admin.on(GET, 503, "{\"message\":\"Sluice is starting\"}");
    admin.on(GET, 200, state("complete", 100, ""));

    assertThat(command.run("backfill", "watch")).isZero();

    assertThat(command.out().lines().filter(line -> line.startsWith("no answer, retrying")))
        .hasSize(1);
  }

  @Test
  void givesUpWatchingASluiceThatStaysAway() {
    admin.on(GET, 200, running(10)).on(GET, 503, "{\"message\":\"Sluice is stopping\"}");
    command.impatient(Duration.ofMillis(200));

    assertThat(command.run("backfill", "watch")).isEqualTo(Cli.FAILED);

    assertThat(command.err()).contains("answered 503: Sluice is stopping");
  }

  @Test
  void printsOnlyTheLastAnswerAsJson() {
    admin.on(GET, 200, running(10)).on(GET, 200, state("complete", 100, ""));

    assertThat(command.run("backfill", "watch", "--json")).isZero();

    assertThat(command.out()).startsWith("{\"state\":\"complete\"").hasLineCount(1);
  }

  private static String running(long rows) {
    return state("running", rows, "");
  }

  private static String state(String state, long rows, String why) {
    return """
    {"state":"%s","why":"%s","id":"b-1","rows_total":100,"rows_copied":%d,"rows_skipped":0,
     "rows_superseded":0,"position":"2026-11-01T10:00:00Z","rows_per_second":5,
     "limit_rows_per_second":0,"eta_seconds":18,"started_at":"2026-11-22T03:00:00Z",
     "findings":{},"preflight":{"state":"none"}}
    """
        .formatted(state, why, rows)
        .replace("\n", "");
  }

  private static String preflight(String state, String preflight, String decision) {
    return """
    {"state":"%s","id":null,"findings":{"duplicate":{"count":2,"decision":"%s"}},
     "preflight":{"state":"%s","rows_inspected":40,"rows_total":null,"id":50,"last_id":100}}
    """
        .formatted(state, decision, preflight);
  }
}
