package dev.sluice.ingest.format.otlp;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assertions.assertTimeout;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.UnknownFieldSet;
import com.google.protobuf.util.JsonFormat;
import dev.sluice.ingest.format.IgnoredKind;
import dev.sluice.ingest.format.Outcome;
import dev.sluice.ingest.http.Parsing;
import dev.sluice.ingest.http.Parsing.Result;
import dev.sluice.reading.Reading;
import io.opentelemetry.proto.collector.metrics.v1.ExportMetricsServiceRequest;
import io.opentelemetry.proto.common.v1.AnyValue;
import io.opentelemetry.proto.common.v1.ArrayValue;
import io.opentelemetry.proto.common.v1.KeyValue;
import io.opentelemetry.proto.common.v1.KeyValueList;
import io.opentelemetry.proto.metrics.v1.AggregationTemporality;
import io.opentelemetry.proto.metrics.v1.ExponentialHistogram;
import io.opentelemetry.proto.metrics.v1.ExponentialHistogramDataPoint;
import io.opentelemetry.proto.metrics.v1.Gauge;
import io.opentelemetry.proto.metrics.v1.Histogram;
import io.opentelemetry.proto.metrics.v1.HistogramDataPoint;
import io.opentelemetry.proto.metrics.v1.Metric;
import io.opentelemetry.proto.metrics.v1.NumberDataPoint;
import io.opentelemetry.proto.metrics.v1.ResourceMetrics;
import io.opentelemetry.proto.metrics.v1.ScopeMetrics;
import io.opentelemetry.proto.metrics.v1.Sum;
import io.opentelemetry.proto.metrics.v1.Summary;
import io.opentelemetry.proto.metrics.v1.SummaryDataPoint;
import io.opentelemetry.proto.resource.v1.Resource;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Requests made with OpenTelemetry's own messages, in both encodings. */
class OtlpParserTest {
  private static final long TS = Parsing.NOW - 1_000_000;
  private static final long NANOS = TS * 1_000 + 999;

  private final Parsing parsing = new Parsing();

  @Test
  void readsGaugesAndSumsOfDoublesAndIntegers() {
    Result result =
        both(
            gauge("temp", number().setAsDouble(21.5)),
            gauge("count", number().setAsInt(-7)),
            Metric.newBuilder()
                .setName("total")
                .setSum(
                    Sum.newBuilder()
                        .setIsMonotonic(true)
                        .setAggregationTemporality(
                            AggregationTemporality.AGGREGATION_TEMPORALITY_DELTA)
                        .addDataPoints(number().setAsInt(Long.MAX_VALUE)))
                .build());

    assertThat(result.readings())
        .containsExactly(
            new Reading("h", "temp", TS, 21.5),
            new Reading("h", "count", TS, -7),
            new Reading("h", "total", TS, Long.MAX_VALUE));
    assertThat(result.refused()).isEmpty();
  }

  @Test
  void makesLabelsOfAttributesSortedWhateverTheirType() {
    Result result =
        both(
            gauge(
                "m",
                number()
                    .setAsDouble(1)
                    .addAttributes(attribute("z", text("a\"b\\c")))
                    .addAttributes(attribute("d", AnyValue.newBuilder().setDoubleValue(0.5)))
                    .addAttributes(attribute("w", AnyValue.newBuilder().setDoubleValue(3)))
                    .addAttributes(attribute("i", AnyValue.newBuilder().setIntValue(-3)))
                    .addAttributes(attribute("b", AnyValue.newBuilder().setBoolValue(true)))
                    .addAttributes(attribute("none", AnyValue.newBuilder()))));

    assertThat(result.readings())
        .extracting(Reading::metric)
        .containsExactly("m{b=\"true\",d=\"0.5\",i=\"-3\",none=\"\",w=\"3\",z=\"a\\\"b\\\\c\"}");
  }

  @Test
  void readsBucketsOfHistogramsAsCumulativeCounts() {
    Result result =
        both(
            histogram(
                histogramPoint()
                    .setCount(9)
                    .setSum(4.5)
                    .setMin(0.1)
                    .setMax(2)
                    .addAllBucketCounts(List.of(2L, 3L, 4L))
                    .addAllExplicitBounds(List.of(0.5, 10.0))
                    .addAttributes(attribute("a", text("x")))
                    .addAttributes(attribute("z", text("y")))));

    assertThat(result.readings())
        .containsExactly(
            new Reading("h", "took_count{a=\"x\",z=\"y\"}", TS, 9),
            new Reading("h", "took_sum{a=\"x\",z=\"y\"}", TS, 4.5),
            new Reading("h", "took_min{a=\"x\",z=\"y\"}", TS, 0.1),
            new Reading("h", "took_max{a=\"x\",z=\"y\"}", TS, 2),
            new Reading("h", "took_bucket{a=\"x\",le=\"0.5\",z=\"y\"}", TS, 2),
            new Reading("h", "took_bucket{a=\"x\",le=\"10\",z=\"y\"}", TS, 5),
            new Reading("h", "took_bucket{a=\"x\",le=\"+Inf\",z=\"y\"}", TS, 9));
  }

