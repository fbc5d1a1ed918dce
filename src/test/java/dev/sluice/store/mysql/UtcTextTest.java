package dev.sluice.store.mysql;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.reading.Reading;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class UtcTextTest {
  private static final DateTimeFormatter REFERENCE =
      DateTimeFormatter.ofPattern("uuuu-MM-dd HH:mm:ss.SSSSSS").withZone(ZoneOffset.UTC);

  @Test
  void spellsTheFirstAndTheLastInstant() {
    assertThat(UtcText.of(0)).isEqualTo("1970-01-01 00:00:00.000000");
    assertThat(UtcText.of(Reading.MAX_TS_MICROS)).isEqualTo("9999-12-31 23:59:59.999999");
  }

  @Test
  void agreesWithTheJdkOnEveryDay() {
    for (long day = 0; day <= Reading.MAX_TS_MICROS / 86_400_000_000L; day++) {
      long micros = day * 86_400_000_000L;
      assertThat(UtcText.of(micros)).isEqualTo(reference(micros));
    }
  }

  @Test
  void agreesWithTheJdkOnRandomInstants() {
    long seed = System.nanoTime();
    System.out.println("seed " + seed);
    SplittableRandom random = new SplittableRandom(seed);
    for (int i = 0; i < 100_000; i++) {
      long micros = random.nextLong(Reading.MAX_TS_MICROS + 1);
      assertThat(UtcText.of(micros)).isEqualTo(reference(micros));
    }
  }

  private static String reference(long micros) {
    return REFERENCE.format(Instant.EPOCH.plus(micros, ChronoUnit.MICROS));
  }
}
