package dev.sluice.ingest.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.http.RawHttp;
import dev.sluice.http.RawHttp.Answer;
import dev.sluice.http.limit.LimitsConfig;
import dev.sluice.http.limit.SteppedLimits;
import dev.sluice.ingest.format.IgnoredKind;
import dev.sluice.ingest.format.prometheus.WriteRequests;
import dev.sluice.ingest.format.prometheus.WriteRequests.Sample;
import dev.sluice.ingest.format.prometheus.WriteRequests.Series;
import dev.sluice.journal.AppendResult;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.xerial.snappy.Snappy;

class RemoteWriteRoutesTest {
  private static final String V1 = "Content-Type: application/x-protobuf\r\n";
  private static final String V2 =
      "Content-Type: application/x-protobuf;proto=io.prometheus.write.v2.Request\r\n";
  private static final long MS = IngestServer.NOW.toEpochMilli();
  private static final Series UP = series("up", 1);

  private final IngestServer server = new IngestServer();

  @AfterEach
  void stop() {
    server.close();
  }

  @Test
  void says204AndWhatItHasWrittenToBothVersions() {
    for (String type : List.of(V1, V2)) {
      byte[] body = WriteRequests.of(type.equals(V1) ? 1 : 2, UP, series("down", 0));

      Answer answer = post(type, body);

      assertThat(answer.status()).as(answer.body()).isEqualTo(204);
      assertWritten(answer, 2);
    }
    assertThat(server.kept).hasSize(4);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "Content-Type: application/x-protobuf;proto=prometheus.WriteRequest\r\n",
        "Content-Type: Application/X-Protobuf ; charset=x; Proto=\"prometheus.WriteRequest\"\r\n"
      })
  void takesTheseContentTypesForVersion1(String type) {
    assertThat(post(type, WriteRequests.v1(UP)).status()).isEqualTo(204);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "application/x-protobuf;proto=io.prometheus.write.v3.Request",
        "application/json",
        "application/x-www-form-urlencoded",
        "text/plain;proto=prometheus.WriteRequest"
      })
  void refusesOtherContentTypesByName(String type) {
    Answer answer = post("Content-Type: " + type + "\r\n", WriteRequests.v1(UP));

    assertThat(answer.status()).isEqualTo(415);
    assertThat(answer.body())
        .contains(type, "allowed are application/x-protobuf", "io.prometheus.write.v2.Request");
    assertThat(server.admission.counters().refusedRequests()).isEqualTo(1);
  }

  @Test
  void keepsTheGoodSamplesNamesTheBadAndSaysHowManyAreWritten() {
    for (String type : List.of(V1, V2)) {
      byte[] body =
          WriteRequests.of(
              type.equals(V1) ? 1 : 2,
              UP,
              new Series(List.of("__name__", "lost", "job", "j"), new Sample(1, MS)),
              series("nan", Double.NaN),
              series("gone", WriteRequests.STALE));

      Answer answer = post(type, body);

      assertThat(answer.status()).isEqualTo(400);
      assertWritten(answer, 2);
      assertThat(answer.body())
          .contains("\"accepted\":1", "partial write: unable to parse index 1", "dropped=2")
          .contains("{\"index\":1,\"reason\":\"series \\\"lost\\\" has no device")
          .contains("{\"index\":2,\"reason\":\"sample of \\\"nan\\\" is not finite\"}");
    }
    assertThat(server.kept).hasSize(2);
    assertThat(server.admission.counters().ignored(IgnoredKind.STALE)).isEqualTo(2);
  }

  /** Prometheus takes a 2xx that has written nothing for a failure. */
  @Test
  void countsAStaleMarkerAsWritten() {
    Answer answer = post(V2, WriteRequests.v2(series("up", WriteRequests.STALE)));

    assertThat(answer.status()).isEqualTo(204);
    assertWritten(answer, 1);
    assertThat(server.kept).isEmpty();
  }

  @Test
  void keepsNothingOfWhatIsNotProtobuf() {
    byte[] bad = WriteRequests.concat(WriteRequests.v1(UP), new byte[] {0});

    Answer answer = post(V1, bad);

    assertThat(answer.status()).isEqualTo(400);
    assertThat(answer.body()).contains("byte " + (bad.length - 1) + ": there is no field 0");
    assertWritten(answer, 0);
    assertThat(server.kept).isEmpty();
  }

  @Test
  void refusesABodyThatIsNotSnappy() {
    try (RawHttp http = server.connect()) {
      Answer answer = http.post("/api/v1/write", V1, WriteRequests.v1(UP));

      assertThat(answer.status()).isEqualTo(400);
      assertThat(answer.body()).contains("the body is not valid snappy");
      assertWritten(answer, 0);
    }
  }

  @Test
  void takesAnEmptyRequest() {
    assertThat(post(V1, new byte[0]).status()).isEqualTo(204);
  }

  @Test
  void says503WithRetryAfterWhileTheJournalIsFull() {
    server.journal = readings -> new AppendResult.Full("10 bytes of 10");

    Answer answer = post(V1, WriteRequests.v1(UP));

    assertThat(answer.status()).isEqualTo(503);
    assertThat(answer.header("Retry-After")).isEqualTo("10");
    assertThat(answer.body()).contains("nothing was stored");
  }

  /** Prometheus drops what a 429 answers. */
  @Test
  void says503ToAClientOverItsLimit(@TempDir Path folder) throws IOException {
    var limited = new SteppedLimits(new LimitsConfig(2, 0, 0, 0, 0, 0));
    byte[] five = Snappy.compress(WriteRequests.v1(UP, UP, UP, UP, UP));
    try (var server =
            new IngestServer(
                1 << 20, 4 << 20, limited.tokens(folder.resolve("tokens"), "hot"), limited.limits);
        RawHttp http = server.connect()) {
      String headers = V1 + SteppedLimits.header("hot");
      assertThat(http.post("/api/v1/write", headers, five).status()).isEqualTo(204);

      Answer refused = http.post("/api/v1/write", headers, five);

      assertThat(refused.status()).isEqualTo(503);
      assertThat(refused.header("Retry-After")).isEqualTo("2");
      assertThat(server.kept).hasSize(5);
    }
  }

  @Test
  void takesAPostAlone() {
    try (RawHttp http = server.connect()) {
      Answer answer = http.get("/api/v1/write", "");

      assertThat(answer.status()).isEqualTo(405);
      assertThat(answer.header("Allow")).isEqualTo("POST");
    }
  }

  private static Series series(String name, double value) {
    return new Series(List.of("__name__", name, "instance", "web-1"), new Sample(value, MS));
  }

  private Answer post(String headers, byte[] message) {
    try (RawHttp http = server.connect()) {
      return http.post("/api/v1/write", headers, Snappy.compress(message));
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private static void assertWritten(Answer answer, int samples) {
    String prefix = "X-Prometheus-Remote-Write-";
    assertThat(answer.header(prefix + "Samples-Written")).isEqualTo(Integer.toString(samples));
    assertThat(answer.header(prefix + "Histograms-Written")).isEqualTo("0");
    assertThat(answer.header(prefix + "Exemplars-Written")).isEqualTo("0");
  }
}