  @Test
  void readsHistogramsWithoutBucketsOrSum() {
    Result result = both(histogram(histogramPoint().setCount(9)));

    assertThat(result.readings()).containsExactly(new Reading("h", "took_count", TS, 9));
  }

  @Test
  void keepsTheTotalsOfExponentialHistogramsAndCountsTheirBuckets() {
    Result result =
        both(
            Metric.newBuilder()
                .setName("took")
                .setExponentialHistogram(
                    ExponentialHistogram.newBuilder()
                        .addDataPoints(
                            ExponentialHistogramDataPoint.newBuilder()
                                .setTimeUnixNano(NANOS)
                                .setCount(5)
                                .setSum(6.5)
                                .setScale(3)
                                .setZeroCount(1)
                                .setMin(1)
                                .setMax(2)
                                .setPositive(
                                    ExponentialHistogramDataPoint.Buckets.newBuilder()
                                        .setOffset(2)
                                        .addBucketCounts(4))
                                .addAttributes(attribute("a", text("x")))))
                .build());

    assertThat(result.readings())
        .containsExactly(
            new Reading("h", "took_count{a=\"x\"}", TS, 5),
            new Reading("h", "took_sum{a=\"x\"}", TS, 6.5),
            new Reading("h", "took_min{a=\"x\"}", TS, 1),
            new Reading("h", "took_max{a=\"x\"}", TS, 2));
    assertThat(parsing.remarks.ignored(IgnoredKind.ARRAY)).isEqualTo(1);
  }

  @Test
  void readsSummariesAndLeavesOutQuantilesOfNothing() {
    Result result =
        both(
            Metric.newBuilder()
                .setName("took")
                .setSummary(
                    Summary.newBuilder()
                        .addDataPoints(
                            SummaryDataPoint.newBuilder()
                                .setTimeUnixNano(NANOS)
                                .setCount(3)
                                .addQuantileValues(quantile(0, 1))
                                .addQuantileValues(quantile(0.5, 2))
                                .addQuantileValues(quantile(0.99, Double.NaN))))
                .build());

    assertThat(result.readings())
        .containsExactly(
            new Reading("h", "took_count", TS, 3),
            new Reading("h", "took_sum", TS, 0),
            new Reading("h", "took{quantile=\"0\"}", TS, 1),
            new Reading("h", "took{quantile=\"0.5\"}", TS, 2));
    assertThat(parsing.remarks.ignored(IgnoredKind.NUMBER)).isEqualTo(1);
  }

  @Test
  void skipsAndCountsPointsWithoutARecordedValue() {
    Result result = both(gauge("m", number().setFlags(1), number().setAsDouble(2)));

    assertThat(result.readings()).containsExactly(new Reading("h", "m", TS, 2));
    assertThat(result.refused()).isEmpty();
    assertThat(parsing.remarks.ignored(IgnoredKind.NULL)).isEqualTo(1);
  }

  @Test
  void givesPointsWithoutATimeTheTimeOfReceipt() {
    Result result = both(gauge("m", number().setTimeUnixNano(0).setAsDouble(2)));

    assertThat(result.readings()).containsExactly(new Reading("h", "m", Parsing.NOW, 2));
  }

  @Test
  void refusesATimeThatLooksLikeSecondsAndSaysSo() {
    parsing.times = Parsing.USUAL;

    Result result = both(gauge("m", number().setTimeUnixNano(1_795_300_000L).setAsDouble(2)));

    assertThat(result.readings()).isEmpty();
    assertThat(result.reasons())
        .singleElement()
        .asString()
        .startsWith(
            "metric \"m\" has the time 1795300000 in nanoseconds, which is 1970-01-01: seconds?"
                + " Send nanoseconds. Accepted: 2000-01-01");
  }

