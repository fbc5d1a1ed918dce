package dev.sluice.ingest.format.otlp;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.util.JsonFormat;
import dev.sluice.ingest.format.Outcome;
import dev.sluice.ingest.http.Parsing;
import dev.sluice.ingest.http.Parsing.Result;
import io.opentelemetry.proto.collector.metrics.v1.ExportMetricsServiceRequest;
import io.opentelemetry.proto.common.v1.AnyValue;
import io.opentelemetry.proto.common.v1.ArrayValue;
import io.opentelemetry.proto.common.v1.KeyValue;
import io.opentelemetry.proto.metrics.v1.ExponentialHistogramDataPoint;
import io.opentelemetry.proto.metrics.v1.HistogramDataPoint;
import io.opentelemetry.proto.metrics.v1.Metric;
import io.opentelemetry.proto.metrics.v1.NumberDataPoint;
import io.opentelemetry.proto.metrics.v1.ResourceMetrics;
import io.opentelemetry.proto.metrics.v1.ScopeMetrics;
import io.opentelemetry.proto.metrics.v1.SummaryDataPoint;
import io.opentelemetry.proto.resource.v1.Resource;
import java.util.Arrays;
import java.util.Optional;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Random requests, whole and damaged, with protobuf's own parser as the reference. {@code
 * -Dsluice.fuzz.inputs} sets how many in all, {@code -Dsluice.fuzz.seed} repeats a run.
 */
@Tag("slow")
class OtlpFuzzTest {
  private static final int INPUTS = Integer.getInteger("sluice.fuzz.inputs", 200_000) / 10;

  /** What a parser may claim for a body of this size: texts, and readings that wait. */
  private static final int CLAIMED_PER_BYTE = 64;

  private static final int CLAIMED_ANYWAY = 512 * 1024;

  private final long seed = Long.getLong("sluice.fuzz.seed", System.nanoTime());
  private final SplittableRandom random = new SplittableRandom(seed);
  private long claimed;
  private long room = Long.MAX_VALUE;
  private final Parsing parsing =
      new Parsing(bytes -> {
        if (claimed + bytes > room) {
          throw new FullException();
        }
        claimed += bytes;
      });

  private static final class FullException extends RuntimeException {
    private static final long serialVersionUID = 1;
  }

  @Test
  void readsTheSameInBothEncodings() throws InvalidProtocolBufferException {
    for (int i = 0; i < INPUTS / 4; i++) {
      ExportMetricsServiceRequest request = request();

      Result ofProtobuf = parsing.otlpProtobuf(request.toByteArray());
      Result ofJson = parsing.otlpJson(json(request));

      assertThat(ofProtobuf.outcome()).as(this::where).isEqualTo(Outcome.Parsed.INSTANCE);
      assertThat(ofJson).as(this::where).isEqualTo(ofProtobuf);
    }
  }

  @Test
  void readsDamagedProtobufAsItsOwnParserDoes() {
    int broken = 0;
    int read = 0;
    for (int i = 0; i < INPUTS; i++) {
      byte[] body = damaged(request().toByteArray());
      claimed = 0;

      Result result = parsing.otlpProtobuf(body);

      assertThat(claimed)
          .as(this::where)
          .isLessThanOrEqualTo((long) CLAIMED_PER_BYTE * body.length + CLAIMED_ANYWAY);
      if (result.outcome() instanceof Outcome.Undecodable) {
        assertThat(result.readings()).as(this::where).isEmpty();
        assertThat(result.refused()).as(this::where).isEmpty();
        broken++;
      }
      Optional<ExportMetricsServiceRequest> expected = reference(body);
      if (expected.isPresent() && !isOnlyRefusedHere(result.outcome())) {
        assertThat(result)
            .as(this::where)
            .isEqualTo(parsing.otlpProtobuf(expected.get().toByteArray()));
        read++;
      }
    }
    assertThat(broken).as(this::where).isPositive();
    assertThat(read).as(this::where).isPositive();
  }

  @Test
  void livesThroughDamagedJson() throws InvalidProtocolBufferException {
    int malformed = 0;
    int read = 0;
    for (int i = 0; i < INPUTS; i++) {
      byte[] body = damaged(json(request()));
      claimed = 0;

      Result result = parsing.otlpJson(body);

      assertThat(claimed)
          .as(this::where)
          .isLessThanOrEqualTo((long) CLAIMED_PER_BYTE * body.length + CLAIMED_ANYWAY);
      if (result.outcome() instanceof Outcome.Malformed) {
        assertThat(result.readings()).as(this::where).isEmpty();
        assertThat(result.refused()).as(this::where).isEmpty();
        malformed++;
      } else if (result.outcome() instanceof Outcome.Parsed) {
        read++;
      }
    }
    assertThat(malformed).as(this::where).isPositive();
    assertThat(read).as(this::where).isPositive();
  }

