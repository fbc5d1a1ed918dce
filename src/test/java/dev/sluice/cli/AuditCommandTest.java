package dev.sluice.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.audit.Actor;
import dev.sluice.audit.AuditConfig;
import dev.sluice.audit.AuditLog;
import dev.sluice.migration.phase.Phase;
import dev.sluice.migration.phase.PhaseRecord;
import dev.sluice.migration.phase.PhaseStore;
import jakarta.json.Json;
import jakarta.json.JsonValue;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class AuditCommandTest {
  private static final Instant NOW = Instant.parse("2026-11-26T16:00:00Z");

  @TempDir Path data;

  private final CommandRun command = new CommandRun(1);
  private Path file;
  private PhaseRecord first;

  @BeforeEach
  void newDataDirectory() throws IOException {
    file = data.resolve("audit.ndjson");
    first = new PhaseStore(data).openWith(Phase.MIRROR, NOW, false);
  }

  @Test
  void saysWhatIsThereAndThatItFits() throws Exception {
    flip();

    assertThat(verify()).isZero();
    assertThat(command.out())
        .contains(
            "2 lines, in [" + file + "]",
            "first 2026-11-26T16:00:00Z, last 2026-11-26T16:00:00Z",
            "last hash ",
            "1 change, 0 of them without a result",
            "every line fits the one before",
            "phase questdb of epoch 2 was set by the recorded change ");
  }

  @Test
  void namesTheFirstLineThatDoesNotFit() throws Exception {
    flip();
    List<String> lines = new ArrayList<>(Files.readAllLines(file));
    lines.set(0, lines.getFirst().replace("ops", "eve"));
    Files.write(file, lines);

    assertThat(verify()).isEqualTo(1);
    assertThat(command.out()).contains("BROKEN: line 2 of " + file + " does not fit");
  }

  @Test
  void findsAPhaseThatNoRecordedChangeSet() throws Exception {
    flip();
    String kept = Files.readString(data.resolve("phase.json"));
    Files.writeString(data.resolve("phase.json"), kept.replace("questdb", "retired"));
    assertThat(verify()).isEqualTo(1);
    assertThat(command.out()).contains("BROKEN: phase retired of epoch 2 names a line");

    Files.writeString(
        data.resolve("phase.json"), kept.replaceAll("\"audit\":\"[0-9a-f]*\"", "\"audit\":\"\""));
    assertThat(verify()).isEqualTo(1);
    assertThat(command.out()).contains("BROKEN: phase questdb of epoch 2 names no line");

    Files.writeString(data.resolve("phase.json"), kept);
    assertThat(verify()).isZero();
  }

  @Test
  void findsAChainThatWasBegunAgain() throws Exception {
    flip();
    Files.delete(file);
    change("r2");

    assertThat(verify()).isEqualTo(1);
    assertThat(command.out())
        .contains("every line fits", "BROKEN: phase questdb of epoch 2 names a line that is not");
  }

  @Test
  void asksNothingOfTheFirstPhase() throws Exception {
    change("r2");

    assertThat(verify()).isZero();
    assertThat(command.out()).contains("phase mirror of epoch 1 is the first");
  }

  @Test
  void findsTheEndCutOffByAHashThatWasKept() throws Exception {
    change("r2");
    assertThat(verify()).isZero();
    String hash = command.out().replaceAll("(?s).*last hash (\\w+).*", "$1");
    assertThat(verify("--holds", hash)).isZero();
    List<String> lines = new ArrayList<>(Files.readAllLines(file));
    lines.removeLast();
    Files.write(file, lines);

    assertThat(verify()).isZero();
    assertThat(verify("--holds", hash)).isEqualTo(1);
    assertThat(command.out()).contains("BROKEN: no line that fits has the hash " + hash);
  }

  @Test
  void readsAnotherFileWithThePhaseBesideIt() throws Exception {
    flip();

    assertThat(command.run("audit", "verify", "--file", file.toString())).isZero();
    assertThat(command.out()).contains("phase questdb of epoch 2 was set by");
  }

  @Test
  void saysThatThereIsNoFile() {
    assertThat(verify()).isEqualTo(1);
    assertThat(command.err()).contains("there is no audit file " + file, "--file");
    assertThat(command.run("audit")).isEqualTo(2);
  }

  private int verify(String... more) {
    List<String> words = new ArrayList<>(List.of("audit", "verify", "--set", "data.dir=" + data));
    words.addAll(List.of(more));
    return command.run(words.toArray(String[]::new));
  }

  private String change(String report) throws Exception {
    try (AuditLog log =
        new AuditLog(new AuditConfig(file, false, 1 << 20), InstantSource.fixed(NOW))) {
      AuditLog.Change change =
          log.before(
              new Actor("token", "ops", "127.0.0.1"),
              "POST",
              "/v1/cutover",
              Json.createObjectBuilder()
                  .add("to", "questdb")
                  .add("execute", true)
                  .add("report", report)
                  .build());
      change.ended(200, JsonValue.EMPTY_JSON_OBJECT);
      return change.hash();
    }
  }

  private void flip() throws Exception {
    String hash = change("r1");
    new PhaseStore(data)
        .keep(first, new PhaseRecord(Phase.QUESTDB, 2, "ann", NOW, "because", "r1", hash));
  }
}