  @Test
  void countsNothingOfWhatIsRefused() {
    parsing.times = Parsing.USUAL;
    ExponentialHistogramDataPoint.Builder point =
        ExponentialHistogramDataPoint.newBuilder()
            .setTimeUnixNano(1)
            .setPositive(ExponentialHistogramDataPoint.Buckets.newBuilder().addBucketCounts(4));
    SummaryDataPoint.Builder summary =
        SummaryDataPoint.newBuilder()
            .setTimeUnixNano(1)
            .addQuantileValues(quantile(0.99, Double.NaN));

    Result result =
        both(
            Metric.newBuilder()
                .setName("e")
                .setExponentialHistogram(ExponentialHistogram.newBuilder().addDataPoints(point))
                .build(),
            Metric.newBuilder()
                .setName("s")
                .setSummary(Summary.newBuilder().addDataPoints(summary))
                .build());

    assertThat(result.refused()).containsExactly(0, 1);
    assertThat(parsing.remarks.isEmpty()).isTrue();
  }

  @Test
  void refusesATimeBeyondTheYear2262AsOneAhead() {
    parsing.times = Parsing.USUAL;

    Result result = both(gauge("m", number().setTimeUnixNano(-1).setAsDouble(2)));

    assertThat(result.reasons())
        .singleElement()
        .asString()
        .contains("18446744073709551615", "a clock that is ahead?");
  }

  @Test
  void storesABadTimeAtTheTimeOfReceiptIfConfigured() {
    parsing.times = Parsing.RESTAMPING;

    Result result =
        both(histogram(histogramPoint().setTimeUnixNano(1_795_300_000L).setCount(1).setSum(2)));

    assertThat(result.readings())
        .containsExactly(
            new Reading("h", "took_count", Parsing.NOW, 1),
            new Reading("h", "took_sum", Parsing.NOW, 2));
    assertThat(parsing.remarks.restamped()).isEqualTo(2);
  }

  @Test
  void takesTheDeviceFromTheResourceBeforeThePointAndInTheConfiguredOrder() {
    Metric metric =
        gauge("m", number().setAsDouble(1).addAttributes(attribute("device.id", text("p"))));

    assertThat(
            both(request(resource("service.instance.id", "i", "host.name", "h"), metric))
                .readings())
        .containsExactly(new Reading("h", "m{device.id=\"p\"}", TS, 1));
    assertThat(both(request(resource("service.name", "s"), metric)).readings())
        .containsExactly(new Reading("p", "m", TS, 1));
    assertThat(both(request(resource("host.name", ""), metric)).readings())
        .containsExactly(new Reading("p", "m", TS, 1));
  }

  @Test
  void takesAnIntegerForTheDevice() {
    Resource resource =
        Resource.newBuilder()
            .addAttributes(attribute("device.id", AnyValue.newBuilder().setIntValue(17)))
            .build();

    assertThat(both(request(resource, gauge("m", number().setAsInt(1)))).readings())
        .containsExactly(new Reading("17", "m", TS, 1));
  }

  @Test
  void refusesPointsWithoutADevice() {
    Result result = both(request(resource("service.name", "s"), gauge("m", number().setAsInt(1))));

    assertThat(result.readings()).isEmpty();
    assertThat(result.reasons())
        .containsExactly(
            "metric \"m\" has no device: neither its resource nor itself has one of the attributes"
                + " device.id, host.name, service.instance.id (ingest.otlp-device-attributes)");
  }

  @Test
  void refusesOtherDevicesThanATokenMayWrite() {
    parsing.devices.set("plant-");

    Result result = both(gauge("m", number().setAsInt(1)));

    assertThat(result.reasons().getFirst()).contains("none of this token's");
  }

  @Test
  void refusesADeviceThatIsTooLong() {
    Result result =
        both(request(resource("host.name", "x".repeat(129)), gauge("m", number().setAsInt(1))));

    assertThat(result.reasons().getFirst()).contains("has 129 bytes, allowed are 1..128");
  }

  @Test
  void refusesPointsByIndexAndKeepsTheOthers() {
    Result result =
        both(
            gauge(
                "m",
                number().setAsDouble(1),
                number().setAsDouble(Double.NaN),
                number().setAsDouble(2)),
            gauge("n", number(), number().setAsDouble(Double.NEGATIVE_INFINITY)));

    assertThat(result.readings()).extracting(Reading::value).containsExactly(1.0, 2.0);
    assertThat(result.refused()).containsExactly(1, 3, 4);
    assertThat(result.reasons())
        .containsExactly(
            "metric \"m\" is not finite",
            "metric \"n\" has no value",
            "metric \"n\" is not finite");
  }

