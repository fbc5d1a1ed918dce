package dev.sluice.migration.phase;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PhaseStoreTest {
  private static final Instant NOW = Instant.parse("2026-11-21T22:00:00.123Z");

  @TempDir Path data;

  @Test
  void keepsTheFirstPhaseOfANewDirectory() throws IOException {
    PhaseRecord first = new PhaseStore(data.resolve("new")).openWith(Phase.MIRROR, NOW, false);

    PhaseRecord later =
        new PhaseStore(data.resolve("new")).openWith(Phase.MYSQL, NOW.plusSeconds(9), false);

    assertThat(first.phase()).isEqualTo(Phase.MIRROR);
    assertThat(first.epoch()).isEqualTo(1);
    assertThat(later).isEqualTo(first);
  }

  @Test
  void looksForAKeptPhaseWithoutKeepingOne() throws IOException {
    assertThat(new PhaseStore(data).kept()).isEmpty();
    assertThat(data).isEmptyDirectory();

    PhaseRecord first = new PhaseStore(data).openWith(Phase.MIRROR, NOW, false);

    assertThat(new PhaseStore(data).kept()).contains(first);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "{",
        "{}",
        "[]",
        "{\"phase\":\"none\",\"epoch\":1,\"by\":\"a\",\"at\":\"2026-11-21T22:00:00Z\",\"reason\":\"b\"}",
        "{\"phase\":\"mysql\",\"epoch\":\"1\",\"by\":\"a\",\"at\":\"2026-11-21T22:00:00Z\",\"reason\":\"b\"}",
        "{\"phase\":\"mysql\",\"epoch\":1,\"by\":\"a\",\"at\":\"yesterday\",\"reason\":\"b\"}"
      })
  void refusesAFileItCannotUnderstandAndSaysWhatToDo(String content) throws IOException {
    Path file = data.resolve("phase.json");
    Files.writeString(file, content);

    assertThatThrownBy(() -> new PhaseStore(data).openWith(Phase.MYSQL, NOW, false))
        .isInstanceOf(IOException.class)
        .hasMessageContaining(file.toString())
        .hasMessageContaining("\"epoch\":1000");
    assertThat(file).hasContent(content);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "journal/cursors/mysql.cursor",
        "cutover/reports/20261121T220000.123Z-0001.json",
        "cutover/tables.json",
        "backfill/state.json",
        "dead-letters/mysql.ndjson"
      })
  void refusesToGuessAPhaseThatIsLostAndTakesTheOneThatIsWrittenByHand(String trace)
      throws IOException {
    Path left = data.resolve(trace);
    Files.createDirectories(left.getParent());
    Files.writeString(left, "x");

    String refusal = refusal(false);

    assertThat(refusal).contains(data.resolve("phase.json").toString(), left.toString(), "backup");
    assertThat(data.resolve("phase.json")).doesNotExist();
    assertThatThrownBy(() -> new PhaseStore(data).keptUnlessLost()).hasMessage(refusal);
    takeTheAdvice(refusal);
  }

  @Test
  void refusesToGuessWhenTheJournalHasTakenReadings() throws IOException {
    assertThat(refusal(true)).contains(data.resolve("journal").toString());
    takeTheAdvice(refusal(true));
  }

  @Test
  void takesADirectoryThatWasOnlyMigratedForANewOne() throws IOException {
    Files.createDirectories(data.resolve("questdb").resolve("db"));
    Files.createDirectories(data.resolve("journal").resolve("cursors"));

    assertThat(new PhaseStore(data).openWith(Phase.MIRROR, NOW, false).phase())
        .isEqualTo(Phase.MIRROR);
  }

  private String refusal(boolean readings) {
    IOException refused =
        catchThrowableOfType(
            IOException.class, () -> new PhaseStore(data).openWith(Phase.MYSQL, NOW, readings));
    return String.valueOf(refused.getMessage());
  }

  private void takeTheAdvice(String refusal) throws IOException {
    String line = refusal.substring(refusal.indexOf('{')).replace("PHASE", "mirror");
    Files.writeString(data.resolve("phase.json"), line);

    PhaseRecord written = new PhaseStore(data).openWith(Phase.MYSQL, NOW, true);

    assertThat(written.phase()).isEqualTo(Phase.MIRROR);
    assertThat(written.epoch()).isEqualTo(1_000);
  }

  @Test
  void leavesTheOldRecordWhenAWriteWasCutShort() throws IOException {
    PhaseRecord kept = new PhaseStore(data).openWith(Phase.RETIRED, NOW, false);
    Files.writeString(data.resolve("phase.json.next"), "{\"pha");

    assertThat(new PhaseStore(data).openWith(Phase.MYSQL, NOW, false)).isEqualTo(kept);
  }

  @Test
  void keepsTheNextRecordBehindTheOneInForce() throws IOException {
    PhaseStore store = new PhaseStore(data);
    PhaseRecord first = store.openWith(Phase.MYSQL, NOW, false);
    PhaseRecord next =
        new PhaseRecord(Phase.MIRROR, 2, "ann", NOW, "because", "20261121T2200", "a1b2");

    store.keep(first, next);

    assertThat(new PhaseStore(data).kept()).contains(next);
  }

  @Test
  void readsARecordFromBeforeThereWereReports() throws IOException {
    Files.writeString(
        data.resolve("phase.json"),
        "{\"phase\":\"mirror\",\"epoch\":1,\"by\":\"a\",\"at\":\"2026-11-21T22:00:00Z\",\"reason\":\"b\"}");

    assertThat(new PhaseStore(data).kept().orElseThrow().report()).isEmpty();
    assertThat(new PhaseStore(data).kept().orElseThrow().audit()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({"MYSQL, QUESTDB, 2", "MYSQL, MYSQL, 2", "RETIRED, MIRROR, 2", "MIRROR, QUESTDB, 3"})
  void keepsNoRecordThatCannotFollow(Phase from, Phase to, long epoch) throws IOException {
    PhaseStore store = new PhaseStore(data);
    PhaseRecord first = store.openWith(from, NOW, false);

    assertThatThrownBy(() -> store.keep(first, new PhaseRecord(to, epoch, "ann", NOW, "", "", "")))
        .isInstanceOf(IllegalArgumentException.class);

    assertThat(store.kept()).contains(first);
  }

  @Test
  void keepsNoRecordOverOneThatIsNotInForce() throws IOException {
    PhaseStore store = new PhaseStore(data);
    PhaseRecord first = store.openWith(Phase.MIRROR, NOW, false);
    PhaseRecord second = new PhaseRecord(Phase.QUESTDB, 2, "ann", NOW, "", "", "");
    store.keep(first, second);

    assertThatThrownBy(
            () -> store.keep(first, new PhaseRecord(Phase.MYSQL, 2, "bob", NOW, "", "", "")))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("questdb of epoch 2");

    assertThat(store.kept()).contains(second);
  }
}