  @Test
  void passesOnThatThereIsNoRoomAndIsAsGoodAsNewAfterwards() throws Exception {
    HistogramDataPoint.Builder wide =
        HistogramDataPoint.newBuilder().setTimeUnixNano(Parsing.NOW * 1_000).addBucketCounts(1);
    for (int i = 0; i < 900; i++) {
      wide.addBucketCounts(i).addExplicitBounds(i);
    }
    ExportMetricsServiceRequest large =
        of(
            Metric.newBuilder()
                .setName("x".repeat(200))
                .setHistogram(
                    io.opentelemetry.proto.metrics.v1.Histogram.newBuilder().addDataPoints(wide))
                .build());
    Result expected = parsing.otlpProtobuf(large.toByteArray());

    for (int i = 0; i < 200; i++) {
      Parsing fresh =
          new Parsing(bytes -> {
            if (claimed + bytes > room) {
              throw new FullException();
            }
            claimed += bytes;
          });
      claimed = 0;
      room = random.nextLong(100_000);
      assertThatThrownBy(() -> fresh.otlpProtobuf(large.toByteArray()))
          .as(this::where)
          .isInstanceOf(FullException.class);
      claimed = 0;
      assertThatThrownBy(() -> fresh.otlpJson(json(large)))
          .as(this::where)
          .isInstanceOf(FullException.class);
      room = Long.MAX_VALUE;
      assertThat(fresh.otlpProtobuf(large.toByteArray())).as(this::where).isEqualTo(expected);
      assertThat(fresh.otlpJson(json(large))).as(this::where).isEqualTo(expected);
    }
  }

  private String where() {
    return "seed " + seed;
  }

  /** Protobuf's own parser knows groups, and takes a tenth byte of a number for its last. */
  private static boolean isOnlyRefusedHere(Outcome outcome) {
    return outcome instanceof Outcome.Undecodable broken
        && (broken.reason().contains("has wire type 3")
            || broken.reason().contains("has more than 10 bytes"));
  }

  /** What protobuf's own parser makes of the body; empty if it refuses it. */
  private static Optional<ExportMetricsServiceRequest> reference(byte[] body) {
    try {
      return Optional.of(ExportMetricsServiceRequest.parseFrom(body));
    } catch (InvalidProtocolBufferException e) {
      return Optional.empty();
    }
  }

  private static byte[] json(ExportMetricsServiceRequest request)
      throws InvalidProtocolBufferException {
    return JsonFormat.printer().printingEnumsAsInts().print(request).getBytes(UTF_8);
  }

  /** Cuts, repeats, moves and overwrites parts of a body. */
  private byte[] damaged(byte[] body) {
    byte[] bytes = body;
    for (int times = random.nextInt(1, 4); times > 0 && bytes.length > 2; times--) {
      int at = random.nextInt(bytes.length);
      int length = random.nextInt(1, Math.min(16, bytes.length - at) + 1);
      switch (random.nextInt(5)) {
        case 0 -> bytes[at] = (byte) random.nextInt(256);
        case 1 -> bytes[at] ^= (byte) (1 << random.nextInt(8));
        case 2 -> bytes = Arrays.copyOf(bytes, at + 1);
        case 3 -> {
          byte[] without = new byte[bytes.length - length];
          System.arraycopy(bytes, 0, without, 0, at);
          System.arraycopy(bytes, at + length, without, at, without.length - at);
          bytes = without;
        }
        default ->
            System.arraycopy(bytes, at, bytes, random.nextInt(bytes.length - length + 1), length);
      }
    }
    return bytes;
  }

  private ExportMetricsServiceRequest request() {
    ExportMetricsServiceRequest.Builder request = ExportMetricsServiceRequest.newBuilder();
    for (int resources = random.nextInt(3); resources > 0; resources--) {
      ScopeMetrics.Builder scope = ScopeMetrics.newBuilder();
      for (int metrics = random.nextInt(4); metrics > 0; metrics--) {
        scope.addMetrics(metric());
      }
      Resource.Builder resource = Resource.newBuilder();
      for (int attributes = random.nextInt(3); attributes > 0; attributes--) {
        resource.addAttributes(attribute());
      }
      request.addResourceMetrics(
          ResourceMetrics.newBuilder().setResource(resource).addScopeMetrics(scope));
    }
    return request.build();
  }

