package dev.sluice.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CutoverCommandTest {
  private static final String GET = "GET /v1/cutover";
  private static final String POST = "POST /v1/cutover";
  private static final String NOT_READY =
      """
      {"id":"2026-11-22T03:20:10Z-1a2b","hash":"3f2a","at":"2026-11-22T03:20:10Z","epoch":3,
       "from":"mirror","to":"questdb","ready":false,
       "guards":[
        {"name":"schema","value":"V5","threshold":"V5","passed":true,"reason":""},
        {"name":"mirror-lag","value":"7.2 s","threshold":"at most 5 s","passed":false,
         "reason":"QuestDB applies slower than readings arrive: wait, or look at sluice status"},
        {"name":"parity","value":"12 hours dirty","threshold":"none","passed":false,
         "reason":"verify them: sluice verify start"}],
       "would":["wait until QuestDB has everything","hold reads"]}
      """;
  private static final String READY =
      """
      {"id":"r-7","at":"2026-11-22T03:20:10Z","epoch":3,"from":"mirror","to":"questdb",
       "ready":true,"guards":[{"name":"schema","value":"V5","threshold":"V5","passed":true}],
       "would":[]}
      """;
  private static final String FLIPPED =
      """
      {"phase":"questdb","epoch":4,"at":"2026-11-22T03:21:00Z","report":"r-7","held_ms":120,
       "waited_ms":1800}
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
  void showsThePhaseForPeople() {
    admin.on(
        GET,
        200,
        """
        {"phase":"questdb","epoch":4,"by":"ada","at":"2026-11-22T03:21:00Z","reason":"lag is down",
         "report":"r-7","may_go_to":["mirror","retired"],
         "changing":{"to":"mirror","step":"reads are held","since":"2026-11-22T03:30:00Z"},
         "reports":["r-8","r-7"],
         "last_flip":{"to":"questdb","held_ms":120,"waited_ms":1800,"at":"2026-11-22T03:21:00Z"},
         "shadow_reads":{"share":0.01,"compared":1234,"different":1,"skipped":2}}
        """);

    assertThat(command.run("cutover")).isZero();

    assertThat(command.out().lines())
        .containsExactly(
            "phase      questdb (epoch 4)",
            "set        2026-11-22T03:21:00Z by ada",
            "           lag is down",
            "based on   r-7",
            "may go to  mirror, retired",
            "changing   to mirror since 2026-11-22T03:30:00Z: reads are held",
            "last flip  to questdb at 2026-11-22T03:21:00Z: reads held for 120 ms, waited 1.8 s",
            "shadow     1.0 % of reads also run against the other store: 1,234 compared,"
                + " 1 different, 2 skipped",
            "reports    r-8",
            "           r-7");
  }

  @Test
  void showsLittleWhenThereIsLittle() {
    admin.on(
        GET,
        200,
        """
        {"phase":"retired","epoch":9,"by":"ada","at":"2026-11-22T03:21:00Z","reason":"",
         "report":null,"may_go_to":[],"changing":null,"reports":[],"last_flip":null,
         "shadow_reads":{"share":0,"compared":0,"different":0,"skipped":0}}
        """);

    command.run("cutover");

    assertThat(command.out().lines())
        .containsExactly(
            "phase      retired (epoch 9)",
            "set        2026-11-22T03:21:00Z by ada",
            "based on   no report",
            "may go to  none");
  }

  @Test
  void printsTheReadinessReportAndChangesNothing() {
    admin.on(POST, 200, NOT_READY);

    assertThat(command.run("cutover", "--to", "questdb")).isEqualTo(Cli.FAILED);

    assertThat(admin.requests).containsExactly("POST /v1/cutover {\"to\":\"questdb\"}");
    assertThat(command.out().lines())
        .containsExactly(
            "report     2026-11-22T03:20:10Z-1a2b",
            "from, to   mirror -> questdb (epoch 3)",
            "made       2026-11-22T03:20:10Z",
            "sha-256    3f2a",
            "",
            "      guard       value           threshold",
            "ok    schema      V5              V5",
            "FAIL  mirror-lag  7.2 s           at most 5 s",
            "      QuestDB applies slower than readings arrive: wait, or look at sluice status",
            "FAIL  parity      12 hours dirty  none",
            "      verify them: sluice verify start",
            "",
            "What would happen:",
            "  1. wait until QuestDB has everything",
            "  2. hold reads",
            "",
            "Not ready: 2 of 3 guards failed. Nothing was changed.");
  }

  @Test
  void namesTheExactCommandThatGoes() {
    admin.on(POST, 200, READY);

    assertThat(command.run("cutover", "--to", "QuestDB", "--reason", "it's time")).isZero();

    assertThat(command.out())
        .endsWith(
            """
            Ready. Nothing was changed. To proceed:
              sluice cutover --to questdb --set admin.port=%d --execute --report r-7 --reason 'it'\\''s time'
            """
                .formatted(admin.port()));
  }

  @Test
  void repeatsNoSecretInThatCommand() {
    admin.on(POST, 200, READY);

    command.run("cutover", "--to", "questdb", "--token", "t0p", "--set", "mysql.password=s3cret");

    assertThat(command.out()).contains("--report r-7").doesNotContain("t0p", "s3cret");
  }

  @Test
  void flipsWithExecuteAndSaysTheWayBack() {
    admin.on(POST, 200, FLIPPED);

    assertThat(
            command.run(
                "cutover",
                "--to",
                "questdb",
                "--execute",
                "--report",
                "r-7",
                "--by",
                "ada",
                "--reason",
                "lag is down"))
        .isZero();

    assertThat(admin.requests)
        .containsExactly(
            "POST /v1/cutover {\"to\":\"questdb\",\"execute\":true,\"report\":\"r-7\","
                + "\"by\":\"ada\",\"reason\":\"lag is down\"}");
    assertThat(command.out().lines())
        .containsExactly(
            "The phase is questdb (epoch 4).",
            "Everything acknowledged was in place after 1.8 s; then reads were held for 120 ms.",
            "Writes go to both stores, reads to QuestDB. To go back: sluice rollback");
  }

  @Test
  void asksInTheNameOfTheUserOfThisMachine() {
    admin.on(POST, 200, FLIPPED);

    command.run("cutover", "--to", "questdb", "--execute", "--report", "r-7");

    assertThat(admin.requests.getFirst())
        .endsWith("\"by\":\"" + System.getProperty("user.name") + "\"}");
  }

  @Test
  void showsWhichGuardsARefusedFlipFailed() {
    admin.on(
        POST,
        409,
        "{\"code\":\"refused\",\"message\":\"2 guards failed since report r-7\",\"report\":"
            + NOT_READY
            + "}");

    assertThat(command.run("cutover", "--to", "questdb", "--execute", "--report", "r-7"))
        .isEqualTo(Cli.FAILED);

    assertThat(command.err()).isEqualTo("sluice: 2 guards failed since report r-7\n");
    assertThat(command.out().lines())
        .containsExactly(
            "      guard       value           threshold",
            "FAIL  mirror-lag  7.2 s           at most 5 s",
            "      QuestDB applies slower than readings arrive: wait, or look at sluice status",
            "FAIL  parity      12 hours dirty  none",
            "      verify them: sluice verify start");
  }

  @Test
  void showsARefusalWithoutGuards() {
    admin.on(POST, 409, "{\"code\":\"refused\",\"message\":\"a change is under way\"}");

    assertThat(command.run("cutover", "--to", "questdb")).isEqualTo(Cli.FAILED);

    assertThat(command.out()).isEmpty();
    assertThat(command.err()).isEqualTo("sluice: a change is under way\n");
  }

  @Test
  void printsAnswersAsTheyCame() {
    String refusal = "{\"code\":\"refused\", \"message\":\"no\"}";
    admin.on(POST, 200, READY).on(POST, 409, refusal);

    assertThat(command.run("cutover", "--to", "questdb", "--json")).isZero();
    assertThat(command.out()).isEqualTo(READY.strip() + "\n");

    assertThat(command.run("cutover", "--to", "questdb", "--json")).isEqualTo(Cli.FAILED);
    assertThat(command.out()).isEqualTo(refusal + "\n");
    assertThat(command.err()).isEqualTo("sluice: no\n");
  }

  @Test
  void retiresOnlyWithTheNameOfTheTable() {
    admin.on(POST, 200, READY).on(POST, 200, FLIPPED.replace("questdb", "retired"));

    assertThat(command.run("cutover", "--to", "retired")).isZero();
    assertThat(command.out()).contains("--report r-7 --confirm TABLE", "there is no way back");

    assertThat(command.run("cutover", "--to", "retired", "--execute", "--report", "r-7"))
        .isEqualTo(Cli.USAGE);
    assertThat(command.err()).contains("needs --confirm TABLE");

    assertThat(
            command.run(
                "cutover",
                "--to",
                "retired",
                "--execute",
                "--report",
                "r-7",
                "--by",
                "ada",
                "--confirm",
                "sensor_data"))
        .isZero();
    assertThat(admin.requests.getLast()).endsWith("\"by\":\"ada\",\"confirm\":\"sensor_data\"}");
    assertThat(command.out()).contains("nothing in it was dropped");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "cutover --to questdb --execute | its id: sluice cutover --to questdb --set",
        "rollback --execute | its id: sluice rollback --set",
        "cutover --to questdb --report r-7 | add --execute, or leave it out",
        "cutover --execute | --execute needs --to PHASE",
        "cutover --to oracle | but was 'oracle'",
        "cutover --explain-dead-letters mysql | needs --reason TEXT",
        "cutover --explain-dead-letters mysql --to questdb | are separate steps"
      })
  void refusesOptionsThatWouldNotDoWhatTheyLookLike(String line, String part) {
    assertThat(command.run(line.split(" "))).isEqualTo(Cli.USAGE);

    assertThat(command.err()).contains(part).contains("; see: sluice ").hasLineCount(1);
    assertThat(admin.requests).isEmpty();
  }

  @Test
  void rollsBackFromQuestDbOnly() {
    admin.on(GET, 200, "{\"phase\":\"questdb\"}").on(GET, 200, "{\"phase\":\"mysql\"}");
    admin.on(POST, 200, READY).on(POST, 200, FLIPPED.replace("questdb", "mirror"));

    assertThat(command.run("rollback")).isZero();
    assertThat(admin.requests).endsWith("POST /v1/cutover {\"to\":\"mirror\"}");
    assertThat(command.out()).contains("  sluice rollback --set admin.port=");
    int before = admin.requests.size();

    assertThat(command.run("rollback", "--execute", "--report", "r-7")).isEqualTo(Cli.FAILED);
    assertThat(command.err())
        .contains("a rollback goes from questdb to mirror, and the phase is mysql");
    assertThat(admin.requests).hasSize(before + 1);
  }

  @Test
  void explainsDeadLettersOnlyWithExecute() {
    admin.on("GET /v1/status", 200, "{\"sinks\":{\"questdb\":{\"dead_letters\":3}}}");
    admin.on(POST, 200, "{\"sink\":\"questdb\",\"dead_letters\":3}");

    assertThat(command.run("cutover", "--explain-dead-letters", "questdb", "--reason", "probes"))
        .isZero();
    assertThat(command.out())
        .contains("questdb has 3 dead letters. Nothing was changed.")
        .contains("sluice cutover --explain-dead-letters questdb --reason probes --execute");
    assertThat(admin.requests).containsExactly("GET /v1/status");

    assertThat(
            command.run(
                "cutover",
                "--explain-dead-letters",
                "questdb",
                "--reason",
                "probes",
                "--by",
                "ada",
                "--execute"))
        .isZero();
    assertThat(admin.requests.getLast())
        .endsWith("{\"explain_dead_letters\":\"questdb\",\"by\":\"ada\",\"reason\":\"probes\"}");
    assertThat(command.out())
        .isEqualTo("Accepted: 3 dead letters of questdb. Later ones are not covered.\n");
  }

  @Test
  void saysWhatToDoWhenItIsNotLetIn() {
    admin.on(GET, 401, "{}").on(GET, 403, "{}");
    admin.on(POST, 403, "{}");

    assertThat(command.run("cutover")).isEqualTo(Cli.FAILED);
    assertThat(command.err()).contains("scope admin or read", "SLUICE_TOKEN");
    assertThat(command.run("cutover")).isEqualTo(Cli.FAILED);
    assertThat(command.run("cutover", "--to", "mirror")).isEqualTo(Cli.FAILED);
    assertThat(command.err()).contains("requires a token with the scope admin: --token");
  }

  @ParameterizedTest
  @ValueSource(strings = {"cutover", "rollback", "backfill", "verify"})
  void saysThatTheServerIsOlderThanTheCommand(String name) {
    assertThat(command.run(name)).isEqualTo(Cli.FAILED);

    assertThat(command.err()).contains("older than this command").hasLineCount(1);
  }

  @Test
  void tellsSluicesOwnWordsAboutABadRequest() {
    admin.on(POST, 400, "{\"code\":\"invalid\",\"message\":\"reason has 1001 characters\"}");

    assertThat(command.run("cutover", "--to", "mirror")).isEqualTo(Cli.FAILED);

    assertThat(command.err()).contains("/v1/cutover answered 400: reason has 1001 characters");
  }

  @Test
  void doesNotClaimThatNothingHappenedWhenAFlipDoesNotAnswer() {
    admin.silentOn(POST);
    command.impatient(Duration.ofMillis(300));

    assertThat(command.run("cutover", "--to", "questdb", "--execute", "--report", "r-7"))
        .isEqualTo(Cli.FAILED);

    assertThat(command.err())
        .contains(
            "did not answer within 300 ms", "may still take effect", "check before you repeat it");
  }
}