  @Test
  void refusesAHistogramAsAWhole() {
    Result result =
        both(
            histogram(histogramPoint().setCount(1).setSum(Double.NaN)),
            histogram(histogramPoint().setCount(1).setMax(Double.POSITIVE_INFINITY)),
            histogram(
                histogramPoint()
                    .setCount(1)
                    .addAllBucketCounts(List.of(1L, 2L))
                    .addAllExplicitBounds(List.of(1.0, 2.0))),
            histogram(
                histogramPoint()
                    .setCount(1)
                    .addAllBucketCounts(List.of(1L, 2L, 3L))
                    .addAllExplicitBounds(List.of(2.0, 2.0))),
            histogram(
                histogramPoint()
                    .setCount(1)
                    .addAllBucketCounts(List.of(1L, 2L))
                    .addAllExplicitBounds(List.of(Double.POSITIVE_INFINITY))));

    assertThat(result.readings()).isEmpty();
    assertThat(result.reasons())
        .containsExactly(
            "metric \"took\" has a sum not finite",
            "metric \"took\" has a max not finite",
            "metric \"took\" has 2 bounds and 2 bucket counts, where there must be 3",
            "metric \"took\" has bounds that are not finite, or do not grow",
            "metric \"took\" has bounds that are not finite, or do not grow");
  }

  @Test
  void refusesMoreBucketsAndQuantilesThanAllowed() {
    HistogramDataPoint.Builder buckets = histogramPoint().setCount(1).addBucketCounts(1);
    SummaryDataPoint.Builder quantiles = SummaryDataPoint.newBuilder().setTimeUnixNano(NANOS);
    for (int i = 0; i <= DataPoint.MAX_BUCKETS; i++) {
      buckets.addBucketCounts(1).addExplicitBounds(i);
      quantiles.addQuantileValues(quantile(i, i));
    }

    Result result =
        both(
            histogram(buckets),
            Metric.newBuilder()
                .setName("s")
                .setSummary(Summary.newBuilder().addDataPoints(quantiles))
                .build());

    assertThat(result.readings()).isEmpty();
    assertThat(result.reasons())
        .containsExactly(
            "metric \"took\" has 1001 bounds, allowed are 1000",
            "metric \"s\" has 1001 quantiles, allowed are 1000");
  }

  @Test
  void refusesAttributesThatCannotBeLabels() {
    AnyValue.Builder array =
        AnyValue.newBuilder().setArrayValue(ArrayValue.newBuilder().addValues(text("x")));
    AnyValue.Builder object =
        AnyValue.newBuilder()
            .setKvlistValue(KeyValueList.newBuilder().addValues(attribute("k", text("v"))));
    AnyValue.Builder bytes = AnyValue.newBuilder().setBytesValue(ByteString.copyFromUtf8("b"));
    NumberDataPoint.Builder twice =
        number()
            .setAsInt(1)
            .addAttributes(attribute("a", text("x")))
            .addAttributes(attribute("a", text("y")));
    NumberDataPoint.Builder many = number().setAsInt(1);
    for (int i = 0; i < 65; i++) {
      many.addAttributes(attribute("a" + i, text("")));
    }

    Result result =
        both(
            gauge("m", number().setAsInt(1).addAttributes(attribute("a", array))),
            gauge("m", number().setAsInt(1).addAttributes(attribute("a", object))),
            gauge("m", number().setAsInt(1).addAttributes(attribute("a", bytes))),
            gauge("m", number().setAsInt(1).addAttributes(attribute("", text("x")))),
            gauge("m", twice),
            gauge("m", many),
            histogram(
                histogramPoint().addBucketCounts(1).addAttributes(attribute("le", text("mine")))));

    assertThat(result.readings()).isEmpty();
    assertThat(result.reasons())
        .containsExactly(
            "metric \"m\" has the attribute \"a\", whose value is an array, which cannot be a label",
            "metric \"m\" has the attribute \"a\", whose value is an object, which cannot be a"
                + " label",
            "metric \"m\" has the attribute \"a\", whose value is bytes, which cannot be a label",
            "metric \"m\" has an attribute without a key",
            "metric \"m\" has the attribute \"a\" twice",
            "metric \"m\" has more than 64 attributes",
            "metric \"took\" has the attribute \"le\" twice");
  }

  @Test
  void refusesNamesThatNoStoreTakes() {
    Result result =
        both(
            gauge("", number().setAsInt(1)),
            gauge("x".repeat(256), number().setAsInt(1)),
            gauge("a\nb", number().setAsInt(1)),
            gauge("m", number().setAsInt(1).addAttributes(attribute("a", text("\u0000")))));

    assertThat(result.readings()).isEmpty();
    assertThat(result.reasons().get(0)).isEqualTo("metric \"\" has no name");
    assertThat(result.reasons().get(1)).contains("a metric of 256 bytes");
    assertThat(result.reasons().get(2)).contains("control character");
    assertThat(result.reasons().get(3)).contains("control character");
  }

