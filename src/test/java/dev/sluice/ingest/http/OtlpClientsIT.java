package dev.sluice.ingest.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.reading.Reading;
import dev.sluice.testing.TightJournal;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.registry.otlp.OtlpConfig;
import io.micrometer.registry.otlp.OtlpMeterRegistry;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.metrics.DoubleGauge;
import io.opentelemetry.api.metrics.LongCounter;
import io.opentelemetry.api.metrics.Meter;
import io.opentelemetry.exporter.otlp.http.metrics.OtlpHttpMetricExporter;
import io.opentelemetry.sdk.common.CompletableResultCode;
import io.opentelemetry.sdk.metrics.SdkMeterProvider;
import io.opentelemetry.sdk.metrics.export.PeriodicMetricReader;
import io.opentelemetry.sdk.resources.Resource;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** OpenTelemetry's SDK and Micrometer's registry, unmodified, over real sockets. */
class OtlpClientsIT {
  private static final Duration LONG = Duration.ofMinutes(2);

  /** So that a few dozen exports fill a small journal. */
  private static final int SERIES = 1_000;

  @TempDir private Path folder;

  private final IngestServer server = new IngestServer();
  private final String url = "http://127.0.0.1:" + server.port() + "/v1/metrics";

  OtlpClientsIT() {
    server.clock = InstantSource.system();
  }

  @AfterEach
  void stop() {
    server.close();
  }

  @Test
  void openTelemetrysSdkSendsGaugesSumsAndHistograms() {
    try (SdkMeterProvider provider = provider("sdk-1")) {
      measure(provider.get("test"));

      assertThat(provider.forceFlush().join(60, TimeUnit.SECONDS).isSuccess()).isTrue();
    }

    assertThat(values("sdk-1"))
        .containsEntry("temp{room=\"a\"}", 21.5)
        .containsEntry("requests", 3.0)
        .containsEntry("took_count", 2.0)
        .containsEntry("took_sum", 7.5)
        .containsEntry("took_min", 0.5)
        .containsEntry("took_max", 7.0)
        .containsEntry("took_bucket{le=\"1\"}", 1.0)
        .containsEntry("took_bucket{le=\"5\"}", 1.0)
        .containsEntry("took_bucket{le=\"+Inf\"}", 2.0);
  }

  /** Its timeout is over before Retry-After is; the next export has the same sums, and more. */
  @Test
  void openTelemetrysSdkLosesNoSumWhileTheJournalIsFull() {
    try (TightJournal journal = tightJournal();
        SdkMeterProvider provider = provider("sdk-2", Duration.ofSeconds(1))) {
      journal.stall();
      journal.fill();
      measure(provider.get("test"));
      assertThat(provider.forceFlush().join(60, TimeUnit.SECONDS).isSuccess()).isFalse();
      assertThat(server.admission.counters().notNowRequests()).isPositive();
      journal.resume();
      journal.awaitDelivered();

      assertThat(provider.forceFlush().join(60, TimeUnit.SECONDS).isSuccess()).isTrue();

      journal.awaitDelivered();
      assertThat(values("sdk-2")).containsEntry("requests", 3.0).containsEntry("took_count", 2.0);
    }
  }

  /** The export that finds the journal full is repeated after the time that Retry-After says. */
  @Test
  @Tag("long")
  void openTelemetrysSdkFillsAJournalAndEveryExportIsThereOnceOnceItIsDelivered() {
    int exports = 0;
    try (TightJournal journal = tightJournal();
        SdkMeterProvider provider = provider("sdk-4", Duration.ofMinutes(1))) {
      journal.stall();
      Meter meter = provider.get("test");
      DoubleGauge gauge = meter.gaugeBuilder("temp").build();
      LongCounter counter = meter.counterBuilder("exports").build();
      CompletableResultCode export;
      do {
        exports++;
        counter.add(1);
        for (int i = 0; i < SERIES; i++) {
          gauge.set(exports, Attributes.of(AttributeKey.stringKey("room"), "room-" + i));
        }
        export = provider.forceFlush();
        awaitEndOrRefusal(export);
      } while (export.isSuccess());
      long refusedNanos = System.nanoTime();
      assertThat(exports).isGreaterThan(10);
      assertThat(export.isDone()).isFalse();

      journal.resume();

      assertThat(export.join(60, TimeUnit.SECONDS).isSuccess()).isTrue();
      assertThat(Duration.ofNanos(System.nanoTime() - refusedNanos))
          .isGreaterThan(Duration.ofSeconds(9));
      assertThat(server.admission.counters().notNowRequests()).isEqualTo(1);
      journal.awaitDelivered();
      assertThat(server.kept)
          .filteredOn(reading -> reading.metric().equals("exports"))
          .extracting(Reading::value)
          .containsExactlyElementsOf(
              IntStream.rangeClosed(1, exports).mapToObj(n -> (double) n).toList());
      assertThat(server.kept)
          .filteredOn(reading -> reading.metric().startsWith("temp{"))
          .hasSize(exports * SERIES);
      assertThat(server.kept).extracting(Reading::identity).doesNotHaveDuplicates();
    }
  }

