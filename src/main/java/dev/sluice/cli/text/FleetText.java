package dev.sluice.cli.text;

import dev.sluice.api.FleetDevice;
import dev.sluice.api.FleetDevices;
import dev.sluice.api.FleetGap;
import dev.sluice.api.FleetGaps;
import dev.sluice.api.FleetGroup;
import dev.sluice.api.FleetSummary;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Formats what the fleet's routes answer for people. Pure. */
public final class FleetText {
  private static final int LABEL = 12;
  private static final int MOST_LINES = 10;
  private static final int LEAST_BAR = 20;
  private static final int MOST_BAR = 120;
  private static final int TIME_LENGTH = "2026-11-22T03:00:00".length();
  private static final String NONE = "-";
  private static final char HEARD = '\u2501';

  /** How a gap is drawn, by its cause. */
  private static final Map<String, Character> LETTERS =
      Map.of("sluice-down", 'S', "refused", 'R', "fleet", 'F', "late", 'L', "device", 'D');

  private FleetText() {}

  /** The whole fleet. */
  public static String of(FleetSummary fleet) {
    Sheet sheet = new Sheet(LABEL);
    FleetSummary.States states = fleet.devices();
    sheet.line(
        "devices",
        "%s live, %s late, %s silent, %s learning, %s retired"
            .formatted(
                Human.count(states.live()),
                Human.count(states.late()),
                Human.count(states.silent()),
                Human.count(states.learning()),
                Human.count(states.retired())));
    if (fleet.unwatched() > 0) {
      sheet.line(
          "",
          "about %s more are not watched: fleet.max-devices is %s"
              .formatted(Human.count(fleet.unwatched()), Human.count(fleet.maxDevices())));
    }
    List<String> gaps = new ArrayList<>();
    fleet.gaps().forEach((cause, count) -> gaps.add(Human.count(count) + " " + cause));
    sheet.line("gaps", String.join(", ", gaps));
    sheet.line("lateness", quantiles(fleet.latenessSeconds(), " s"));
    sheet.line("intervals", quantiles(fleet.intervalRatio(), " of typical"));
    ledger(sheet, fleet.ledger());
    groups(sheet, fleet.together());
    incidents(sheet, fleet.incidents());
    return sheet.toString();
  }

  /** A list of devices. */
  public static String devices(FleetDevices found) {
    if (found.devices().isEmpty()) {
      return "No such device." + System.lineSeparator();
    }
    List<List<String>> rows = new ArrayList<>();
    rows.add(
        List.of("device", "state", "last arrival", "interval", "jitter", "gaps", "longest", "why"));
    for (FleetDevice device : found.devices()) {
      rows.add(
          List.of(
              device.deviceId(),
              device.state(),
              time(device.lastArrival()),
              seconds(device.intervalSeconds()),
              seconds(device.jitterSeconds()),
              Human.count(device.gaps()),
              device.gaps() == 0 ? NONE : seconds(device.longestGapSeconds()),
              device.cause() == null ? "" : device.cause()));
    }
    return new Sheet(0)
        .table(rows)
        .blank()
        .plain(shown(found.devices().size(), found.total(), "device"))
        .toString();
  }

  /** The newest gaps. */
  public static String gaps(FleetGaps found) {
    if (found.gaps().isEmpty()) {
      return "No such gap." + System.lineSeparator();
    }
    Sheet sheet = new Sheet(LABEL);
    sheet.table(rows(found.gaps(), true)).blank();
    sheet.plain(shown(found.gaps().size(), found.total(), "gap"));
    groups(sheet, found.together());
    return sheet.toString();
  }

  /**
   * One device, with its last gaps on a line of time.
   *
   * @param width columns of the screen
   */
  public static String device(FleetDevice device, int width) {
    Sheet sheet = new Sheet(LABEL);
    sheet.line("device", device.deviceId());
    String why = device.cause() == null ? "" : ", cause so far: " + device.cause();
    String silence =
        device.silentSeconds() == null ? "" : " for " + seconds(device.silentSeconds()) + why;
    sheet.line("state", device.state() + silence);
    sheet.line("heard", "%s to %s".formatted(device.firstArrival(), device.lastArrival()));
    sheet.line("readings", Human.count(device.readings()));
    if (device.intervalSeconds() != null) {
      sheet.line(
          "interval",
          "%s, jitter %s, silent after %s"
              .formatted(
                  seconds(device.intervalSeconds()),
                  seconds(device.jitterSeconds()),
                  seconds(device.silentAfterSeconds())));
    }
    sheet.line("lateness", seconds(device.latenessSeconds()));
    sheet.line(
        "gaps",
        device.gaps() == 0
            ? "none"
            : Human.count(device.gaps()) + ", longest " + seconds(device.longestGapSeconds()));
    List<FleetGap> gaps = device.recentGaps();
    if (gaps != null && !gaps.isEmpty()) {
      sheet.blank();
      bar(sheet, device, gaps, width);
      sheet.blank();
      sheet.table(rows(gaps, false));
    }
    return sheet.toString();
  }

