package dev.sluice.cli.text;

import dev.sluice.api.DoctorReport;
import dev.sluice.api.DoctorReport.Check;
import java.util.List;

/** Formats {@code GET /v1/doctor} for people. */
public final class DoctorSheet {
  private static final int LABEL = 10;
  private static final String SYSCTL = "docker/sysctl/99-sluice.conf";

  private DoctorSheet() {}

  /**
   * One line for a check that is fine, more for one that is not, then a summary.
   *
   * @param origin who looked, as a sentence
   */
  public static String of(DoctorReport report, String origin) {
    Sheet sheet = new Sheet(LABEL).plain(origin).blank();
    for (Check check : report.checks()) {
      sheet.line(check.level(), "%s: %s: %s".formatted(check.group(), check.name(), check.seen()));
      if ("advice".equals(check.level()) || "broken".equals(check.level())) {
        sheet.line("", "wanted: " + check.wanted());
        sheet.line("", "why: " + check.why());
        String mend = check.mend();
        if (mend != null) {
          sheet.line("", "mend: " + mend);
        }
      }
    }
    sheet.blank();
    sheet.plain(
        "%d checks: %d broken, %d advice, %d unknown, %d ok"
            .formatted(
                report.checks().size(),
                count(report, "broken"),
                count(report, "advice"),
                count(report, "unknown"),
                count(report, "ok")));
    List<String> keys =
        report.checks().stream().filter(DoctorSheet::isSysctl).map(Check::name).toList();
    if (!keys.isEmpty()) {
      sheet.plain(SYSCTL + " sets " + String.join(", ", keys) + ":");
      sheet.plain("  sudo cp " + SYSCTL + " /etc/sysctl.d/ && sudo sysctl --system");
    }
    return sheet.toString();
  }

  /** Whether it is a kernel setting, which the shipped file sets with all others. */
  private static boolean isSysctl(Check check) {
    String mend = check.mend();
    return mend != null && mend.startsWith("sudo sysctl -w " + check.name() + "=");
  }

  private static long count(DoctorReport report, String level) {
    return report.checks().stream().filter(check -> level.equals(check.level())).count();
  }
}