  @Test
  void keepsANameOfTheGreatestLengthEvenWithLabels() {
    String name = "n".repeat(255 - "{a=\"x\"}".length());

    Result result =
        both(gauge(name, number().setAsInt(1).addAttributes(attribute("a", text("x")))));

    assertThat(result.readings()).extracting(Reading::metric).containsExactly(name + "{a=\"x\"}");
  }

  @Test
  void refusesAMetricWithoutDataThatIsKnown() {
    Result result = both(Metric.newBuilder().setName("new").build());

    assertThat(result.refused()).containsExactly(0);
    assertThat(result.reasons().getFirst()).contains("\"new\"", "none of the kinds of data");
  }

  @Test
  void takesRequestsWithoutAnything() {
    assertThat(both(ExportMetricsServiceRequest.getDefaultInstance()).readings()).isEmpty();
    assertThat(parsing.otlpProtobuf(new byte[0]).outcome()).isEqualTo(Outcome.Parsed.INSTANCE);
    assertThat(parsing.otlpJson(new byte[0]).outcome()).isEqualTo(Outcome.Empty.INSTANCE);
  }

  @Test
  void clearsWhatThePreviousRequestLeft() {
    both(gauge("m", number().setAsDouble(Double.NaN)));

    Result result = both(gauge("m", number().setAsDouble(1)));

    assertThat(result.readings()).hasSize(1);
    assertThat(result.refused()).isEmpty();
  }

  @Test
  void saysTooLargeIfTheReadingsDoNotFit() {
    // Each metric differs from the one before it, so each takes its 250 bytes of the buffer.
    NumberDataPoint.Builder point =
        number().setAsInt(1).addAttributes(attribute("a", text("x".repeat(240))));
    Gauge.Builder gauge = Gauge.newBuilder();
    for (int i = 0; i < 300_000; i++) {
      gauge.addDataPoints(point);
      if (i % 2 == 1) {
        point.setAttributes(0, attribute("a", text("x".repeat(240))));
      } else {
        point.setAttributes(0, attribute("a", text("y".repeat(240))));
      }
    }

    Result result =
        parsing.otlpProtobuf(
            request(
                    resource("host.name", "h"),
                    Metric.newBuilder().setName("m").setGauge(gauge).build())
                .toByteArray());

    assertThat(result.outcome()).isEqualTo(Outcome.TooLarge.INSTANCE);
    assertThat(result.readings()).isEmpty();
  }

  // Protobuf alone.

  @Test
  void readsProtobufFieldsInAnyOrder() throws IOException {
    Metric data = gauge("", number().setAsDouble(1));
    byte[] metric =
        concat(field(5, data.getGauge().toByteArray()), field(1, "late".getBytes(UTF_8)));
    byte[] scope = field(2, metric);
    byte[] resource = resource("host.name", "h").toByteArray();

    Result result = parsing.otlpProtobuf(field(1, concat(field(2, scope), field(1, resource))));

    assertThat(result.readings()).containsExactly(new Reading("h", "late", TS, 1));
  }

  @Test
  void readsALongDeviceOfManyPointsNoMoreThanOnce() throws IOException {
    NumberDataPoint.Builder[] points = new NumberDataPoint.Builder[100_000];
    Arrays.fill(points, number().setAsDouble(1));
    byte[] resource = resource("host.name", "x".repeat(4 << 20)).toByteArray();
    byte[] metric = gauge("m", points).toByteArray();
    byte[] body = field(1, concat(field(1, resource), field(2, field(2, metric))));

    Result result = assertTimeout(Duration.ofSeconds(20), () -> parsing.otlpProtobuf(body));

    assertThat(result.readings()).isEmpty();
    assertThat(parsing.rejections.count()).isEqualTo(points.length);
  }

  @Test
  void readsBucketsThatAreNotPacked() throws IOException {
    var bytes = new ByteArrayOutputStream();
    CodedOutputStream out = CodedOutputStream.newInstance(bytes);
    out.writeFixed64(3, NANOS);
    out.writeFixed64(4, 3);
    out.writeFixed64(6, 1);
    out.writeFixed64(6, 2);
    out.writeDouble(7, 0.5);
    out.flush();
    byte[] metric =
        concat(field(1, "took".getBytes(UTF_8)), field(9, field(1, bytes.toByteArray())));
    byte[] resource = resource("host.name", "h").toByteArray();

    Result result =
        parsing.otlpProtobuf(field(1, concat(field(1, resource), field(2, field(2, metric)))));

    assertThat(result.readings())
        .containsExactly(
            new Reading("h", "took_count", TS, 3),
            new Reading("h", "took_bucket{le=\"0.5\"}", TS, 1),
            new Reading("h", "took_bucket{le=\"+Inf\"}", TS, 3));
  }

