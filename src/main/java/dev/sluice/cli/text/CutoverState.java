package dev.sluice.cli.text;

import java.util.List;
import java.util.Optional;

/** Formats {@code GET /v1/cutover}, and the answer to a flip, for people. Pure. */
public final class CutoverState {
  private static final int LABEL = 11;
  private static final String UNKNOWN = "?";

  private CutoverState() {}

  public static String of(Answer cutover) {
    Sheet sheet = new Sheet(LABEL);
    sheet.line("phase", phase(cutover));
    sheet.line(
        "set", "%s by %s".formatted(cutover.text("at", UNKNOWN), cutover.text("by", UNKNOWN)));
    sheet.lineIf("", cutover.text("reason"));
    sheet.line("rests on", cutover.text("report", "no report"));
    List<String> next = cutover.texts("may_go_to");
    sheet.line("may go to", next.isEmpty() ? "none" : String.join(", ", next));
    cutover.object("changing").ifPresent(changing -> sheet.line("changing", changing(changing)));
    cutover.object("last_flip").ifPresent(flip -> sheet.line("last flip", flip(flip)));
    cutover
        .object("shadow_reads")
        .flatMap(CutoverState::shadow)
        .ifPresent(text -> sheet.line("shadow", text));
    List<String> reports = cutover.texts("reports");
    for (int i = 0; i < reports.size(); i++) {
      sheet.line(i == 0 ? "reports" : "", reports.get(i));
    }
    return sheet.toString();
  }

  /** Describes what a flip did, and what to do next. */
  public static String flipped(Answer flip) {
    Sheet sheet = new Sheet(LABEL);
    sheet.plain("The phase is " + phase(flip) + ".");
    if (!flip.text("held_ms", "0").equals("0")) {
      sheet.plain(
          "Everything acknowledged was in place after %s; then reads were held for %s."
              .formatted(millis(flip, "waited_ms"), millis(flip, "held_ms")));
    }
    sheet.plain(next(flip.text("phase")));
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

  private static String phase(Answer answer) {
    return answer.text("phase", UNKNOWN) + " (epoch " + answer.text("epoch", UNKNOWN) + ")";
  }

  private static String changing(Answer changing) {
    return "to %s since %s: %s"
        .formatted(
            changing.text("to", UNKNOWN),
            changing.text("since", UNKNOWN),
            changing.text("step", UNKNOWN));
  }

  private static String flip(Answer flip) {
    return "to %s at %s: reads held for %s, waited %s"
        .formatted(
            flip.text("to", UNKNOWN),
            flip.text("at", UNKNOWN),
            millis(flip, "held_ms"),
            millis(flip, "waited_ms"));
  }

  private static Optional<String> shadow(Answer reads) {
    double share = reads.number("share").orElse(0);
    if (share == 0 && reads.count("compared") == 0) {
      return Optional.empty();
    }
    return Optional.of(
        "%s of reads also run against the other store: %s compared, %s different, %s skipped"
            .formatted(
                Human.percent(share),
                Human.count(reads.count("compared")),
                Human.count(reads.count("different")),
                Human.count(reads.count("skipped"))));
  }

  private static String millis(Answer answer, String name) {
    return answer.whole(name).isPresent() ? Human.millis(answer.count(name)) : UNKNOWN;
  }
}
