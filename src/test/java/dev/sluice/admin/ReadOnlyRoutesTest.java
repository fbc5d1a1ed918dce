package dev.sluice.admin;

import static dev.sluice.testing.TokenFiles.line;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.api.About;
import dev.sluice.http.RawHttp.Answer;
import dev.sluice.http.auth.AuthConfig;
import dev.sluice.http.auth.TokenAuth;
import dev.sluice.journal.JournalStats;
import dev.sluice.testing.TokenFiles;
import jakarta.json.Json;
import jakarta.json.JsonObject;
import jakarta.json.JsonReader;
import java.io.IOException;
import java.io.StringReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What only shows: dead letters, an hour's mismatches, what this Sluice is. */
class ReadOnlyRoutesTest {
  private static final String LETTER =
      "{\"device_id\":\"d-%d\",\"metric\":\"temp\",\"ts\":\"2026-11-21T22:26:40.003210Z\","
          + "\"value\":1.5,\"reason\":\"ünfit\",\"offset\":\"%d\"}\n";

  @TempDir Path folder;

  private AdminPort port(TokenAuth auth) {
    Moment nothing =
        new Moment(
            0,
            0,
            0,
            0,
            new JournalStats(0, 0, 0, 1, 0, 0, ""),
            Map.of(),
            Optional.empty(),
            List.of(),
            Optional.empty());
    return new AdminPort(
        new ListingRoutes(
            Map.of(
                "mysql", folder.resolve("mysql.ndjson"), "questdb", folder.resolve("none.ndjson")),
            folder.resolve("mismatches"),
            auth),
        new HistoryRoutes(new History(List.of(), () -> nothing, InstantSource.system()), auth),
        new AboutRoutes(folder, auth));
  }

  @Test
  void showsTheFirstHundredDeadLettersOfEachStore() throws IOException {
    StringBuilder letters = new StringBuilder();
    for (int i = 0; i < 120; i++) {
      letters.append(LETTER.formatted(i, i));
    }
    Files.writeString(folder.resolve("mysql.ndjson"), letters);

    JsonObject answer = get("/v1/dead-letters");

    JsonObject mysql = answer.getJsonObject("mysql");
    assertThat(mysql.getJsonArray("lines")).hasSize(ListingRoutes.MOST_LINES);
    assertThat(mysql.getJsonArray("lines").getJsonObject(99).getString("device_id"))
        .isEqualTo("d-99");
    assertThat(mysql.getJsonArray("lines").getJsonObject(0).getString("reason")).isEqualTo("ünfit");
    assertThat(mysql.getBoolean("more")).isTrue();
    assertThat(mysql.getJsonNumber("bytes").longValue())
        .isEqualTo(Files.size(folder.resolve("mysql.ndjson")));
    assertThat(mysql.getString("file")).isEqualTo(folder.resolve("mysql.ndjson").toString());
    JsonObject none = answer.getJsonObject("questdb");
    assertThat(none.getJsonArray("lines")).isEmpty();
    assertThat(none.getBoolean("more")).isFalse();
  }

  @Test
  void showsALineThatAPersonHasBrokenAsItIs() throws IOException {
    Files.writeString(folder.resolve("mysql.ndjson"), "see ticket 17\n" + LETTER.formatted(1, 1));

    JsonObject mysql = get("/v1/dead-letters").getJsonObject("mysql");

    assertThat(mysql.getJsonArray("lines")).hasSize(2);
    assertThat(mysql.getJsonArray("lines").getJsonObject(0).getString("reason"))
        .isEqualTo("not a line of Sluice's: see ticket 17");
  }

