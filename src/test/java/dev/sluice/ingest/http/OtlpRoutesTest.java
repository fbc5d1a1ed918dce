package dev.sluice.ingest.http;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.UnknownFieldSet;
import dev.sluice.journal.AppendResult;
import dev.sluice.reading.Reading;
import io.opentelemetry.proto.collector.metrics.v1.ExportMetricsPartialSuccess;
import io.opentelemetry.proto.collector.metrics.v1.ExportMetricsServiceRequest;
import io.opentelemetry.proto.collector.metrics.v1.ExportMetricsServiceResponse;
import io.opentelemetry.proto.common.v1.AnyValue;
import io.opentelemetry.proto.common.v1.KeyValue;
import io.opentelemetry.proto.metrics.v1.Gauge;
import io.opentelemetry.proto.metrics.v1.Metric;
import io.opentelemetry.proto.metrics.v1.NumberDataPoint;
import io.opentelemetry.proto.metrics.v1.ResourceMetrics;
import io.opentelemetry.proto.metrics.v1.ScopeMetrics;
import io.opentelemetry.proto.resource.v1.Resource;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.util.stream.IntStream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code POST /v1/metrics}: what is answered, in which encoding. */
class OtlpRoutesTest {
  private static final String PROTOBUF = "application/x-protobuf";
  private static final String JSON = "application/json";
  private static final long MICROS = IngestServer.NOW.toEpochMilli() * 1_000;

  private final IngestServer server = new IngestServer();
  private final HttpClient client = HttpClient.newHttpClient();

  @AfterEach
  void stop() {
    client.close();
    server.close();
  }

  @Test
  void answersAnEmptyResponseOnceTheJournalHasTheReadings() throws Exception {
    HttpResponse<byte[]> answer = post(PROTOBUF, request(21.5).toByteArray());

    assertThat(answer.statusCode()).isEqualTo(200);
    assertThat(answer.headers().firstValue("Content-Type")).hasValue(PROTOBUF);
    assertThat(answer.headers().firstValue("Content-Length")).hasValue("0");
    assertThat(ExportMetricsServiceResponse.parseFrom(answer.body()))
        .isEqualTo(ExportMetricsServiceResponse.getDefaultInstance());
    assertThat(server.kept).containsExactly(new Reading("h", "temp", MICROS, 21.5));
    assertThat(server.admission.counters().completeRequests()).isEqualTo(1);
  }

  @ParameterizedTest
  @ValueSource(strings = {"application/json", "Application/JSON; charset=utf-8"})
  void answersJsonInJson(String type) throws Exception {
    HttpResponse<byte[]> answer = post(type, json("21.5").getBytes(UTF_8));

    assertThat(answer.statusCode()).isEqualTo(200);
    assertThat(answer.headers().firstValue("Content-Type")).hasValue(JSON);
    assertThat(answer.body()).asString(UTF_8).isEqualTo("{}");
    assertThat(server.kept).containsExactly(new Reading("h", "temp", MICROS, 21.5));
  }

  @Test
  void takesGzip() throws Exception {
    var packed = new ByteArrayOutputStream();
    try (var gzip = new GZIPOutputStream(packed)) {
      gzip.write(request(1).toByteArray());
    }

    HttpResponse<byte[]> answer =
        send(builder(PROTOBUF).header("Content-Encoding", "gzip"), packed.toByteArray());

    assertThat(answer.statusCode()).isEqualTo(200);
    assertThat(server.kept).hasSize(1);
  }

  @Test
  void tellsWhatItDroppedAndKeepsTheOthers() throws Exception {
    double[] values = IntStream.range(0, 9).mapToDouble(i -> i < 2 ? i : Double.NaN).toArray();

    HttpResponse<byte[]> answer = post(PROTOBUF, request(values).toByteArray());

    assertThat(answer.statusCode()).isEqualTo(200);
    ExportMetricsPartialSuccess partial =
        ExportMetricsServiceResponse.parseFrom(answer.body()).getPartialSuccess();
    assertThat(partial.getRejectedDataPoints()).isEqualTo(7);
    assertThat(partial.getErrorMessage())
        .startsWith("data point 2: metric \"temp\" is not finite; data point 3: ")
        .endsWith("; and 2 more");
    assertThat(server.kept).extracting(Reading::value).containsExactly(0.0, 1.0);
    assertThat(server.admission.counters().partialRequests()).isEqualTo(1);
    assertThat(server.admission.counters().rejected()).isEqualTo(7);
  }

  @Test
  void tellsWhatItDroppedInJson() throws Exception {
    HttpResponse<byte[]> answer = post(JSON, json("\"NaN\"").getBytes(UTF_8));

    assertThat(answer.statusCode()).isEqualTo(200);
    assertThat(answer.body())
        .asString(UTF_8)
        .isEqualTo(
            "{\"partialSuccess\":{\"rejectedDataPoints\":\"1\",\"errorMessage\":"
                + "\"data point 0: metric \\\"temp\\\" is not finite\"}}");
  }

  @Test
  void answersAStatusToABodyThatIsNoMessage() throws Exception {
    HttpResponse<byte[]> answer = post(PROTOBUF, "{}".getBytes(UTF_8));

    assertThat(answer.statusCode()).isEqualTo(400);
    assertThat(answer.headers().firstValue("Content-Type")).hasValue(PROTOBUF);
    assertThat(code(answer)).isEqualTo(3);
    assertThat(message(answer)).startsWith("byte 1: field 15 has wire type 3");
    assertThat(server.admission.counters().refusedRequests()).isEqualTo(1);
  }

