package dev.sluice.cli.text;

import dev.sluice.api.HourCounts;
import dev.sluice.api.MismatchCounts;
import dev.sluice.api.VerifyStatus;
import dev.sluice.api.VerifyStatus.Control;
import java.time.Instant;
import java.util.OptionalDouble;

/** Formats {@code GET /v1/verify} for people. Pure. */
public final class VerifyText {
  private static final int LABEL = 11;

  private VerifyText() {}

  public static String of(VerifyStatus verify) {
    Sheet sheet = new Sheet(LABEL);
    String scope = verify.scope();
    sheet.line("verify", verify.state() + (scope == null ? "" : ", " + scope));
    sheet.lineIf("", verify.why());
    sheet.line("hours", hours(verify.hours()));
    if (verify.startedAt() != null) {
      run(sheet, verify);
    }
    Control control = verify.control();
    if (control != null) {
      sheet.line("control", control(control));
    }
    Instant pass = verify.completePassAt();
    sheet.line("full pass", pass == null ? "none yet" : pass.toString());
    String objection = verify.objection();
    sheet.line("parity", objection == null ? "proven" : "not proven: " + objection);
    sheet.lineIf("next", next(verify));
    return sheet.toString();
  }

  /** {@code 8,760 matched, 0 mismatched, 1 dirty, 0 unverified}. */
  static String hours(HourCounts hours) {
    return "%s matched, %s mismatched, %s dirty, %s unverified"
        .formatted(
            Human.count(hours.matched()),
            Human.count(hours.mismatched()),
            Human.count(hours.dirty()),
            Human.count(hours.unverified()));
  }

  private static void run(Sheet sheet, VerifyStatus verify) {
    sheet.lineIf("started", verify.startedAt());
    sheet.lineIf("finished", verify.finishedAt());
    sheet.line("compared", Human.counted(verify.rowsCompared(), "row") + " in " + done(verify));
    MismatchCounts found = verify.mismatches();
    if (found.total() == 0) {
      sheet.line("found", "no mismatch");
      return;
    }
    sheet.line(
        "found",
        "%s missing, %s extra, %s value, %s precision"
            .formatted(
                Human.count(found.missing()),
                Human.count(found.extra()),
                Human.count(found.value()),
                Human.count(found.precision())));
    sheet.line("", "listed by key in " + verify.mismatchFiles());
  }

  private static String next(VerifyStatus verify) {
    if (verify.state().equals("running")) {
      return "sluice verify watch";
    }
    HourCounts hours = verify.hours();
    if (hours.mismatched() > 0) {
      return "sluice verify repair lists what a repair would copy";
    }
    boolean open = hours.unverified() + hours.dirty() > 0;
    return open || verify.completePassAt() == null ? "sluice verify start" : "";
  }

  public static Progress progress(VerifyStatus verify) {
    String state = verify.state();
    boolean running = state.equals("running");
    OptionalDouble share = Human.share(verify.hoursDone(), verify.hoursTotal());
    long mismatches = verify.control() == null ? verify.mismatches().total() : 0;
    String found = mismatches == 0 ? "" : Human.counted(mismatches, "mismatched key");
    return new Progress(
        "verify",
        state,
        !running,
        share,
        done(verify),
        running ? Human.rate((double) verify.rowsPerSecond()) : "",
        "",
        Human.text(verify.hour()),
        found.isEmpty() || verify.why() == null
            ? found + Human.text(verify.why())
            : found + ": " + verify.why());
  }

  /**
   * Whether the run is done and no difference is known; a control run says nothing about the parity
   * of the two stores.
   */
  public static boolean clean(VerifyStatus verify) {
    Control control = verify.control();
    boolean agrees =
        control == null
            ? verify.mismatches().total() == 0 && verify.hours().mismatched() == 0
            : control.differences() == 0;
    return agrees && verify.state().equals("done");
  }

  private static String done(VerifyStatus verify) {
    Long total = verify.hoursTotal();
    return total == null
        ? Human.counted(verify.hoursDone(), "hour")
        : Human.count(verify.hoursDone()) + " of " + Human.counted(total, "hour");
  }

  private static String control(Control control) {
    return "%s against itself: %s, %s"
        .formatted(
            control.store(),
            Human.counted(control.rows(), "row"),
            Human.counted(control.differences(), "difference"));
  }
}
