package dev.sluice.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class QuantitiesTest {
  @ParameterizedTest
  @CsvSource({"0,0", "4096,4096", "7B,7", "1KiB,1024", "16 MiB,16777216", "2TiB,2199023255552"})
  void readsSizes(String text, long bytes) {
    assertThat(Quantities.bytes(text)).contains(bytes);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "-1", "1MB", "1.5MiB", "MiB", "999999999999999999TiB", "1e3", "٣"})
  void refusesWhatIsNoSize(String text) {
    assertThat(Quantities.bytes(text)).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(strings = {"0", "1", "1000", "1KiB", "1025", "16MiB", "1GiB", "1TiB", "1024TiB"})
  void spellsSizesAsTheyAreRead(String text) {
    assertThat(Quantities.bytesText(Quantities.bytes(text).orElseThrow())).isEqualTo(text);
  }

  @ParameterizedTest
  @CsvSource({"50ms,PT0.05S", "2s,PT2S", "1m,PT1M", "3 h,PT3H", "7d,PT168H", "PT1M30S,PT90S"})
  void readsDurations(String text, Duration duration) {
    assertThat(Quantities.duration(text)).contains(duration);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "5", "1.5s", "s", "-1s", "1 week", "999999999999d1"})
  void refusesWhatIsNoDuration(String text) {
    assertThat(Quantities.duration(text)).isEmpty();
  }

  @Test
  void keepsIntegersInTheirRange() {
    assertThat(Quantities.integer("1", 1, 2)).contains(1);
    assertThat(Quantities.integer("3", 1, 2)).isEmpty();
    assertThat(Quantities.integer("x", 1, 2)).isEmpty();
  }
}
