package dev.sluice.admin;

import static dev.sluice.testing.TokenFiles.line;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.api.Json;
import dev.sluice.api.ReadinessReport;
import dev.sluice.api.VerifyIdle;
import dev.sluice.audit.AuditLog;
import dev.sluice.http.ByteBudget;
import dev.sluice.http.RawHttp;
import dev.sluice.http.RawHttp.Answer;
import dev.sluice.http.auth.AuthConfig;
import dev.sluice.http.auth.TokenAuth;
import dev.sluice.http.connection.ConnectionLimits;
import dev.sluice.http.connection.ConnectionRules;
import dev.sluice.http.connection.ListenAddress;
import dev.sluice.http.connection.Listeners;
import dev.sluice.http.connection.StallWatch;
import dev.sluice.http.origin.OriginConfig;
import dev.sluice.http.origin.Origins;
import dev.sluice.http.proxy.Proxies;
import dev.sluice.migration.RefusedException;
import dev.sluice.migration.StoreNames;
import dev.sluice.testing.TokenFiles;
import io.helidon.webserver.WebServer;
import jakarta.json.JsonObject;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The routes of the migration behind the listener that Sluice uses. */
class MigrationRoutesTest {
  private static final String JSON = "Content-Type: application/json\r\n";
  private static final int INGEST_LIMIT = 1 << 20;

  /** One byte more than a body may have. */
  private static final int TOO_MANY = 64 * 1024 + 1;

  private final FakeMigration migration = new FakeMigration();
  private final StallWatch watch = new StallWatch(Duration.ofSeconds(30));
  private volatile boolean there = true;
  private WebServer server;

  @BeforeEach
  void start() {
    watch.start();
    serve(TokenAuth.everybody());
  }

  @AfterEach
  void stop() {
    server.stop();
    watch.close();
  }

  private void serve(TokenAuth auth) {
    ByteBudget budget = new ByteBudget(64L << 20);
    AuditLog audit = AdminPort.audit();
    server =
        WebServer.builder()
            .update(socket ->
                Listeners.configure(
                    socket,
                    new ListenAddress("127.0.0.1", 0, 128),
                    new ConnectionRules(
                        ConnectionLimits.of(1_000),
                        Proxies.none(),
                        null,
                        Origins.of(OriginConfig.NONE),
                        watch,
                        budget,
                        INGEST_LIMIT)))
            .routing(routing ->
                routing
                    .register(
                        new CutoverRoutes(
                            () -> ifThere(migration.cutover()),
                            new StoreNames("mysql", "questdb"),
                            auth,
                            audit))
                    .register(new BackfillRoutes(() -> ifThere(migration.backfill()), auth, audit))
                    .register(new VerifyRoutes(() -> ifThere(migration.verify()), auth, audit)))
            .build()
            .start();
  }

  private <T> Optional<T> ifThere(T part) {
    return there ? Optional.of(part) : Optional.empty();
  }

  @Test
  void showsEachPartAsItDescribesItself() {
    assertThat(get("/v1/cutover").body())
        .isEqualTo(Json.write(migration.cutoverStatus) + "\n")
        .startsWith("{\"phase\":\"mirror\",");
    assertThat(get("/v1/backfill").body())
        .isEqualTo(Json.write(migration.backfillStatus) + "\n")
        .startsWith("{\"state\":\"none\",");
    assertThat(get("/v1/verify").body())
        .isEqualTo(Json.write(VerifyIdle.of(migration.verifyStatus)) + "\n")
        .startsWith("{\"state\":\"idle\",");
    assertThat(get("/v1/verify").header("Content-Type")).isEqualTo("application/json");
    assertThat(migration.calls).isEmpty();
  }

  @Test
  void addsTheParityMapWhenAskedFor() {
    assertThat(get("/v1/verify?map=true").body())
        .startsWith("{\"state\":\"idle\",")
        .endsWith(",\"map\":[" + Json.write(FakeMigration.HOUR) + "]}\n");
    assertThat(get("/v1/verify?map=false").body()).doesNotContain("\"map\"");

    Answer refused = get("/v1/verify?map=please");
    assertThat(refused.status()).isEqualTo(400);
    assertThat(refused.body()).contains("map is please, allowed are true, false");
    assertThat(get("/v1/verify?map=true&from=yesterday").status()).isEqualTo(400);
  }