  @Test
  void skipsProtobufFieldsThatItDoesNotKnow() {
    UnknownFieldSet unknown =
        UnknownFieldSet.newBuilder()
            .addField(99, UnknownFieldSet.Field.newBuilder().addVarint(1).build())
            .addField(100, UnknownFieldSet.Field.newBuilder().addFixed32(2).build())
            .addField(101, UnknownFieldSet.Field.newBuilder().addFixed64(3).build())
            .addField(
                102,
                UnknownFieldSet.Field.newBuilder()
                    .addLengthDelimited(ByteString.copyFromUtf8("x"))
                    .build())
            .build();
    Metric metric =
        gauge("m", number().setAsDouble(1).setUnknownFields(unknown)).toBuilder()
            .setUnknownFields(unknown)
            .build();

    Result result = parsing.otlpProtobuf(request(resource("host.name", "h"), metric).toByteArray());

    assertThat(result.readings()).containsExactly(new Reading("h", "m", TS, 1));
  }

  @Test
  void saysWhereProtobufIsBroken() throws IOException {
    byte[] good =
        request(resource("host.name", "h"), gauge("m", number().setAsDouble(1))).toByteArray();
    byte[] cut = Arrays.copyOf(good, good.length - 1);

    assertThat(broken(cut))
        .isEqualTo(new Outcome.Undecodable(1, "field 1 claims 49 bytes, there are 48"));
    assertThat(broken(new byte[] {0x0b}))
        .isEqualTo(new Outcome.Undecodable(1, "field 1 has wire type 3"));
    assertThat(broken(new byte[] {0x00}))
        .isEqualTo(new Outcome.Undecodable(0, "there is no field 0"));
    assertThat(broken(new byte[] {0x08, (byte) 0x80}))
        .isEqualTo(new Outcome.Undecodable(1, "a number ends in the middle"));
    assertThat(broken(new byte[] {0x09, 1}))
        .isEqualTo(new Outcome.Undecodable(1, "field 1 ends in the middle"));
    assertThat(broken(new byte[] {0x0d, 1}))
        .isEqualTo(new Outcome.Undecodable(1, "field 1 ends in the middle"));
    byte[] endless = new byte[12];
    Arrays.fill(endless, (byte) 0xff);
    assertThat(broken(endless))
        .isEqualTo(new Outcome.Undecodable(0, "a number has more than 10 bytes"));
    byte[] odd = field(1, field(2, field(2, field(9, field(1, field(6, new byte[7]))))));
    assertThat(broken(odd).reason()).isEqualTo("field 6 ends in the middle");
    assertThat(broken("{}".getBytes(UTF_8)).reason()).isNotEmpty();
  }

  @Test
  void doesNotLookIntoNestedValuesHoweverDeep() throws IOException {
    byte[] value = {};
    for (int i = 0; i < 5_000; i++) {
      value = field(6, field(1, field(2, value)));
    }
    byte[] attribute = concat(field(1, "a".getBytes(UTF_8)), field(2, value));
    byte[] point = concat(number().setAsDouble(1).build().toByteArray(), field(7, attribute));
    byte[] metric = concat(field(1, "m".getBytes(UTF_8)), field(5, field(1, point)));

    Result result = parsing.otlpProtobuf(field(1, field(2, field(2, metric))));

    assertThat(result.outcome()).isEqualTo(Outcome.Parsed.INSTANCE);
    assertThat(result.reasons().getFirst()).contains("\"a\", whose value is an object");
  }

  @Test
  void refusesPointsWhoseTextsAreNotUtf8() throws IOException {
    byte[] point = number().setAsDouble(1).build().toByteArray();
    byte[] metric = concat(field(1, new byte[] {(byte) 0xc2}), field(5, field(1, point)));
    byte[] name = field(2, field(1, new byte[] {(byte) 0xff}));
    byte[] host = field(1, concat(field(1, "host.name".getBytes(UTF_8)), name));
    byte[] good = resource("host.name", "h").toByteArray();

    assertThat(
            parsing
                .otlpProtobuf(field(1, concat(field(1, good), field(2, field(2, metric)))))
                .reasons()
                .getFirst())
        .contains("not valid UTF-8");
    assertThat(
            parsing
                .otlpProtobuf(
                    field(
                        1,
                        concat(
                            field(1, host),
                            field(2, field(2, gauge("m", number().setAsInt(1)).toByteArray())))))
                .reasons()
                .getFirst())
        .contains("a device that is not valid UTF-8");
  }

