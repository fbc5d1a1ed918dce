package dev.sluice.ingest.http;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdOutputStreamNoFinalizer;
import dev.sluice.http.RawHttp;
import dev.sluice.http.RawHttp.Answer;
import dev.sluice.ingest.format.prometheus.WriteRequests;
import dev.sluice.ingest.format.prometheus.WriteRequests.Sample;
import dev.sluice.ingest.format.prometheus.WriteRequests.Series;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.xerial.snappy.Snappy;
import org.xerial.snappy.SnappyFramedOutputStream;

/** zstd and snappy, as senders make them and as they do not. */
class CompressedBodiesTest {
  private static final int MAX_BODY_BYTES = 1 << 20;
  private static final long SEED = System.nanoTime();
  private static final String LINE = "temp,device=s-17 value=21.5\n";
  private static final String JSON = "{\"device_id\":\"s-17\",\"temp\":21.5}";
  private static final byte[] REMOTE_WRITE =
      WriteRequests.v1(
          new Series(
              List.of("__name__", "temp", "instance", "s-17"),
              new Sample(21.5, IngestServer.NOW.toEpochMilli())));

  private final IngestServer server = new IngestServer();

  @AfterEach
  void stop() {
    server.close();
  }

  @ParameterizedTest
  @ValueSource(strings = {"zstd", "ZSTD", "snappy", "x-snappy-framed", "gzip", "identity"})
  void takesEveryCodingOnEveryRoute(String coding) throws IOException {
    for (String route : List.of("/v1/readings", "/write", "/api/v2/write", "/api/v1/write")) {
      Answer answer = post(route, coding, packed(coding, bodyFor(route)));

      assertThat(answer.status()).as(route + ": " + answer.body()).isEqualTo(204);
    }
    assertThat(server.kept).hasSize(4).allMatch(r -> r.device().equals("s-17"));
    assertThat(server.kept).allMatch(r -> r.metric().equals("temp") && r.value() == 21.5);
  }

  @Test
  void takesABlockOfSnappyOnRemoteWriteAlone() throws IOException {
    byte[] block = Snappy.compress(REMOTE_WRITE);

    assertThat(post("/api/v1/write", "snappy", block).status()).isEqualTo(204);
    try (RawHttp http = server.connect()) {
      assertThat(http.post("/api/v1/write", "", block).status()).isEqualTo(204);
    }
    assertRefused(
        post("/write", "snappy", Snappy.compress(LINE)), 400, "does not start with a stream");
    assertThat(server.kept).hasSize(2);
  }

  @Test
  void refusesStackedCodingsByName() throws IOException {
    byte[] body = packed("zstd", LINE.getBytes(UTF_8));

    for (String stacked : List.of("zstd, zstd", "gzip, zstd", "snappy, gzip", "zstd, br")) {
      assertRefused(post("/write", stacked, body), 415, "Content-Encoding " + stacked);
    }
    assertRefused(post("/write", "lz4", body), 415, "allowed are gzip, deflate, zstd, snappy");
    assertThat(post("/write", "zstd, identity", body).status()).isEqualTo(204);
  }

  @ParameterizedTest
  @ValueSource(strings = {"zstd", "snappy"})
  void takesABodyOfTheGreatestSizeAndRefusesOneByteMore(String coding) throws IOException {
    byte[] largest = (LINE + "#".repeat(MAX_BODY_BYTES - LINE.length())).getBytes(UTF_8);
    byte[] larger = Arrays.copyOf(largest, MAX_BODY_BYTES + 1);

    assertThat(post("/write", coding, packed(coding, largest)).status()).isEqualTo(204);
    assertRefused(post("/write", coding, packed(coding, larger)), 413, "decoded body has more");
    byte[] block = Snappy.compress(larger);
    assertRefused(post("/api/v1/write", "snappy", block), 413, "has 1048577 bytes");
  }

