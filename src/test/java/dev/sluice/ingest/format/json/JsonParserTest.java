package dev.sluice.ingest.format.json;

import static dev.sluice.ingest.http.Parsing.NOW;
import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.ingest.format.DevicePrefix;
import dev.sluice.ingest.format.IgnoredKind;
import dev.sluice.ingest.format.Outcome;
import dev.sluice.ingest.format.Outcome.Malformed;
import dev.sluice.ingest.format.Rejections;
import dev.sluice.ingest.format.Remarks;
import dev.sluice.ingest.http.Parsing;
import dev.sluice.ingest.http.Parsing.Result;
import dev.sluice.reading.Reading;
import dev.sluice.reading.ReadingBuffer;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class JsonParserTest {
  private final Parsing parsing = new Parsing();

  @Test
  void takesEveryNumericMemberAsAMetric() {
    Result result =
        parsing.json(
            """
            {"device_id":"s-17","ts":1795300000000,"temp":21.5,"humidity":40,
             "room":"attic","ok":true,"none":null,"gps":{"lat":1},"list":[1]}
            """);

    assertThat(result.readings())
        .containsExactly(
            new Reading("s-17", "temp", 1_795_300_000_000_000L, 21.5),
            new Reading("s-17", "humidity", 1_795_300_000_000_000L, 40),
            new Reading("s-17", "ok", 1_795_300_000_000_000L, 1));
    assertThat(result.refused()).isEmpty();
    assertThat(ignored()).containsExactlyInAnyOrder("text=1", "null=1", "object=1", "array=1");
  }

  @Test
  void takesEveryNumberOfValuesAndTheNumbersBesideIt() {
    Result result =
        parsing.json(
            """
            {"device_id":"s","values":{"temp":21.5,"door":false,"note":"x","value":3,"ts":4,"in":{"a":1}},
             "battery":3}
            """);

    assertThat(result.readings())
        .containsExactly(
            new Reading("s", "temp", NOW, 21.5),
            new Reading("s", "door", NOW, 0),
            new Reading("s", "value", NOW, 3),
            new Reading("s", "ts", NOW, 4),
            new Reading("s", "battery", NOW, 3));
    assertThat(ignored()).containsExactlyInAnyOrder("text=1", "object=1");
  }

  @Test
  void takesANumberNamedValuesAsAMetric() {
    assertThat(parsing.json("{\"device_id\":\"s\",\"values\":2}").readings())
        .containsExactly(new Reading("s", "values", NOW, 2));
  }

  @ParameterizedTest
  @ValueSource(strings = {"ts", "timestamp", "time"})
  void takesATimeByAnyOfItsNames(String name) {
    Result result =
        parsing.json(
            """
            {"device":"s","%s":1795300000000,"t":1,"metrics":[{"name":"u","value":true,"%s":5}]}
            """
                .formatted(name, name));

    assertThat(result.readings())
        .containsExactlyInAnyOrder(new Reading("s", "t", NOW, 1), new Reading("s", "u", 5_000, 1));
  }

  @Test
  void takesABooleanAsTheValueOfAMetric() {
    assertThat(parsing.json("{\"device\":\"s\",\"metric\":\"m\",\"value\":true}").readings())
        .containsExactly(new Reading("s", "m", NOW, 1));
  }

  @Test
  void countsWhatItIgnoresOnlyOfWhatIsNotRefused() {
    parsing.json(
        """
        [{"device":"s","t":1,"a":"x","b":null,"metrics":[{"name":"u","value":1,"unit":"V","q":2,"ok":true}]},
         {"a":"x","t":1}, {"device":"s","value":"v","t":1}]
        """);

    assertThat(ignored()).containsExactlyInAnyOrder("text=3", "null=1", "number=1", "boolean=1");
    parsing.json("[{\"device\":\"s\",\"t\":1,\"a\":\"x\"},{]");
    assertThat(ignored()).isEmpty();
    parsing.ndjson("{\"device\":\"s\",\"t\":1,\"a\":\"x\"}\n{\"device\":\"s\",\"a\":[],\"b\":}\n");
    assertThat(ignored()).containsExactly("text=1");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "1795300000|ts 1795300000 is 1970-01-21: seconds? Send milliseconds. Accepted: 2000-01-01T00:00:00Z to 2026-11-22T22:26:40Z",
        "1795300000000000|is after 9999-12-31: microseconds? Send milliseconds.",
        "1795300000000000000|is after 9999-12-31: nanoseconds? Send milliseconds.",
        "0|ts 0 is 1970-01-01: a clock that was never set?",
        "-1|ts -1 is before 1970-01-01: a clock that was never set?",
        "1e300|is after 9999-12-31: a clock that is ahead?",
        "1795386400001|ts 1795386400001 is 2026-11-22: a clock that is ahead?",
        "946684799999|ts 946684799999 is 1999-12-31: a clock that was never set?",
        "\"1970-01-01T00:00:07Z\"|ts \"1970-01-01T00:00:07Z\" is 1970-01-01: a clock that was never set?",
        "\"2100-01-01T00:00:00Z\"|is 2100-01-01: a clock that is ahead?",
        "\"1969-12-31T23:59:59Z\"|is outside 1970-01-01..9999-12-31",
      })
  void refusesATimeOutsideTheWindowAndSaysWhatItLooksLike(String ts, String reason) {
    parsing.times = Parsing.USUAL;

    Result result =
        parsing.json(
            "[{\"device\":\"s\",\"ts\":%s,\"t\":1},{\"device\":\"s\",\"metrics\":[{\"name\":\"u\",\"value\":1,\"ts\":%s},{\"name\":\"u\",\"value\":2}]}]"
                .formatted(ts, ts));

    assertThat(result.readings()).containsExactly(new Reading("s", "u", NOW, 2));
    assertThat(result.refused()).containsExactly(0, 1);
    assertThat(result.reasons()).allSatisfy(why -> assertThat(why).contains(reason));
  }

  @Test
  void takesTheFirstAndTheLastTimeOfTheWindow() {
    parsing.times = Parsing.USUAL;

    assertThat(
            parsing
                .json(
                    "[{\"device\":\"s\",\"ts\":946684800000,\"t\":1},{\"device\":\"s\",\"ts\":1795386400000,\"t\":1}]")
                .readings())
        .hasSize(2);
  }

  @Test
  void storesWhatIsOutsideTheWindowAtTheTimeOfReceiptWhereThatIsAskedFor() {
    parsing.times = Parsing.RESTAMPING;

    Result result =
        parsing.json(
            """
            [{"device":"s","ts":0,"t":1,"u":2},{"device":"s","ts":-1,"t":3},
             {"device":"s","metrics":[{"name":"u","value":4,"ts":1795300000},{"name":"v","value":5}]},
             {"device":"s","ts":"1969-01-01T00:00:00Z","t":6},{"device":"s","ts":"now","t":7}]
            """);

    assertThat(result.readings()).extracting(Reading::tsMicros).containsOnly(NOW);
    assertThat(result.readings()).hasSize(6);
    assertThat(result.refused()).containsExactly(4);
    assertThat(parsing.remarks.restamped()).isEqualTo(5);
  }

  private List<String> ignored() {
    return Arrays.stream(IgnoredKind.values())
        .filter(kind -> parsing.remarks.ignored(kind) > 0)
        .map(kind -> kind.label() + "=" + parsing.remarks.ignored(kind))
        .toList();
  }

  @Test
  void takesMetricAndValueAndTheNumbersBesideThem() {
    Result result =
        parsing.json(
            """
            {"device_id":"s","metric":"temp","ts":"2026-11-21T22:00:00.123456Z","value":21.5,"battery":3}
            """);

    assertThat(result.readings())
        .containsExactly(
            new Reading("s", "battery", 1_795_298_400_123_456L, 3),
            new Reading("s", "temp", 1_795_298_400_123_456L, 21.5));
  }

  @Test
  void takesValueWithoutMetricAsAMetricOfThatName() {
    assertThat(parsing.json("{\"value\":1,\"device\":\"s\"}").readings())
        .containsExactly(new Reading("s", "value", NOW, 1));
  }

  @Test
  void takesTheMetricsArrayWithTheTimesOfItsEntries() {
    Result result =
        parsing.json(
            """
            {"metrics":[{"name":"temp","value":21.5,"ts":1},{"unit":"dBm","value":-70,"name":"rssi"}],
             "ts":2,"device_id":"s"}
            """);

    assertThat(result.readings())
        .containsExactly(
            new Reading("s", "temp", 1_000, 21.5), new Reading("s", "rssi", 2_000, -70));
  }

  @Test
  void mixesTheShapesInOneArrayAndRefusesByIndex() {
    Result result =
        parsing.json(
            """
            [{"device_id":"a","temp":1}, 7, {"device_id":"b","metric":"m","value":2},
             {"temp":3}, {"device_id":"c","metrics":[{"name":"n","value":4}]}]
            """);

    assertThat(result.readings()).extracting(Reading::value).containsExactly(1.0, 2.0, 4.0);
    assertThat(result.refused()).containsExactly(1, 3);
    assertThat(result.reasons())
        .containsExactly("must be an object, found a number", "has no device_id");
  }

  @Test
  void refusesOneReadingByNameAndKeepsTheOthers() {
    Result result =
        parsing.json("{\"device_id\":\"s\",\"temp\":1,\"x\":1e400,\"\":2,\"m\\u0007\":3}");

    assertThat(result.readings()).containsExactly(new Reading("s", "temp", NOW, 1));
    assertThat(result.refused()).containsExactly(0, 0, 0);
    assertThat(result.reasons().get(0)).isEqualTo("value of \"x\" is not finite");
    assertThat(result.reasons().get(1)).isEqualTo("metric is empty");
    assertThat(result.reasons().get(2)).contains("control character");
  }

  @Test
  void refusesEntriesOfMetricsOneByOne() {
    Result result =
        parsing.json(
            """
            {"device_id":"s","metrics":[{"name":"a","value":1},{"name":"b"},{"value":1},{"name":"c","value":"1"},
             {"name":"d","value":1,"ts":-1},{"name":"e","value":1,"value":2},5]}
            """);

    assertThat(result.readings()).containsExactly(new Reading("s", "a", NOW, 1));
    assertThat(result.reasons())
        .containsExactly(
            "metrics[1]: has no value",
            "metrics[2]: has no name",
            "metrics[3]: value must be a number, found text",
            "metrics[4]: ts -1 is before 1970-01-01: a clock that was never set? Accepted:"
                + " 1970-01-01T00:00:00Z to 9999-12-31T23:59:59Z (ingest.oldest-ts, ingest.max-ahead)",
            "metrics[5]: value appears twice",
            "metrics[6]: must be an object, found a number");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{\"temp\":1}|has no device_id",
        "{\"device_id\":7,\"temp\":1}|device_id must be text, found a number",
        "{\"device_id\":null,\"temp\":1}|device_id must be text, found null",
        "{\"device_id\":\"\",\"temp\":1}|device_id is empty",
        "{\"device_id\":\"a\\u0085\",\"temp\":1}|holds a control character",
        "{\"device_id\":\"a\\ud800\",\"temp\":1}|half of a surrogate pair",
        "{\"device_id\":\"a\",\"device\":\"a\",\"temp\":1}|device_id and device are the same member",
        "{\"device_id\":\"a\",\"device_id\":\"a\",\"temp\":1}|member \"device_id\" appears twice",
        "{\"device_id\":\"a\",\"ts\":1,\"ts\":1,\"temp\":1}|member \"ts\" appears twice",
        "{\"device_id\":\"a\",\"temp\":1,\"t\\u0065mp\":1}|member \"temp\" appears twice",
        "{\"device_id\":\"a\"}|has no reading: no member is a number",
        "{\"device_id\":\"a\",\"metrics\":[]}|has no reading",
        "{\"device_id\":\"a\",\"metrics\":{\"temp\":1}}|metrics must be an array",
        "{\"device_id\":\"a\",\"metric\":1,\"temp\":1}|metric must be text, found a number",
        "{\"device_id\":\"a\",\"metric\":\"m\"}|metric \"m\" has no value",
        "{\"device_id\":\"a\",\"metric\":\"m\",\"value\":\"1\"}|metric \"m\" needs a number as value, found text",
        "{\"device_id\":\"a\",\"temp\":1,\"ts\":null}|ts null is neither a number of milliseconds nor a string",
        "{\"device_id\":\"a\",\"temp\":1,\"ts\":-1}|ts -1 is before 1970-01-01",
        "{\"device_id\":\"a\",\"temp\":1,\"ts\":1,\"time\":1}|ts, timestamp and time are the same member; send one",
        "{\"device_id\":\"a\",\"values\":{\"t\":1,\"t\":1}}|member \"t\" of values appears twice",
        "{\"device_id\":\"a\",\"values\":[1]}|values must be an object of numbers, found an array",
        "{\"device_id\":\"a\",\"values\":{\"t\":\"1\"},\"on\":null}|has no reading",
        "{\"device_id\":\"a\",\"temp\":1,\"ts\":\"now\"}|ts \"now\" is not an ISO-8601 time with an offset",
        "[]|has no reading: the array is empty",
        "17|must be an object, found a number",
        "\"text\"|must be an object, found text",
        "[[{\"device_id\":\"a\",\"temp\":1}]]|must be an object, found an array",
      })
  void refusesAnElementThatCannotBeStored(String body, String reason) {
    Result result = parsing.json(body);

    assertThat(result.outcome()).isInstanceOf(Outcome.Parsed.class);
    assertThat(result.readings()).isEmpty();
    assertThat(result.refused()).containsExactly(0);
    assertThat(result.reasons().getFirst()).contains(reason);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        " ",
        "{",
        "}",
        "[",
        "[}",
        "{\"a\"}",
        "{\"a\":}",
        "{\"a\":1,}",
        "[1,]",
        "[,1]",
        "{,}",
        "nul",
        "True",
        "'a'",
        "\"a",
        "\"\\x\"",
        "\"\\u12g4\"",
        "\"\t\"",
        "01",
        "-",
        "+1",
        ".5",
        "1.",
        "1e",
        "1e+",
        "0x1",
        "NaN",
        "Infinity",
        "1 2",
        "{} {}",
        "[1]x",
        "{a:1}",
        "// c\n1",
        "\ufeff{}",
        "\u00a0{}",
        "[1 2]",
        "{\"a\" 1}",
        "{\"device_id\":\"s\",\"temp\":1}]"
      })
  void keepsNothingOfWhatIsNotJson(String body) {
    Result result = parsing.json(body);

    assertThat(result.outcome()).isInstanceOf(Malformed.class);
    assertThat(result.readings()).isEmpty();
    assertThat(parsing.rejections.count()).isZero();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "\u00c0\u00af",
        "\u00ed\u00a0\u0080",
        "\u00f4\u0090\u0080\u0080",
        "\u00e2\u0082",
        "\u0080",
        "\u00ff",
        "\u00e0\u0080\u0080",
        "\u00f0\u0080\u0080\u0080"
      })
  void takesInvalidUtf8AsNoJson(String bytes) {
    byte[] body = ("{\"device_id\":\"" + bytes + "\",\"temp\":1}").getBytes(ISO_8859_1);

    assertThat(parsing.json(body).outcome()).isEqualTo(new Malformed(1, 15, "invalid UTF-8"));
  }

  @Test
  void tellsLineAndColumnOfTheMistake() {
    Result result = parsing.json("[{\"device_id\":\"s\",\"temp\":1},\n  {\"temp\":01}]");

    assertThat(result.outcome()).isEqualTo(new Malformed(2, 11, "malformed number"));
    assertThat(result.readings()).isEmpty();
  }

  @Test
  void decodesEscapesAndWideCharacters() {
    Result result =
        parsing.json(
            "{\"device_id\":\"\\u0064\\\"\\\\\\/é\\ud834\\udd1e温\",\"\\u00fc\":1,\"\\ud800\":2,\"a\\u0062\":3}");

    assertThat(result.readings())
        .containsExactly(
            new Reading("d\"\\/é𝄞温", "ü", NOW, 1), new Reading("d\"\\/é𝄞温", "ab", NOW, 3));
    assertThat(result.reasons().getFirst()).contains("half of a surrogate pair");
  }

  @Test
  void takesDevicesOf128BytesMetricsOf255AndNotOneByteMore() {
    String device = "é".repeat(64);
    String metric = "é".repeat(127) + "x";
    String body = "{\"device_id\":\"%s\",\"%s\":1,\"%sx\":2}";

    Result result = parsing.json(body.formatted(device, metric, metric));

    assertThat(result.readings()).containsExactly(new Reading(device, metric, NOW, 1));
    assertThat(result.reasons().getFirst()).contains("has 256 bytes, allowed are 1..255");
    assertThat(parsing.json(body.formatted(device + "x", "a", "b")).reasons().getFirst())
        .contains("has 129 bytes, allowed are 1..128");
  }

  @Test
  void nests64LevelsAndNotOneMore() {
    String deepest = "[".repeat(62) + "]".repeat(62);

    assertThat(parsing.json("[{\"device_id\":\"s\",\"t\":1,\"x\":" + deepest + "}]").readings())
        .hasSize(1);
    assertThat(parsing.json("[{\"device_id\":\"s\",\"t\":1,\"x\":[" + deepest + "]}]").outcome())
        .isInstanceOf(Malformed.class);
    assertThat(parsing.json("[".repeat(1_000_000)).outcome()).isInstanceOf(Malformed.class);
  }

  @Test
  void findsAMemberThatComesTwiceAmongAMillion() {
    StringBuilder body = new StringBuilder("{\"device_id\":\"s\"");
    for (int i = 0; i < 1_000_000; i++) {
      body.append(",\"m").append(i).append("\":").append(i % 10);
    }

    assertThat(parsing.json(body + "}").readings()).hasSize(1_000_000);
    assertThat(parsing.json(body + ",\"m777777\":1}").reasons())
        .containsExactly("member \"m777777\" appears twice");
    assertThat(parsing.json("{\"device_id\":\"s\",\"t\":1}").readings()).hasSize(1);
  }

  @Test
  void keepsTheFirstHundredReasonsAndCountsAll() {
    Result result = parsing.json("[" + "7,".repeat(249) + "{\"device_id\":\"s\",\"t\":1}]");

    assertThat(result.readings()).hasSize(1);
    assertThat(result.refused()).hasSize(100).endsWith(99);
    assertThat(parsing.rejections.count()).isEqualTo(249);
  }

  @Test
  void saysWhenTheReadingsDoNotFit() {
    byte[] body = "[{\"device_id\":\"s\",\"t\":1},{\"device_id\":\"u\",\"t\":1}]".getBytes(UTF_8);
    ReadingBuffer small = new ReadingBuffer(16, 30);
    Rejections rejections = new Rejections();

    Outcome outcome =
        new JsonParser(new DevicePrefix(), new Remarks(), more -> {})
            .parse(body, 0, body.length, Parsing.ANY_TIME, small, rejections);

    assertThat(outcome).isInstanceOf(Outcome.TooLarge.class);
    assertThat(small.count()).isZero();
  }

  @Test
  void takesNdjsonLineByLine() {
    Result result =
        parsing.ndjson(
            """
            {"device_id":"a","temp":1}\r

            {"device_id":"b","temp":
            not json
            [{"device_id":"c","temp":1}]
            {"device_id":"d","temp":1} {"device_id":"e","temp":1}
            {"device_id":"f","x":"\u0007"}
            {"temp":1}
            {"device_id":"g","temp":1,"y":1e999}\
            """);

    assertThat(result.readings()).extracting(Reading::device).containsExactly("a", "g");
    assertThat(result.refused()).isEqualTo(List.of(3, 4, 5, 6, 7, 8, 9));
    assertThat(result.reasons().get(0)).isEqualTo("is not JSON: expected a value");
    assertThat(result.reasons().get(2)).isEqualTo("must be an object, found an array");
    assertThat(result.reasons().get(6)).isEqualTo("value of \"y\" is not finite");
  }

  @Test
  void refusesABlankNdjsonBody() {
    assertThat(parsing.ndjson("\n \n").refused()).containsExactly(1);
  }
}
