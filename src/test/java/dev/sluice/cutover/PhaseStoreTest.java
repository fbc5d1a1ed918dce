package dev.sluice.cutover;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

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
    PhaseRecord first = new PhaseStore(data.resolve("new")).openWith(Phase.MIRROR, NOW);

    PhaseRecord later =
        new PhaseStore(data.resolve("new")).openWith(Phase.MYSQL, NOW.plusSeconds(9));

    assertThat(first.phase()).isEqualTo(Phase.MIRROR);
    assertThat(first.epoch()).isEqualTo(1);
    assertThat(later).isEqualTo(first);
  }

  @Test
  void looksForAKeptPhaseWithoutKeepingOne() throws IOException {
    assertThat(new PhaseStore(data).kept()).isEmpty();
    assertThat(data).isEmptyDirectory();

    PhaseRecord first = new PhaseStore(data).openWith(Phase.MIRROR, NOW);

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

    assertThatThrownBy(() -> new PhaseStore(data).openWith(Phase.MYSQL, NOW))
        .isInstanceOf(IOException.class)
        .hasMessageContaining(file.toString())
        .hasMessageContaining("cutover.initial-phase");
    assertThat(file).hasContent(content);
  }

  @Test
  void leavesTheOldRecordWhenAWriteWasCutShort() throws IOException {
    PhaseRecord kept = new PhaseStore(data).openWith(Phase.RETIRED, NOW);
    Files.writeString(data.resolve("phase.json.next"), "{\"pha");

    assertThat(new PhaseStore(data).openWith(Phase.MYSQL, NOW)).isEqualTo(kept);
  }

  @Test
  void keepsTheNextRecordBehindTheOneInForce() throws IOException {
    PhaseStore store = new PhaseStore(data);
    PhaseRecord first = store.openWith(Phase.MYSQL, NOW);
    PhaseRecord next = new PhaseRecord(Phase.MIRROR, 2, "ann", NOW, "because", "20261121T2200");

    store.keep(first, next);

    assertThat(new PhaseStore(data).kept()).contains(next);
  }

  @Test
  void readsARecordFromBeforeThereWereReports() throws IOException {
    Files.writeString(
        data.resolve("phase.json"),
        "{\"phase\":\"mirror\",\"epoch\":1,\"by\":\"a\",\"at\":\"2026-11-21T22:00:00Z\",\"reason\":\"b\"}");

    assertThat(new PhaseStore(data).kept().orElseThrow().report()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({"MYSQL, QUESTDB, 2", "MYSQL, MYSQL, 2", "RETIRED, MIRROR, 2", "MIRROR, QUESTDB, 3"})
  void keepsNoRecordThatCannotFollow(Phase from, Phase to, long epoch) throws IOException {
    PhaseStore store = new PhaseStore(data);
    PhaseRecord first = store.openWith(from, NOW);

    assertThatThrownBy(() -> store.keep(first, new PhaseRecord(to, epoch, "ann", NOW, "", "")))
        .isInstanceOf(IllegalArgumentException.class);

    assertThat(store.kept()).contains(first);
  }

  @Test
  void keepsNoRecordOverOneThatIsNotInForce() throws IOException {
    PhaseStore store = new PhaseStore(data);
    PhaseRecord first = store.openWith(Phase.MIRROR, NOW);
    PhaseRecord second = new PhaseRecord(Phase.QUESTDB, 2, "ann", NOW, "", "");
    store.keep(first, second);

    assertThatThrownBy(() -> store.keep(first, new PhaseRecord(Phase.MYSQL, 2, "bob", NOW, "", "")))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("questdb of epoch 2");

    assertThat(store.kept()).contains(second);
  }
}
