package dev.sluice.cli.text;

import java.util.ArrayList;
import java.util.List;

/** Formats a readiness report for people. Pure. */
public final class ReadinessReport {
  private static final int LABEL = 11;

  private ReadinessReport() {}

  /**
   * Formats the whole report, and what to type next.
   *
   * @param next the command that changes the phase, shown if the guards pass
   */
  public static String of(Answer report, String next) {
    Sheet sheet = new Sheet(LABEL);
    sheet.line("report", report.text("id", "?"));
    sheet.line(
        "from, to",
        "%s -> %s (epoch %s)"
            .formatted(
                report.text("from", "?"), report.text("to", "?"), report.text("epoch", "?")));
    sheet.line("made", report.text("at", "?"));
    sheet.lineIf("sha-256", report.text("hash"));
    List<Answer> guards = report.objects("guards");
    if (!guards.isEmpty()) {
      sheet.blank();
      guards(sheet, guards, true);
    }
    would(sheet, report.texts("would"));
    return sheet.blank().plain(verdict(report, guards, next)).toString();
  }

  /** Formats the failed guards of a refused flip. */
  public static String failedGuards(Answer report) {
    Sheet sheet = new Sheet(LABEL);
    guards(sheet, report.objects("guards"), false);
    return sheet.toString();
  }

  private static void guards(Sheet sheet, List<Answer> guards, boolean passedToo) {
    List<Answer> shown = guards.stream().filter(g -> passedToo || !g.is("passed")).toList();
    if (shown.isEmpty()) {
      return;
    }
    Sheet aligned = new Sheet(0);
    List<List<String>> rows = new ArrayList<>();
    rows.add(List.of("", "guard", "value", "threshold"));
    for (Answer guard : shown) {
      rows.add(
          List.of(
              guard.is("passed") ? "ok" : "FAIL",
              guard.text("name", "?"),
              guard.text("value", "-"),
              guard.text("threshold", "-")));
    }
    List<String> lines = aligned.table(rows).toString().lines().toList();
    sheet.plain(lines.getFirst());
    for (int i = 0; i < shown.size(); i++) {
      sheet.plain(lines.get(i + 1));
      String reason = shown.get(i).text("reason");
      if (!shown.get(i).is("passed") && !reason.isEmpty()) {
        sheet.plain("      " + reason);
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

  private static String verdict(Answer report, List<Answer> guards, String next) {
    if (report.is("ready")) {
      return "Ready. Nothing was changed. To proceed:" + System.lineSeparator() + "  " + next;
    }
    long failed = guards.stream().filter(guard -> !guard.is("passed")).count();
    return "Not ready: %d of %s failed. Nothing was changed."
        .formatted(failed, Human.counted(guards.size(), "guard"));
  }
}
