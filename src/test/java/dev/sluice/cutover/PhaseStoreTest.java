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
}
