package dev.sluice.cli.text;

import java.util.ArrayList;
import java.util.List;

/** Formats the parity map for people: consecutive hours in the same state share one line. Pure. */
public final class ParityMap {
  private static final int HOUR_LENGTH = "2026-11-22T03".length();

  private ParityMap() {}

  /**
   * Lays out the map of a verification.
   *
   * @param allHours whether each hour gets a separate line
   */
  public static String of(Answer verify, boolean allHours) {
    List<Answer> hours = verify.objects("map");
    if (hours.isEmpty()) {
      return "No hour is known to have a reading; to check: sluice verify start"
          + System.lineSeparator();
    }
    List<List<String>> rows = new ArrayList<>();
    rows.add(
        List.of(
            "from", "to", "hours", "state", "mysql rows", "questdb rows", "mismatches", "since"));
    for (List<Answer> range : ranges(hours, allHours)) {
      rows.add(row(range));
    }
    return new Sheet(0)
        .table(rows)
        .blank()
        .plain(Human.counted(hours.size(), "hour") + ": " + VerifyState.hours(verify.in("hours")))
        .plain("Hours (UTC) without a reading in either store are not listed.")
        .toString();
  }

  private static List<List<Answer>> ranges(List<Answer> hours, boolean each) {
    List<List<Answer>> ranges = new ArrayList<>();
    for (Answer hour : hours) {
      boolean sameAsBefore =
          !ranges.isEmpty() && ranges.getLast().getLast().text("state").equals(hour.text("state"));
      if (each || !sameAsBefore) {
        ranges.add(new ArrayList<>());
      }
      ranges.getLast().add(hour);
    }
    return ranges;
  }

  private static List<String> row(List<Answer> range) {
    String state = range.getFirst().text("state", "?");
    return List.of(
        hour(range.getFirst()),
        hour(range.getLast()),
        Human.count(range.size()),
        state,
        sum(range, "mysql_rows"),
        sum(range, "questdb_rows"),
        sum(range, "mismatches"),
        earliest(range, state.equals("dirty") ? "dirty_since" : "verified_at"));
  }

  private static String hour(Answer hour) {
    String text = hour.text("hour", "?");
    return text.length() > HOUR_LENGTH ? text.substring(0, HOUR_LENGTH) : text;
  }

  /** The sum of what is known; a dash if nothing is. */
  private static String sum(List<Answer> range, String name) {
    boolean known = range.stream().anyMatch(hour -> hour.whole(name).isPresent());
    return known ? Human.count(range.stream().mapToLong(hour -> hour.count(name)).sum()) : "-";
  }

  private static String earliest(List<Answer> range, String name) {
    return range.stream()
        .map(hour -> hour.text(name))
        .filter(text -> !text.isEmpty())
        .sorted()
        .findFirst()
        .orElse("-");
  }
}
