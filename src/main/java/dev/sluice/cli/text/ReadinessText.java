package dev.sluice.cli.text;

import dev.sluice.api.ReadinessReport;
import dev.sluice.api.ReadinessReport.Guard;
import java.util.ArrayList;
import java.util.List;

/** Formats a readiness report for people. Pure. */
public final class ReadinessText {
  private static final int LABEL = 11;

  private ReadinessText() {}

  /**
   * Formats the whole report, and what to type next.
   *
   * @param next the command that changes the phase, shown if the guards pass
   */
  public static String of(ReadinessReport report, String next) {
    Sheet sheet = new Sheet(LABEL);
    sheet.line("report", report.id());
    sheet.line(
        "from, to", "%s -> %s (epoch %s)".formatted(report.from(), report.to(), report.epoch()));
    sheet.line("made", report.at().toString());
    sheet.lineIf("sha-256", report.hash());
    if (!report.guards().isEmpty()) {
      sheet.blank();
      guards(sheet, report.guards());
    }
    would(sheet, report.would());
    return sheet.blank().plain(verdict(report, next)).toString();
  }

  /** Formats the failed guards of a refused flip. */
  public static String failedGuards(ReadinessReport report) {
    List<Guard> failed = failed(report);
    Sheet sheet = new Sheet(LABEL);
    if (!failed.isEmpty()) {
      guards(sheet, failed);
    }
    return sheet.toString();
  }

  private static List<Guard> failed(ReadinessReport report) {
    return report.guards().stream().filter(guard -> !guard.passed()).toList();
  }

  private static void guards(Sheet sheet, List<Guard> shown) {
    Sheet aligned = new Sheet(0);
    List<List<String>> rows = new ArrayList<>();
    rows.add(List.of("", "guard", "value", "threshold"));
    for (Guard guard : shown) {
      rows.add(
          List.of(guard.passed() ? "ok" : "FAIL", guard.name(), guard.value(), guard.threshold()));
    }
    List<String> lines = aligned.table(rows).toString().lines().toList();
    sheet.plain(lines.getFirst());
    for (int i = 0; i < shown.size(); i++) {
      sheet.plain(lines.get(i + 1));
      if (!shown.get(i).passed()) {
        sheet.plain("      " + shown.get(i).reason());
      }
    }
  }

  private static void would(Sheet sheet, List<String> steps) {
    if (steps.isEmpty()) {
      return;
    }
    sheet.blank().plain("What would happen:");
    for (int i = 0; i < steps.size(); i++) {
      sheet.plain("  " + (i + 1) + ". " + steps.get(i));
    }
  }

  private static String verdict(ReadinessReport report, String next) {
    if (report.ready()) {
      return "Ready. Nothing was changed. To proceed:" + System.lineSeparator() + "  " + next;
    }
    return "Not ready: %d of %s failed. Nothing was changed."
        .formatted(failed(report).size(), Human.counted(report.guards().size(), "guard"));
  }
}