  /** Levels of compression, sizes claimed or not, frames in a row, checksums. */
  @Test
  void takesEveryFormOfZstd() throws IOException {
    byte[] lines = LINE.repeat(20_000).getBytes(UTF_8);
    byte[] skippable = {0x50, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 1, 2, 3};
    for (int level : new int[] {-5, 1, 3, 19}) {
      assertThat(post("/write", "zstd", Zstd.compress(lines, level)).status()).isEqualTo(204);
      byte[] streamed = zstdStream(lines, level, 0);
      assertThat(Zstd.getFrameContentSize(streamed)).isLessThanOrEqualTo(0);
      assertThat(post("/write", "zstd", streamed).status()).isEqualTo(204);
    }
    byte[] one = Zstd.compress(LINE.getBytes(UTF_8));
    byte[] many = WriteRequests.concat(skippable, one, skippable, one, zstdStream(lines, 3, 0));
    int before = server.kept.size();

    assertThat(post("/write", "zstd", many).status()).isEqualTo(204);

    assertThat(server.kept).hasSize(before + 20_002);
  }

  @ParameterizedTest
  @ValueSource(strings = {"zstd", "snappy"})
  void refusesABodyThatIsCutOffOrFollowedBySomethingElse(String coding) throws IOException {
    byte[] body = packed(coding, LINE.repeat(3).getBytes(UTF_8));
    for (int length = 0; length < body.length; length++) {
      // A stream of snappy that ends behind its identifier is whole, and empty.
      boolean whole = coding.equals("snappy") && length == 10;
      Answer answer = post("/write", coding, Arrays.copyOf(body, length));
      if (length > 0) {
        assertThat(answer.status()).as("cut to %s", length).isEqualTo(whole ? 204 : 400);
      }
    }
    byte[] behind = WriteRequests.concat(body, LINE.getBytes(UTF_8));
    assertRefused(post("/write", coding, behind), 400, "not valid " + coding);
    assertThat(server.kept).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"zstd", "snappy"})
  void neverTakesAnAlteredBodyForAnother(String coding) throws IOException {
    var random = new SplittableRandom(SEED);
    byte[] line = LINE.getBytes(UTF_8);
    // Without a checksum, which zstd leaves to the sender, nobody can tell.
    byte[] body = coding.equals("zstd") ? zstdStream(line, 3, 0) : packed(coding, line);
    for (int i = 0; i < 500; i++) {
      byte[] altered = body.clone();
      altered[random.nextInt(altered.length)] ^= (byte) (1 << random.nextInt(8));

      assertThat(post("/write", coding, altered).status()).as("seed " + SEED).isIn(204, 400, 413);
    }
    assertThat(server.kept)
        .as("seed " + SEED)
        .allMatch(r -> r.device().equals("s-17") && r.value() == 21.5);
    assertThat(post("/write", coding, body).status()).isEqualTo(204);
    awaitNothingHeld();
  }

  /** Blocks carry no checksum; whatever they decode to, nothing breaks and nothing is held. */
  @Test
  void survivesBlocksThatAreAltered() throws IOException {
    var random = new SplittableRandom(SEED);
    byte[] block = Snappy.compress(WriteRequests.concat(REMOTE_WRITE, REMOTE_WRITE, REMOTE_WRITE));
    for (int i = 0; i < 2_000; i++) {
      byte[] altered = Arrays.copyOf(block, 1 + random.nextInt(block.length));
      altered[random.nextInt(altered.length)] = (byte) random.nextInt(256);

      assertThat(post("/api/v1/write", "snappy", altered).status())
          .as("seed " + SEED)
          .isIn(204, 400, 413);
    }
    assertThat(post("/api/v1/write", "snappy", block).status()).isEqualTo(204);
    awaitNothingHeld();
  }

  @ParameterizedTest
  @CsvSource({"zstd, 1000", "snappy, 20"})
  void refusesABombWithinItsLimits(String coding, int expansion) throws IOException {
    byte[] zeros = new byte[64 << 20];
    byte[] bomb = packed(coding, zeros);
    assertThat(bomb.length).isLessThan(zeros.length / expansion);
    // More than a body may have even as sent, so only a part of it.
    byte[] sent = coding.equals("snappy") ? packed(coding, new byte[8 << 20]) : bomb;

    assertRefused(post("/write", coding, sent), 413, "decoded body has more than 1048576 bytes");
    awaitNothingHeld();
  }

  @Test
  void believesNoClaimedSize() throws IOException {
    byte[] block = {-1, -1, -1, -1, 15, 0, 1};
    byte[] chunk = {0, 11, 0, 0, 1, 2, 3, 4, -1, -1, -1, -1, 15, 0, 1};
    // A chunk whose block is valid, but one byte longer than a chunk may be.
    byte[] block65537 = Snappy.compress(new byte[65_537]);
    byte[] large =
        WriteRequests.concat(
            new byte[] {
              0,
              (byte) (block65537.length + 4),
              (byte) ((block65537.length + 4) >> 8),
              0,
              1,
              2,
              3,
              4
            },
            block65537);
    byte[] identifier = {-1, 6, 0, 0, 's', 'N', 'a', 'P', 'p', 'Y'};
    byte[] frame = Zstd.compress(LINE.getBytes(UTF_8));
    // Magic, a header with a content size of eight bytes, a window of 1 KiB: 2^62 bytes.
    byte[] claims = {0x28, (byte) 0xb5, 0x2f, (byte) 0xfd, (byte) 0xc0, 0, 0, 0, 0, 0, 0, 0, 0, 64};

    assertRefused(post("/api/v1/write", "snappy", block), 400, "invalid uncompressed length");
    assertRefused(
        post("/api/v1/write", "snappy", new byte[] {-128, -128, 2, 0, 1}),
        400,
        "invalid uncompressed length");
    assertRefused(
        post("/write", "snappy", WriteRequests.concat(identifier, chunk)),
        400,
        "uncompressed length");
    assertRefused(
        post("/write", "snappy", WriteRequests.concat(identifier, large)),
        400,
        "claims 65537 bytes, allowed are 65536");
    assertRefused(
        post("/write", "zstd", WriteRequests.concat(claims, Arrays.copyOf(frame, 9))), 400, "zstd");
    assertThat(server.budget.used()).isZero();
  }

  @Test
  void refusesWindowsLargerThanRfc9659Allows() throws IOException {
    byte[] body = LINE.getBytes(UTF_8);

    assertThat(post("/write", "zstd", zstdStream(body, 3, 23)).status()).isEqualTo(204);
    assertRefused(
        post("/write", "zstd", zstdStream(body, 3, 24)), 400, "window of more than 8 MiB");
    assertRefused(post("/write", "zstd", zstdStream(body, 3, 27)), 400, "RFC 9659");
  }

  @Test
  void refusesThousandsOfEmptyFrames() throws IOException {
    byte[] empty = Zstd.compress(new byte[0]);
    var many = new ByteArrayOutputStream();
    for (int i = 0; i < 4_095; i++) {
      many.writeBytes(empty);
    }
    many.writeBytes(Zstd.compress(LINE.getBytes(UTF_8)));

    assertThat(post("/write", "zstd", many.toByteArray()).status()).isEqualTo(204);
    many.writeBytes(empty);
    assertRefused(post("/write", "zstd", many.toByteArray()), 400, "more than 4096 frames");
  }

  @Test
  void namesWhatIsWrongWithAChunkOfSnappy() throws IOException {
    byte[] identifier = {-1, 6, 0, 0, 's', 'N', 'a', 'P', 'p', 'Y'};
    byte[] skipped = {(byte) 0x80, 2, 0, 0, 1, 2, (byte) 0xfe, 0, 0, 0};
    byte[] good = packed("snappy", LINE.getBytes(UTF_8));

    assertThat(post("/write", "snappy", WriteRequests.concat(identifier, skipped, good)).status())
        .isEqualTo(204);
    assertRefused(snappy(identifier, new byte[] {2, 0, 0, 0}), 400, "chunk of type 2");
    assertRefused(snappy(identifier, new byte[] {0, 3, 0, 0, 1, 2, 3}), 400, "no room");
    assertRefused(snappy(identifier, new byte[] {1, 5, 0, 0, 1, 2, 3, 4, 5}), 400, "checksum");
    assertRefused(snappy(identifier, new byte[] {-1, 1, 0, 0, 1}), 400, "stream identifier");
    assertRefused(snappy(identifier, new byte[] {1, 9, 0, 0, 1}), 400, "ends in the middle");
    assertRefused(snappy(identifier, new byte[] {1, 9}), 400, "ends in the middle");
  }

  /** A window each would be gigabytes: those who wait for a body hold none. */
  @Test
  void holdsNoWindowsForHundredsOfSlowUploads() throws IOException {
    byte[] noise = new byte[900_000];
    new SplittableRandom(SEED).nextBytes(noise);
    byte[] body = zstdStream(WriteRequests.concat(("#" + LINE).getBytes(UTF_8), noise), 1, 23);
    assertThat(post("/write", "zstd", body).status()).isIn(204, 400);
    List<RawHttp> slow = new ArrayList<>();
    try {
      long before = residentBytes();
      for (int i = 0; i < 400; i++) {
        RawHttp http = server.connect();
        slow.add(http);
        http.send(
            RawHttp.head(
                "POST",
                "/write",
                "Content-Encoding: zstd\r\nContent-Length: " + body.length + "\r\n"));
        http.send(Arrays.copyOf(body, 4_000));
      }
      await().until(() -> server.budget.used() > 400 * 16_000L);

      // A window each would be 3.2 GiB.
      assertThat(residentBytes() - before).isLessThan(512L << 20);
    } finally {
      slow.forEach(RawHttp::close);
    }
    awaitNothingHeld();
  }

  private static long residentBytes() throws IOException {
    // Fields of this file count pages.
    return Long.parseLong(Files.readString(Path.of("/proc/self/statm")).split(" ", -1)[1]) * 4096;
  }

  private void awaitNothingHeld() {
    await()
        .atMost(Duration.ofSeconds(10))
        .untilAsserted(() -> assertThat(server.budget.used()).isZero());
  }

  private Answer snappy(byte[]... parts) {
    return post("/write", "snappy", WriteRequests.concat(parts));
  }

  private Answer post(String route, String coding, byte[] body) {
    String type = route.equals("/api/v1/write") ? "Content-Type: application/x-protobuf\r\n" : "";
    try (RawHttp http = server.connect()) {
      return http.post(route, type + "Content-Encoding: " + coding + "\r\n", body);
    }
  }

  private static byte[] bodyFor(String route) {
    return switch (route) {
      case "/v1/readings" -> JSON.getBytes(UTF_8);
      case "/api/v1/write" -> REMOTE_WRITE;
      default -> LINE.getBytes(UTF_8);
    };
  }

  private static byte[] packed(String coding, byte[] body) throws IOException {
    var out = new ByteArrayOutputStream();
    switch (coding) {
      case "gzip" -> {
        try (var gzip = new GZIPOutputStream(out)) {
          gzip.write(body);
        }
      }
      case "snappy", "x-snappy-framed" -> {
        try (var snappy = new SnappyFramedOutputStream(out)) {
          snappy.write(body);
        }
      }
      case "zstd", "ZSTD" -> out.writeBytes(Zstd.compress(body));
      default -> out.writeBytes(body);
    }
    return out.toByteArray();
  }

  /** A frame that does not say how long it is, with a window of this size unless that is 0. */
  private static byte[] zstdStream(byte[] body, int level, int windowLog) throws IOException {
    var out = new ByteArrayOutputStream();
    try (var zstd = new ZstdOutputStreamNoFinalizer(out, level)) {
      zstd.setChecksum(true);
      if (windowLog > 0) {
        zstd.setLong(windowLog);
      }
      zstd.write(body);
    }
    return out.toByteArray();
  }

  private static void assertRefused(Answer answer, int status, String part) {
    assertThat(answer.status()).as(answer.body()).isEqualTo(status);
    assertThat(answer.body()).contains(part).contains("partial write: unable to parse");
  }
}
