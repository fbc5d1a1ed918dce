package dev.sluice.ingest.format.line;

import static dev.sluice.ingest.http.Parsing.NOW;
import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.ingest.format.DevicePrefix;
import dev.sluice.ingest.format.IgnoredKind;
import dev.sluice.ingest.format.Outcome;
import dev.sluice.ingest.format.Precision;
import dev.sluice.ingest.format.Rejections;
import dev.sluice.ingest.format.Remarks;
import dev.sluice.ingest.http.Parsing;
import dev.sluice.ingest.http.Parsing.Result;
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
            new Reading("h", "m{device=\"d\"}", 0, 1),
            new Reading("h", "m", 0, 1));
  }

  @Test
  void takesADiskOfATelegrafForATagOfItsHost() {
    Result result = parsing.lines("disk,device=sda1,fstype=ext4,host=web-1 used_percent=40 0");

    assertThat(result.readings())
        .containsExactly(
            new Reading("web-1", "disk_used_percent{device=\"sda1\",fstype=\"ext4\"}", 0, 40));
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
            "field \"a\" is text, which cannot be stored (ingest.text-fields=ignore leaves it out)",
            "field \"c\" is not finite",
            "field \"d\" is not finite",
            "field \"e\" is not finite",
            "field \"f\" needs more than 64 bits",
            "field \"g\" needs more than 64 bits");
  }

  @Test
  void leavesTextsOutAndCountsThem() {
    Parsing ignoring = new Parsing(false);

    Result result =
        ignoring.lines(
            "m,host=h a=\"x\",b=1,c=\"y\" 0\nm,host=h a=\"only\" 0\nm a=\"no device\" 0\n");

    assertThat(result.readings()).containsExactly(new Reading("h", "m_b", 0, 1));
    assertThat(result.refused()).containsExactly(3);
    assertThat(ignoring.remarks.ignored(IgnoredKind.TEXT)).isEqualTo(3);
  }

  /** Each is one line to its sender, and malformed; then comes a good one. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "temp,loc=a\\\nb,device=d value=21.5 1795300000",
        "temp,loc=a\\\r\nb,device=d value=21.5",
        "temp\\\nb,device=d value=21.5",
        "temp,lo\\\nc=b,device=d value=21.5",
        "temp,host f=\"a\nb,device=d value=21.5\n\",g=1",
        "temp f=\"a\nb,device=d value=21.5\n\"",
        "temp,host=h x,f=\"a\\\"\nb,device=d value=21.5\n\",g=1",
        "temp,host=h f=1,g=x\\\nb,device=d value=21.5",
        "temp,host=h f=1 1\\\nb,device=d value=21.5",
        "temp,host=h f=1 1 g=\"\nb,device=d value=21.5\n\"",
      })
  void storesNothingOfALineThatIsRefusedWhereverItsLineFeedsAre(String line) {
    Result result = parsing.lines(line + "\nm,host=a f=1 0\nbad\n", Precision.SECONDS);

    assertThat(result.readings()).containsExactly(new Reading("a", "m_f", 0, 1));
    int feeds = (int) line.chars().filter(c -> c == '\n').count();
    assertThat(result.refused()).containsExactly(1, feeds + 3);
  }

  @Test
  void refusesTheLineWhereAFieldsNameHoldsALineFeedAndGoesOnBehindIt() {
    Result result = parsing.lines("m,host=a e=1,f\\\ng=1,h=2 0\nbad");

    assertThat(result.readings()).isEmpty();
    assertThat(result.refused()).containsExactly(1, 3);
  }

  @Test
  void endsALineBehindTwoBackslashes() {
    assertThat(parsing.lines("m,host=a\\\\\nm,host=b f=1 0").readings())
        .containsExactly(new Reading("b", "m_f", 0, 1));
  }

  @Test
  void saysWhereATextWasOpenedThatIsNeverClosedAndWhatWentWithIt() {
    Result result =
        parsing.lines("m,host=a f=1 0\nm,host=a g=\"\n\",h=\"x\nm,host=b f=1 0\nm,host=c f=1 0\n");

    assertThat(result.readings()).containsExactly(new Reading("a", "m_f", 0, 1));
    assertThat(result.refused()).containsExactly(2);
    assertThat(result.reasons().getFirst())
        .isEqualTo(
            "has a string without a closing quote of field \"h\": the quote in line 3, column 5 is never"
                + " closed, so the 2 lines after it went with it");
    assertThat(parsing.lines("m,host f=\"a\nm,host=b f=1 0").reasons())
        .containsExactly(
            "has a tag without a value: the quote in line 1, column 10 is never closed, so the 1 line"
                + " after it went with it");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "NANOSECONDS|1795300000|timestamp 1795300000 in nanoseconds is 1970-01-01: seconds? Use precision=s, or send nanoseconds. Accepted:",
        "NANOSECONDS|1795300000000|milliseconds? Use precision=ms",
        "NANOSECONDS|1795300000000000|microseconds? Use precision=us",
        "SECONDS|1795300000000000000|is after 9999-12-31: nanoseconds? Use precision=ns, or send seconds.",
        "MILLISECONDS|1795300000|is 1970-01-21: seconds? Use precision=s",
        "SECONDS|0|is 1970-01-01: a clock that was never set?",
        "SECONDS|1795386401|is 2026-11-22: a clock that is ahead?",
      })
  void refusesATimestampOutsideTheWindowAndSaysWhatItLooksLike(
      Precision precision, String timestamp, String reason) {
    parsing.times = Parsing.USUAL;

    Result result = parsing.lines("m,host=h f=1 " + timestamp + "\nm,host=h f=2", precision);

    assertThat(result.readings()).containsExactly(new Reading("h", "m_f", NOW, 2));
    assertThat(result.reasons().getFirst()).contains(reason);
  }

  @Test
  void storesATimestampOutsideTheWindowAtTheTimeOfReceiptWhereThatIsAskedFor() {
    parsing.times = Parsing.RESTAMPING;

    Result result =
        parsing.lines(
            "m,host=h f=1,g=2 0\nm,host=h f=3\nm,host=h f=4 -5\nm,host=h f=5 99999999999999999999");

    assertThat(result.readings()).extracting(Reading::tsMicros).containsOnly(NOW);
    assertThat(result.readings()).hasSize(5);
    assertThat(parsing.remarks.restamped()).isEqualTo(4);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "m,host=h f=1 5000\0",
        "m,host=h f=1 5000\n\0",
        "m,host=h f=1 5000\n\0\0",
        "m,host=h \tf=1 \t 5000 \t\n \t \r\n\t",
        "\t m,host=h f=1  5000\n\r",
        "m,host=h f=1 5000\r\0",
        "m,host=h f=1 5000 \0\n  ",
      })
  void forgivesBlanksAndNulWhereOthersDo(String body) {
    Result result = parsing.lines(body);

    assertThat(result.refused()).isEmpty();
    assertThat(result.readings()).containsExactly(new Reading("h", "m_f", 5, 1));
  }

  @Test
  void takesAValueBeforeTheNulOfAString() {
    assertThat(parsing.lines("m,host=h f=1\0").readings())
        .containsExactly(new Reading("h", "m_f", NOW, 1));
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
        "m value=1|has no device: none of the tags device_id, host, hostname, device, entity_id is present",
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
        "m,host=h f=\"a|has a string without a closing quote of field \"f\"",
        "m,host=h f=1 x|has a malformed timestamp",
        "m,host=h f=1 1 1|has a malformed timestamp",
        "m,host=h f=1 1.5|has a malformed timestamp",
        "m,host=h f=1 -1|timestamp -1 in nanoseconds is before 1970-01-01",
        "m,host=h f=1 99999999999999999999|in nanoseconds is 5138-11-16",
        "m,host=h,t=a\\,u=b f=1|has a backslash before the comma or space after a tag value",
        "m,host=h,t=a\\ f=1|has a backslash before the comma or space after a tag value",
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
    String longest = "f".repeat(253);
    Result result = parsing.lines("m,host=h %s=1,%sx=2,a\tb=3 0".formatted(longest, longest));

    assertThat(result.readings()).containsExactly(new Reading("h", "m_" + longest, 0, 1));
    assertThat(result.refused()).containsExactly(1, 1);
    assertThat(result.reasons().get(0))
        .endsWith("makes a metric of 256 bytes with measurement and tags, allowed are 1..255");
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
        new LineProtocolParser(List.of("host"), new DevicePrefix(), true, new Remarks(), more -> {})
            .parse(body, 0, body.length, Precision.SECONDS, Parsing.ANY_TIME, small, rejections);

    assertThat(outcome).isInstanceOf(Outcome.TooLarge.class);
    assertThat(small.count()).isZero();
  }
}