  private TightJournal tightJournal() {
    var journal = new TightJournal(folder, server.kept);
    server.journal = journal::append;
    return journal;
  }

  private void awaitEndOrRefusal(CompletableResultCode export) {
    await()
        .atMost(LONG)
        .pollInterval(Duration.ofMillis(1))
        .until(() -> export.isDone() || server.admission.counters().notNowRequests() > 0);
  }

  /** A client that took a partial success for a failure would send the same again and again. */
  @Test
  void openTelemetrysSdkSendsNothingTwiceOfWhatIsRefusedInPart() {
    try (SdkMeterProvider provider = provider("sdk-3")) {
      Meter meter = provider.get("test");
      meter.gaugeBuilder("good").build().set(1);
      meter.gaugeBuilder("bad").build().set(2, list());

      assertThat(provider.forceFlush().join(60, TimeUnit.SECONDS).isSuccess()).isTrue();
    }

    assertThat(values("sdk-3").keySet()).contains("good").noneMatch(key -> key.startsWith("bad"));
    assertThat(server.admission.counters().rejected()).isEqualTo(2); // once more at the close
    assertThat(server.admission.counters().partialRequests()).isEqualTo(2);
  }

  private static Attributes list() {
    return Attributes.of(AttributeKey.stringArrayKey("list"), List.of("a", "b"));
  }

  @Test
  void micrometersRegistrySendsGaugesCountersAndHistograms() {
    OtlpConfig config =
        new OtlpConfig() {
          @Override
          public @Nullable String get(String key) {
            return switch (key) {
              case "otlp.url" -> url;
              case "otlp.step" -> "1s";
              case "otlp.resourceAttributes" -> "service.name=app,host.name=meter-1";
              default -> null;
            };
          }
        };
    OtlpMeterRegistry registry = OtlpMeterRegistry.builder(config).build();
    Gauge.builder("temp", () -> 21.5).tag("room", "b").register(registry);
    registry.counter("requests").increment(3);
    DistributionSummary took =
        DistributionSummary.builder("took").serviceLevelObjectives(1, 5).register(registry);
    took.record(0.5);
    took.record(7);

    await().atMost(LONG).until(() -> values("meter-1").containsKey("took_count"));
    registry.close();

    assertThat(values("meter-1"))
        .containsEntry("temp{room=\"b\"}", 21.5)
        .containsEntry("requests", 3.0)
        .containsEntry("took_count", 2.0)
        .containsEntry("took_sum", 7.5)
        .containsEntry("took_bucket{le=\"1\"}", 1.0)
        .containsEntry("took_bucket{le=\"+Inf\"}", 2.0);
    assertThat(server.admission.counters().rejected()).isZero();
  }

  private static void measure(Meter meter) {
    meter
        .gaugeBuilder("temp")
        .build()
        .set(21.5, Attributes.of(AttributeKey.stringKey("room"), "a"));
    meter.counterBuilder("requests").build().add(3);
    var took = meter.histogramBuilder("took").setExplicitBucketBoundariesAdvice(List.of(1.0, 5.0));
    var histogram = took.build();
    histogram.record(0.5);
    histogram.record(7);
  }

  private SdkMeterProvider provider(String host) {
    return provider(host, Duration.ofSeconds(30));
  }

  private SdkMeterProvider provider(String host, Duration timeout) {
    OtlpHttpMetricExporter exporter =
        OtlpHttpMetricExporter.builder().setEndpoint(url).setTimeout(timeout).build();
    return SdkMeterProvider.builder()
        .setResource(Resource.create(Attributes.of(AttributeKey.stringKey("host.name"), host)))
        .registerMetricReader(
            PeriodicMetricReader.builder(exporter).setInterval(Duration.ofHours(1)).build())
        .build();
  }

  /** The last value of each metric of a device. */
  private Map<String, Double> values(String device) {
    Map<String, Double> values = new TreeMap<>();
    for (Reading reading : server.kept) {
      if (reading.device().equals(device)) {
        values.put(reading.metric(), reading.value());
      }
    }
    return values;
  }
}