  @Test
  void answersSoManyMapsAtOnceAndNoMore() throws Exception {
    migration.mayWriteMap.acquire();
    try (ExecutorService askers = Executors.newVirtualThreadPerTaskExecutor()) {
      try {
        List<Future<Answer>> first =
            Stream.generate(() -> askers.submit(() -> get("/v1/verify?map=true")))
                .limit(Control.MOST_TAILS)
                .toList();
        assertThat(migration.writingMap.tryAcquire(Control.MOST_TAILS, 1, TimeUnit.MINUTES))
            .isTrue();

        Answer refused = get("/v1/verify?map=true");

        assertThat(refused.status()).isEqualTo(503);
        assertThat(refused.header("Retry-After")).isEqualTo("5");
        assertThat(refused.body()).contains("is already streaming to 4 other clients");
        assertThat(get("/v1/verify").status()).isEqualTo(200);
        migration.mayWriteMap.release();
        for (Future<Answer> answer : first) {
          assertThat(answer.get().status()).isEqualTo(200);
        }
      } finally {
        migration.mayWriteMap.release();
      }
    }
    for (int i = 0; i <= Control.MOST_TAILS; i++) {
      assertThat(get("/v1/verify?map=true").status()).isEqualTo(200);
    }
  }

  @Test
  void asksForTheHoursOfTheMapThatAreWanted() {
    get("/v1/verify?map=true&from=2026-11-21T22&to=2026-11-22T00:30:00%2B01:00");
    get("/v1/verify?map=true");

    assertThat(migration.calls)
        .containsExactly(
            "map 2026-11-21T22:00:00Z 2026-11-21T23:30:00Z",
            "map 1970-01-01T00:00:00Z +10000-01-01T00:00:00Z");
  }

  @Test
  void onlyReportsWithoutExecute() {
    Answer answer = post("/v1/cutover", "{'to':'questdb'}");

    assertThat(answer.status()).isEqualTo(200);
    assertThat(answer.body()).startsWith("{\"id\":\"r1\",").contains("\"ready\":true,");
    assertThat(migration.calls).containsExactly("report QUESTDB");
  }

  @Test
  void doesNotTakeExecuteFalseForExecute() {
    post("/v1/cutover", "{'to':'questdb','execute':false}");

    assertThat(migration.calls).containsExactly("report QUESTDB");
  }

  @Test
  void flipsWithAllThatIsSaidAboutIt() {
    Answer answer =
        post(
            "/v1/cutover",
            "{'to':'retired','execute':true,'report':'2026-11-22T03:20:10Z-1a2b','by':'ada',"
                + "'reason':'über den Berg','confirm':'sensor_data'}");

    assertThat(answer.status()).isEqualTo(200);
    assertThat(answer.body()).contains("\"epoch\":4");
    assertThat(migration.calls).hasSize(1);
    assertThat(migration.calls.getFirst())
        .matches(
            "Flip\\[to=RETIRED, report=2026-11-22T03:20:10Z-1a2b, by=ada, reason=über den Berg,"
                + " confirm=sensor_data, audit=[0-9a-f]{64}]");
  }

