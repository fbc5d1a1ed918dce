package dev.sluice.cli.text;

import dev.sluice.api.CutoverStatus;
import dev.sluice.api.CutoverStatus.Changing;
import dev.sluice.api.CutoverStatus.LastFlip;
import dev.sluice.api.CutoverStatus.ShadowReads;
import dev.sluice.api.FlipResult;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/** Formats {@code GET /v1/cutover}, and the answer to a flip, for people. Pure. */
public final class CutoverText {
  private static final int LABEL = 11;

  private CutoverText() {}

  public static String of(CutoverStatus cutover) {
    Sheet sheet = new Sheet(LABEL);
    sheet.line("phase", phase(cutover.phase(), cutover.epoch()));
    sheet.line("set", "%s by %s".formatted(cutover.at(), cutover.by()));
    sheet.lineIf("", cutover.reason());
    sheet.line("based on", Objects.requireNonNullElse(cutover.report(), "no report"));
    List<String> next = cutover.mayGoTo();
    sheet.line("may go to", next.isEmpty() ? "none" : String.join(", ", next));
    sheet.lineIf("changing", changing(cutover.changing()));
    sheet.lineIf("last flip", flip(cutover.lastFlip()));
    sheet.lineIf("shadow", shadow(cutover.shadowReads()));
    List<String> reports = cutover.reports();
    for (int i = 0; i < reports.size(); i++) {
      sheet.line(i == 0 ? "reports" : "", reports.get(i));
    }
    return sheet.toString();
  }

  /** Describes what a flip did, and what to do next. */
  public static String flipped(FlipResult flip) {
    Sheet sheet = new Sheet(LABEL);
    sheet.plain("The phase is " + phase(flip.phase(), flip.epoch()) + ".");
    if (flip.heldMs() != 0) {
      sheet.plain(
          "Everything acknowledged was in place after %s; then reads were held for %s."
              .formatted(Human.millis(flip.waitedMs()), Human.millis(flip.heldMs())));
    }
    sheet.plain(next(flip.phase()));
    return sheet.toString();
  }

  private static String next(String phase) {
    return switch (phase) {
      case "mysql" ->
          "QuestDB no longer receives writes. To start over: sluice cutover --to mirror";
      case "mirror" ->
          "Writes go to both stores, reads to MySQL. Next: sluice backfill start, if history is not"
              + " copied yet";
      case "questdb" -> "Writes go to both stores, reads to QuestDB. To go back: sluice rollback";
      case "retired" ->
          "MySQL no longer receives writes, and nothing in it was dropped. MIGRATION.md says what"
              + " to archive.";
      default -> "See: sluice status";
    };
  }

  private static String phase(String phase, long epoch) {
    return phase + " (epoch " + epoch + ")";
  }

  private static String changing(@Nullable Changing changing) {
    return changing == null
        ? ""
        : "to %s since %s: %s".formatted(changing.to(), changing.since(), changing.step());
  }

  private static String flip(@Nullable LastFlip flip) {
    return flip == null
        ? ""
        : "to %s at %s: reads held for %s, waited %s"
            .formatted(
                flip.to(), flip.at(), Human.millis(flip.heldMs()), Human.millis(flip.waitedMs()));
  }

  private static String shadow(@Nullable ShadowReads reads) {
    return reads == null || (reads.share() == 0 && reads.compared() == 0)
        ? ""
        : "%s of reads also run against the other store: %s compared, %s different, %s skipped"
            .formatted(
                Human.percent(reads.share()),
                Human.count(reads.compared()),
                Human.count(reads.different()),
                Human.count(reads.skipped()));
  }
}
