package dev.sluice.cli;

import dev.sluice.bench.BenchReport;
import dev.sluice.bench.Quantiles;
import jakarta.json.Json;
import jakarta.json.JsonObjectBuilder;
import java.math.BigDecimal;
import java.math.RoundingMode;

/** A run's report for programs, as one line of JSON. Pure. */
final class BenchJson {
  private BenchJson() {}

  static String of(BenchReport report) {
    JsonObjectBuilder failed = Json.createObjectBuilder();
    report.failed().forEach(failed::add);
    return Json.createObjectBuilder()
            .add("requests", report.requests())
            .add("ok", report.ok())
            .add("failed", failed)
            .add("readings", report.readings())
            .add("seconds", rounded(report.seconds(), 3))
            .add("requests_per_second", rounded(report.requestsPerSecond(), 1))
            .add("readings_per_second", rounded(report.readingsPerSecond(), 1))
            .add("connections", report.connections())
            .add("latency_us", quantiles(report.latency()))
            .add("service_us", quantiles(report.service()))
            .add(
                "behind_us",
                Json.createObjectBuilder()
                    .add("p99", rounded(report.behind().p99(), 1))
                    .add("max", rounded(report.behind().max(), 1)))
            .add("cpu_seconds", rounded(report.cpuSeconds(), 3))
            .add("seed", report.seed())
            .build()
        + System.lineSeparator();
  }

  private static JsonObjectBuilder quantiles(Quantiles micros) {
    return Json.createObjectBuilder()
        .add("p50", rounded(micros.p50(), 1))
        .add("p90", rounded(micros.p90(), 1))
        .add("p99", rounded(micros.p99(), 1))
        .add("p99_9", rounded(micros.p999(), 1))
        .add("p99_99", rounded(micros.p9999(), 1))
        .add("max", rounded(micros.max(), 1))
        .add("mean", rounded(micros.mean(), 1));
  }

  private static BigDecimal rounded(double value, int places) {
    return BigDecimal.valueOf(value).setScale(places, RoundingMode.HALF_UP);
  }
}
