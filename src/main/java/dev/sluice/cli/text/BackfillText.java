package dev.sluice.cli.text;

import dev.sluice.api.BackfillStatus;
import dev.sluice.api.BackfillStatus.Preflight;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import org.jspecify.annotations.Nullable;

/** Formats {@code GET /v1/backfill} for people. Pure. */
public final class BackfillText {
  private static final int LABEL = 11;

  private BackfillText() {}

  public static String of(BackfillStatus backfill) {
    Sheet sheet = new Sheet(LABEL);
    String id = backfill.id();
    sheet.line("backfill", backfill.state() + (id == null ? "" : " (" + id + ")"));
    sheet.lineIf("", backfill.why());
    if (id != null) {
      run(sheet, backfill);
    }
    preflight(sheet, backfill);
    sheet.lineIf("next", next(backfill));
    return sheet.toString();
  }

  private static void run(Sheet sheet, BackfillStatus backfill) {
    sheet.line(
        "rows",
        "%s, %s skipped, %s superseded by the mirror"
            .formatted(
                counts(backfill),
                Human.count(backfill.rowsSkipped()),
                Human.count(backfill.rowsSuperseded())));
    sheet.lineIf("copied by", backfill.walk());
    long limit = backfill.limitRowsPerSecond();
    sheet.line(
        "pace",
        Human.rate((double) backfill.rowsPerSecond())
            + " in the last minute, "
            + (limit == 0 ? "no limit" : "limit " + Human.rate((double) limit)));
    sheet.lineIf("", Human.eta(backfill.etaSeconds()));
    sheet.lineIf("position", backfill.position());
    sheet.lineIf("started", backfill.startedAt());
    sheet.lineIf("finished", backfill.finishedAt());
  }

  private static void preflight(Sheet sheet, BackfillStatus backfill) {
    Preflight preflight = backfill.preflight();
    String state = preflight.state();
    if (!state.equals("none")) {
      boolean counted = preflight.rowsInspected() != null;
      sheet.line("preflight", counted ? state + ", " + inspected(preflight) : state);
    }
    if (backfill.findings().isEmpty()) {
      sheet.lineIf("findings", state.equals("done") ? "none" : "");
      return;
    }
    sheet.blank();
    List<List<String>> rows = new ArrayList<>();
    rows.add(List.of("findings", "rows", "decision"));
    backfill
        .findings()
        .forEach(
            (name, each) -> rows.add(List.of(name, Human.count(each.count()), each.decision())));
    sheet.table(rows);
    if (backfill.findingsFile() != null) {
      sheet.plain("listed by key in " + backfill.findingsFile());
    }
    if (backfill.refusedFile() != null) {
      sheet.plain("rows refused by QuestDB are listed in " + backfill.refusedFile());
    }
    undecided(backfill)
        .forEach(name ->
            sheet.plain(
                "%s blocks a backfill. Decide with the setting backfill.%s or with --decide %s=%s"
                    .formatted(
                        name, name, name, name.equals("similar-devices") ? "copy" : "skip")));
    sheet.blank();
  }

  /** Classes that have rows, and for which a backfill stops. */
  private static List<String> undecided(BackfillStatus backfill) {
    return backfill.findings().entrySet().stream()
        .filter(each -> each.getValue().count() > 0)
        .filter(each -> each.getValue().decision().equals("stop"))
        .map(Map.Entry::getKey)
        .toList();
  }

  /** Whether every row was checked and none blocks a backfill. */
  public static boolean passedPreflight(BackfillStatus backfill) {
    return backfill.preflight().state().equals("done") && undecided(backfill).isEmpty();
  }

  private static String next(BackfillStatus backfill) {
    return switch (backfill.state()) {
      case "none" ->
          backfill.preflight().state().equals("done")
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

  public static Progress progress(BackfillStatus backfill) {
    String state = backfill.state();
    if (state.equals("preflight")) {
      Preflight preflight = backfill.preflight();
      return new Progress(
          "preflight",
          "running",
          false,
          Human.share(preflight.id(), preflight.lastId()),
          inspected(preflight),
          "",
          "",
          "",
          Human.text(backfill.why()));
    }
    boolean moving = state.equals("running") || state.equals("throttled");
    return new Progress(
        "backfill",
        state,
        !moving && !state.equals("paused"),
        state.equals("none")
            ? OptionalDouble.empty()
            : Human.share(done(backfill), backfill.rowsTotal()),
        state.equals("none") ? "" : counts(backfill),
        moving ? Human.rate((double) backfill.rowsPerSecond()) : "",
        moving ? Human.eta(backfill.etaSeconds()) : "",
        Human.text(backfill.position()),
        Human.text(backfill.why()));
  }

  private static long done(BackfillStatus backfill) {
    return backfill.rowsCopied() + backfill.rowsSkipped() + backfill.rowsSuperseded();
  }

  private static String counts(BackfillStatus backfill) {
    return ofTotal(backfill.rowsCopied(), backfill.rowsTotal());
  }

  private static String inspected(Preflight preflight) {
    return ofTotal(preflight.rowsInspected(), preflight.rowsTotal()) + " inspected";
  }

  private static String ofTotal(@Nullable Long known, @Nullable Long total) {
    long rows = known == null ? 0 : known;
    return total == null
        ? Human.counted(rows, "row")
        : Human.count(rows) + " of " + Human.counted(total, "row");
  }
}