  @Test
  void explainsDeadLetters() {
    Answer answer =
        post("/v1/cutover", "{'explain_dead_letters':'mysql','by':'ada','reason':'probes'}");

    assertThat(answer.body()).isEqualTo("{\"sink\":\"mysql\",\"dead_letters\":3}\n");
    assertThat(migration.calls).containsExactly("explain mysql by ada: probes");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "/v1/backfill | {'action':'preflight'} | preflight",
        "/v1/backfill | {'action':'start'} | start {}",
        "/v1/backfill | {'action':'start','decisions':null} | start {}",
        "/v1/backfill | {'action':'start','decisions':{'duplicate':'skip','similar-devices':'copy'}}"
            + "| start {SIMILAR_DEVICES=COPY, DUPLICATE=SKIP}",
        "/v1/backfill | {'action':'pause'} | pause",
        "/v1/backfill | {'action':'resume'} | resume",
        "/v1/backfill | {'action':'cancel'} | cancel",
        "/v1/backfill | {'action':'throttle','rows_per_second':0} | throttle 0",
        "/v1/backfill | {'action':'throttle','rows_per_second':2e4} | throttle 20000",
        "/v1/verify | {'action':'start'} | start NEEDED",
        "/v1/verify | {'action':'start','scope':'all'} | start ALL",
        "/v1/verify | {'action':'start','scope':'control-questdb'} | start CONTROL_QUESTDB",
        "/v1/verify | {'action':'cancel'} | cancel",
        "/v1/verify | {'action':'repair'} | repair false",
        "/v1/verify | {'action':'repair','execute':true} | repair true"
      })
  void doesEachAction(String path, String body, String call) {
    assertThat(post(path, body).status()).isEqualTo(200);

    assertThat(migration.calls).containsExactly(call);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "/v1/cutover | {} | to is missing, allowed are mysql, mirror, questdb, retired",
        "/v1/cutover | {'to':'QuestDB'} | to is 'QuestDB', allowed are mysql, mirror, questdb, retired",
        "/v1/cutover | {'to':7} | to is 7, allowed are mysql",
        "/v1/cutover | {'to':'questdb','exceute':true} | member exceute is not allowed here, allowed are to, execute",
        "/v1/cutover | {'to':'questdb','execute':'yes'} | execute is 'yes', allowed are true, false",
        "/v1/cutover | {'to':'questdb','execute':1} | execute is 1, allowed are true, false",
        "/v1/cutover | {'to':'questdb','report':'r1'} | report is given without execute",
        "/v1/cutover | {'to':'questdb','execute':true,'by':'ada'} | report is missing: a flip must name",
        "/v1/cutover | {'to':'questdb','execute':true,'report':'../../phase','by':'ada'} | not a report id",
        "/v1/cutover | {'to':'questdb','execute':true,'report':'r1'} | by is missing: name who requests",
        "/v1/cutover | {'to':'questdb','execute':true,'report':'r1','by':' '} | by is missing",
        "/v1/cutover | {'to':'questdb','execute':true,'report':'r1','by':'a\\nb'} | a text without control characters",
        "/v1/cutover | {'explain_dead_letters':'oracle'} | explain_dead_letters is 'oracle', allowed are mysql, questdb",
        "/v1/cutover | {'explain_dead_letters':'mysql','by':'ada'} | reason is missing: say why",
        "/v1/cutover | {'explain_dead_letters':'mysql','to':'questdb'} | member to is not allowed here",
        "/v1/backfill | {} | action is missing, allowed are preflight, start, pause, resume, cancel, throttle",
        "/v1/backfill | {'action':'stop'} | action is 'stop', allowed are preflight",
        "/v1/backfill | {'action':'pause','rows_per_second':1} | member rows_per_second is not allowed here, allowed are action",
        "/v1/backfill | {'action':'throttle'} | rows_per_second is missing: give the rows",
        "/v1/backfill | {'action':'throttle','rows_per_second':-1} | rows_per_second is -1, allowed are whole numbers from 0 to 1000000000",
        "/v1/backfill | {'action':'throttle','rows_per_second':1.5} | rows_per_second is 1.5, allowed are whole",
        "/v1/backfill | {'action':'throttle','rows_per_second':1e400} | rows_per_second is 1E+400, allowed are whole",
        "/v1/backfill | {'action':'throttle','rows_per_second':'many'} | rows_per_second is 'many', allowed are whole",
        "/v1/backfill | {'action':'start','decisions':[]} | decisions is [], allowed are an object of texts",
        "/v1/backfill | {'action':'start','decisions':{'duplicate':1}} | decisions.duplicate is 1, allowed are a text",
        "/v1/backfill | {'action':'start','decisions':{'twin':'skip'}} | decisions: there is no class of rows twin, allowed are incomplete, before-1970",
        "/v1/backfill | {'action':'start','decisions':{'duplicate':'copy'}} | decisions: the decision for duplicate is copy, allowed are stop, skip",
        "/v1/verify | {'action':'start','scope':'some'} | scope is 'some', allowed are needed, all, control-mysql, control-questdb",
        "/v1/verify | {'action':'cancel','execute':true} | member execute is not allowed here",
        "/v1/verify | {'action':'repair','scope':'all'} | member scope is not allowed here, allowed are action, execute",
        "/v1/verify | [] | the body must be a JSON object; got []",
        "/v1/verify | 7 | the body must be a JSON object; got 7",
        "/v1/verify | {'action':'start' | the body must be a JSON object; got {'action':'start'",
        "/v1/verify | {'action':'start'} {} | the body must be a JSON object; got {'action':'start'} {}",
        "/v1/verify | {'action':'start','action':'cancel'} | the body must be a JSON object that names no member twice; got {'action'",
        "/v1/verify | '' | the body must be a JSON object; got an empty body"
      })
  void refusesWhatItDoesNotUnderstandNamingWhatIsAllowed(String path, String body, String part) {
    Answer answer = post(path, body);

    assertThat(answer.status()).as(answer.body()).isEqualTo(400);
    JsonObject json = FakeMigration.json(answer.body());
    assertThat(json.getString("code")).isEqualTo("invalid");
    assertThat(json.getString("message")).contains(part.replace('\'', '"'));
    assertThat(migration.calls).isEmpty();
  }

  @Test
  void refusesTextsThatAreTooLong() {
    Answer answer =
        post(
            "/v1/cutover",
            "{'to':'questdb','execute':true,'report':'r1','by':'ada','reason':'"
                + "x".repeat(1_001)
                + "'}");

    assertThat(answer.status()).isEqualTo(400);
    assertThat(answer.body()).contains("reason has 1001 characters, allowed are at most 1000");
  }

  @Test
  void refusesNestingWithoutEnd() {
    Answer answer = post("/v1/verify", "{'action':" + "[".repeat(30_000));

    assertThat(answer.status()).isEqualTo(400);
    assertThat(get("/v1/verify").status()).isEqualTo(200);
  }

  @Test
  void refusesTextThatIsNotUtf8() {
    try (RawHttp http = new RawHttp(server.port())) {
      byte[] latin = "{\"action\":\"é\"}".getBytes(StandardCharsets.ISO_8859_1);

      Answer answer = http.post("/v1/verify", JSON, latin);

      assertThat(answer.status()).isEqualTo(400);
      assertThat(answer.body()).contains("the body is not UTF-8");
    }
  }

  @Test
  void refusesABodyThatIsAnnouncedTooLargeBeforeItComes() {
    try (RawHttp http = new RawHttp(server.port())) {
      http.send(RawHttp.head("POST", "/v1/verify", JSON + "Content-Length: " + TOO_MANY + "\r\n"));
      Answer answer = http.answer();

      assertThat(answer.status()).isEqualTo(413);
      assertThat(answer.body()).contains("allowed are 65536");
      assertThat(answer.header("Connection")).isEqualTo("close");
      assertThat(http.send(" ".repeat(TOO_MANY)).sendNoMore().isClosedByServer()).isTrue();
    }
  }

  @Test
  void refusesChunksAsSoonAsTheyAreTooMany() {
    try (RawHttp http = new RawHttp(server.port())) {
      http.send(RawHttp.head("POST", "/v1/verify", JSON + "Transfer-Encoding: chunked\r\n"));
      http.send(RawHttp.chunk(new byte[TOO_MANY]));
      Answer answer = http.answer();

      assertThat(answer.status()).isEqualTo(413);
      assertThat(answer.body()).contains("allowed are 65536");
      assertThat(answer.header("Connection")).isEqualTo("close");
      assertThat(http.send("0\r\n\r\n").sendNoMore().isClosedByServer()).isTrue();
    }
  }

  @Test
  void keepsTheConnectionOfALargeBodyThatHasBegunToArrive() {
    String tooLarge =
        RawHttp.head("POST", "/v1/verify", JSON + "Content-Length: " + TOO_MANY + "\r\n")
            + " ".repeat(TOO_MANY);
    String greatest = "{\"action\":\"cancel\"}" + " ".repeat(TOO_MANY - 1 - 19);

    try (RawHttp http = new RawHttp(server.port())) {
      assertThat(http.send(tooLarge).answer().status()).isEqualTo(413);
      assertThat(http.post("/v1/verify", JSON, greatest).status()).isEqualTo(200);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "Content-Type: application/x-www-form-urlencoded\r\n",
        "Content-Type: text/plain\r\n",
        "Content-Type: application/json\r\nContent-Encoding: gzip\r\n"
      })
  void takesNothingThatAPageInABrowserCouldSendUnasked(String headers) {
    try (RawHttp http = new RawHttp(server.port())) {
      Answer answer = http.post("/v1/verify", headers, "{\"action\":\"cancel\"}");

      assertThat(answer.status()).isEqualTo(415);
      assertThat(answer.body()).contains("unsupported media type", "allowed is ");
      assertThat(migration.calls).isEmpty();
    }
  }

  @Test
  void takesJsonWithACharset() {
    try (RawHttp http = new RawHttp(server.port())) {
      Answer answer =
          http.post(
              "/v1/verify",
              "Content-Type: application/json; charset=utf-8\r\n",
              "{\"action\":\"cancel\"}");

      assertThat(answer.status()).isEqualTo(200);
    }
  }

  @Test
  void answersOtherMethodsWith405() {
    for (String path : new String[] {"/v1/cutover", "/v1/backfill", "/v1/verify"}) {
      try (RawHttp http = new RawHttp(server.port())) {
        Answer answer = http.send(RawHttp.head("DELETE", path, "")).answer();

        assertThat(answer.status()).isEqualTo(405);
        assertThat(answer.header("Allow")).isEqualTo("GET, POST");
      }
    }
  }

  @Test
  void passesARefusalOnWithItsReport() {
    migration.refusal =
        new RefusedException(
            "lag is 7 s, allowed are 5 s",
            FakeMigration.read("{\"id\":\"r2\"}", ReadinessReport.class));

    Answer answer = post("/v1/cutover", "{'to':'questdb','execute':true,'report':'r1','by':'ada'}");

    assertThat(answer.status()).isEqualTo(409);
    assertThat(answer.header("Content-Type")).isEqualTo("application/json");
    JsonObject json = FakeMigration.json(answer.body());
    assertThat(json.getString("code")).isEqualTo("refused");
    assertThat(json.getString("message")).isEqualTo("lag is 7 s, allowed are 5 s");
    assertThat(json.getJsonObject("report").getString("id")).isEqualTo("r2");
  }

  @Test
  void passesARefusalOnWithoutAReport() {
    migration.refusal = new RefusedException("a run is under way");

    Answer answer = post("/v1/verify", "{'action':'start'}");

    assertThat(answer.status()).isEqualTo(409);
    assertThat(FakeMigration.json(answer.body())).containsOnlyKeys("code", "message", "error");
  }

  @Test
  void saysComeAgainWhileThePartsAreNotThere() {
    there = false;

    for (Answer answer :
        new Answer[] {get("/v1/cutover"), post("/v1/backfill", "{'action':'pause'}")}) {
      assertThat(answer.status()).isEqualTo(503);
      assertThat(answer.header("Retry-After")).isEqualTo("5");
      assertThat(answer.body()).contains("Sluice is starting or stopping");
    }
    assertThat(migration.calls).isEmpty();
  }

  @Test
  void saysComeAgainWhenAPartFails() {
    migration.failure = new UncheckedIOException(new java.io.IOException("disk gone"));

    Answer shown = get("/v1/backfill");
    Answer done = post("/v1/cutover", "{'to':'questdb'}");

    assertThat(shown.status()).isEqualTo(503);
    assertThat(done.status()).isEqualTo(503);
    assertThat(done.header("Retry-After")).isEqualTo("5");
    assertThat(done.body())
        .contains("log says why", "GET /v1/cutover shows what is in force now")
        .doesNotContain("disk gone");
  }

  @ParameterizedTest
  @CsvSource({"reader, 200, 403", "boss, 200, 200", "sensor, 403, 403", "nobody, 401, 401"})
  void showsToReadersAndChangesForAdminsOnly(
      String token, int shown, int changed, @TempDir Path folder) throws Exception {
    server.stop();
    serve(tokens(folder));
    String header = "Authorization: Bearer " + token + "\r\n";

    for (String path : new String[] {"/v1/cutover", "/v1/backfill", "/v1/verify"}) {
      String body = path.equals("/v1/cutover") ? "{\"to\":\"mirror\"}" : "{\"action\":\"cancel\"}";
      try (RawHttp http = new RawHttp(server.port())) {
        assertThat(http.get(path, header).status()).isEqualTo(shown);
        assertThat(http.post(path, header + JSON, body).status()).isEqualTo(changed);
      }
    }
    assertThat(migration.calls).hasSize(changed == 200 ? 3 : 0);
  }

  private static TokenAuth tokens(Path folder) throws Exception {
    Path file = folder.resolve("tokens");
    TokenFiles.write(file, line("reader", "read"), line("boss", "admin"), line("sensor", "write"));
    return TokenAuth.of(new AuthConfig(AuthConfig.Mode.TOKENS, Optional.of(file)));
  }

  private Answer get(String target) {
    try (RawHttp http = new RawHttp(server.port())) {
      return http.get(target, "");
    }
  }

  private Answer post(String path, String body) {
    try (RawHttp http = new RawHttp(server.port())) {
      return http.post(path, JSON, body.replace('\'', '"'));
    }
  }
}