  // JSON alone.

  @Test
  void readsJsonMembersInAnyOrderAndSkipsOthers() {
    Result result =
        json(
            """
            {"x":[{}],"resourceMetrics":[{"scopeMetrics":[{"metrics":[
              {"gauge":{"dataPoints":[{"asDouble":1.5,"timeUnixNano":"0","exemplars":[{}]}]},
               "unit":"1","name":"l\\u0061te"}]}],
              "resource":{"attributes":[{"value":{"stringValue":"\\u0068"},"key":"host.name"}],
                "droppedAttributesCount":0}}]}
            """);

    assertThat(result.outcome()).isEqualTo(Outcome.Parsed.INSTANCE);
    assertThat(result.readings()).containsExactly(new Reading("h", "late", Parsing.NOW, 1.5));
  }

  @Test
  void readsJsonNullAsLeftOut() {
    Result result =
        json(
            """
            {"resourceMetrics":[null,{"resource":null,"scopeMetrics":null},
              {"resource":{"attributes":null},"scopeMetrics":[{"metrics":[{"name":null,"sum":null,
                "gauge":{"dataPoints":[{"asInt":null,"asDouble":2,"timeUnixNano":null,
                  "attributes":[{"key":"host.name","value":{"stringValue":"h"}},
                    {"key":"n","value":null}]}]}}]}]}]}
            """);

    assertThat(result.outcome()).isEqualTo(Outcome.Parsed.INSTANCE);
    assertThat(result.reasons()).containsExactly("metric \"\" has no name");
  }

  @ParameterizedTest
  @CsvSource(
      quoteCharacter = '`',
      value = {
        "`\"asInt\":\"-9223372036854775808\"`,-9.223372036854775808e18",
        "`\"asInt\":42`,42",
        "`\"asDouble\":\"1.5e3\"`,1500",
        "`\"asDouble\":-0.25`,-0.25"
      })
  void readsNumbersInBothForms(String member, double value) {
    assertThat(json(point(member)).readings()).extracting(Reading::value).containsExactly(value);
  }

