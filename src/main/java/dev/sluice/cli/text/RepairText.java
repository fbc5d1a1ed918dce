package dev.sluice.cli.text;

import dev.sluice.api.MismatchCounts;
import dev.sluice.api.RepairResult;
import java.util.List;

/** Formats the answer to a repair for people. Pure. */
public final class RepairText {
  private static final int MOST_SHOWN = 20;

  private RepairText() {}

  public static String of(RepairResult repair, String again) {
    MismatchCounts toSend = repair.toSend();
    if (toSend != null) {
      return toSend(repair, toSend);
    }
    boolean done = repair.execute();
    Sheet sheet = new Sheet(0);
    sheet.plain(done ? "Repaired:" : "A repair would change in QuestDB:");
    MismatchCounts repaired = repair.repaired();
    sheet.table(
        List.of(
            row("missing", repaired.missing(), "in MySQL only: copied"),
            row("value", repaired.value(), "different value: MySQL's is copied"),
            row("precision", repaired.precision(), "almost the same value: MySQL's is copied"),
            row("extra", repaired.extra(), "in QuestDB only: removed")));
    sheet.plain(unchanged(repair));
    if (repair.notRepairedTotal() > 0) {
      listNotRepaired(sheet, repair);
    }
    if (done) {
      return sheet
          .plain("The affected hours are being verified again: sluice verify watch")
          .toString();
    }
    if (repaired.total() == 0) {
      return repair.notRepairedTotal() == 0
          ? sheet.plain("Nothing to repair.").toString()
          : sheet.plain("No other key needs repair.").toString();
    }
    return sheet.plain("Nothing was changed. To proceed:").plain("  " + again).toString();
  }

  /** Used while QuestDB is read: lists what must be sent again so that MySQL follows. */
  private static String toSend(RepairResult repair, MismatchCounts counts) {
    Sheet sheet = new Sheet(0).plain("To resend:");
    sheet.table(
        List.of(
            row("missing", counts.missing(), ""),
            row("value", counts.value(), ""),
            row("precision", counts.precision(), ""),
            row("extra", counts.extra(), "")));
    sheet.plain(unchanged(repair));
    if (repair.notRepairedTotal() > 0) {
      listNotRepaired(sheet, repair);
    }
    return sheet.plain("file  " + repair.toSendFile()).plain(Human.text(repair.next())).toString();
  }

  private static String unchanged(RepairResult repair) {
    long keys = repair.unchanged();
    return "%s %s no repair: the stores agree by now."
        .formatted(Human.counted(keys, "key"), keys == 1 ? "needs" : "need");
  }

  private static List<String> row(String name, long count, String meaning) {
    return List.of("", name, Human.count(count), meaning);
  }

  private static void listNotRepaired(Sheet sheet, RepairResult repair) {
    List<RepairResult.Key> left = repair.notRepaired();
    sheet.blank().plain(Human.counted(repair.notRepairedTotal(), "key") + " cannot be repaired:");
    left.stream()
        .map(RepairResult.Key::reason)
        .distinct()
        .forEach(reason -> sheet.plain("  " + reason));
    left.stream()
        .limit(MOST_SHOWN)
        .forEach(key ->
            sheet.plain(
                "    %s  %s  %s  %s"
                    .formatted(key.kind(), key.deviceId(), key.metric(), key.ts())));
    long more = repair.notRepairedTotal() - Math.min(MOST_SHOWN, left.size());
    if (more > 0) {
      sheet.plain("    and " + Human.count(more) + " more: see --json and the mismatch files");
    }
    sheet.blank();
  }
}
