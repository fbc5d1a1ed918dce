package dev.sluice.ingest.format.prometheus;

import static dev.sluice.ingest.format.prometheus.WriteRequests.STALE;
import static dev.sluice.ingest.format.prometheus.WriteRequests.concat;
import static dev.sluice.ingest.format.prometheus.WriteRequests.field;
import static dev.sluice.ingest.format.prometheus.WriteRequests.group;
import static dev.sluice.ingest.format.prometheus.WriteRequests.message;
import static dev.sluice.ingest.format.prometheus.WriteRequests.tag;
import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertTimeout;

import dev.sluice.ingest.format.Codec;
import dev.sluice.ingest.format.DevicePrefix;
import dev.sluice.ingest.format.IgnoredKind;
import dev.sluice.ingest.format.Outcome;
import dev.sluice.ingest.format.Rejections;
import dev.sluice.ingest.format.Remarks;
import dev.sluice.ingest.format.prometheus.WriteRequests.Sample;
import dev.sluice.ingest.format.prometheus.WriteRequests.Series;
import dev.sluice.ingest.http.Parsing;
import dev.sluice.ingest.http.Parsing.Result;
import dev.sluice.reading.Reading;
import dev.sluice.reading.ReadingBuffer;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RemoteWriteParserTest {
  private static final long MS = 1_795_300_000_000L;
  private static final long MICROS = 1_000 * MS;
  private static final List<String> UP =
      List.of("__name__", "up", "instance", "web-1:9100", "job", "node");

  private final Parsing parsing = new Parsing();

  @ParameterizedTest
  @ValueSource(ints = {1, 2})
  void makesAReadingOfEverySample(int version) {
    Result result =
        parse(
            version,
            new Series(UP, new Sample(1, MS), new Sample(0, MS + 1)),
            new Series(
                List.of("__name__", "temp", "host", "h", "instance", "i"), new Sample(21.5, MS)));

    assertThat(result.outcome()).isInstanceOf(Outcome.Parsed.class);
    assertThat(result.reasons()).isEmpty();
    assertThat(result.readings())
        .containsExactly(
            new Reading("web-1:9100", "up{job=\"node\"}", MICROS, 1),
            new Reading("web-1:9100", "up{job=\"node\"}", MICROS + 1_000, 0),
            new Reading("h", "temp{instance=\"i\"}", MICROS, 21.5));
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2})
  void writesLabelsAsLineProtocolDoes(int version) {
    Result prometheus =
        parse(
            version,
            new Series(
                List.of("z", "a\"b\\c", "__name__", "cpu", "é", "ü", "host", "h", "a", "1"),
                new Sample(1, MS)));
    Result lines = parsing.lines("cpu,z=a\"b\\c,é=ü,host=h,a=1 value=1 " + MICROS * 1_000);

    assertThat(prometheus.readings()).isEqualTo(lines.readings()).hasSize(1);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2})
  void takesTheNameAloneWhenNoLabelsRemain(int version) {
    assertThat(parse(version, series("__name__", "up", "instance", "i")).readings())
        .containsExactly(new Reading("i", "up", MICROS, 1));
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2})
  void takesAnEmptyLabelForNone(int version) {
    assertThat(
            parse(version, series("__name__", "up", "host", "", "instance", "i", "a", ""))
                .readings())
        .containsExactly(new Reading("i", "up", MICROS, 1));
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2})
  void refusesASeriesByNameAndKeepsTheOthers(int version) {
    String letters = "x".repeat(300);
    List<String> many = new ArrayList<>(UP);
    for (int i = 0; i < 64; i++) {
      many.addAll(List.of("l" + i, "v"));
    }
    Result result =
        parse(
            version,
            series("__name__", "up", "job", "node"),
            series("instance", "i"),
            series("__name__", "up", "__name__", "down", "instance", "i"),
            series("__name__", "up", "instance", letters),
            series("__name__", letters, "instance", "i"),
            series("__name__", "up", "instance", "i", "a", letters),
            series("__name__", "up", "instance", "i", "a", "1", "a", "2"),
            series("__name__", "up", "instance", "i", "a", "x\ny"),
            series("__name__", "up", "instance", "i\u0085"),
            series("__name__", "up", "instance", "i", "", "x"),
            series(many.toArray(String[]::new)),
            series(UP.toArray(String[]::new)));

    assertThat(result.readings())
        .containsExactly(new Reading("web-1:9100", "up{job=\"node\"}", MICROS, 1));
    assertThat(result.refused()).containsExactly(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10);
    assertThat(result.reasons().get(0))
        .startsWith("series \"up\" has no device: none of the labels device_id, host, ")
        .contains("instance is present");
    assertThat(result.reasons().get(1)).isEqualTo("series without a name has no label __name__");
    assertThat(result.reasons().get(2)).contains("__name__\" twice");
    assertThat(result.reasons().get(3)).contains("has 300 bytes, allowed are 1..128");
    assertThat(result.reasons().get(4)).contains("metric of 300 bytes").contains("1..255");
    assertThat(result.reasons().get(5)).contains("metric of 308 bytes");
    assertThat(result.reasons().get(6)).contains("has the label \"a\" twice");
    assertThat(result.reasons().get(7)).contains("control character");
    assertThat(result.reasons().get(8)).contains("control character");
    assertThat(result.reasons().get(9)).contains("label without a name");
    assertThat(result.reasons().get(10)).contains("more than 64 labels");
  }

  @Test
  void refusesALabelThatIsNotUtf8() {
    byte[] label =
        concat(field(1, "instance".getBytes(ISO_8859_1)), field(2, "\u00fc".getBytes(ISO_8859_1)));

    Result result = parsing.remoteWrite(1, field(1, concat(field(1, label), sample())));

    assertThat(result.reasons()).singleElement().asString().contains("not valid UTF-8");
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2})
  void refusesASampleThatCannotBeStoredAndKeepsTheOthers(int version) {
    parsing.times = Parsing.USUAL;
    Result result =
        parse(
            version,
            new Series(
                UP,
                new Sample(Double.NaN, MS),
                new Sample(Double.POSITIVE_INFINITY, MS),
                new Sample(1, MS / 1_000),
                new Sample(2, -1),
                new Sample(3, MS)));

    assertThat(result.readings())
        .containsExactly(new Reading("web-1:9100", "up{job=\"node\"}", MICROS, 3));
    assertThat(result.refused()).containsExactly(0, 0, 0, 0);
    assertThat(result.reasons().get(0)).isEqualTo("sample of \"up\" is not finite");
    assertThat(result.reasons().get(1)).isEqualTo("sample of \"up\" is not finite");
    assertThat(result.reasons().get(2))
        .contains("timestamp 1795300000 of \"up\" in milliseconds is 1970-01-21")
        .contains("seconds? Send milliseconds.");
    assertThat(result.reasons().get(3)).contains("before 1970-01-01");
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2})
  void storesASampleAtTheTimeOfReceiptWhereThatIsAskedFor(int version) {
    parsing.times = Parsing.RESTAMPING;

    Result result = parse(version, new Series(UP, new Sample(1, 5), new Sample(2, MS)));

    assertThat(result.readings())
        .extracting(Reading::tsMicros)
        .containsExactly(Parsing.NOW, MICROS);
    assertThat(parsing.remarks.restamped()).isEqualTo(1);
  }

  @Test
  void readsALongTextThatEverySeriesNamesNoMoreThanOnce() {
    String letters = "x".repeat(4 << 20);
    Series[] all = new Series[100_000];
    Arrays.fill(all, series("__name__", "up", "instance", "i", "a", letters, letters, "b"));
    byte[] body = WriteRequests.of(2, all);

    Result result = assertTimeout(Duration.ofSeconds(20), () -> parsing.remoteWrite(2, body));

    assertThat(result.readings()).isEmpty();
    assertThat(parsing.rejections.count()).isEqualTo(all.length);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2})
  void countsStaleMarkersAndExemplarsAndRefusesNeither(int version) {
    Result result =
        parse(
            version,
            new Series(UP, new Sample(1, MS), new Sample(STALE, MS + 1)),
            new Series(UP, List.of(), 0, 2),
            new Series(List.of("__name__", "no_device"), List.of(), 0, 3),
            new Series(List.of()));

    assertThat(result.readings()).hasSize(1);
    assertThat(result.reasons()).isEmpty();
    assertThat(parsing.remarks.ignored(IgnoredKind.STALE)).isEqualTo(1);
    assertThat(parsing.remarks.ignored(IgnoredKind.EXEMPLAR)).isEqualTo(2);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2})
  void refusesNativeHistogramsByName(int version) {
    Result result =
        parse(
            version,
            new Series(UP, List.of(new Sample(1, MS)), 2, 0),
            new Series(List.of("__name__", "no_device"), List.of(), 2, 0));

    assertThat(result.readings()).hasSize(1);
    assertThat(result.refused()).containsExactly(0, 0, 1);
    assertThat(result.reasons().getFirst())
        .contains("histogram of \"up\"")
        .contains("send_native_histograms: false");
  }

  @Test
  void takesFieldsInAnyOrderAndReferencesInEitherForm() {
    byte[] refs = concat(tag(1, 0), new byte[] {1}, tag(1, 0), new byte[] {2});
    byte[] series = concat(sample(), refs, field(1, new byte[] {3, 4}));
    byte[] symbols =
        concat(
            field(4, new byte[0]),
            text(4, "__name__"),
            text(4, "up"),
            text(4, "instance"),
            text(4, "i"));

    assertThat(parsing.remoteWrite(2, concat(field(5, series), symbols)).readings())
        .containsExactly(new Reading("i", "up", MICROS, 1));
  }

  @Test
  void refusesASeriesWhoseReferencesMakeNoLabels() {
    byte[] symbols = concat(field(4, new byte[0]), text(4, "__name__"));
    byte[] odd = concat(field(1, new byte[] {1, 1, 1}), sample());
    byte[] missing = concat(field(1, new byte[] {1, 2}), sample());
    byte[] huge = concat(field(1, new byte[] {1, -1, -1, -1, -1, 15}), sample());

    Result result =
        parsing.remoteWrite(2, concat(symbols, field(5, odd), field(5, missing), field(5, huge)));

    assertThat(result.refused()).containsExactly(0, 1, 2);
    assertThat(result.reasons().get(0)).contains("has a label without a value");
    assertThat(result.reasons().get(1)).contains("refers to symbol 2, there are 2");
    assertThat(result.reasons().get(2)).contains("refers to symbol 4294967295, there are 2");
  }

  @Test
  void skipsWhatItDoesNotKnow() {
    byte[] unknown =
        concat(
            tag(99, 0),
            new byte[] {-1, 1},
            tag(98, 1),
            new byte[8],
            tag(97, 5),
            new byte[4],
            field(96, new byte[] {7, 7, 7}));
    byte[] label = concat(unknown, text(1, "__name__"), text(2, "up"), unknown);
    byte[] device = concat(text(1, "instance"), text(2, "i"));
    byte[] series =
        concat(
            unknown,
            field(1, label),
            field(1, device),
            field(2, concat(unknown, tag(1, 1), new byte[8], unknown)));

    parsing.times = Parsing.ANY_TIME;
    assertThat(parsing.remoteWrite(1, concat(unknown, field(1, series), unknown)).readings())
        .containsExactly(new Reading("i", "up", 0, 0));
  }

  @Test
  void keepsNothingOfWhatIsNotProtobuf() {
    byte[] good = WriteRequests.v1(series(UP.toArray(String[]::new)));
    assertMalformed(1, concat(good, tag(1, 7)), "wire type 7");
    assertMalformed(1, concat(good, new byte[] {0}), "there is no field 0");
    assertMalformed(1, concat(good, group(9)), "wire type 3");
    assertMalformed(1, concat(good, tag(9, 2), new byte[] {5, 1}), "claims 5 bytes, there are 1");
    assertMalformed(1, concat(good, tag(9, 2), new byte[] {-1, -1, -1, -1, 15}), "claims");
    assertMalformed(1, concat(good, tag(9, 1), new byte[7]), "ends in the middle");
    assertMalformed(1, concat(good, tag(9, 5), new byte[3]), "ends in the middle");
    assertMalformed(1, concat(good, tag(9, 0), new byte[] {-1}), "a number ends in the middle");
    assertMalformed(
        1,
        concat(good, tag(9, 0), new byte[] {-1, -1, -1, -1, -1, -1, -1, -1, -1, -1, 1}),
        "more than 10 bytes");
    assertMalformed(1, concat(good, tag(1, 0), new byte[] {1}), "field 1 has wire type 0");
    assertMalformed(
        1, concat(good, field(1, field(2, tag(1, 0)))), "field 1 has wire type 0, expected 1");
    assertMalformed(1, concat(good, field(1, concat(tag(4, 0), new byte[1]))), "expected 2");
    assertMalformed(2, field(5, field(1, new byte[] {-1})), "a number ends in the middle");
    for (int cut = 1; cut < good.length; cut++) {
      Result result = parsing.remoteWrite(1, good, cut);
      boolean whole = result.outcome() instanceof Outcome.Parsed;
      assertThat(result.readings()).hasSize(whole && cut > 60 ? 1 : 0);
    }
  }

  @Test
  void refusesAMessageOfTheOtherVersion() {
    Series up = series(UP.toArray(String[]::new));

    assertMalformed(1, WriteRequests.v2(up), "other version of remote write");
    assertMalformed(2, WriteRequests.v1(up), "other version of remote write");
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2})
  void takesAnEmptyMessage(int version) {
    assertThat(parsing.remoteWrite(version, new byte[0]).outcome())
        .isInstanceOf(Outcome.Parsed.class);
  }

  @Test
  void refusesDevicesThatAreNotTheTokens() {
    parsing.devices.set("lab-");

    assertThat(parse(1, series("__name__", "up", "instance", "web-1")).reasons())
        .singleElement()
        .asString()
        .contains("none of this token's");
  }

  @Test
  void takesInstanceAtItsPlaceAmongTheDeviceTags() {
    var into = new ReadingBuffer(64, 1 << 20);
    var parser =
        new RemoteWriteParser(
            List.of("instance", "device"), new DevicePrefix(), new Remarks(), more -> {});
    var rejections = new Rejections();
    byte[] body =
        WriteRequests.v1(
            series("__name__", "disk", "device", "sda", "instance", "i"), series("__name__", "x"));

    parser.version1().parse(body, body.length, Parsing.ANY_TIME, into, rejections);

    assertThat(into.count()).isEqualTo(1);
    assertThat(new String(into.array(), 18, 1, ISO_8859_1)).isEqualTo("i");
    assertThat(rejections.reason(0)).contains("none of the labels instance, device is present");
  }

  @Test
  void keepsNothingOfWhatDoesNotFit() {
    var into = new ReadingBuffer(64, 64);
    var rejections = new Rejections();
    var remarks = new Remarks();
    var parser = new RemoteWriteParser(List.of(), new DevicePrefix(), remarks, more -> {});
    Series up = series(UP.toArray(String[]::new));
    byte[] body = WriteRequests.v1(series("__name__", "x"), up, up, up, up);

    Outcome outcome =
        parser.version1().parse(body, body.length, Parsing.ANY_TIME, into, rejections);

    assertThat(outcome).isInstanceOf(Outcome.TooLarge.class);
    assertThat(into.count()).isZero();
    assertThat(rejections.count()).isZero();
  }

  /** Also for series that are different each time, and whose labels have to be sorted. */
  @ParameterizedTest
  @ValueSource(ints = {1, 2})
  void allocatesNothingPerSample(int version) {
    var threads = (com.sun.management.ThreadMXBean) ManagementFactory.getThreadMXBean();
    Series[] all = new Series[1_000];
    for (int i = 0; i < all.length; i++) {
      String job = "job-" + i;
      all[i] = series("__name__", "up", "job", job, "instance", "web-1", "a", "b");
    }
    byte[] body = WriteRequests.of(version, all);
    var into = new ReadingBuffer(1 << 20, 1 << 20);
    var rejections = new Rejections();
    var parser = new RemoteWriteParser(List.of("host"), new DevicePrefix(), new Remarks(), m -> {});
    Codec codec = version == 1 ? parser.version1() : parser.version2();
    for (int i = 0; i < 200; i++) {
      codec.parse(body, body.length, Parsing.ANY_TIME, into, rejections);
    }

    long before = threads.getCurrentThreadAllocatedBytes();
    codec.parse(body, body.length, Parsing.ANY_TIME, into, rejections);
    long allocated = threads.getCurrentThreadAllocatedBytes() - before;

    assertThat(into.count()).isEqualTo(1_000);
    // Of version 2, the symbols of an unusually large request.
    assertThat(allocated).isLessThan(version == 1 ? 2_000 : 100_000);
  }

  @Test
  void asksForTheMemoryThatSymbolsTakeAndGivesItUp() {
    AtomicLong claimed = new AtomicLong();
    var parser =
        new RemoteWriteParser(List.of(), new DevicePrefix(), new Remarks(), claimed::addAndGet);
    byte[] body =
        message(out -> {
          for (int i = 0; i < 100_000; i++) {
            out.writeString(4, "");
          }
        });

    for (int i = 1; i <= 2; i++) {
      parser
          .version2()
          .parse(body, body.length, Parsing.ANY_TIME, new ReadingBuffer(1, 64), new Rejections());
      assertThat(claimed.get()).isBetween(i * 790_000L, i * 1_600_000L);
    }
  }

  private Result parse(int version, Series... series) {
    return parsing.remoteWrite(version, WriteRequests.of(version, series));
  }

  private static Series series(String... labels) {
    return new Series(List.of(labels), new Sample(1, MS));
  }

  private static byte[] sample() {
    return field(
        2,
        message(out -> {
          out.writeDouble(1, 1);
          out.writeInt64(2, MS);
        }));
  }

  private static byte[] text(int number, String text) {
    return message(out -> out.writeString(number, text));
  }

  private void assertMalformed(int version, byte[] body, String reason) {
    Result result = parsing.remoteWrite(version, body);
    assertThat(result.outcome())
        .isInstanceOfSatisfying(
            Outcome.Undecodable.class, bad -> assertThat(bad.reason()).contains(reason));
    assertThat(result.readings()).isEmpty();
    assertThat(result.refused()).isEmpty();
  }
}
