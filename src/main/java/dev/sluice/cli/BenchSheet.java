package dev.sluice.cli;

import dev.sluice.bench.BenchConfig;
import dev.sluice.bench.BenchReport;
import dev.sluice.bench.Quantiles;
import dev.sluice.cli.text.Human;
import dev.sluice.cli.text.Sheet;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** A run's report for people: what is about to be sent, and the results. Pure. */
final class BenchSheet {
  private static final int LABEL_WIDTH = 12;

  private BenchSheet() {}

  static String announcement(BenchConfig config) {
    BenchConfig.Readings readings = config.readings();
    String pace =
        config.pace().rate().isPresent()
            ? number(config.pace().rate().getAsDouble()) + " requests/s, open loop"
            : "as fast as answers come";
    return new Sheet(LABEL_WIDTH)
        .line("target", config.target().url().toString())
        .line(
            "load",
            String.join(
                ", ",
                Human.counted(config.load().connections(), "connection"),
                pace,
                Human.counted(readings.batch(), "reading") + " per request",
                readings.format().name().toLowerCase(Locale.ROOT),
                Human.counted(readings.devices(), "device")))
        .line(
            "time",
            Human.millis(config.load().duration().toMillis())
                + (config.load().warmup().isZero()
                    ? ""
                    : " after " + Human.millis(config.load().warmup().toMillis()) + " of warm-up")
                + (config.load().cooldown().isZero()
                    ? ""
                    : ", and "
                        + Human.millis(config.load().cooldown().toMillis())
                        + " of cool-down"))
        .line("seed", Long.toString(config.seed()))
        .toString();
  }

  static String of(BenchReport report) {
    return new Sheet(LABEL_WIDTH)
        .line("requests", Human.count(report.requests()) + ", " + Human.count(report.ok()) + " ok")
        .lineIf("failed", failed(report))
        .line(
            "rate",
            Human.count(Math.round(report.requestsPerSecond()))
                + " requests/s, "
                + Human.count(Math.round(report.readingsPerSecond()))
                + " readings/s, over "
                + decimal(report.seconds())
                + " s")
        .line("generator", decimal(report.cpuSeconds()) + " s of CPU")
        .blank()
        .table(
            List.of(
                List.of("microseconds", "p50", "p90", "p99", "p99.9", "p99.99", "max", "mean"),
                row("latency", report.latency()),
                row("service", report.service()),
                row("behind", report.behind())))
        .toString();
  }

  private static String failed(BenchReport report) {
    return report.failed().entrySet().stream()
        .map(entry -> entry.getKey() + ": " + Human.count(entry.getValue()))
        .collect(Collectors.joining(", "));
  }

  private static List<String> row(String label, Quantiles micros) {
    return List.of(
        label,
        number(micros.p50()),
        number(micros.p90()),
        number(micros.p99()),
        number(micros.p999()),
        number(micros.p9999()),
        number(micros.max()),
        number(micros.mean()));
  }

  private static String number(double value) {
    return value < 100 && value != Math.rint(value)
        ? String.format(Locale.ROOT, "%.1f", value)
        : Human.count(Math.round(value));
  }

  private static String decimal(double value) {
    return String.format(Locale.ROOT, "%.2f", value);
  }
}
