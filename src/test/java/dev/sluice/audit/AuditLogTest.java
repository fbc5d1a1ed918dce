package dev.sluice.audit;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.sluice.audit.AuditChain.Findings;
import jakarta.json.Json;
import jakarta.json.JsonObject;
import jakarta.json.JsonValue;
import java.io.IOException;
import java.io.StringReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class AuditLogTest {
  private static final Actor OPS = new Actor("token", "ops", "10.0.0.7");
  private static final JsonObject GIVEN =
      Json.createObjectBuilder().add("to", "questdb").add("execute", true).build();
  private static final InstantSource CLOCK =
      InstantSource.fixed(Instant.parse("2026-11-26T16:00:00.123456Z"));

  @TempDir Path directory;

  private Path file;

  @BeforeEach
  void name() {
    file = directory.resolve("audit.ndjson");
  }

  @Test
  void writesALineBeforeAndOneAfter() throws Exception {
    try (AuditLog log = log()) {
      AuditLog.Change change = log.before(OPS, "POST", "/v1/cutover", GIVEN);
      assertThat(lines()).hasSize(1);
      change.ended(200, Json.createObjectBuilder().add("epoch", 4).build());

      String before =
          "{\"at\":\"2026-11-26T16:00:00.123Z\",\"event\":\"before\",\"who\":{\"kind\":\"token\",\"name\":\"ops\"},"
              + "\"from\":\"10.0.0.7\",\"method\":\"POST\",\"path\":\"/v1/cutover\","
              + "\"given\":{\"to\":\"questdb\",\"execute\":true},\"prev\":\""
              + "0".repeat(64)
              + "\"}";
      String hash = Lines.hash(before);
      assertThat(change.hash()).isEqualTo(hash);
      assertThat(lines())
          .containsExactly(
              before,
              "{\"at\":\"2026-11-26T16:00:00.123Z\",\"event\":\"after\",\"of\":\""
                  + hash
                  + "\",\"status\":200,\"result\":{\"epoch\":4},\"prev\":\""
                  + hash
                  + "\"}");
      assertThat(log.lines()).isEqualTo(2);
    }
    assertThat(walk().fault()).isEmpty();
  }

  @Test
  void continuesTheChainAfterARestart() throws Exception {
    change();
    change();

    Findings found = walk();
    assertThat(found.fault()).isEmpty();
    assertThat(found.lines()).isEqualTo(4);
    assertThat(found.changes()).isEqualTo(2);
    assertThat(found.unfinished()).isZero();
    assertThat(found.lastHash()).isEqualTo(Lines.hash(lines().getLast()));
  }

  @Test
  void keepsOneChainWhateverRunsSideBySide() throws Exception {
    try (AuditLog log = log();
        ExecutorService operators = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<?>> running = new ArrayList<>();
      for (int i = 0; i < 20; i++) {
        running.add(
            operators.submit(() -> {
              log.before(OPS, "POST", "/v1/fleet", GIVEN).ended(200, JsonValue.EMPTY_JSON_OBJECT);
              return null;
            }));
      }
      for (Future<?> one : running) {
        one.get();
      }
    }
    Findings found = walk();
    assertThat(found.fault()).isEmpty();
    assertThat(found.changes()).isEqualTo(20);
    assertThat(found.unfinished()).isZero();
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2})
  void findsALineThatWasChanged(int changed) throws Exception {
    List<String> all = fourLines();
    all.set(
        changed,
        all.get(changed).replace("\"ops\"", "\"eve\"").replace("\"status\":200", "\"status\":409"));

    assertBrokenAt(all, changed + 2);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2})
  void findsALineThatWasRemoved(int removed) throws Exception {
    List<String> all = fourLines();
    all.remove(removed);

    assertBrokenAt(all, removed + 1);
  }

  @Test
  void findsLinesThatWereSwapped() throws Exception {
    List<String> all = fourLines();
    all.add(1, all.remove(2));

    assertBrokenAt(all, 2);
  }

  @Test
  void findsWhatWasWrittenInBetween() throws Exception {
    List<String> all = fourLines();
    all.add(2, all.get(1));

    assertBrokenAt(all, 3);
    all.set(2, "not JSON");
    assertBrokenAt(all, 3);
    all.set(2, "");
    assertBrokenAt(all, 3);
  }

  @Test
  void doesNotMissLinesCutOffAtTheEndIfTheirHashIsKnown() throws Exception {
    List<String> all = fourLines();
    String last = Lines.hash(all.removeLast());
    Files.write(file, all);

    Findings found = walk(Optional.empty(), Set.of(last));

    assertThat(found.fault()).isEmpty();
    assertThat(found.held()).isEmpty();
  }

  @Test
  void cutsOffWhatACrashToreAndRecordsThat() throws Exception {
    change();
    Files.writeString(file, "{\"at\":\"2026", StandardOpenOption.APPEND);
    assertThat(walk().tornBytes()).isEqualTo(11);

    change();

    assertThat(lines()).hasSize(5);
    assertThat(lines().get(2)).contains("\"event\":\"mended\",\"cut_bytes\":11,\"cut_sha256\":");
    assertThat(walk().fault()).isEmpty();
    assertThat(walk().tornBytes()).isZero();
  }

  @Test
  void mendsAFileOfOneTornLine() throws Exception {
    Files.writeString(file, "{\"at\"");

    change();

    assertThat(lines()).hasSize(3);
    assertThat(walk().fault()).isEmpty();
  }

  @Test
  void setsAFullFileAsideAndDeletesNone() throws Exception {
    try (AuditLog log = new AuditLog(new AuditConfig(file, false, 2_000), CLOCK)) {
      for (int i = 0; i < 20; i++) {
        log.before(OPS, "POST", "/v1/fleet", GIVEN).ended(200, JsonValue.EMPTY_JSON_OBJECT);
      }
    }

    Findings found = walk();
    assertThat(found.fault()).isEmpty();
    assertThat(found.changes()).isEqualTo(20);
    assertThat(found.files()).hasSizeGreaterThan(3);
    assertThat(found.files().getFirst().getFileName()).hasToString("audit-1.ndjson");
    assertThat(lines().getFirst())
        .contains(
            "\"event\":\"continues\",\"file\":\"audit-" + (found.files().size() - 1) + ".ndjson\"");
    for (Path each : found.files()) {
      assertThat(Files.size(each)).isLessThanOrEqualTo(2_000);
    }

    Files.delete(found.files().getFirst());
    Findings without = walk();
    assertThat(without.fault()).isPresent();
    String after = prev(Files.readAllLines(found.files().get(1)).getFirst());
    assertThat(without.fault().orElseThrow().reason()).contains("--after " + after);
    assertThat(walk(Optional.of(after), Set.of()).fault()).isEmpty();
  }

  /** Otherwise the next ones would overwrite those in the archive. */
  @Test
  void givesNoFullFileTheNameOfOneThatWasArchived() throws Exception {
    try (AuditLog log = new AuditLog(new AuditConfig(file, false, 2_000), CLOCK)) {
      fill(log, 3);
      Path archive = Files.createDirectory(directory.resolve("archive"));
      for (Path full : new AuditFiles(file).full()) {
        Files.move(full, archive.resolve(full.getFileName()));
      }

      fill(log, 1);

      assertThat(new AuditFiles(file).full())
          .extracting(full -> full.getFileName().toString())
          .containsExactly("audit-4.ndjson");
    }
  }

  private void fill(AuditLog log, int files) throws Exception {
    while (new AuditFiles(file).full().size() < files) {
      log.before(OPS, "POST", "/v1/fleet", GIVEN).ended(200, JsonValue.EMPTY_JSON_OBJECT);
    }
  }

  /** A power cut must not take the end of a full file when it leaves the one after it. */
  @Test
  void bringsAFileToDiskBeforeItSetsItAside() throws Exception {
    List<String> forced = new ArrayList<>();
    try (Recording recording = new Recording();
        AuditLog log = new AuditLog(new AuditConfig(file, true, 2_000), CLOCK)) {
      recording.enable("jdk.FileForce").withThreshold(Duration.ZERO);
      recording.start();
      while (new AuditFiles(file).full().isEmpty()) {
        log.read(OPS, "/v1/status");
      }
      recording.stop();
      Path events = directory.resolve("events.jfr");
      recording.dump(events);
      for (RecordedEvent event : RecordingFile.readAllEvents(events)) {
        forced.add(event.getString("path"));
      }
    }

    assertThat(forced).startsWith(file.toString());
  }

  @Test
  void fitsWhileFilesBecomeFull() throws Exception {
    try (AuditLog log = new AuditLog(new AuditConfig(file, true, 500), CLOCK);
        ExecutorService writer = Executors.newSingleThreadExecutor()) {
      log.read(OPS, "/v1/status");
      AtomicBoolean enough = new AtomicBoolean();
      Future<?> writing =
          writer.submit(() -> {
            while (!enough.get() && log.lines() < 1_500) {
              log.read(OPS, "/v1/status");
            }
          });
      try {
        for (int i = 0; i < 300 && !writing.isDone(); i++) {
          assertThat(walk().fault()).isEmpty();
        }
      } finally {
        enough.set(true);
        writing.get();
      }
    }
  }

  @Test
  void continuesAfterACrashBetweenSettingAsideAndTheNewFile() throws Exception {
    change();
    new AuditFiles(file).setAside();

    change();

    assertThat(walk().fault()).isEmpty();
    assertThat(walk().lines()).isEqualTo(4);
  }

  @Test
  void continuesWhenSomebodyMovesTheFileAwayMeanwhile() throws Exception {
    try (AuditLog log = log()) {
      log.before(OPS, "POST", "/v1/fleet", GIVEN).ended(200, JsonValue.EMPTY_JSON_OBJECT);
      String last = Lines.hash(lines().getLast());
      Files.move(file, directory.resolve("moved"));

      log.before(OPS, "POST", "/v1/fleet", GIVEN).ended(200, JsonValue.EMPTY_JSON_OBJECT);

      assertThat(walk(Optional.of(last), Set.of()).fault()).isEmpty();
      assertThat(walk().fault()).isPresent();
    }
  }

  @Test
  void refusesAChangeThatItCannotRecordAndRecoversByItself() throws Exception {
    Files.createDirectory(file);
    try (AuditLog log = log()) {
      assertThatThrownBy(() -> log.before(OPS, "POST", "/v1/cutover", GIVEN))
          .isInstanceOf(UnrecordedException.class)
          .hasMessageContainingAll("nothing was done", file.toString(), "audit.file");
      assertThat(log.failures()).isEqualTo(1);

      Files.delete(file);
      log.before(OPS, "POST", "/v1/cutover", GIVEN).ended(200, JsonValue.EMPTY_JSON_OBJECT);
    }
    assertThat(walk().lines()).isEqualTo(2);
  }

  @Test
  void refusesAChangeOnAFullDisk() throws Exception {
    Path full = Path.of("/dev/full");
    assumeTrue(Files.exists(full));
    try (AuditLog log = new AuditLog(new AuditConfig(full, false, 1 << 20), CLOCK)) {
      assertThatThrownBy(() -> log.before(OPS, "POST", "/v1/cutover", GIVEN))
          .isInstanceOf(UnrecordedException.class)
          .hasMessageContaining("No space left on device");
    }
  }

  @Test
  void writesAResultLaterIfItCannotNow() throws Exception {
    try (AuditLog log = log()) {
      AuditLog.Change change = log.before(OPS, "POST", "/v1/cutover", GIVEN);
      Path kept = Files.move(file, directory.resolve("kept"));
      Files.createDirectory(file);
      change.ended(200, JsonValue.EMPTY_JSON_OBJECT);
      assertThat(log.failures()).isEqualTo(1);
      Files.delete(file);
      Files.move(kept, file);

      log.before(OPS, "POST", "/v1/verify", GIVEN).ended(200, JsonValue.EMPTY_JSON_OBJECT);
    }
    assertThat(lines()).hasSize(4);
    Findings found = walk();
    assertThat(found.fault()).isEmpty();
    assertThat(found.unfinished()).isZero();
  }

  @Test
  void countsAChangeWithoutAResult() throws Exception {
    try (AuditLog log = log()) {
      log.before(OPS, "POST", "/v1/cutover", GIVEN);
    }

    assertThat(walk().unfinished()).isEqualTo(1);
  }

  @Test
  void recordsReadsOnlyIfAskedTo() throws Exception {
    try (AuditLog log = log()) {
      log.read(OPS, "/v1/status");
    }
    assertThat(file).doesNotExist();

    try (AuditLog log = new AuditLog(new AuditConfig(file, true, 1 << 20), CLOCK)) {
      log.read(OPS, "/v1/status");
    }
    assertThat(lines()).hasSize(1);
    assertThat(lines().getFirst()).contains("\"event\":\"read\"", "\"path\":\"/v1/status\"");
  }

  @Test
  void saysHowManyReadsItCouldNotRecord() throws Exception {
    Files.createDirectory(file);
    try (AuditLog log = new AuditLog(new AuditConfig(file, true, 1 << 20), CLOCK)) {
      log.read(OPS, "/v1/status");
      log.read(OPS, "/v1/status");
      Files.delete(file);
      log.read(OPS, "/v1/fleet");
    }
    assertThat(lines()).hasSize(2);
    assertThat(lines().getFirst()).contains("\"event\":\"missed\",\"lines\":2");
  }

  @Test
  void recordsRefusedTokensTogether() throws Exception {
    Duration between = Duration.ofMillis(300);
    try (AuditLog log = new AuditLog(new AuditConfig(file, false, 1 << 20), CLOCK, between)) {
      log.refusedToken("10.0.0.1", "");
      assertThat(lines()).hasSize(1);
      for (int i = 0; i < 100; i++) {
        log.refusedToken("10.0.1." + i, "gw-" + i % 20);
        log.refusedToken("10.0.1.1", "");
      }

      await().until(() -> lines().size() == 2);
      log.refusedToken("10.0.0.3", "gw");
    }

    assertThat(lines()).hasSize(3);
    assertThat(lines().getFirst()).contains("\"requests\":1,\"from\":{\"10.0.0.1\":1},\"prev\"");
    assertThat(lines().get(1)).contains("\"requests\":200,", "\"10.0.1.1\":101", "\"others\":");
    assertThat(lines().get(1)).containsPattern("\"names\":\\{[^}]*\"gw-0\":5[,}]");
    assertThat(lines().get(1)).containsPattern("\"names\":\\{[^}]*\"others\":60[,}]");
    assertThat(lines().getLast()).contains("\"10.0.0.3\":1", "\"names\":{\"gw\":1}");
    assertThat(walk().fault()).isEmpty();
  }

  private AuditLog log() {
    return new AuditLog(new AuditConfig(file, false, 1 << 20), CLOCK);
  }

  private void change() throws UnrecordedException {
    try (AuditLog log = log()) {
      log.before(OPS, "POST", "/v1/cutover", GIVEN).ended(200, JsonValue.EMPTY_JSON_OBJECT);
    }
  }

  private List<String> fourLines() throws Exception {
    change();
    change();
    return new ArrayList<>(lines());
  }

  private void assertBrokenAt(List<String> all, long line) throws IOException {
    Files.write(file, all, UTF_8);
    Findings found = walk();
    assertThat(found.fault()).isPresent();
    assertThat(found.fault().orElseThrow().line()).isEqualTo(line);
    assertThat(found.lines()).isEqualTo(line - 1);
  }

  private List<String> lines() throws IOException {
    return Files.readAllLines(file);
  }

  private Findings walk() throws IOException {
    return walk(Optional.empty(), Set.of());
  }

  private Findings walk(Optional<String> after, Set<String> holds) throws IOException {
    return AuditChain.walk(file, new AuditChain.Expected(after, holds));
  }

  private static String prev(String line) {
    try (var reader = Json.createReader(new StringReader(line))) {
      return reader.readObject().getString("prev");
    }
  }
}
