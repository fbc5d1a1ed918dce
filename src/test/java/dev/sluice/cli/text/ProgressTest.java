package dev.sluice.cli.text;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ProgressTest {
  private static final Progress THROTTLED =
      new Progress(
          "backfill",
          "throttled",
          false,
          OptionalDouble.of(0.41349),
          "4,130,000 of 10,000,000 rows",
          "12,345 rows/s",
          "ETA 3 min 20 s",
          "2026-11-01T10:00:00Z",
          "MySQL runs 31 statements, limit 25");

  @Test
  void showsTheMostImportantThatThereIsRoomFor() {
    assertThat(THROTTLED.bar(200))
        .isEqualTo(
            "backfill throttled  [################------------------------] 41.3 %"
                + "  4,130,000 of 10,000,000 rows  12,345 rows/s  ETA 3 min 20 s"
                + "  2026-11-01T10:00:00Z  MySQL runs 31 statements, limit 25");
    assertThat(THROTTLED.bar(100))
        .isEqualTo(
            "backfill throttled  [#######-----------] 41.3 %  ETA 3 min 20 s"
                + "  MySQL runs 31 statements, limit 25");
    assertThat(THROTTLED.bar(70))
        .isEqualTo("backfill throttled  [####------] 41.3 %  MySQL runs 31 statements,...");
  }

  @ParameterizedTest
  @CsvSource({"1", "5", "20", "40", "41", "60", "80", "81", "119", "200", "1000"})
  void neverFillsTheLastColumn(int width) {
    assertThat(THROTTLED.bar(width)).hasSizeLessThanOrEqualTo(Math.max(1, width - 1));
  }

  @Test
  void hasNoBarWhileNobodyKnowsOfHowMuch() {
    Progress unknown =
        new Progress("verify", "running", false, OptionalDouble.empty(), "3 hours", "", "", "", "");

    assertThat(unknown.bar(80)).isEqualTo("verify  3 hours");
    assertThat(unknown.line()).isEqualTo("verify running: 3 hours");
  }

  @ParameterizedTest
  @CsvSource({
    "0, 0 s",
    "59, 59 s",
    "60, 1 min",
    "200, 3 min 20 s",
    "3600, 1 h",
    "7500, 2 h 5 min",
    "86400, 1 d",
    "270000, 3 d 3 h"
  })
  void tellsDurationsByTheirTwoGreatestUnits(long seconds, String text) {
    assertThat(Human.duration(seconds)).isEqualTo(text);
  }

  @ParameterizedTest
  @CsvSource({"0.99999, 99.9 %", "1, 100.0 %", "0, 0.0 %", "0.0005, 0.0 %"})
  void saysHundredPercentOnlyOfAll(double share, String text) {
    assertThat(Human.percent(share)).isEqualTo(text);
  }

  @Test
  void quotesWordsForAShell() {
    assertThat(Human.quoted("plain-1.2")).isEqualTo("plain-1.2");
    assertThat(Human.quoted("two words")).isEqualTo("'two words'");
    assertThat(Human.quoted("it's")).isEqualTo("'it'\\''s'");
    assertThat(Human.quoted("")).isEqualTo("''");
  }
}
