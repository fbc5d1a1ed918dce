package dev.sluice.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import dev.sluice.server.Migrations;
import dev.sluice.settings.Mode;
import dev.sluice.settings.Settings;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CliTest {
  private static final String STATUS =
      """
      {"phase":"mirror","epoch":3,
       "journal":{"first_offset":10,"next_offset":1234567,"bytes":4096,"max_bytes":8192,"ack":"os",
        "full":"8192 of 8192 bytes"},
       "sinks":{
         "mysql":{"state":"retrying","cursor":5,"lag_readings":7,"lag_seconds":1.5,
                  "delivered":5,"dead_letters":2,"last_error":"connection refused"},
         "questdb":{"state":"running","cursor":12,"lag_readings":0,"lag_seconds":0.0,
                  "delivered":12,"dead_letters":0,"last_error":null},
         "other":{"state":"off","cursor":null}},
       "ingest":{"accepted":12,"rejected":1},
       "conservation":{"mysql":-4,"questdb":0,"other":null}}
      """;

  @TempDir private Path folder;
  private final Map<String, String> environment = new HashMap<>();
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();
  private final List<String> calls = new ArrayList<>();
  private final List<HttpServer> servers = new ArrayList<>();

  @AfterEach
  void stopServers() {
    servers.forEach(server -> server.stop(0));
  }

  @Test
  void launchesUpAndServeWithTheirSettingsAndReturnsTheirExitCode() throws IOException {
    Path file = Files.writeString(folder.resolve("s.yaml"), "mysql.url: jdbc:mysql://db/x");

    assertThat(run("up", "--set", "ingest.port=1")).isEqualTo(7);
    assertThat(run("serve", "--config", file.toString(), "--set", "ingest.port=2")).isEqualTo(7);

    assertThat(calls).containsExactly("UP on 1, mysql false", "SERVE on 2, mysql true");
  }

  @Test
  void runsEachMigrationActionWithOptionsOnEitherSide() {
    environment.put("SLUICE_MYSQL_URL", "jdbc:mysql://db/x");

    assertThat(run("migrate")).isZero();
    assertThat(run("migrate", "info")).isZero();
    assertThat(run("migrate", "--set", "mysql.user=dba", "validate")).isZero();
    assertThat(run("migrate", "repair")).isZero();
    assertThat(run("migrate", "baseline")).isZero();

    assertThat(calls).containsExactly("migrate", "info", "validate", "repair", "baseline");
  }

  @Test
  void refusesBadSettingsAndWordsAsUsage() {
    assertThat(run("serve", "--set", "ingest.port=x")).isEqualTo(Cli.USAGE);
    assertThat(text(err)).contains("sluice: 2 settings refused", "ingest.port is 'x'", "mysql.url");

    assertThat(run("frobnicate")).isEqualTo(Cli.USAGE);
    assertThat(run("migrate", "destroy")).isEqualTo(Cli.USAGE);
    assertThat(run()).isEqualTo(Cli.USAGE);
    assertThat(calls).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "serve --nope, Unknown option: '--nope'; see: sluice serve --help",
    "migrate destroy, but was 'destroy'; see: sluice migrate --help",
    "frobnicate, Unmatched argument at index 0: 'frobnicate'; see: sluice --help",
    "'', Missing required subcommand; see: sluice --help"
  })
  void refusesWordsItDoesNotKnowInOneLine(String line, String message) {
    assertThat(run(line.isEmpty() ? new String[0] : line.split(" "))).isEqualTo(Cli.USAGE);

    assertThat(text(err).lines())
        .singleElement()
        .satisfies(text -> assertThat(text).startsWith("sluice: ").endsWith(message));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"up", "serve", "migrate", "status", "cutover", "rollback", "backfill", "verify"})
  void explainsEveryCommand(String command) {
    assertThat(run(command, "--help")).isZero();

    assertThat(text(out)).contains("Usage: sluice " + command, "--config", "--set");
  }

  @Test
  void namesNoDefaultOfBenchWhereThereIsNone() {
    assertThat(run("bench", "--help")).isZero();

    assertThat(text(out)).contains("Default: 64").doesNotContain("Optional");
  }

  @Test
  void listsAllSettingsUnderServe() {
    run("serve", "--help");

    assertThat(text(out)).contains("journal.max-bytes", "16GiB", "Allowed: os|fsync|replicated.");
  }

  @Test
  void statesItsVersion() {
    assertThat(run("--version")).isZero();
    assertThat(text(out)).startsWith("sluice ").contains("on Java ");
  }

  @Test
  void showsTheStatusForPeople() throws IOException {
    int port = serveStatus(200, STATUS);

    assertThat(run("status", "--set", "admin.port=" + port, "--set", "admin.host=0.0.0.0"))
        .isZero();

    assertThat(text(out).lines())
        .containsExactly(
            "phase    mirror (epoch 3)",
            "ingest   12 accepted, 1 rejected",
            "journal  offsets 10 to 1,234,567, 4.0 KiB of 8.0 KiB, ack os",
            "         ingest answers 503: 8192 of 8192 bytes",
            "mysql    retrying, 5 delivered, 7 readings (1.5 s) behind, 2 dead letters",
            "         last error: connection refused",
            "         conservation is off by -4 readings, allowed is 0",
            "questdb  running, 12 delivered, 0 readings (0.0 s) behind, 0 dead letters",
            "other    off in this phase");
  }

  @Test
  void showsTheMigrationInALineEachWhenTheServerTells() throws IOException {
    String told =
        STATUS.strip().substring(0, STATUS.strip().length() - 1)
            + ","
            + """
            "backfill":{"state":"running","rows_copied":4130000,"rows_total":10000000},
            "parity":{"unverified":1,"matched":8760,"mismatched":2,"dirty":3}}
            """;
    int port = serveStatus(200, told);

    assertThat(run("status", "--set", "admin.port=" + port)).isZero();

    assertThat(text(out).lines())
        .endsWith(
            "backfill running, 4,130,000 of 10,000,000 rows",
            "parity   8,760 matched, 2 mismatched, 3 dirty, 1 unverified (hours)");
  }

  @Test
  void printsNothingThatATerminalTakesForACommand() throws IOException {
    String sent = "\u001b]0;x\u0007\u009b2J\r\u007f";
    String escaped = "\\u001b]0;x\\u0007\u009b2J\\r\u007f";
    int port =
        serveStatus(
            200, STATUS.replace("\"epoch\"", "\"warnings\":[\"" + escaped + "\"],\"epoch\""));
    int broken = serveStatus(503, sent);

    assertThat(run("status", "--set", "admin.port=" + port)).isZero();
    assertThat(run("status", "--json", "--set", "admin.port=" + port)).isZero();
    assertThat(run("status", "--set", "admin.port=" + broken)).isEqualTo(Cli.FAILED);
    assertThat(run("status", "--set", "data.dir=" + sent)).isEqualTo(Cli.FAILED);

    assertThat(text(out)).contains("warning  ·]0;x··2J··", "\\u001b]0;x\\u0007\\u009b2J\\r\\u007f");
    assertThat(text(err)).contains("·]0;x··2J··");
    assertThat(text(out) + text(err)).matches("[\\P{Cc}\n]*");
  }

  @Test
  void printsWhatAStoreSaidOnMigrateWithoutControlCharacters() {
    Cli cli =
        new Cli(
            (settings, mode, stream) -> 0,
            new CommandRun.NoMigrations() {
              @Override
              public int info(Settings settings, PrintStream stream) {
                stream.printf("mysql is %s%n", "9.7\u001b[2J");
                stream.println("8.0\u009b2J");
                return 0;
              }
            },
            CommandRun.NOTHING_TO_MEND,
            environment,
            new PrintStream(out, true),
            new PrintStream(err, true));

    assertThat(cli.run("migrate", "info", "--set", "mysql.url=jdbc:mysql://db/iot")).isZero();

    assertThat(text(out).lines()).containsExactly("mysql is 9.7·[2J", "8.0·2J");
  }

  @Test
  void showsTheStatusAsItCame() throws IOException {
    int port = serveStatus(200, STATUS);

    assertThat(run("status", "--json", "--set", "admin.port=" + port)).isZero();

    assertThat(text(out).strip()).isEqualTo(STATUS.strip());
  }

  @Test
  void sendsTheTokenOfOptionOrEnvironment() throws IOException {
    int port = serveStatus(200, STATUS);
    environment.put("SLUICE_TOKEN", "from-environment");

    run("status", "--set", "admin.port=" + port);
    run("status", "--token", "from-option", "--set", "admin.port=" + port);

    assertThat(calls).containsExactly("Bearer from-environment", "Bearer from-option");
  }

  @Test
  void saysWhatToDoWhenTheStatusCannotBeHad() throws IOException {
    int denied = serveStatus(401, "");
    int broken = serveStatus(503, "starting");
    int other = serveStatus(200, "<html>");
    int nobody = unusedPort();

    assertThat(run("status", "--set", "admin.port=" + denied)).isEqualTo(Cli.FAILED);
    assertThat(run("status", "--set", "admin.port=" + broken)).isEqualTo(Cli.FAILED);
    assertThat(run("status", "--set", "admin.port=" + other)).isEqualTo(Cli.FAILED);
    assertThat(run("status", "--set", "admin.port=" + nobody)).isEqualTo(Cli.FAILED);
    assertThat(run("status", "--set", "admin.port=0")).isEqualTo(Cli.FAILED);

    assertThat(text(err))
        .contains("SLUICE_TOKEN", "answered 503: starting", "not the status of a Sluice")
        .contains("no answer from http://127.0.0.1:" + nobody + "/v1/status", "--set admin.port=")
        .doesNotContain("\tat ");
  }

  @Test
  void printsTheStackOfWhatNobodyExpected() {
    Cli cli =
        new Cli(
            (settings, mode, stream) -> {
              throw new IllegalStateException("surprise");
            },
            new RecordedMigrations(),
            CommandRun.NOTHING_TO_MEND,
            environment,
            new PrintStream(out),
            new PrintStream(err));

    assertThat(cli.run("up")).isEqualTo(Cli.FAILED);

    assertThat(text(err)).contains("surprise", "\tat ", "please report it");
  }

  private int run(String... args) {
    return new Cli(
            this::launch,
            new RecordedMigrations(),
            CommandRun.NOTHING_TO_MEND,
            environment,
            new PrintStream(out, true),
            new PrintStream(err, true))
        .run(args);
  }

  private int launch(Settings settings, Mode mode, PrintStream stream) {
    int port = settings.ingest().port();
    calls.add(mode + " on " + port + ", mysql " + settings.mysql().isPresent());
    return 7;
  }

  private int serveStatus(int code, String body) throws IOException {
    HttpServer server = HttpServer.create(new InetSocketAddress(loopback(), 0), 0);
    server.createContext(
        "/v1/status",
        exchange -> {
          String token = exchange.getRequestHeaders().getFirst("Authorization");
          if (token != null) {
            calls.add(token);
          }
          byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
          exchange.sendResponseHeaders(code, bytes.length == 0 ? -1 : bytes.length);
          exchange.getResponseBody().write(bytes);
          exchange.close();
        });
    server.start();
    servers.add(server);
    return server.getAddress().getPort();
  }

  private static int unusedPort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, loopback())) {
      return socket.getLocalPort();
    }
  }

  private static InetAddress loopback() {
    return InetAddress.getLoopbackAddress();
  }

  private static String text(ByteArrayOutputStream stream) {
    return stream.toString(StandardCharsets.UTF_8);
  }

  private final class RecordedMigrations implements Migrations {
    @Override
    public int migrate(Settings settings, PrintStream stream) {
      return record("migrate");
    }

    @Override
    public int info(Settings settings, PrintStream stream) {
      return record("info");
    }

    @Override
    public int validate(Settings settings, PrintStream stream) {
      return record("validate");
    }

    @Override
    public int repair(Settings settings, PrintStream stream) {
      return record("repair");
    }

    @Override
    public int baseline(Settings settings, PrintStream stream) {
      return record("baseline");
    }

    private int record(String call) {
      calls.add(call);
      return 0;
    }
  }
}
