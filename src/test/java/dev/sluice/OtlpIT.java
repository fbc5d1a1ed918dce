package dev.sluice;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.http.RawHttp;
import dev.sluice.testing.SluiceProcess;
import dev.sluice.testing.TestCertificates;
import dev.sluice.testing.TestPorts;
import dev.sluice.testing.TokenFiles;
import io.micrometer.registry.otlp.OtlpConfig;
import io.micrometer.registry.otlp.OtlpMeterRegistry;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.metrics.Meter;
import io.opentelemetry.exporter.otlp.http.metrics.OtlpHttpMetricExporter;
import io.opentelemetry.exporter.otlp.http.metrics.OtlpHttpMetricExporterBuilder;
import io.opentelemetry.sdk.metrics.SdkMeterProvider;
import io.opentelemetry.sdk.metrics.export.PeriodicMetricReader;
import io.opentelemetry.sdk.resources.Resource;
import java.net.URLEncoder;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The production jar with a port for OTLP, and what sends to it, unmodified. */
class OtlpIT {
  private static final Duration LONG = Duration.ofMinutes(2);

  @TempDir Path directory;

  @Test
  void keepsWhatWasSentToTheOtlpPortThroughAKill() throws Exception {
    List<String> settings =
        List.of(
            "data.dir=" + directory.resolve("data"),
            "ingest.port=0",
            "admin.port=0",
            "otlp.port=" + TestPorts.free(),
            "questdb.console-port=0",
            "questdb.pg-port=0",
            "cutover.initial-phase=retired");
    try (SluiceProcess sluice = SluiceProcess.start(directory, "up", settings)) {
      String url = sluice.url("otlp").resolve("/v1/metrics").toString();
      sendBySdk(url);
      sendByMicrometer(url);
      takesNothingButOtlp(sluice.url("otlp").getPort());
      assertThat(sluice.get("admin", "/health/ready").statusCode()).isEqualTo(200);

      sluice.kill();
    }

    try (SluiceProcess sluice = SluiceProcess.start(directory, "up", settings)) {
      sluice.awaitCaughtUp("questdb");
      assertThat(read(sluice, "sdk", "temp{room=\"a\"}")).contains("\"value\":21.5");
      assertThat(read(sluice, "sdk", "requests")).contains("\"value\":3.0");
      assertThat(read(sluice, "sdk", "took_count")).contains("\"value\":2.0");
      assertThat(read(sluice, "sdk", "took_sum")).contains("\"value\":7.5");
      assertThat(read(sluice, "sdk", "took_bucket{le=\"1\"}")).contains("\"value\":1.0");
      assertThat(read(sluice, "sdk", "took_bucket{le=\"+Inf\"}")).contains("\"value\":2.0");
      assertThat(read(sluice, "meter", "requests")).contains("\"value\":5.0");
      assertThat(sluice.status().getJsonObject("conservation").getInt("questdb")).isZero();
      assertThat(sluice.terminate(LONG)).isZero();
    }
  }

  @Test
  void holdsTheOtlpPortToTlsAndTokensAsTheIngestPort() throws Exception {
    TestCertificates authority = TestCertificates.authority("fleet");
    TestCertificates server = authority.issue("localhost");
    Path tokens =
        TokenFiles.write(
            directory.resolve("tokens"),
            TokenFiles.line("writer", "write"),
            TokenFiles.line("reader", "read"));
    List<String> settings =
        List.of(
            "data.dir=" + directory.resolve("data"),
            "ingest.port=0",
            "admin.port=0",
            "otlp.port=" + TestPorts.free(),
            "questdb.console-port=0",
            "questdb.pg-port=0",
            "cutover.initial-phase=retired",
            "auth.tokens-file=" + tokens,
            "tls.cert=" + server.writeChain(directory.resolve("tls.pem")),
            "tls.key=" + server.writeKey(directory.resolve("tls.key")));
    byte[] trusted = Files.readAllBytes(server.writeAuthority(directory.resolve("ca.pem")));
    try (SluiceProcess sluice = SluiceProcess.start(directory, "up", settings)) {
      assertThat(sluice.url("otlp").getScheme()).isEqualTo("https");
      String url = "https://localhost:" + sluice.url("otlp").getPort() + "/v1/metrics";
      OtlpHttpMetricExporterBuilder exporter =
          OtlpHttpMetricExporter.builder().setEndpoint(url).setTrustedCertificates(trusted);

      assertThat(flushed(exporter.build())).isFalse();
      assertThat(flushed(exporter.addHeader("Authorization", "Bearer reader").build())).isFalse();
      assertThat(flushed(exporter.addHeader("Authorization", "Bearer writer").build())).isTrue();
    }
  }

  /** Whether an export of something is taken. */
  private static boolean flushed(OtlpHttpMetricExporter exporter) {
    try (SdkMeterProvider provider = provider(exporter)) {
      provider.get("test").counterBuilder("requests").build().add(1);
      return provider.forceFlush().join(60, TimeUnit.SECONDS).isSuccess();
    }
  }

  private static SdkMeterProvider provider(OtlpHttpMetricExporter exporter) {
    return SdkMeterProvider.builder()
        .setResource(Resource.create(Attributes.of(AttributeKey.stringKey("host.name"), "sdk")))
        .registerMetricReader(
            PeriodicMetricReader.builder(exporter).setInterval(Duration.ofHours(1)).build())
        .build();
  }

  private static void sendBySdk(String url) {
    OtlpHttpMetricExporter exporter =
        OtlpHttpMetricExporter.builder().setEndpoint(url).setCompression("gzip").build();
    try (SdkMeterProvider provider = provider(exporter)) {
      Meter meter = provider.get("test");
      meter
          .gaugeBuilder("temp")
          .build()
          .set(21.5, Attributes.of(AttributeKey.stringKey("room"), "a"));
      meter.counterBuilder("requests").build().add(3);
      var took =
          meter.histogramBuilder("took").setExplicitBucketBoundariesAdvice(List.of(1.0)).build();
      took.record(0.5);
      took.record(7);
      assertThat(provider.forceFlush().join(60, TimeUnit.SECONDS).isSuccess()).isTrue();
    }
  }

  /** Sends when it is closed. */
  private static void sendByMicrometer(String url) {
    OtlpConfig config =
        new OtlpConfig() {
          @Override
          public @Nullable String get(String key) {
            return switch (key) {
              case "otlp.url" -> url;
              case "otlp.resourceAttributes" -> "device.id=meter,host.name=other";
              default -> null;
            };
          }
        };
    OtlpMeterRegistry registry = OtlpMeterRegistry.builder(config).build();
    registry.counter("requests").increment(5);
    registry.close();
  }

  private static void takesNothingButOtlp(int port) {
    try (RawHttp http = new RawHttp(port)) {
      assertThat(http.post("/write", "", "temp,host=h value=1\n").status()).isEqualTo(404);
      assertThat(http.get("/v1/readings?device=sdk", "").status()).isEqualTo(404);
      assertThat(http.get("/v1/metrics", "").status()).isEqualTo(405);
    }
  }

  /** The readings of a metric, once there are some. */
  private static String read(SluiceProcess sluice, String device, String metric) {
    String path =
        "/v1/readings?device="
            + device
            + "&metric="
            + URLEncoder.encode(metric, StandardCharsets.UTF_8);
    return await()
        .atMost(LONG)
        .until(
            () -> {
              HttpResponse<String> answer = sluice.get("ingest", path);
              return answer.statusCode() == 200 ? answer.body() : "";
            },
            body -> body.contains("\"value\""));
  }
}