  private static void ledger(Sheet sheet, FleetSummary.Progress ledger) {
    sheet.line(
        "ledger",
        "%s behind, %.1f s; %s bytes, %.1f a device"
            .formatted(
                Human.counted(ledger.lagReadings(), "reading"),
                ledger.lagSeconds(),
                Human.count(ledger.bytes()),
                ledger.bytesPerDevice()));
    if (ledger.skippedReadings() > 0) {
      sheet.line(
          "",
          Human.counted(ledger.skippedReadings(), "reading")
              + " passed over: it was behind, and the journal needed the room");
    }
    if (ledger.problem() != null) {
      sheet.line("", ledger.problem());
    }
  }

  private static void groups(Sheet sheet, List<FleetGroup> groups) {
    String label = "together";
    for (FleetGroup group : groups.subList(0, Math.min(MOST_LINES, groups.size()))) {
      sheet.line(
          label,
          "%s, %s since %s%s"
              .formatted(
                  Human.counted(group.devices(), "device"),
                  group.cause(),
                  time(group.from()),
                  group.to() == null ? ", not over" : " to " + time(group.to())));
      label = "";
    }
  }

  private static void incidents(Sheet sheet, List<FleetSummary.Incident> incidents) {
    String label = "incidents";
    for (FleetSummary.Incident one : incidents.subList(0, Math.min(MOST_LINES, incidents.size()))) {
      sheet.line(
          label,
          "%s %s%s: %s"
              .formatted(
                  time(one.from()),
                  one.kind(),
                  one.to() == null ? ", not over" : " to " + time(one.to()),
                  one.detail()));
      label = "";
    }
  }

  private static List<List<String>> rows(List<FleetGap> gaps, boolean named) {
    List<List<String>> rows = new ArrayList<>();
    rows.add(row(named, "device", "from", "to", "length", "cause"));
    for (FleetGap gap : gaps) {
      rows.add(
          row(
              named,
              gap.deviceId(),
              time(gap.from()),
              gap.to() == null ? "not over" : time(gap.to()),
              seconds(gap.seconds()),
              gap.cause()));
    }
    return rows;
  }

  private static List<String> row(boolean named, String device, String... rest) {
    List<String> row = new ArrayList<>();
    if (named) {
      row.add(device);
    }
    row.addAll(List.of(rest));
    return row;
  }

  /** From the oldest gap to now, a column a stretch of time; a gap's columns are its letter. */
  private static void bar(Sheet sheet, FleetDevice device, List<FleetGap> gaps, int width) {
    Instant from = Instant.parse(gaps.getLast().from());
    Instant to = Instant.parse(device.lastArrival());
    if (device.silentSeconds() != null) {
      to = to.plusMillis((long) (device.silentSeconds() * 1_000));
    }
    double span = Math.max(1, Duration.between(from, to).toMillis()) * 1.05;
    Instant start = to.minusMillis((long) span);
    int columns = Math.clamp(width - 1, LEAST_BAR, MOST_BAR);
    char[] bar = String.valueOf(HEARD).repeat(columns).toCharArray();
    for (FleetGap gap : gaps) {
      Instant end = gap.to() == null ? to : Instant.parse(gap.to());
      int first = column(start, Instant.parse(gap.from()), span, columns);
      int last = column(start, end, span, columns);
      for (int i = first; i < Math.max(first + 1, last) && i < columns; i++) {
        bar[i] = LETTERS.getOrDefault(gap.cause(), '?');
      }
    }
    sheet.plain(new String(bar));
    String left = time(start.toString());
    String right = time(to.toString());
    sheet.plain(left + " ".repeat(Math.max(1, columns - left.length() - right.length())) + right);
    sheet.plain("S Sluice was down  R refused  F fleet  L came late  D device");
  }

  private static int column(Instant start, Instant at, double spanMs, int columns) {
    double share = Duration.between(start, at).toMillis() / spanMs;
    return Math.clamp((long) (share * columns), 0, columns - 1);
  }

  private static String quantiles(FleetSummary.Quantiles of, String unit) {
    return of.p50() == null
        ? "not measured yet"
        : "p50 %s, p90 %s, p99 %s, max %s"
            .formatted(
                number(of.p50()) + unit,
                number(of.p90()) + unit,
                number(of.p99()) + unit,
                number(of.max()) + unit);
  }

  private static String shown(long shown, long total, String one) {
    return shown == total
        ? Human.counted(total, one)
        : Human.count(shown) + " of " + Human.counted(total, one);
  }

  private static String seconds(@Nullable Double seconds) {
    if (seconds == null) {
      return NONE;
    }
    return seconds < 60 ? number(seconds) + " s" : Human.duration(Math.round(seconds));
  }

  private static String number(@Nullable Double number) {
    return number == null ? NONE : String.format(Locale.ROOT, "%.2f", number);
  }

  /** To the second. */
  private static String time(String iso) {
    return iso.length() > TIME_LENGTH ? iso.substring(0, TIME_LENGTH) + "Z" : iso;
  }
}