  @Test
  void answersAStatusToABodyThatIsNotJson() throws Exception {
    HttpResponse<byte[]> answer = post(JSON, "{\"resourceMetrics\":[}".getBytes(UTF_8));

    assertThat(answer.statusCode()).isEqualTo(400);
    assertThat(answer.body())
        .asString(UTF_8)
        .startsWith("{\"code\":3,\"message\":\"line 1, column 21: ");
  }

  @ParameterizedTest
  @ValueSource(strings = {"text/plain", "application/x-ndjson", "application/grpc"})
  void answers415ToOtherTypes(String type) throws Exception {
    HttpResponse<byte[]> answer = post(type, request(1).toByteArray());

    assertThat(answer.statusCode()).isEqualTo(415);
    assertThat(answer.body())
        .asString(UTF_8)
        .startsWith("{\"code\":3,\"message\":\"Content-Type is not application/x-protobuf");
  }

  @Test
  void answers413ToABodyThatIsTooLarge() throws Exception {
    HttpResponse<byte[]> answer = post(PROTOBUF, new byte[(1 << 20) + 1]);

    assertThat(answer.statusCode()).isEqualTo(413);
    assertThat(code(answer)).isEqualTo(3);
    assertThat(message(answer)).contains("ingest.max-body-bytes");
  }

  @Test
  void answers405ToOtherMethods() throws Exception {
    HttpResponse<byte[]> answer =
        client.send(
            HttpRequest.newBuilder(url()).GET().build(), HttpResponse.BodyHandlers.ofByteArray());

    assertThat(answer.statusCode()).isEqualTo(405);
    assertThat(answer.headers().firstValue("Allow")).hasValue("POST");
  }

  @ParameterizedTest
  @ValueSource(strings = {PROTOBUF, JSON})
  void answers503WhileTheJournalIsFull(String type) throws Exception {
    server.journal = readings -> new AppendResult.Full("/data/journal takes 10 bytes of 10");

    HttpResponse<byte[]> answer =
        post(type, type.equals(JSON) ? json("1").getBytes(UTF_8) : request(1).toByteArray());

    assertThat(answer.statusCode()).isEqualTo(503);
    assertThat(answer.headers().firstValue("Retry-After")).hasValue("10");
    assertThat(answer.headers().firstValue("Content-Type")).hasValue(type);
    if (type.equals(JSON)) {
      assertThat(answer.body())
          .asString(UTF_8)
          .startsWith("{\"code\":14,\"message\":\"journal has no room")
          .endsWith("nothing was stored, try again\"}");
    } else {
      assertThat(code(answer)).isEqualTo(14);
      assertThat(message(answer)).contains("nothing was stored").doesNotContain("/data");
    }
  }

  @Test
  void answers503WhileItIsShuttingDown() throws Exception {
    server.gate.drain();

    HttpResponse<byte[]> answer = post(PROTOBUF, request(1).toByteArray());

    assertThat(answer.statusCode()).isEqualTo(503);
    assertThat(answer.headers().firstValue("Retry-After")).hasValue("5");
    assertThat(code(answer)).isEqualTo(14);
  }

  @Test
  void asksForALengthAndClosesTheConnection() {
    try (var http = server.connect()) {
      http.send(
          "POST /v1/metrics HTTP/1.1\r\nHost: localhost\r\nContent-Type: " + JSON + "\r\n\r\n");

      assertThat(http.answer().status()).isEqualTo(411);
      assertThat(http.isClosedByServer()).isTrue();
    }
  }

  private static int code(HttpResponse<byte[]> answer) throws IOException {
    return UnknownFieldSet.parseFrom(answer.body())
        .getField(1)
        .getVarintList()
        .getFirst()
        .intValue();
  }

  private static String message(HttpResponse<byte[]> answer) throws IOException {
    return UnknownFieldSet.parseFrom(answer.body())
        .getField(2)
        .getLengthDelimitedList()
        .getFirst()
        .toStringUtf8();
  }

  private HttpResponse<byte[]> post(String type, byte[] body) throws Exception {
    return send(builder(type), body);
  }

  private HttpResponse<byte[]> send(HttpRequest.Builder request, byte[] body) throws Exception {
    return client.send(
        request.POST(HttpRequest.BodyPublishers.ofByteArray(body)).build(),
        HttpResponse.BodyHandlers.ofByteArray());
  }

  private HttpRequest.Builder builder(String type) {
    return HttpRequest.newBuilder(url()).header("Content-Type", type);
  }

  private URI url() {
    return URI.create("http://127.0.0.1:" + server.port() + "/v1/metrics");
  }

  private static String json(String value) {
    return """
    {"resourceMetrics":[{"resource":{"attributes":[
      {"key":"host.name","value":{"stringValue":"h"}}]},
      "scopeMetrics":[{"metrics":[{"name":"temp","gauge":{"dataPoints":[
        {"timeUnixNano":"%s000","asDouble":%s}]}}]}]}]}
    """
        .formatted(MICROS, value);
  }

  private static ExportMetricsServiceRequest request(double... values) {
    Gauge.Builder gauge = Gauge.newBuilder();
    for (double value : values) {
      gauge.addDataPoints(
          NumberDataPoint.newBuilder().setTimeUnixNano(MICROS * 1_000).setAsDouble(value));
    }
    Resource.Builder resource =
        Resource.newBuilder()
            .addAttributes(
                KeyValue.newBuilder()
                    .setKey("host.name")
                    .setValue(AnyValue.newBuilder().setStringValue("h")));
    return ExportMetricsServiceRequest.newBuilder()
        .addResourceMetrics(
            ResourceMetrics.newBuilder()
                .setResource(resource)
                .addScopeMetrics(
                    ScopeMetrics.newBuilder()
                        .addMetrics(Metric.newBuilder().setName("temp").setGauge(gauge))))
        .build();
  }
}
