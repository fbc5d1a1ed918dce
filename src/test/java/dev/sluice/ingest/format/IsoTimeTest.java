package dev.sluice.ingest.format;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.reading.Reading;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class IsoTimeTest {
  private static final DateTimeFormatter[] FORMS = {
    DateTimeFormatter.ISO_OFFSET_DATE_TIME,
    DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ss','SSSSSSX"),
    DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmss.SSSSSSX"),
    DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmss','SSSSSSXXX"),
  };

  private final IsoTime time = new IsoTime();

  @ParameterizedTest
  @CsvSource({
    "1970-01-01T00:00:00Z,                 0",
    "2026-11-21T22:00:00.123456Z,          1795298400123456",
    "2026-11-21t22:00:00.123456999z,       1795298400123456",
    "2026-11-21T22:00Z,                    1795298400000000",
    "2026-11-21T22:00:00.1Z,               1795298400100000",
    "2026-11-21T23:30:00+01:30,            1795298400000000",
    "2026-11-21T23:30:00+0130,             1795298400000000",
    "2026-11-21T14:00:00-08:00,            1795298400000000",
    "2026-11-21T23:00:00+01,               1795298400000000",
    "2026-11-21T14:00-08,                  1795298400000000",
    "'2026-11-21T22:00:00,5Z',             1795298400500000",
    "'2026-11-21T23:00:00,123456789+01',   1795298400123456",
    "20261121T220000Z,                     1795298400000000",
    "20261121t2200z,                       1795298400000000",
    "20261121T220000.123456Z,              1795298400123456",
    "'20261122T003000,5+0230',             1795298400500000",
    "20261121T2330+01:30,                  1795298400000000",
    "20261121T140000-08,                   1795298400000000",
    "2024-02-29T00:00:00-00:00,            1709164800000000",
    "9999-12-31T23:59:59.999999999Z,       253402300799999999",
    "1969-12-31T23:30:00-00:30,            0",
  })
  void readsTimes(String text, long micros) {
    assertThat(parse(text)).isEqualTo(micros);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "2026",
        "2026-11-21",
        "2026-11-21T22:00:00",
        "2026-11-21 22:00:00Z",
        "2026-13-01T00:00:00Z",
        "2026-00-01T00:00:00Z",
        "2026-11-00T00:00:00Z",
        "2026-11-31T00:00:00Z",
        "2023-02-29T00:00:00Z",
        "2100-02-29T00:00:00Z",
        "2026-11-21T24:00:00Z",
        "2026-11-21T22:60:00Z",
        "2016-12-31T23:59:60Z",
        "2026-11-21T22:00:00.Z",
        "2026-11-21T22:00:00.1234567890Z",
        "2026-11-21T22:00.5Z",
        "2026-11-21T22:00:00+1",
        "2026-11-21T22:00:00+01:60",
        "2026-11-21T22:00:00+18:01",
        "2026-11-21T22:00:00+01:00Z",
        "2026-11-21T22:00:00ZZ",
        " 2026-11-21T22:00:00Z",
        "20261121T22:00:00Z",
        "2026-11-21T220000Z",
        "2026-1121T220000Z",
        "202611-21T220000Z",
        "20261121T22Z",
        "20261121T22000Z",
        "20261121T220000",
        "20261121T2200.5Z",
        "20261121T2200,5Z",
        "20261121T220000,Z",
        "20261131T220000Z",
        "20261121220000Z",
        "20261121",
        "+2026-11-21T22:00:00Z",
        "2026-11-21T22:00:00,Z",
        "2026-11-21T22:00,5Z",
        "2026-11-21T22:00:00+01:",
        "2026-11-21T22:00:00+01:3",
        "2026-11-21T22:00:00+",
        "2026-11-21T22:00:00+19",
        "......",
        "é-é-é"
      })
  void refusesWhatIsNoTime(String text) {
    assertThat(parse(text)).isEqualTo(IsoTime.INVALID);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "1969-12-31T23:59:59.999999Z",
        "1970-01-01T00:00:00+00:01",
        "9999-12-31T23:59:59-01:00"
      })
  void tellsTimesOutOfRange(String text) {
    assertThat(parse(text)).isEqualTo(IsoTime.OUT_OF_RANGE);
  }

  @Test
  void agreesWithJavaTime() {
    long seed = System.nanoTime();
    System.out.println("seed " + seed);
    SplittableRandom random = new SplittableRandom(seed);
    for (int i = 0; i < 200_000; i++) {
      long micros = random.nextLong(Reading.MAX_TS_MICROS - 86_400_000_000L);
      ZoneOffset offset = ZoneOffset.ofTotalSeconds(60 * random.nextInt(-1080, 1081));
      OffsetDateTime when =
          Instant.ofEpochSecond(micros / 1_000_000, micros % 1_000_000 * 1_000).atOffset(offset);
      if (when.getYear() > 9999) {
        continue;
      }
      String text = FORMS[i % FORMS.length].format(when);
      if (parse(text) != micros) {
        assertThat(parse(text)).as(text).isEqualTo(micros);
      }
    }
  }

  private long parse(String text) {
    byte[] bytes = text.getBytes(UTF_8);
    return time.parse(bytes, 0, bytes.length);
  }
}
