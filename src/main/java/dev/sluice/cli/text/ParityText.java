package dev.sluice.cli.text;

import dev.sluice.api.ParityHour;
import dev.sluice.api.VerifyMap;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.ToLongFunction;

/** Formats the parity map for people: consecutive hours in the same state share one line. Pure. */
public final class ParityText {
  private ParityText() {}

  /**
   * Lays out the map of a verification.
   *
   * @param allHours whether each hour gets a separate line
   */
  public static String of(VerifyMap known, boolean allHours) {
    List<ParityHour> hours = known.map();
    if (hours.isEmpty()) {
      return "No hour is known to have a reading; to check: sluice verify start"
          + System.lineSeparator();
    }
    List<List<String>> rows = new ArrayList<>();
    rows.add(
        List.of(
            "from", "to", "hours", "state", "mysql rows", "questdb rows", "mismatches", "since"));
    for (List<ParityHour> range : ranges(hours, allHours)) {
      rows.add(row(range));
    }
    return new Sheet(0)
        .table(rows)
        .blank()
        .plain(Human.counted(hours.size(), "hour") + ": " + VerifyText.hours(known.hours()))
        .plain("Hours (UTC) without a reading in either store are not listed.")
        .toString();
  }

  private static List<List<ParityHour>> ranges(List<ParityHour> hours, boolean each) {
    List<List<ParityHour>> ranges = new ArrayList<>();
    for (ParityHour hour : hours) {
      boolean sameAsBefore =
          !ranges.isEmpty() && ranges.getLast().getLast().state().equals(hour.state());
      if (each || !sameAsBefore) {
        ranges.add(new ArrayList<>());
      }
      ranges.getLast().add(hour);
    }
    return ranges;
  }

  private static List<String> row(List<ParityHour> range) {
    String state = range.getFirst().state();
    return List.of(
        range.getFirst().hour(),
        range.getLast().hour(),
        Human.count(range.size()),
        state,
        sum(range, ParityHour::mysqlRows),
        sum(range, ParityHour::questdbRows),
        sum(range, ParityHour::mismatches),
        since(range, state.equals("dirty")));
  }

  private static String sum(List<ParityHour> range, ToLongFunction<ParityHour> count) {
    return Human.count(range.stream().mapToLong(count).sum());
  }

  private static String since(List<ParityHour> range, boolean dirty) {
    return range.stream()
        .map(hour -> dirty ? hour.dirtySince() : hour.verifiedAt())
        .filter(Objects::nonNull)
        .sorted()
        .findFirst()
        .map(Object::toString)
        .orElse("-");
  }
}