  private static ExportMetricsServiceRequest of(Metric metric) {
    Resource resource =
        Resource.newBuilder()
            .addAttributes(
                KeyValue.newBuilder()
                    .setKey("host.name")
                    .setValue(AnyValue.newBuilder().setStringValue("h")))
            .build();
    return ExportMetricsServiceRequest.newBuilder()
        .addResourceMetrics(
            ResourceMetrics.newBuilder()
                .setResource(resource)
                .addScopeMetrics(ScopeMetrics.newBuilder().addMetrics(metric)))
        .build();
  }

  private Metric metric() {
    Metric.Builder metric = Metric.newBuilder().setName(word()).setUnit("s");
    switch (random.nextInt(6)) {
      case 0 -> metric.getGaugeBuilder().addDataPoints(number()).addDataPoints(number());
      case 1 -> metric.getSumBuilder().setIsMonotonic(true).addDataPoints(number());
      case 2 -> metric.getHistogramBuilder().addDataPoints(histogram());
      case 3 ->
          metric
              .getExponentialHistogramBuilder()
              .addDataPoints(
                  ExponentialHistogramDataPoint.newBuilder()
                      .setTimeUnixNano(time())
                      .setCount(random.nextInt(9))
                      .setSum(value())
                      .setMax(value())
                      .setScale(-1));
      case 4 -> {
        SummaryDataPoint.Builder point =
            SummaryDataPoint.newBuilder().setTimeUnixNano(time()).setSum(value());
        for (int quantiles = random.nextInt(3); quantiles > 0; quantiles--) {
          point.addQuantileValuesBuilder().setQuantile(1.0 / quantiles).setValue(value());
        }
        metric.getSummaryBuilder().addDataPoints(point.addAttributes(attribute()));
      }
      default -> {}
    }
    return metric.build();
  }

  private NumberDataPoint number() {
    NumberDataPoint.Builder point =
        NumberDataPoint.newBuilder().setTimeUnixNano(time()).setFlags(random.nextInt(8) / 7);
    for (int attributes = random.nextInt(4); attributes > 0; attributes--) {
      point.addAttributes(attribute());
    }
    return random.nextBoolean()
        ? point.setAsDouble(value()).build()
        : point.setAsInt(random.nextLong()).build();
  }

  private HistogramDataPoint histogram() {
    HistogramDataPoint.Builder point =
        HistogramDataPoint.newBuilder()
            .setTimeUnixNano(time())
            .setCount(random.nextLong())
            .addAttributes(attribute());
    int bounds = random.nextInt(5);
    for (int i = 0; i < bounds; i++) {
      point.addExplicitBounds(i * 0.5).addBucketCounts(random.nextInt(100));
    }
    return random.nextInt(8) == 0 ? point.build() : point.addBucketCounts(1).build();
  }

  private KeyValue attribute() {
    AnyValue.Builder value = AnyValue.newBuilder();
    switch (random.nextInt(8)) {
      case 0 -> value.setIntValue(random.nextLong());
      case 1 -> value.setDoubleValue(value());
      case 2 -> value.setBoolValue(random.nextBoolean());
      case 3 -> value.setArrayValue(ArrayValue.newBuilder().addValues(AnyValue.newBuilder()));
      case 4 -> {}
      default -> value.setStringValue(word());
    }
    String key = random.nextInt(3) == 0 ? "host.name" : word();
    return KeyValue.newBuilder().setKey(key).setValue(value).build();
  }

  private String word() {
    String[] words = {"a", "b", "le", "device.id", "température", "\"x\\", "", "tab\t", "😀"};
    return words[random.nextInt(words.length)];
  }

  private double value() {
    return switch (random.nextInt(8)) {
      case 0 -> Double.NaN;
      case 1 -> Double.NEGATIVE_INFINITY;
      case 2 -> Double.longBitsToDouble(random.nextLong());
      default -> random.nextInt(1_000) / 8.0;
    };
  }

  private long time() {
    return switch (random.nextInt(6)) {
      case 0 -> 0;
      case 1 -> random.nextLong();
      default -> Parsing.NOW * 1_000 - random.nextInt(1_000_000);
    };
  }
}