  @Test
  void showsTheMismatchesOfAnHour() throws IOException {
    Files.createDirectories(folder.resolve("mismatches"));
    Files.writeString(
        folder.resolve("mismatches").resolve("2026-11-20T10.ndjson"),
        "{\"class\":\"value\",\"device_id\":\"s-17\",\"metric\":\"temp\","
            + "\"ts\":\"2026-11-20T10:00:00.123456Z\",\"mysql\":21.5,\"questdb\":21.4}\n");

    JsonObject answer = get("/v1/verify/mismatches?hour=2026-11-20T10");

    assertThat(answer.getString("hour")).isEqualTo("2026-11-20T10");
    assertThat(answer.getJsonArray("lines").getJsonObject(0).getString("class")).isEqualTo("value");
    assertThat(get("/v1/verify/mismatches?hour=2026-11-20T11").getJsonArray("lines")).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "?hour=",
        "?hour=2026-11-20",
        "?hour=..%2F..%2Fphase",
        "?hour=2026-11-20T10%2F.."
      })
  void refusesWhatIsNoHour(String query) {
    try (AdminPort port = port(TokenAuth.everybody())) {
      Answer refused = port.get("/v1/verify/mismatches" + query);

      assertThat(refused.status()).isEqualTo(400);
      assertThat(refused.body()).contains("allowed are hours as the parity map names them");
    }
  }

  @Test
  void saysWhichFileCannotBeRead() throws IOException {
    Files.createDirectories(folder.resolve("mysql.ndjson"));
    try (AdminPort port = port(TokenAuth.everybody())) {
      Answer failed = port.get("/v1/dead-letters");

      assertThat(failed.status()).isEqualTo(503);
      assertThat(failed.header("Retry-After")).isEqualTo("5");
      assertThat(failed.body()).contains("a file could not be read");
    }
  }

  @Test
  void namesVersionJavaAndOptionsFile() {
    String[] line = {"@jvm-options/jdk25-small.options", "-XX:AOTCache=x", "-jar", "a.jar", "@no"};

    About about = AboutRoutes.about(folder, line);

    assertThat(about.optionsFile()).isEqualTo("jvm-options/jdk25-small.options");
    assertThat(about.java()).startsWith(Runtime.version().toString());
    assertThat(about.version()).isNotEmpty();
    assertThat(about.dataDir()).isEqualTo(folder.toString());
    assertThat(about.maxHeapBytes()).isPositive();
    assertThat(about.pid()).isEqualTo(ProcessHandle.current().pid());
    assertThat(AboutRoutes.about(folder, new String[] {"-jar", "a.jar", "@x"}).optionsFile())
        .isNull();
    assertThat(get("/v1/about").getString("data_dir")).isEqualTo(folder.toString());
  }

  @ParameterizedTest
  @CsvSource({"reader, 200", "boss, 200", "sensor, 403", "nobody, 401"})
  void showToReadersAndAdmins(String token, int status) throws Exception {
    Path file = folder.resolve("tokens");
    TokenFiles.write(file, line("reader", "read"), line("boss", "admin"), line("sensor", "write"));
    try (AdminPort port =
        port(TokenAuth.of(new AuthConfig(AuthConfig.Mode.TOKENS, Optional.of(file))))) {
      for (String path :
          List.of(
              "/v1/history",
              "/v1/about",
              "/v1/dead-letters",
              "/v1/verify/mismatches?hour=2026-11-20T10")) {
        Answer answer = port.get(path, "Authorization: Bearer " + token + "\r\n");
        assertThat(answer.status()).as(path).isEqualTo(status);
        if (status == 200) {
          assertThat(answer.header("Cache-Control")).as(path).isEqualTo("no-store");
        }
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"/v1/about", "/v1/dead-letters", "/v1/verify/mismatches"})
  void changeNothing(String path) {
    try (AdminPort port = port(TokenAuth.everybody())) {
      Answer refused = port.post(path, "{}");

      assertThat(refused.status()).isEqualTo(405);
      assertThat(refused.header("Allow")).isEqualTo("GET");
    }
  }

  private JsonObject get(String target) {
    try (AdminPort port = port(TokenAuth.everybody())) {
      Answer answer = port.get(target);
      assertThat(answer.status()).isEqualTo(200);
      try (JsonReader reader = Json.createReader(new StringReader(answer.body()))) {
        return reader.readObject();
      }
    }
  }
}
