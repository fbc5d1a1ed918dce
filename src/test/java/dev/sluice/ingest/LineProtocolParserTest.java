package dev.sluice.ingest;

import static dev.sluice.ingest.Parsing.NOW;
import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.ingest.Parsing.Result;
import dev.sluice.reading.Reading;
import dev.sluice.reading.ReadingBuffer;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class LineProtocolParserTest {
  private final Parsing parsing = new Parsing();

  @Test
  void makesOneReadingOfEachField() {
    Result result =
        parsing.lines("cpu,host=h1,cpu=cpu0 usage_idle=98.5,value=3i 1795300000000123456\n");

    assertThat(result.readings())
        .containsExactly(
            new Reading("h1", "cpu_usage_idle{cpu=\"cpu0\"}", 1_795_300_000_000_123L, 98.5),
            new Reading("h1", "cpu{cpu=\"cpu0\"}", 1_795_300_000_000_123L, 3));
  }

  @Test
  void takesTheDeviceFromTheFirstConfiguredTagPresent() {
    Result result =
        parsing.lines(
            "m,host=h,device=d,device_id=i value=1 0\nm,host=h,device=d value=1 0\nm,host=h value=1 0");

    assertThat(result.readings())
        .containsExactly(
            new Reading("i", "m{device=\"d\",host=\"h\"}", 0, 1),
            new Reading("d", "m{host=\"h\"}", 0, 1),
            new Reading("h", "m", 0, 1));
  }

  @Test
  void sortsTagsByTheBytesOfTheirKeysAndEscapesTheirValues() {
    Result result = parsing.lines("m,b=2,host=h,é=4,a=1,B=\"q\\x v=1 0");

    assertThat(result.readings().getFirst().metric())
        .isEqualTo("m_v{B=\"\\\"q\\\\x\",a=\"1\",b=\"2\",é=\"4\"}");
  }

  @Test
  void takesOutEveryEscape() {
    Result result =
        parsing.lines("m\\ e\\,a\\=s=,host=h\\ \\,\\=\\x,t\\ k=t\\=v f\\ \\,\\=\\k=1 0");

    assertThat(result.readings())
        .containsExactly(new Reading("h ,=\\x", "m e,a\\=s=_f ,=\\k{t k=\"t=v\"}", 0, 1));
  }

  @Test
  void readsEveryKindOfNumberAndBoolean() {
    Result result =
        parsing.lines(
            "m,host=h a=1,b=-1.5e3,c=.5,d=1.,e=7i,f=-9223372036854775808i,g=18446744073709551615u,"
                + "h=t,i=TRUE,j=f,k=False,l=007,m=0.30000000000000004,n=-0i 0");

    assertThat(result.refused()).isEmpty();
    assertThat(result.readings())
        .extracting(Reading::value)
        .containsExactly(
            1.0,
            -1500.0,
            0.5,
            1.0,
            7.0,
            -0x1p63,
            0x1p64,
            1.0,
            1.0,
            0.0,
            0.0,
            7.0,
            0.30000000000000004,
            0.0);
  }

  @Test
  void refusesFieldsByNameAndKeepsTheOthersOfTheLine() {
    Result result =
        parsing.lines(
            """
            # comment
            m,host=h a="text",b=1,c=NaN,d=-inf,e=1e999,f=9223372036854775808i,g=18446744073709551616u 0
            """);

    assertThat(result.readings()).containsExactly(new Reading("h", "m_b", 0, 1));
    assertThat(result.refused()).containsOnly(2);
    assertThat(result.reasons())
        .containsExactly(
            "field \"a\" is text, which cannot be stored",
            "field \"c\" is not finite",
            "field \"d\" is not finite",
            "field \"e\" is not finite",
            "field \"f\" needs more than 64 bits",
            "field \"g\" needs more than 64 bits");
  }

  @Test
  void readsOverLineFeedsInTextsAndKeepsCountingLines() {
    Result result = parsing.lines("m,host=h a=\"x\\\"\n,=\\\\\",b=1 0\nbad\nm,host=h c=2 0");

    assertThat(result.readings()).extracting(Reading::metric).containsExactly("m_b", "m_c");
    assertThat(result.refused()).containsExactly(1, 3);
  }

  @Test
  void skipsBlankLinesCommentsSpacesAndCarriageReturns() {
    Result result =
        parsing.lines("\n \t\r\n  # c,x y\r\n  m,host=h  a=1,b=2   5000  \r\nm,host=h a=3\r");

    assertThat(result.refused()).isEmpty();
    assertThat(result.readings())
        .containsExactly(
            new Reading("h", "m_a", 5, 1),
            new Reading("h", "m_b", 5, 2),
            new Reading("h", "m_a", NOW, 3));
    assertThat(parsing.lines("").refused()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "m value=1|has no device: none of the tags device_id, device, host is there",
        "m,host=h|has no field",
        "m,host=h =1|has a field without a name",
        ",host=h f=1|has no measurement",
        "m, f=1|has a tag without a key",
        "m,host f=1|has a tag without a value",
        "m,host= f=1|has a tag without a value",
        "m,host=a=b f=1|has an equals sign in a tag value",
        "m,host=h,t=1,t=2 f=1|has the tag \"t\" twice",
        "m,host=h f|has no value of field \"f\"",
        "m,host=h f=|has a malformed value of field \"f\"",
        "m,host=h f=1,|has a field without a name",
        "m,host=h f=1x|has a malformed value of field \"f\"",
        "m,host=h f=1.5i|has a malformed integer of field \"f\"",
        "m,host=h f=-1u|has a malformed integer of field \"f\"",
        "m,host=h f=tRUE|has a malformed value of field \"f\"",
        "m,host=h f=\"a|has a text without a closing quote of field \"f\"",
        "m,host=h f=1 x|has a malformed timestamp",
        "m,host=h f=1 1 1|has a malformed timestamp",
        "m,host=h f=1 1.5|has a malformed timestamp",
        "m,host=h f=1 -1|timestamp -1 in nanoseconds is outside 1970-01-01..9999-12-31",
        "m,host=h f=1 99999999999999999999|is outside 1970-01-01..9999-12-31",
        "m,host=h,t=\u0001 f=1|holds a control character",
        "m,host=h,t=\u0085 f=1|holds a control character",
      })
  void refusesALineAndKeepsTheOthers(String line, String reason) {
    Result result = parsing.lines("m,host=a f=1 0\n" + line);

    assertThat(result.readings()).containsExactly(new Reading("a", "m_f", 0, 1));
    assertThat(result.refused()).containsExactly(2);
    assertThat(result.reasons().getFirst()).contains(reason);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "m\u00ff,host=h f=1",
        "m,host=\u00c3 f=1",
        "m,host=h \u00e9=1,g=2",
        "m,host=h f=\"\u00c0\u0080\",g=2"
      })
  void refusesALineThatIsNotUtf8(String line) {
    byte[] body = (line + "\nm,host=h f=1 0").getBytes(ISO_8859_1);

    Result result = parsing.lines(body, 0, body.length, Precision.NANOSECONDS);

    assertThat(result.readings()).hasSize(1);
    assertThat(result.refused()).containsExactly(1);
    assertThat(result.reasons()).containsExactly("is not valid UTF-8");
  }

  @Test
  void refusesAFieldWhoseMetricIsTooLongOrHoldsAControlCharacter() {
    String longest = "f".repeat(126);
    Result result = parsing.lines("m,host=h %s=1,%sx=2,a\tb=3 0".formatted(longest, longest));

    assertThat(result.readings()).containsExactly(new Reading("h", "m_" + longest, 0, 1));
    assertThat(result.refused()).containsExactly(1, 1);
    assertThat(result.reasons().get(0))
        .endsWith("makes a metric of 129 bytes with measurement and tags, allowed are 1..128");
    assertThat(result.reasons().get(1)).endsWith("holds a control character in its name");
  }

  @Test
  void refusesADeviceOfMoreThan128Bytes() {
    Result result = parsing.lines("m,host=" + "h".repeat(129) + " f=1 0");

    assertThat(result.reasons().getFirst()).endsWith("has 129 bytes, allowed are 1..128");
  }

  @Test
  void refusesMoreTagsThanAMetricCanHold() {
    StringBuilder line = new StringBuilder("m,host=h");
    for (int i = 0; i < 100_000; i++) {
      line.append(",t").append(i).append("=1");
    }

    assertThat(parsing.lines(line + " f=1 0").reasons()).containsExactly("has more than 64 tags");
  }

  @Test
  void keepsLineNumbersAfterALineThatBreaksBehindAText() {
    Result result = parsing.lines("m,host=h a=\"\n\n\",b=x\nm,host=h c=1 0\nbad");

    assertThat(result.readings()).extracting(Reading::metric).containsExactly("m_c");
    assertThat(result.refused()).containsExactly(1, 5);
  }

  @ParameterizedTest
  @CsvSource({
    "NANOSECONDS,  1795300000000123999, 1795300000000123",
    "MICROSECONDS, 1795300000000123,    1795300000000123",
    "MILLISECONDS, 1795300000000,       1795300000000000",
    "SECONDS,      253402300799,        253402300799000000",
    "MINUTES,      29921666,            1795299960000000",
    "HOURS,        498694,              1795298400000000",
  })
  void scalesTimestampsToMicroseconds(Precision precision, long units, long micros) {
    assertThat(parsing.lines("m,host=h f=1 " + units, precision).readings())
        .containsExactly(new Reading("h", "m_f", micros, 1));
  }

  @ParameterizedTest
  @CsvSource({
    "SECONDS,253402300800",
    "HOURS,9223372036854775807",
    "MICROSECONDS,253402300800000000"
  })
  void refusesTimestampsThatScaleOutOfRange(Precision precision, long units) {
    assertThat(parsing.lines("m,host=h f=1 " + units, precision).refused()).containsExactly(1);
  }

  @Test
  void knowsThePrecisionsOfBothRoutes() {
    assertThat(List.of("n", "ns", "u", "us", "µ", "ms", "s", "m", "h"))
        .allMatch(name -> Precision.ofV1(name).isPresent());
    assertThat(List.of("ns", "us", "ms", "s")).allMatch(name -> Precision.ofV2(name).isPresent());
    assertThat(List.of("n", "u", "m", "h", "", "S"))
        .noneMatch(name -> Precision.ofV2(name).isPresent());
    assertThat(Precision.ofV1("m")).contains(Precision.MINUTES);
  }

  @Test
  void doesNotTakeALongerSeriesForTheOneBefore() {
    Result result =
        parsing.lines(
            "m,host=h f=1 0\nm,host=h f=2 0\nm,host=hh f=3 0\nm,host=h\\ x f=4 0\nm f=5 0");

    assertThat(result.readings())
        .extracting(Reading::device)
        .containsExactly("h", "h", "hh", "h x");
    assertThat(result.refused()).containsExactly(5);
  }

  @Test
  void saysWhenTheReadingsDoNotFit() {
    byte[] body = "m,host=h f=1 0\nm,host=h f=2 0\n".getBytes(UTF_8);
    ReadingBuffer small = new ReadingBuffer(16, 30);
    Rejections rejections = new Rejections();

    Outcome outcome =
        new LineProtocolParser(List.of("host"), more -> {})
            .parse(body, 0, body.length, Precision.SECONDS, NOW, small, rejections);

    assertThat(outcome).isInstanceOf(Outcome.TooLarge.class);
    assertThat(small.count()).isZero();
  }
}
