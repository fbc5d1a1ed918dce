package dev.sluice.cli.text;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalDouble;
import java.util.OptionalLong;

/** Formats {@code GET /v1/backfill} for people. Pure. */
public final class BackfillState {
  private static final int LABEL = 11;
  private static final String UNKNOWN = "?";

  private BackfillState() {}

  public static String of(Answer backfill) {
    Sheet sheet = new Sheet(LABEL);
    String id = backfill.text("id");
    sheet.line("backfill", backfill.text("state", UNKNOWN) + (id.isEmpty() ? "" : " (" + id + ")"));
    sheet.lineIf("", backfill.text("why"));
    if (!id.isEmpty()) {
      run(sheet, backfill);
    }
    preflight(sheet, backfill);
    sheet.lineIf("next", next(backfill));
    return sheet.toString();
  }

  private static void run(Sheet sheet, Answer backfill) {
    sheet.line(
        "rows",
        "%s, %s skipped, %s superseded by the mirror"
            .formatted(
                counts(backfill),
                Human.count(backfill.count("rows_skipped")),
                Human.count(backfill.count("rows_superseded"))));
    long limit = backfill.count("limit_rows_per_second");
    sheet.line(
        "pace",
        Human.rate(backfill.number("rows_per_second").orElse(0))
            + " in the last minute, "
            + (limit == 0 ? "no limit" : "limit " + Human.rate((double) limit)));
    sheet.lineIf("", Human.eta(backfill.whole("eta_seconds")));
    sheet.lineIf("position", backfill.text("position"));
    sheet.line("started", backfill.text("started_at", UNKNOWN));
    sheet.lineIf("finished", backfill.text("finished_at"));
  }

  private static void preflight(Sheet sheet, Answer backfill) {
    Answer preflight = backfill.in("preflight");
    String state = preflight.text("state", "none");
    if (!state.equals("none")) {
      boolean counted = preflight.whole("rows_inspected").isPresent();
      sheet.line("preflight", counted ? state + ", " + inspected(preflight) : state);
    }
    Answer findings = backfill.in("findings");
    if (findings.names().isEmpty()) {
      sheet.lineIf("findings", state.equals("done") ? "none" : "");
      return;
    }
    sheet.blank();
    List<List<String>> rows = new ArrayList<>();
    rows.add(List.of("findings", "rows", "decision"));
    for (String name : findings.names()) {
      Answer finding = findings.in(name);
      rows.add(
          List.of(name, Human.count(finding.count("count")), finding.text("decision", UNKNOWN)));
    }
    sheet.table(rows);
    String file = backfill.text("findings_file");
    if (!file.isEmpty()) {
      sheet.plain("listed by key in " + file);
    }
    String refused = backfill.text("refused_file");
    if (!refused.isEmpty()) {
      sheet.plain("rows refused by QuestDB are listed in " + refused);
    }
    undecided(findings)
        .forEach(name ->
            sheet.plain(
                "%s blocks a backfill. Decide with the setting backfill.%s or with --decide %s=%s"
                    .formatted(
                        name, name, name, name.equals("similar-devices") ? "copy" : "skip")));
    sheet.blank();
  }

  /** Classes that have rows, and for which a backfill stops. */
  private static List<String> undecided(Answer findings) {
    return findings.names().stream()
        .filter(name -> findings.in(name).count("count") > 0)
        .filter(name -> findings.in(name).text("decision", "stop").equals("stop"))
        .toList();
  }

  /** Whether every row was checked and none blocks a backfill. */
  public static boolean passedPreflight(Answer backfill) {
    return backfill.in("preflight").text("state").equals("done")
        && undecided(backfill.in("findings")).isEmpty();
  }

  private static String next(Answer backfill) {
    return switch (backfill.text("state")) {
      case "none" ->
          backfill.in("preflight").text("state").equals("done")
              ? "sluice backfill start"
              : "sluice backfill preflight checks for rows QuestDB cannot store; sluice backfill"
                  + " start copies";
      case "preflight", "running", "throttled" -> "sluice backfill watch";
      case "paused" -> "sluice backfill resume";
      case "cancelled", "failed" -> "sluice backfill start continues where it stopped";
      case "complete" -> "sluice verify start";
      default -> "";
    };
  }

  private static boolean inPreflight(Answer backfill) {
    return backfill.text("state").equals("preflight");
  }

  public static Progress progress(Answer backfill) {
    String state = backfill.text("state", UNKNOWN);
    if (inPreflight(backfill)) {
      Answer preflight = backfill.in("preflight");
      return new Progress(
          "preflight",
          "running",
          false,
          Human.share(preflight.count("id"), preflight.count("last_id")),
          inspected(preflight),
          "",
          "",
          "",
          backfill.text("why"));
    }
    boolean moving = state.equals("running") || state.equals("throttled");
    return new Progress(
        "backfill",
        state,
        !moving && !state.equals("paused"),
        state.equals("none")
            ? OptionalDouble.empty()
            : Human.share(done(backfill), backfill.count("rows_total")),
        state.equals("none") ? "" : counts(backfill),
        moving ? Human.rate(backfill.number("rows_per_second").orElse(0)) : "",
        moving ? Human.eta(backfill.whole("eta_seconds")) : "",
        backfill.text("position"),
        backfill.text("why"));
  }

  private static long done(Answer backfill) {
    return backfill.count("rows_copied")
        + backfill.count("rows_skipped")
        + backfill.count("rows_superseded");
  }

  private static String counts(Answer backfill) {
    return ofTotal(backfill.count("rows_copied"), backfill.whole("rows_total"));
  }

  private static String inspected(Answer preflight) {
    return ofTotal(preflight.count("rows_inspected"), preflight.whole("rows_total")) + " inspected";
  }

  private static String ofTotal(long rows, OptionalLong total) {
    return total.isEmpty()
        ? Human.counted(rows, "row")
        : Human.count(rows) + " of " + Human.counted(total.getAsLong(), "row");
  }
}
