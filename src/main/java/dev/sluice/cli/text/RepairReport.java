package dev.sluice.cli.text;

import java.util.List;

/** Formats the answer to a repair for people. Pure. */
public final class RepairReport {
  private static final List<String> CLASSES = List.of("missing", "value", "precision", "extra");
  private static final int MOST_SHOWN = 20;

  private RepairReport() {}

  public static String of(Answer repair, String again) {
    boolean done = repair.is("execute");
    String next = repair.text("next");
    if (!next.isEmpty()) {
      return toSend(repair, next);
    }
    Sheet sheet = new Sheet(0);
    Answer repaired = repair.in("repaired");
    sheet.plain(done ? "Repaired:" : "A repair would change in QuestDB:");
    sheet.table(
        CLASSES.stream()
            .map(name -> List.of("", name, Human.count(repaired.count(name)), meaning(name)))
            .toList());
    sheet.plain(unchanged(repair));
    if (notRepaired(repair) > 0) {
      listNotRepaired(sheet, repair);
    }
    if (done) {
      return sheet
          .plain("The affected hours are being verified again: sluice verify watch")
          .toString();
    }
    if (total(repair) == 0) {
      return notRepaired(repair) == 0
          ? sheet.plain("Nothing to repair.").toString()
          : sheet.plain("Nothing else to repair.").toString();
    }
    return sheet.plain("Nothing was changed. To proceed:").plain("  " + again).toString();
  }

  /** Used while QuestDB is read: lists what must be sent again so that MySQL follows. */
  private static String toSend(Answer repair, String next) {
    Answer counts = repair.in("to_send");
    Sheet sheet = new Sheet(0).plain("To be sent again:");
    sheet.table(
        CLASSES.stream().map(name -> List.of("", name, Human.count(counts.count(name)))).toList());
    sheet.plain(unchanged(repair));
    if (notRepaired(repair) > 0) {
      listNotRepaired(sheet, repair);
    }
    return sheet.plain("file  " + repair.text("to_send_file")).plain(next).toString();
  }

  /** How many keys were not repaired; the list in the answer may be shorter. */
  public static long notRepaired(Answer repair) {
    return repair.whole("not_repaired_total").orElse(repair.objects("not_repaired").size());
  }

  private static String unchanged(Answer repair) {
    long keys = repair.count("unchanged");
    return "%s %s no repair: the stores agree by now."
        .formatted(Human.counted(keys, "key"), keys == 1 ? "needs" : "need");
  }

  private static long total(Answer repair) {
    return CLASSES.stream().mapToLong(name -> repair.in("repaired").count(name)).sum();
  }

  private static String meaning(String name) {
    return switch (name) {
      case "missing" -> "in MySQL only: copied";
      case "value" -> "different value: MySQL's is copied";
      case "precision" -> "almost the same value: MySQL's is copied";
      case "extra" -> "in QuestDB only: removed";
      default -> throw new AssertionError(name);
    };
  }

  private static void listNotRepaired(Sheet sheet, Answer repair) {
    List<Answer> left = repair.objects("not_repaired");
    sheet.blank().plain("Cannot repair " + Human.counted(notRepaired(repair), "key") + ":");
    left.stream()
        .map(key -> key.text("reason", "?"))
        .distinct()
        .forEach(reason -> sheet.plain("  " + reason));
    left.stream()
        .limit(MOST_SHOWN)
        .forEach(key ->
            sheet.plain(
                "    %s  %s  %s  %s"
                    .formatted(
                        key.text("class", "?"),
                        key.text("device_id", "?"),
                        key.text("metric", "?"),
                        key.text("ts", "?"))));
    long more = notRepaired(repair) - Math.min(MOST_SHOWN, left.size());
    if (more > 0) {
      sheet.plain("    and " + Human.count(more) + " more: see --json and the mismatch files");
    }
    sheet.blank();
  }
}