  @ParameterizedTest
  @ValueSource(strings = {"\"NaN\"", "\"Infinity\"", "\"-Infinity\"", "1e999"})
  void refusesNumbersThatAreNotFinite(String number) {
    Result result = json(point("\"asDouble\":" + number));

    assertThat(result.outcome()).isEqualTo(Outcome.Parsed.INSTANCE);
    assertThat(result.reasons()).containsExactly("metric \"m\" is not finite");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "[]",
        "{",
        "{}x",
        "nonsense",
        "{\"resource_metrics\":[]}",
        "{\"resourceSpans\":[]}",
        "{\"resourceMetrics\":{}}",
        "{\"resourceMetrics\":[1]}",
        "{\"resourceMetrics\":[{\"resource\":{},\"resource\":{}}]}",
        "{\"resourceMetrics\":[{\"scopeMetrics\":[],\"scopeMetrics\":[]}]}",
        "{\"resourceMetrics\":[{\"scopeMetrics\":[{\"metrics\":[{\"name\":1}]}]}]}",
        "{\"resourceMetrics\":[{\"scopeMetrics\":[{\"metrics\":[{\"name\":\"a\",\"name\":\"b\"}]}]}]}",
        "{\"resourceMetrics\":[{\"scopeMetrics\":[{\"metrics\":[{\"sum\":{},\"gauge\":{}}]}]}]}"
      })
  void refusesBodiesThatAreNotOtlp(String body) {
    Result result = json(body);

    assertThat(result.outcome()).isInstanceOf(Outcome.Malformed.class);
    assertThat(result.readings()).isEmpty();
    assertThat(result.refused()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "\"asInt\":1.5",
        "\"asInt\":\"\"",
        "\"asInt\":\"9223372036854775808\"",
        "\"asInt\":true",
        "\"asDouble\":\"one\"",
        "\"asDouble\":{}",
        "\"timeUnixNano\":-1",
        "\"timeUnixNano\":\"18446744073709551616\"",
        "\"flags\":\"x\"",
        "\"attributes\":{}",
        "\"attributes\":[{\"key\":1}]",
        "\"attributes\":[{\"value\":{\"boolValue\":1}}]",
        "\"attributes\":[{\"value\":{\"intValue\":[]}}]"
      })
  void refusesBodiesWithMembersOfTheWrongKind(String member) {
    Result result = json(point(member));

    assertThat(result.outcome()).isInstanceOf(Outcome.Malformed.class);
    assertThat(result.readings()).isEmpty();
  }

  @Test
  void saysWhereJsonIsMalformed() {
    assertThat(json("{\n \"resourceMetrics\": 7}").outcome())
        .isEqualTo(new Outcome.Malformed(2, 21, "expected an array"));
  }

  @Test
  void refusesJsonThatIsNestedTooDeep() {
    Result result = json("{\"x\":" + "[".repeat(100_000));

    assertThat(result.outcome()).isInstanceOf(Outcome.Malformed.class);
  }

  private static String point(String member) {
    return "{\"resourceMetrics\":[{\"resource\":{\"attributes\":[{\"key\":\"host.name\","
        + "\"value\":{\"stringValue\":\"h\"}}]},\"scopeMetrics\":[{\"metrics\":[{\"name\":\"m\","
        + "\"gauge\":{\"dataPoints\":[{"
        + member
        + "}]}}]}]}]}";
  }

  private Result json(String body) {
    return parsing.otlpJson(body.getBytes(UTF_8));
  }

  private Outcome.Undecodable broken(byte[] body) {
    Result result = parsing.otlpProtobuf(body);
    assertThat(result.readings()).isEmpty();
    return (Outcome.Undecodable) result.outcome();
  }

  private Result both(Metric... metrics) {
    return both(request(resource("host.name", "h"), metrics));
  }

  /** Parses the request in both encodings, and finds the same in both. */
  private Result both(ExportMetricsServiceRequest request) {
    try {
      String json = JsonFormat.printer().printingEnumsAsInts().print(request);
      Result ofJson = parsing.otlpJson(json.getBytes(UTF_8));
      Result ofProtobuf = parsing.otlpProtobuf(request.toByteArray());
      assertThat(ofJson).isEqualTo(ofProtobuf);
      assertThat(ofProtobuf.outcome()).isEqualTo(Outcome.Parsed.INSTANCE);
      return ofProtobuf;
    } catch (InvalidProtocolBufferException e) {
      throw new AssertionError(e);
    }
  }

  private static ExportMetricsServiceRequest request(Resource resource, Metric... metrics) {
    return ExportMetricsServiceRequest.newBuilder()
        .addResourceMetrics(
            ResourceMetrics.newBuilder()
                .setResource(resource)
                .addScopeMetrics(ScopeMetrics.newBuilder().addAllMetrics(List.of(metrics))))
        .build();
  }

  private static Resource resource(String... attributes) {
    Resource.Builder resource = Resource.newBuilder();
    for (int i = 0; i < attributes.length; i += 2) {
      resource.addAttributes(attribute(attributes[i], text(attributes[i + 1])));
    }
    return resource.build();
  }

  private static Metric gauge(String name, NumberDataPoint.Builder... points) {
    Gauge.Builder gauge = Gauge.newBuilder();
    for (NumberDataPoint.Builder point : points) {
      gauge.addDataPoints(point);
    }
    return Metric.newBuilder().setName(name).setGauge(gauge).build();
  }

  private static Metric histogram(HistogramDataPoint.Builder point) {
    return Metric.newBuilder()
        .setName("took")
        .setHistogram(Histogram.newBuilder().addDataPoints(point))
        .build();
  }

  private static NumberDataPoint.Builder number() {
    return NumberDataPoint.newBuilder().setTimeUnixNano(NANOS);
  }

  private static HistogramDataPoint.Builder histogramPoint() {
    return HistogramDataPoint.newBuilder().setTimeUnixNano(NANOS);
  }

  private static SummaryDataPoint.ValueAtQuantile.Builder quantile(double quantile, double value) {
    return SummaryDataPoint.ValueAtQuantile.newBuilder().setQuantile(quantile).setValue(value);
  }

  private static KeyValue attribute(String key, AnyValue.Builder value) {
    return KeyValue.newBuilder().setKey(key).setValue(value).build();
  }

  private static AnyValue.Builder text(String value) {
    return AnyValue.newBuilder().setStringValue(value);
  }

  private static byte[] field(int number, byte[] bytes) throws IOException {
    var out = new ByteArrayOutputStream();
    CodedOutputStream coded = CodedOutputStream.newInstance(out);
    coded.writeByteArray(number, bytes);
    coded.flush();
    return out.toByteArray();
  }

  private static byte[] concat(byte[]... parts) {
    var out = new ByteArrayOutputStream();
    for (byte[] part : parts) {
      out.writeBytes(part);
    }
    return out.toByteArray();
  }
}
