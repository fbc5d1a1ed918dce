package dev.sluice.ingest.http;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.http.RawHttp;
import dev.sluice.http.RawHttp.Answer;
import dev.sluice.ingest.FakeJournal;
import dev.sluice.ingest.IngestConfig;
import dev.sluice.ingest.IngestCounters;
import dev.sluice.ingest.format.IgnoredKind;
import dev.sluice.journal.AppendResult;
import dev.sluice.reading.Reading;
import dev.sluice.testing.TokenFiles;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.zip.Deflater;
import java.util.zip.DeflaterOutputStream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class IngestRoutesTest {
  private static final int MAX_BODY_BYTES = 1 << 20;
  private static final String JSON = "Content-Type: application/json\r\n";
  private static final String READING = "{\"device_id\":\"s-17\",\"temp\":21.5}";
  private static final String LINE = "temp,device=s-17 value=21.5\n";

  private final IngestServer server = new IngestServer();

  @AfterEach
  void stop() {
    server.close();
  }

  @Test
  void answers204OnceTheJournalHasTheReading() {
    Answer answer = once(http -> http.post("/v1/readings", JSON, READING));

    assertThat(answer.status()).isEqualTo(204);
    assertThat(answer.body()).isEmpty();
    assertThat(server.kept)
        .singleElement()
        .satisfies(r -> assertThat(r.device()).isEqualTo("s-17"));
    assertThat(server.admission.counters().accepted()).isEqualTo(1);
    assertThat(server.admission.counters().completeRequests()).isEqualTo(1);
  }

  @ParameterizedTest
  @ValueSource(strings = {"/write", "/write?db=x&rp=y", "/api/v2/write?org=o&bucket=b"})
  void takesLineProtocolOfBothVersions(String target) {
    Answer answer = once(http -> http.post(target, "Content-Type: text/plain\r\n", LINE));

    assertThat(answer.status()).isEqualTo(204);
    assertThat(server.kept)
        .singleElement()
        .satisfies(r -> assertThat(r.metric()).isEqualTo("temp"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "Content-Type: application/json\r\n",
        "Content-Type: Application/JSON; charset=utf-8\r\n",
        "Content-Type: application/x-www-form-urlencoded\r\n",
        "Content-Type: \r\n"
      })
  void readsTheseContentTypesAsJson(String header) {
    assertThat(once(http -> http.post("/v1/readings", header, READING)).status()).isEqualTo(204);
  }

  @ParameterizedTest
  @ValueSource(strings = {"application/x-ndjson", "application/ndjson; charset=utf-8"})
  void readsTheseContentTypesAsNdjson(String type) {
    String header = "Content-Type: " + type + "\r\n";
    String body = READING + "\n" + READING.replace("s-17", "s-18") + "\n";

    assertThat(once(http -> http.post("/v1/readings", header, body)).status()).isEqualTo(204);

    assertThat(server.kept).hasSize(2);
  }

  /** influxdb-java sends what is refused without these words again for ever. */
  @Test
  void tellsEveryClientThatARefusedWriteWillNeverBeTaken() throws IOException {
    byte[] damaged = Arrays.copyOf(gzip(LINE), 20);
    List<Answer> refusals =
        List.of(
            once(http -> http.post("/write", "", "nonsense")),
            once(http -> http.post("/write?precision=y", "", LINE)),
            once(http -> http.post("/api/v2/write?precision=h", "", LINE)),
            once(http -> http.post("/write", "Content-Encoding: gzip\r\n", damaged)),
            once(http -> http.post("/write", "Content-Encoding: deflate\r\n", damaged)),
            once(http -> http.post("/v1/readings", JSON, "{\"device_id\":")),
            once(http -> http.post("/v1/readings", JSON, "[]")),
            once(http -> http.post("/v1/readings", JSON, "")),
            once(http ->
                http.send(RawHttp.head("POST", "/write", "Transfer-Encoding: chunked\r\n"))
                    .send("xyz\r\nabc\r\n")
                    .answer()),
            once(
                http -> http.send("POST /write HTTP/1.1\r\nHost: x\r\nno header\r\n\r\n").answer()),
            once(http ->
                http.send(RawHttp.head("POST", "/write", "A: " + "a".repeat(17_000) + "\r\n"))
                    .answer()));
    List<Answer> others =
        List.of(
            once(http -> http.post("/write", "Content-Encoding: br\r\n", LINE)),
            once(http -> http.post("/v1/readings", "Content-Type: text/plain\r\n", READING)),
            once(http -> http.post("/write", "", "x".repeat(MAX_BODY_BYTES + 1))));

    assertThat(refusals).allSatisfy(answer -> assertThat(answer.status()).isEqualTo(400));
    assertThat(others).extracting(Answer::status).containsExactly(415, 415, 413);
    assertThat(refusals)
        .allSatisfy(answer ->
            assertThat(answer.body())
                .contains("\"error\":\"partial write: unable to parse ")
                .contains("\"accepted\":0,\"rejected\":["));
    assertThat(refusals)
        .as("how much was dropped is told where it is known")
        .allSatisfy(answer ->
            assertThat(answer.body().contains(" dropped=1\""))
                .isEqualTo(answer.body().contains("\"rejected\":[{")));
    assertThat(others)
        .allSatisfy(answer ->
            assertThat(answer.body()).contains("\"error\":\"partial write: unable to parse "));
    assertThat(server.kept).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"senml+json", "vnd.api+json", "geo+json", "x+JSON; charset=utf-8"})
  void refusesOtherFormatsWrittenAsJson(String type) {
    String header = "Content-Type: application/" + type + "\r\n";

    assertRefused(once(http -> http.post("/v1/readings", header, READING)), 415, "application/");
    assertThat(server.kept).isEmpty();
  }

  @Test
  void skipsAByteOrderMarkAtTheStartOfABodyOnce() throws IOException {
    String ndjson = "Content-Type: application/x-ndjson\r\n";
    String bom = "\ufeff";

    assertThat(once(http -> http.post("/v1/readings", JSON, bom + READING)).status())
        .isEqualTo(204);
    assertThat(once(http -> http.post("/v1/readings", ndjson, bom + READING)).status())
        .isEqualTo(204);
    assertThat(once(http -> http.post("/write", "", bom + LINE)).status()).isEqualTo(204);
    assertThat(encoded("gzip", gzip(bom + READING)).status()).isEqualTo(204);
    assertThat(once(http -> http.post("/v1/readings", JSON, bom + bom + READING)).status())
        .isEqualTo(400);
    assertThat(server.kept).extracting(Reading::metric).containsOnly("temp").hasSize(4);
  }

  @Test
  void countsWhatA204DoesNotTell() {
    String body =
        "{\"device_id\":\"s\",\"t\":1,\"room\":\"x\",\"none\":null,\"gps\":{\"lat\":1},\"l\":[1]}";

    assertThat(once(http -> http.post("/v1/readings", JSON, body)).status()).isEqualTo(204);
    assertThat(once(http -> http.post("/write", "", "m,host=h a=\"on\",b=1")).status())
        .isEqualTo(204);
    assertThat(once(http -> http.post("/write", "", "m,host=h a=\"on\"")).status()).isEqualTo(204);

    IngestCounters counters = server.admission.counters();
    assertThat(counters.ignored(IgnoredKind.TEXT)).isEqualTo(3);
    assertThat(counters.ignored(IgnoredKind.NULL)).isEqualTo(1);
    assertThat(counters.ignored(IgnoredKind.OBJECT)).isEqualTo(1);
    assertThat(counters.ignored(IgnoredKind.ARRAY)).isEqualTo(1);
    assertThat(counters.accepted()).isEqualTo(2);
  }

  @Test
  void refusesTextsByNameWhereThatIsAskedFor() {
    try (var strict = new IngestServer(IngestConfig.TextFields.REFUSE, IngestConfig.BadTs.REFUSE);
        RawHttp http = strict.connect()) {
      assertRefused(http.post("/write", "", "m,host=h a=\"on\",b=1"), 400, "is text");
      assertThat(strict.kept).hasSize(1);
    }
  }

  @Test
  void refusesTimesOutsideItsWindowOrStoresThemAtTheTimeOfReceipt() {
    String seconds = "{\"device_id\":\"s\",\"ts\":1795300000,\"t\":1}";

    assertRefused(
        once(http -> http.post("/v1/readings", JSON, seconds)),
        400,
        "ts 1795300000 is 1970-01-21: seconds? Send milliseconds.");
    assertRefused(
        once(http -> http.post("/write", "", "m,host=h f=1 1795300000")), 400, "Use precision=s");
    assertThat(server.kept).isEmpty();
    try (var patient =
            new IngestServer(IngestConfig.TextFields.IGNORE, IngestConfig.BadTs.RECEIPT);
        RawHttp http = patient.connect()) {
      assertThat(http.post("/v1/readings", JSON, seconds).status()).isEqualTo(204);
      assertThat(patient.kept)
          .singleElement()
          .satisfies(r -> assertThat(r.tsMicros()).isEqualTo(1_795_298_400_000_000L));
      assertThat(patient.admission.counters().restamped()).isEqualTo(1);
    }
  }

  @Test
  void refusesOtherContentTypes() {
    Answer answer =
        once(http -> http.post("/v1/readings", "Content-Type: text/plain\r\n", READING));

    assertRefused(answer, 415, "text/plain");
    assertThat(answer.body()).contains("application/x-ndjson");
  }

  @Test
  void keepsTheGoodReadingsOfAPartlyBadRequestAndNamesTheBadByLine() {
    Answer answer =
        once(http -> http.post("/write", "", LINE + "nonsense\n" + LINE.replace("17", "18")));

    assertThat(answer.status()).isEqualTo(400);
    assertThat(answer.header("Content-Type")).isEqualTo("application/json");
    assertThat(answer.body())
        .startsWith("{\"code\":\"invalid\",\"message\":\"partial write: unable to parse line 2: ")
        .contains("\"error\":\"partial write: unable to parse line 2: ", " dropped=1\"")
        .contains("\"accepted\":2,\"rejected\":[{\"line\":2,\"reason\":\"");
    assertThat(server.kept).hasSize(2);
    assertThat(server.admission.counters().rejected()).isEqualTo(1);
    assertThat(server.admission.counters().partialRequests()).isEqualTo(1);
  }

  @Test
  void namesBadReadingsOfJsonByIndex() {
    Answer answer = once(http -> http.post("/v1/readings", JSON, "[" + READING + ",{}]"));

    assertThat(answer.status()).isEqualTo(400);
    assertThat(answer.body()).contains("\"accepted\":1,\"rejected\":[{\"index\":1,");
    assertThat(server.kept).hasSize(1);
  }

  @Test
  void namesTheFirstHundredBadLinesAndCountsAll() {
    Answer answer = once(http -> http.post("/write", "", "nonsense\n".repeat(250)));

    assertThat(answer.status()).isEqualTo(400);
    assertThat(answer.body()).contains("dropped=250", "\"accepted\":0", "{\"line\":100,");
    assertThat(answer.body()).doesNotContain("{\"line\":101,");
  }

  @Test
  void refusesAPartlyBadRequestAsNotNowWhenTheGoodPartCannotBeKept() {
    server.journal = readings -> new AppendResult.Full("journal takes 10 bytes of 10");

    Answer answer = once(http -> http.post("/write", "", LINE + "nonsense\n"));

    assertNotNow(answer, "journal has no room");
  }

  @ParameterizedTest
  @ValueSource(strings = {"{\"device_id\":", "nonsense", "{}{}", "[1,2", "\u0000"})
  void keepsNothingOfWhatIsNotJson(String body) {
    Answer answer = once(http -> http.post("/v1/readings", JSON, body));

    assertThat(answer.status()).isEqualTo(400);
    assertThat(answer.body()).contains("\"code\":\"invalid\"", "\"accepted\":0,\"rejected\":[");
    assertThat(server.kept).isEmpty();
  }

  @Test
  void refusesABodyThatIsNotUtf8() {
    byte[] body = READING.getBytes(StandardCharsets.ISO_8859_1);
    body[14] = (byte) 0xff;

    Answer json = once(http -> http.post("/v1/readings", JSON, body));
    byte[] line = LINE.getBytes(StandardCharsets.ISO_8859_1);
    line[12] = (byte) 0xff;
    Answer lines = once(http -> http.post("/write", "", line));

    assertThat(json.status()).isEqualTo(400);
    assertThat(lines.status()).isEqualTo(400);
    assertThat(server.kept).isEmpty();
  }

  @Test
  void refusesAnEmptyBodyOfReadingsAndTakesOneOfLinesAsInfluxDoes() {
    assertThat(once(http -> http.post("/v1/readings", JSON, "")).status()).isEqualTo(400);
    assertThat(once(http -> http.post("/write", "", "")).status()).isEqualTo(204);
  }

  @Test
  void asksForTheLengthOfABodyWithoutOneAndTakesItForNoOtherRequest() {
    for (String target : List.of("/v1/readings", "/write", "/api/v2/write")) {
      try (RawHttp http = server.connect()) {
        http.send(RawHttp.head("POST", target, "") + LINE + "\n");
        Answer answer = http.answer();

        assertRefused(answer, 411, "Content-Length");
        assertThat(answer.header("Connection")).isEqualTo("close");
        assertThat(http.isClosedByServer()).isTrue();
      }
    }
    assertThat(server.kept).isEmpty();
  }

  @Test
  void refusesABodyOfOneByte() {
    assertThat(once(http -> http.post("/v1/readings", JSON, "{")).status()).isEqualTo(400);
    assertThat(once(http -> http.post("/write", "", "x")).status()).isEqualTo(400);
  }

  @Test
  void takesABodyOfTheGreatestSizeAndRefusesOneByteMore() {
    String greatest = READING + " ".repeat(MAX_BODY_BYTES - READING.length());

    try (RawHttp http = server.connect()) {
      assertThat(http.post("/v1/readings", JSON, greatest).status()).isEqualTo(204);
      assertRefused(http.post("/v1/readings", JSON, greatest + " "), 413, "ingest.max-body-bytes");
      assertThat(http.isClosedByServer()).isTrue();
    }
  }

  @Test
  void refusesOneByteMoreInChunks() {
    try (RawHttp http = server.connect()) {
      Answer greatest = chunked(http, READING + " ".repeat(MAX_BODY_BYTES - READING.length()));
      Answer more = chunked(http, READING + " ".repeat(MAX_BODY_BYTES + 1 - READING.length()));

      assertThat(greatest.status()).isEqualTo(204);
      assertRefused(more, 413, "ingest.max-body-bytes");
    }
  }

  @Test
  void refusesOneByteMoreThanTheDefaultOfSixteenMebibytes() {
    int limit = 16 << 20;
    String greatest = READING + " ".repeat(limit - READING.length());

    try (var big = new IngestServer(limit, 256 << 20, Duration.ofSeconds(30));
        RawHttp http = big.connect();
        RawHttp other = big.connect()) {
      assertThat(http.post("/v1/readings", JSON, greatest).status()).isEqualTo(204);
      assertRefused(http.post("/v1/readings", JSON, greatest + " "), 413, "16777216");
      assertThat(chunked(other, greatest).status()).isEqualTo(204);
      assertRefused(chunked(other, greatest + " "), 413, "16777216");
      await().untilAsserted(() -> assertThat(big.budget.used()).isZero());
    }
  }

  @Test
  void refusesABodyFarBeyondTheLimitWithoutReadingIt() {
    String head = RawHttp.head("POST", "/v1/readings", "Content-Length: 99999999999\r\n");

    try (RawHttp http = server.connect()) {
      assertRefused(http.send(head).answer(), 413, "too large");
      assertThat(http.isClosedByServer()).isTrue();
    }
  }

  @Test
  void refusesAChunkWhoseSizeIsNoNumberAndHangsUp() {
    String head = RawHttp.head("POST", "/v1/readings", "Transfer-Encoding: chunked\r\n");

    try (RawHttp http = server.connect()) {
      assertRefused(http.send(head + "xyz\r\nabc\r\n").answer(), 400, "hexadecimal");
      assertThat(http.isClosedByServer()).isTrue();
    }
  }

  @Test
  void forgetsAnUploadThatIsGivenUp() {
    try (RawHttp http = server.connect()) {
      http.send(RawHttp.head("POST", "/v1/readings", "Content-Length: 900000\r\n"));
      http.send(new byte[500_000]);
      await().until(() -> server.gate.inside() == 1);
    }

    await().until(() -> server.gate.inside() == 0);
    assertThat(server.budget.used()).isZero();
    assertThat(server.kept).isEmpty();
  }

  @Test
  void refusesMoreBodiesThanThereIsMemoryForAndKeepsTheConnection() {
    try (RawHttp slow = server.connect();
        RawHttp other = server.connect()) {
      long others = server.budget.most() - 500_000;
      assertThat(server.budget.tryTake(others)).isTrue();
      slow.send(RawHttp.head("POST", "/v1/readings", "Content-Length: 400000\r\n"));
      await().until(() -> server.budget.used() > others);

      String big = READING + " ".repeat(400_000);
      assertNotNow(other.post("/v1/readings", JSON, big), "ingest.max-inflight-bytes");
      assertThat(other.post("/v1/readings", JSON, READING).status()).isEqualTo(204);
      assertThat(slow.send(READING + " ".repeat(400_000 - READING.length())).answer().status())
          .isEqualTo(204);
      server.budget.give(others);
      assertThat(other.post("/v1/readings", JSON, big).status()).isEqualTo(204);
    }
  }

  @Test
  void countsTheReadingsOfARequestAmongWhatItHolds() {
    String greedy = "m".repeat(100) + ",host=b " + "x=1,y=1,".repeat(20_000) + "z=1\n";
    try (RawHttp http = server.connect()) {
      long others = server.budget.limit() - 2_000_000;
      assertThat(server.budget.tryTake(others)).isTrue();

      assertNotNow(http.post("/write", "", greedy), "ingest.max-inflight-bytes");
      // A request gives back what it held after its answer is sent.
      await().until(() -> server.budget.used() == others);
      assertThat(http.post("/write", "", LINE).status()).isEqualTo(204);
      server.budget.give(others);
      await().until(() -> server.budget.used() == 0);
      assertThat(http.post("/write", "", greedy).status()).isEqualTo(204);
      await().until(() -> server.budget.used() == 0);
      assertRefused(http.post("/write", "", greedy.repeat(3)), 413, "send smaller batches");
      await().until(() -> server.budget.used() == 0);
    }
  }

  @Test
  void decodesGzipAndDeflate() throws IOException {
    byte[] gzip = gzip(READING);
    byte[] two = concat(gzip("[" + READING + ","), gzip(READING + "]"));

    assertThat(encoded("gzip", gzip).status()).isEqualTo(204);
    assertThat(encoded("GZIP", gzip).status()).isEqualTo(204);
    assertThat(encoded("gzip", two).status()).isEqualTo(204);
    assertThat(encoded("deflate", deflate(READING, false)).status()).isEqualTo(204);
    assertThat(encoded("deflate", deflate(READING, true)).status()).isEqualTo(204);
    assertThat(encoded("identity", READING.getBytes(StandardCharsets.UTF_8)).status())
        .isEqualTo(204);
    assertThat(server.kept).hasSize(7);
  }

  @Test
  void refusesUnknownEncodings() throws IOException {
    assertRefused(encoded("br", gzip(READING)), 415, "Content-Encoding br");
    assertRefused(encoded("gzip, br", gzip(READING)), 415, "Content-Encoding gzip, br");
    assertRefused(encoded("gzip, gzip, gzip", gzip(READING)), 415, "at most 2 at once");
  }

  @Test
  void takesTwoEncodingsOffInTheOrderTheyWerePutOn() throws IOException {
    assertThat(encoded("gzip, gzip", gzip(gzip(READING.getBytes(UTF_8)))).status()).isEqualTo(204);
    assertThat(encoded("deflate, gzip", gzip(deflate(READING, false))).status()).isEqualTo(204);
    assertThat(encoded("gzip, identity", gzip(READING)).status()).isEqualTo(204);
    assertRefused(encoded("gzip, gzip", gzip(READING)), 400, "not valid gzip of gzip");
  }

  @Test
  void takesTransferCodingsOffToo() throws IOException {
    byte[] packed = gzip(READING);
    try (RawHttp http = server.connect()) {
      http.send(
          RawHttp.head("POST", "/v1/readings", JSON + "Transfer-Encoding: gzip, chunked\r\n"));
      http.send(RawHttp.chunk(packed)).send("0\r\n\r\n");
      assertThat(http.answer().status()).isEqualTo(204);

      http.send(
          RawHttp.head("POST", "/v1/readings", JSON + "Transfer-Encoding: zork, chunked\r\n"));
      http.send(RawHttp.chunk(packed)).send("0\r\n\r\n");
      assertRefused(http.answer(), 415, "zork");
    }
  }

  @Test
  void takesEveryFormOfAGzipHeaderAndPaddingOfZeros() throws IOException {
    byte[] gzip = gzip(READING);
    byte[] rest = Arrays.copyOfRange(gzip, 10, gzip.length);
    byte[] flagged = {31, (byte) 139, 8, 2 | 4 | 8 | 16, 1, 2, 3, 4, 5, 6};
    byte[] fields = {3, 0, 'a', 'b', 'c', 'n', 0, 'c', 'c', 0};
    byte[] header = concat(flagged, fields);
    var crc = new java.util.zip.CRC32();
    crc.update(header);
    byte[] sum = {(byte) crc.getValue(), (byte) (crc.getValue() >> 8)};
    byte[] wrong = {(byte) (sum[0] ^ 1), sum[1]};

    assertThat(encoded("gzip", concat(concat(header, sum), rest)).status()).isEqualTo(204);
    assertRefused(encoded("gzip", concat(concat(header, wrong), rest)), 400, "not valid gzip");
    assertThat(encoded("gzip", concat(gzip, new byte[512])).status()).isEqualTo(204);
  }

  @Test
  void refusesAGzipBodyThatIsCutOffOrAlteredAnywhere() throws IOException {
    byte[] two = concat(gzip(LINE), gzip(LINE.replace("17", "18")));
    int second = gzip(LINE).length;
    for (int length = 1; length < two.length; length++) {
      if (length != second) {
        byte[] cut = Arrays.copyOf(two, length);
        assertThat(lines("gzip", cut).status()).as("cut to %s", length).isEqualTo(400);
      }
    }
    for (int at = 0; at < two.length; at++) {
      byte[] altered = two.clone();
      altered[at] ^= (byte) 0x80;
      server.kept.clear();
      // The time, the system and the bits that fill the last byte of a stream say nothing.
      if (lines("gzip", altered).status() == 204) {
        assertThat(server.kept).as("byte %s altered", at).hasSize(2);
      } else {
        assertThat(server.kept).as("byte %s altered", at).isEmpty();
      }
    }
    assertThat(lines("gzip", concat(two, new byte[] {1})).status()).isEqualTo(400);
    assertThat(lines("gzip", concat(two, new byte[] {0, 0, 1})).status()).isEqualTo(400);
    assertThat(lines("gzip", concat(two, LINE.getBytes(UTF_8))).status()).isEqualTo(400);
  }

  @Test
  void refusesADeflateBodyThatIsCutOffOrNeedsADictionary() throws IOException {
    byte[] zlib = deflate(LINE, false);
    byte[] raw = deflate(LINE, true);
    var deflater = new Deflater();
    deflater.setDictionary(LINE.getBytes(UTF_8));
    var primed = new ByteArrayOutputStream();
    try (OutputStream out = new DeflaterOutputStream(primed, deflater)) {
      out.write(LINE.getBytes(UTF_8));
    }

    for (int length = 1; length < zlib.length; length++) {
      assertThat(lines("deflate", Arrays.copyOf(zlib, length)).status()).isEqualTo(400);
    }
    for (int length = 1; length < raw.length; length++) {
      assertThat(lines("deflate", Arrays.copyOf(raw, length)).status()).isEqualTo(400);
    }
    assertThat(lines("deflate", concat(zlib, new byte[] {0})).status()).isEqualTo(400);
    assertRefused(lines("deflate", primed.toByteArray()), 400, "dictionary");
    assertThat(server.kept).isEmpty();
  }

  @Test
  void refusesTenThousandEmptyMembersWithoutAFault() throws IOException {
    byte[] empty = gzip("");
    var many = new ByteArrayOutputStream();
    for (int i = 0; i < 10_000; i++) {
      many.writeBytes(empty);
    }

    assertRefused(lines("gzip", many.toByteArray()), 400, "members");
    byte[] thousand = Arrays.copyOf(many.toByteArray(), 1_000 * empty.length);
    assertThat(lines("gzip", concat(thousand, gzip(LINE))).status()).isEqualTo(204);
  }

  @Test
  void boundsWhatIsUnpackedOnTheWayToo() throws IOException {
    // Stored blocks of no bytes: sixteen mebibytes of them unpack to nothing.
    var blocks = new ByteArrayOutputStream();
    try (OutputStream out = new GZIPOutputStream(blocks)) {
      byte[] nothing = new byte[5 << 16];
      for (int i = 0; i < nothing.length; i += 5) {
        nothing[i + 3] = (byte) 0xff;
        nothing[i + 4] = (byte) 0xff;
      }
      for (int i = 0; i < 64; i++) {
        out.write(nothing);
      }
    }
    assertRefused(lines("deflate, gzip", blocks.toByteArray()), 413, "decoded body");
  }

  @Test
  void refusesDamagedEncodings() throws IOException {
    byte[] gzip = gzip(READING);
    byte[] flipped = gzip.clone();
    flipped[gzip.length - 6] ^= 1;

    assertRefused(encoded("gzip", Arrays.copyOf(gzip, gzip.length - 9)), 400, "not valid gzip");
    assertRefused(encoded("gzip", flipped), 400, "not valid gzip");
    assertRefused(encoded("gzip", READING.getBytes(StandardCharsets.UTF_8)), 400, "gzip");
    assertRefused(encoded("deflate", new byte[] {1, 2, 3}), 400, "not valid deflate");
    assertRefused(encoded("gzip", new byte[] {31}), 400, "not valid gzip");
    assertThat(server.kept).isEmpty();
  }

  @Test
  void refusesAGzipBombWithinItsLimits() throws IOException {
    var bomb = new ByteArrayOutputStream();
    try (OutputStream out = new GZIPOutputStream(bomb)) {
      byte[] zeros = new byte[1 << 20];
      for (int i = 0; i < 200; i++) {
        out.write(zeros);
      }
    }

    assertRefused(encoded("gzip", bomb.toByteArray()), 413, "decoded body");
    await().untilAsserted(() -> assertThat(server.budget.used()).isZero());
  }

  @ParameterizedTest
  @ValueSource(strings = {"ns", "n", "u", "ms", "s", "m", "h"})
  void takesEveryPrecisionOfVersion1(String precision) {
    String target = "/write?precision=" + precision;

    assertThat(once(http -> http.post(target, "", LINE)).status()).isEqualTo(204);
  }

  @Test
  void refusesUnknownPrecisions() {
    assertRefused(once(http -> http.post("/write?precision=y", "", LINE)), 400, "ns, u, ms, s");
    assertRefused(
        once(http -> http.post("/api/v2/write?precision=h", "", LINE)), 400, "ns, us, ms, s");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "second 1795300000",
        "s 1795300000",
        "millisecond 1795300000000",
        "ms 1795300000000",
        "microsecond 1795300000000000",
        "us 1795300000000000",
        "nanosecond 1795300000000000000",
        "ns 1795300000000000000"
      })
  void takesEveryPrecisionOfVersion3(String unitAndTs) {
    String[] words = unitAndTs.split(" ", -1);
    String target = "/api/v3/write_lp?db=x&no_sync=true&precision=" + words[0];
    Answer answer = once(http -> http.post(target, "", "temp,host=h value=1 " + words[1]));

    assertThat(answer.status()).isEqualTo(204);
    assertThat(server.kept).containsExactly(new Reading("h", "temp", 1_795_300_000_000_000L, 1));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "&precision=auto", "&precision="})
  void guessesTheUnitOfEachLineAsInfluxDb3Does(String precision) {
    String lines =
        """
        t,host=h a=1 1795300000
        t,host=h b=1 1795300000001
        t,host=h c=1 1795300000000002
        t,host=h d=1 1795300000000003000
        """;
    Answer answer = once(http -> http.post("/api/v3/write_lp?db=x" + precision, "", lines));

    assertThat(answer.status()).isEqualTo(204);
    assertThat(server.kept)
        .extracting(Reading::tsMicros)
        .containsExactly(
            1_795_300_000_000_000L,
            1_795_300_000_001_000L,
            1_795_300_000_000_002L,
            1_795_300_000_000_003L);
  }

  @Test
  void namesTheUnitThatItTookABadTimeFor() {
    Answer answer =
        once(http ->
            http.post("/api/v3/write_lp", "", "m,host=h f=1 4999999999\nm,host=h f=1 -7\n"));

    assertRefused(answer, 400, "timestamp 4999999999 in seconds is 2128-06-11");
    assertThat(answer.body()).contains("timestamp -7 in seconds is before 1970-01-01");
  }

  @Test
  void keepsNothingOfAPartlyBadRequestThatIsToBeKeptAsAWhole() {
    String lines = "temp,host=h value=1\nbad\n";
    Answer whole = once(http -> http.post("/api/v3/write_lp?db=x&accept_partial=false", "", lines));

    assertRefused(whole, 400, "partial write: unable to parse line 2");
    assertThat(whole.body()).contains("\"accepted\":0,\"rejected\":[{\"line\":2");
    assertThat(server.kept).isEmpty();
    // The work area is used again: what it was told is forgotten.
    for (String partial : List.of("", "&accept_partial=true")) {
      Answer answer = once(http -> http.post("/api/v3/write_lp?db=x" + partial, "", lines));
      assertThat(answer.body()).contains("\"accepted\":1");
    }
    assertThat(server.kept).hasSize(2);
  }

  @Test
  void keepsAGoodRequestThatIsToBeKeptAsAWhole() {
    Answer answer = once(http -> http.post("/api/v3/write_lp?accept_partial=false", "", LINE));

    assertThat(answer.status()).isEqualTo(204);
    assertThat(server.kept).hasSize(1);
  }

  @Test
  void refusesParametersOfVersion3ThatItDoesNotKnow() {
    for (String bad : List.of("precision=h", "accept_partial=1", "no_sync=yes")) {
      Answer answer = once(http -> http.post("/api/v3/write_lp?" + bad, "", LINE));
      assertRefused(
          answer,
          400,
          bad.startsWith("precision")
              ? "precision is h, allowed are auto"
              : "must be true or false");
    }
    assertThat(server.kept).isEmpty();
    assertThat(once(http -> http.get("/api/v3/write_lp", "")).status()).isEqualTo(405);
  }

  @Test
  void findsTheBucketAndTheOrganizationThatAClientAsksFor() {
    Answer bucket = once(http -> http.get("/api/v2/buckets?name=a%22b&limit=1", ""));
    Answer org = once(http -> http.get("/api/v2/orgs?org=our%20org", ""));

    assertThat(bucket.status()).isEqualTo(200);
    assertThat(bucket.body()).contains("\"name\":\"a\\\"b\"");
    assertThat(org.body()).contains("\"name\":\"our org\"");
    assertThat(once(http -> http.get("/api/v2/buckets", "")).body()).contains("\"sluice\"");
    assertThat(once(http -> http.post("/api/v2/buckets", "", "{}")).status()).isEqualTo(405);
    assertThat(once(http -> http.get("/api/v2/ping", "")).header("X-Influxdb-Version"))
        .contains("sluice");
    assertThat(once(http -> http.get("/api/v2/setup", "")).body()).isEqualTo("{\"allowed\":false}");
  }

  @ParameterizedTest
  @ValueSource(strings = {"/api/v2/query", "/api/v3/query_sql", "/api/v3/query_influxql", "/exec"})
  void saysWhereToReadToThoseWhoSendAQuery(String path) {
    Answer answer = once(http -> http.post(path, "", "from(bucket:\"b\")"));

    assertThat(answer.status()).isEqualTo(404);
    assertThat(answer.body()).contains("read with GET /v1/readings");
  }

  @Test
  void answersWhatClientsAskFirst() {
    Answer ping = once(http -> http.get("/ping", ""));
    Answer head = once(h -> h.send(RawHttp.head("HEAD", "/ping", "")).answerWithoutBody());
    assertThat(ping.status()).isEqualTo(204);
    assertThat(ping.header("X-Influxdb-Version")).isNotEmpty();
    assertThat(head.status()).isEqualTo(204);
    for (String quiet : List.of("", "0", "false")) {
      assertThat(once(http -> http.get("/ping?verbose=" + quiet, "")).status()).isEqualTo(204);
    }
    Answer verbose = once(http -> http.get("/ping?verbose=true", ""));
    assertThat(verbose.status()).isEqualTo(200);
    assertThat(verbose.body()).matches("\\{\"version\":\"[^\"]+\"}");
    assertThat(once(http -> http.get("/settings", "")).body())
        .isEqualTo("{\"config\":{\"line.proto.support.versions\":[1]}}");
  }

  @ParameterizedTest
  @ValueSource(strings = {"/health", "/ready"})
  void tellsItsHealthAsInfluxDoes(String path) {
    Answer good = once(http -> http.get(path, ""));
    server.refusal = Optional.of("journal takes 10 bytes of 10");
    Answer bad = once(http -> http.get(path, ""));

    assertThat(good.status()).isEqualTo(200);
    assertThat(good.body()).startsWith("{\"name\":\"sluice\",\"status\":\"pass\",");
    assertThat(bad.status()).isEqualTo(503);
    assertThat(bad.header("Retry-After")).matches("[0-9]+");
    assertThat(bad.body())
        .startsWith("{\"name\":\"sluice\",\"status\":\"fail\",")
        .contains("journal takes 10 bytes of 10");
  }

  @Test
  void answersTheStatementsThatClientsSendFirst() {
    String databases =
        "{\"statement_id\":%d,\"series\":[{\"name\":\"databases\",\"columns\":[\"name\"],\"values\":[[\"sluice\"]]}]}";

    Answer create = once(http -> http.post("/query", "", "q=CREATE+DATABASE+%22a%3Bb%22"));
    Answer show = once(http -> http.get("/query?db=x&q=show%20databases", ""));
    Answer three =
        once(http ->
            http.post("/query?q=CREATE+DATABASE+x%3BDROP+DATABASE+x%3B+SHOW+DATABASES%3B", "", ""));
    Answer policies = once(http -> http.get("/query?q=SHOW+RETENTION+POLICIES+ON+%22x%22", ""));

    assertThat(create.status()).isEqualTo(200);
    assertThat(create.body()).isEqualTo("{\"results\":[{\"statement_id\":0}]}");
    assertThat(show.body()).isEqualTo("{\"results\":[" + databases.formatted(0) + "]}");
    assertThat(three.body())
        .startsWith("{\"results\":[{\"statement_id\":0},{\"statement_id\":1,\"error\":\"")
        .contains("not \\\"DROP DATABASE x\\\"")
        .endsWith("," + databases.formatted(2) + "]}");
    assertThat(policies.body()).contains("\"autogen\"");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "SELECT+*+FROM+x",
        "SHOW+MEASUREMENTS",
        "%3B",
        "SHOW+DATABASESX",
        "CREATE+DATABASE"
      })
  void answersNoOtherStatementWithSuccess(String statement) {
    Answer answer = once(http -> http.get("/query?q=" + statement, ""));

    assertThat(answer.status()).isEqualTo(200);
    assertThat(answer.body()).startsWith("{\"results\":[{\"statement_id\":0,\"error\":\"");
  }

  /** Or the body would be taken for the next answer. */
  @ParameterizedTest
  @ValueSource(strings = {"/ping?verbose=true", "/health", "/ready"})
  void sendsAHeadNoBody(String target) {
    try (RawHttp http = new RawHttp(server.port())) {
      assertThat(http.send(RawHttp.head("HEAD", target, "")).answerWithoutBody().status())
          .isEqualTo(200);
      assertThat(http.get("/settings", "").body()).startsWith("{\"config\"");
    }
  }

  @Test
  void refusesAQueryWithoutAStatement() {
    assertRefused(once(http -> http.get("/query", "")), 400, "parameter q is missing");
    assertRefused(once(http -> http.post("/query", "", "")), 400, "parameter q is missing");
    assertRefused(once(http -> http.post("/query", "", "x".repeat(9_000))), 400, "q is missing");
  }

  @Test
  void answers404And405InJson() {
    Answer nowhere = once(http -> http.get("/nowhere", ""));
    Answer delete = once(http -> http.send(RawHttp.head("DELETE", "/write", "")).answer());
    Answer head = once(h -> h.send(RawHttp.head("HEAD", "/nope", "")).answerWithoutBody());

    assertRefused(nowhere, 404, "/nowhere");
    assertRefused(delete, 405, "DELETE");
    assertThat(delete.header("Allow")).isEqualTo("POST");
    assertThat(head.status()).isEqualTo(404);
  }

  @Test
  void sendsErrorsOfLineProtocolInChunksButNotToAClientThatHangsUp() {
    Answer chunked = once(http -> http.post("/write", "", "nonsense"));
    Answer whole = once(http -> http.post("/write", "Connection: close\r\n", "nonsense"));

    assertThat(chunked.header("Transfer-Encoding")).isEqualTo("chunked");
    assertThat(whole.header("Content-Length")).isNotEmpty();
    assertThat(whole.body()).isEqualTo(chunked.body());
  }

  @Test
  void keepsTheConnectionOfAClientItCannotServeNow() {
    try (RawHttp http = server.connect()) {
      server.journal = readings -> new AppendResult.Full("/data/journal takes 10 bytes of 10");
      assertNotNow(http.post("/v1/readings", JSON, READING), "journal has no room");
      Answer full = http.post("/write", "", LINE);
      assertNotNow(full, "journal has no room");
      assertThat(full.body()).as("paths are for the log").doesNotContain("/data");
      assertThat(Integer.parseInt(full.header("Retry-After"))).isGreaterThanOrEqualTo(10);
      server.journal = readings -> new AppendResult.Closed("/data/journal has failed: EIO");
      assertNotNow(http.post("/v1/readings", JSON, READING), "journal is closed");
      server.journal = readings -> new AppendResult.Accepted(FakeJournal.END, readings.count());
      assertThat(http.post("/v1/readings", JSON, READING).status()).isEqualTo(204);
    }
    assertThat(server.admission.counters().notNowRequests()).isEqualTo(3);
  }

  @Test
  void turnsRequestsAwayWhileDraining() {
    server.gate.drain();

    try (RawHttp http = server.connect()) {
      assertNotNow(http.post("/v1/readings", JSON, READING), "shutting down");
      assertNotNow(http.post("/write", "", LINE), "shutting down");
    }
    assertThat(server.gate.inside()).isZero();
  }

  @Test
  void answersAFailureInsideWith500AndServesOn() {
    server.journal =
        readings -> {
          throw new IllegalStateException("made up by the test");
        };

    Answer answer = once(http -> http.post("/v1/readings", JSON, READING));

    assertRefused(answer, 500, "fault in Sluice");
    assertThat(answer.body()).doesNotContain("made up");
    assertThat(server.gate.inside()).isZero();
    assertThat(server.budget.used()).isZero();
  }

  @Test
  void answersAThousandPipelinedRequestsInOrder() {
    StringBuilder requests = new StringBuilder();
    List<Integer> expected = new ArrayList<>();
    for (int i = 0; i < 1_000; i++) {
      String body = i % 3 == 0 ? "nonsense" : LINE;
      requests.append(
          RawHttp.head("POST", "/write", "Content-Length: " + body.length() + "\r\n") + body);
      expected.add(i % 3 == 0 ? 400 : 204);
    }

    List<Integer> statuses = new ArrayList<>();
    try (RawHttp http = server.connect()) {
      Thread sender = Thread.ofVirtual().start(() -> http.send(requests.toString()));
      for (int i = 0; i < 1_000; i++) {
        statuses.add(http.answer().status());
      }
      assertThat(sender.isAlive()).isFalse();
    }

    assertThat(statuses).isEqualTo(expected);
  }

  @Test
  void wantsATokenToWriteAndNoneForThePing(@TempDir Path folder) throws IOException {
    Path file = folder.resolve("tokens");
    String sha256OfSesame = "41ef4bb0b23661e66301aac36066912dac037827b4ae63a7b1165a5aa93ed4eb";
    TokenFiles.write(file, "sha256:" + sha256OfSesame + " write");
    String bearer = "Authorization: Bearer open sesame\r\n";

    try (var guarded =
            new IngestServer(
                MAX_BODY_BYTES, 16 << 20, Duration.ofSeconds(30), IngestServer.tokens(file));
        RawHttp http = guarded.connect()) {
      assertThat(http.post("/v1/readings", JSON, READING).status()).isEqualTo(401);
      assertThat(http.post("/write", "", LINE).status()).isEqualTo(401);
      assertThat(http.post("/api/v2/write", "", LINE).status()).isEqualTo(401);
      assertThat(http.get("/query", "").status()).isEqualTo(401);
      assertThat(http.get("/api/v2/buckets", "").status()).isEqualTo(401);
      assertThat(http.post("/api/v3/write_lp", "", LINE).status()).isEqualTo(401);
      assertThat(http.get("/ping", "").status()).isEqualTo(204);
      assertThat(guarded.kept).isEmpty();
      assertThat(http.post("/v1/readings", bearer, READING).status()).isEqualTo(204);
      assertThat(http.post("/write?p=open+sesame", "", LINE).status()).isEqualTo(204);
      assertThat(http.post("/query", bearer, "q=SHOW+DATABASES").status()).isEqualTo(200);
      assertThat(http.get("/health", "").status()).isEqualTo(200);
      assertThat(http.get("/settings", "").status()).isEqualTo(200);
    }
  }

  @Test
  void rejectsTheReadingsOfOthersDevicesAndKeepsTheRest(@TempDir Path folder) throws IOException {
    Path file =
        TokenFiles.write(
            folder.resolve("tokens"), TokenFiles.line("fleet", "write devices=fleet-1-*"));
    String bearer = "Authorization: Bearer fleet\r\n";

    try (var guarded =
            new IngestServer(
                MAX_BODY_BYTES, 16 << 20, Duration.ofSeconds(30), IngestServer.tokens(file));
        RawHttp http = guarded.connect()) {
      Answer lines =
          http.post(
              "/write", bearer, "t,host=fleet-1-a v=1\nt,host=fleet-2-a v=1\nt,host=fleet-1- v=1");
      Answer json =
          http.post(
              "/v1/readings",
              bearer + JSON,
              "[{\"device\":\"x\",\"t\":1},{\"device\":\"fleet-1-b\",\"t\":1}]");

      assertThat(lines.status()).isEqualTo(400);
      assertThat(lines.body())
          .contains(
              "partial write",
              "\"accepted\":2",
              "\"line\":2",
              "device \\\"fleet-2-a\\\" is none of this token's, whose names begin with"
                  + " \\\"fleet-1-\\\"");
      assertThat(json.status()).isEqualTo(400);
      assertThat(json.body()).contains("\"accepted\":1", "\"index\":0", "device \\\"x\\\" is none");
      assertThat(guarded.kept)
          .extracting(Reading::device)
          .containsExactly("fleet-1-a", "fleet-1-", "fleet-1-b");
    }
  }

  @Test
  void forgetsWhoseDevicesTheLastRequestMayHave(@TempDir Path folder) throws IOException {
    Path file =
        TokenFiles.write(
            folder.resolve("tokens"),
            TokenFiles.line("fleet", "write devices=fleet-1-*"),
            TokenFiles.line("all", "write"));

    try (var guarded =
            new IngestServer(
                MAX_BODY_BYTES, 16 << 20, Duration.ofSeconds(30), IngestServer.tokens(file));
        RawHttp http = guarded.connect()) {
      assertThat(http.post("/write", "Authorization: Bearer fleet\r\n", LINE).status())
          .isEqualTo(400);
      assertThat(http.post("/write", "Authorization: Bearer all\r\n", LINE).status())
          .isEqualTo(204);
    }
  }

  private interface Exchange {
    Answer on(RawHttp http);
  }

  private Answer once(Exchange exchange) {
    try (RawHttp http = server.connect()) {
      return exchange.on(http);
    }
  }

  private Answer lines(String coding, byte[] body) {
    return once(http -> http.post("/write", "Content-Encoding: " + coding + "\r\n", body));
  }

  private Answer encoded(String coding, byte[] body) {
    return once(
        http -> http.post("/v1/readings", JSON + "Content-Encoding: " + coding + "\r\n", body));
  }

  private static Answer chunked(RawHttp http, String body) {
    byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
    http.send(RawHttp.head("POST", "/v1/readings", JSON + "Transfer-Encoding: chunked\r\n"));
    for (int at = 0; at < bytes.length; at += 100_000) {
      http.send(RawHttp.chunk(Arrays.copyOfRange(bytes, at, Math.min(bytes.length, at + 100_000))));
    }
    return http.send("0\r\n\r\n").answer();
  }

  private static void assertRefused(Answer answer, int status, String part) {
    assertThat(answer.status()).isEqualTo(status);
    assertThat(answer.header("Content-Type")).isEqualTo("application/json");
    assertThat(answer.body()).startsWith("{\"code\":\"").contains("\"message\":\"", "\"error\":\"");
    assertThat(answer.body()).contains(part);
  }

  private static void assertNotNow(Answer answer, String part) {
    assertRefused(answer, 503, part);
    assertThat(answer.header("Retry-After")).matches("[0-9]+");
  }

  private static byte[] gzip(String text) throws IOException {
    return gzip(text.getBytes(UTF_8));
  }

  private static byte[] gzip(byte[] bytes) throws IOException {
    var packed = new ByteArrayOutputStream();
    try (OutputStream out = new GZIPOutputStream(packed)) {
      out.write(bytes);
    }
    return packed.toByteArray();
  }

  private static byte[] deflate(String text, boolean raw) throws IOException {
    var packed = new ByteArrayOutputStream();
    try (OutputStream out =
        new DeflaterOutputStream(packed, new Deflater(Deflater.DEFAULT_COMPRESSION, raw))) {
      out.write(text.getBytes(StandardCharsets.UTF_8));
    }
    return packed.toByteArray();
  }

  private static byte[] concat(byte[] first, byte[] second) {
    byte[] both = Arrays.copyOf(first, first.length + second.length);
    System.arraycopy(second, 0, both, first.length, second.length);
    return both;
  }
}
