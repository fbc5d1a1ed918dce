package dev.sluice.cli.text;

import java.util.List;
import java.util.OptionalDouble;

/** Formats {@code GET /v1/verify} for people. Pure. */
public final class VerifyState {
  private static final int LABEL = 11;
  private static final String UNKNOWN = "?";
  private static final List<String> HOURS = List.of("matched", "mismatched", "dirty", "unverified");
  private static final List<String> CLASSES = List.of("missing", "extra", "value", "precision");

  private VerifyState() {}

  public static String of(Answer verify) {
    Sheet sheet = new Sheet(LABEL);
    String scope = verify.text("scope");
    sheet.line("verify", verify.text("state", UNKNOWN) + (scope.isEmpty() ? "" : ", " + scope));
    sheet.lineIf("", verify.text("why"));
    sheet.line("hours", hours(verify.in("hours")));
    if (!verify.text("started_at").isEmpty()) {
      run(sheet, verify);
    }
    verify.object("control").ifPresent(control -> sheet.line("control", control(control)));
    sheet.line("full pass", verify.text("complete_pass_at", "none yet"));
    String objection = verify.text("objection");
    sheet.line("parity", objection.isEmpty() ? "proven" : "not proven: " + objection);
    sheet.lineIf("next", next(verify));
    return sheet.toString();
  }

  /** {@code 8,760 matched, 0 mismatched, 1 dirty, 0 unverified}. */
  static String hours(Answer hours) {
    return counts(hours, HOURS);
  }

  private static void run(Sheet sheet, Answer verify) {
    sheet.line("started", verify.text("started_at"));
    sheet.lineIf("finished", verify.text("finished_at"));
    sheet.line(
        "compared", Human.counted(verify.count("rows_compared"), "row") + " in " + done(verify));
    long mismatches = mismatches(verify);
    sheet.line("found", mismatches == 0 ? "no mismatch" : counts(verify.in("mismatches"), CLASSES));
    if (mismatches > 0) {
      sheet.lineIf("", "listed by key in " + verify.text("mismatch_files", "the mismatch files"));
    }
  }

  private static String next(Answer verify) {
    if (verify.text("state").equals("running")) {
      return "sluice verify watch";
    }
    Answer hours = verify.in("hours");
    if (hours.count("mismatched") > 0) {
      return "sluice verify repair lists what a repair would copy";
    }
    boolean open = hours.count("unverified") + hours.count("dirty") > 0;
    return open || verify.text("complete_pass_at").isEmpty() ? "sluice verify start" : "";
  }

  public static Progress progress(Answer verify) {
    String state = verify.text("state", UNKNOWN);
    boolean running = state.equals("running");
    OptionalDouble share = Human.share(verify.count("hours_done"), verify.count("hours_total"));
    long mismatches = isControl(verify) ? 0 : mismatches(verify);
    String found = mismatches == 0 ? "" : Human.counted(mismatches, "mismatched key");
    return new Progress(
        "verify",
        state,
        !running,
        share,
        done(verify),
        running ? Human.rate(verify.number("rows_per_second").orElse(0)) : "",
        running ? Human.eta(verify.whole("eta_seconds")) : "",
        verify.text("hour"),
        String.join(": ", nonEmpty(found, verify.text("why"))));
  }

  /** Whether the run is done and no difference is known. */
  public static boolean clean(Answer verify) {
    boolean agrees =
        isControl(verify)
            ? verify.in("control").count("differences") == 0
            : mismatches(verify) == 0 && verify.in("hours").count("mismatched") == 0;
    return agrees && verify.text("state").equals("done");
  }

  /** Whether this is a control run, which says nothing about the parity of the two stores. */
  private static boolean isControl(Answer verify) {
    return verify.object("control").isPresent();
  }

  private static long mismatches(Answer verify) {
    return CLASSES.stream().mapToLong(name -> verify.in("mismatches").count(name)).sum();
  }

  private static String done(Answer verify) {
    return verify.whole("hours_total").isEmpty()
        ? Human.counted(verify.count("hours_done"), "hour")
        : Human.count(verify.count("hours_done"))
            + " of "
            + Human.counted(verify.count("hours_total"), "hour");
  }

  private static String control(Answer control) {
    return "%s against itself: %s, %s"
        .formatted(
            control.text("store", UNKNOWN),
            Human.counted(control.count("rows"), "row"),
            Human.counted(control.count("differences"), "difference"));
  }

  private static String counts(Answer answer, List<String> names) {
    return String.join(
        ", ", names.stream().map(name -> Human.count(answer.count(name)) + " " + name).toList());
  }

  private static List<String> nonEmpty(String... texts) {
    return java.util.Arrays.stream(texts).filter(text -> !text.isEmpty()).toList();
  }
}
