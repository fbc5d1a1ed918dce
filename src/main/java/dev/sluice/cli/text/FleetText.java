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
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Formats what the fleet's routes answer for people. Pure. */
public final class FleetText {
  private static final int LABEL = 12;
  private static final int MOST_LINES = 10;

  /** Memory is taken in pieces, so that a share of few devices says nothing. */
  private static final int MANY = 10_000;

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
    int known = known(fleet.devices());
    sheet.line("devices", known == 0 ? "none heard yet" : states(fleet.devices()));
    if (fleet.unwatched() > 0) {
      sheet.line(
          "",
          "about %s beyond fleet.max-devices, which is %s: counted, not watched"
              .formatted(
                  Human.counted(fleet.unwatched(), "device"), Human.count(fleet.maxDevices())));
    }
    sheet.line("gaps", causes(fleet.gaps()));
    sheet.line("lateness", quantiles(fleet.latenessSeconds(), FleetText::seconds));
    FleetSummary.Quantiles ratio = fleet.intervalRatio();
    sheet.line(
        "intervals",
        quantiles(ratio, FleetText::ratio) + (ratio.p50() == null ? "" : " times the usual"));
    ledger(sheet, fleet.ledger(), known);
    groups(sheet, fleet.together());
    incidents(sheet, fleet.incidents());
    return sheet.toString();
  }

  /**
   * A list of devices.
   *
   * @param chosen whether only some of the fleet were asked for
   */
  public static String devices(FleetDevices found, boolean chosen) {
    if (found.devices().isEmpty()) {
      return (chosen ? "No device is in this state." : "No device was heard yet.")
          + System.lineSeparator();
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

  /**
   * The newest gaps.
   *
   * @param chosen whether only some of them were asked for
   */
  public static String gaps(FleetGaps found, boolean chosen) {
    if (found.gaps().isEmpty()) {
      return (chosen ? "No such gap is known." : "No gap is known.") + System.lineSeparator();
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
    sheet.line("state", state(device));
    sheet.line("heard", between(device.firstArrival(), device.lastArrival()));
    sheet.line("readings", Human.count(device.readings()));
    sheet.line(
        "interval",
        device.intervalSeconds() == null
            ? "not known yet: it takes nine arrivals"
            : "%s, jitter %s, silent after %s"
                .formatted(
                    seconds(device.intervalSeconds()),
                    seconds(device.jitterSeconds()),
                    seconds(device.silentAfterSeconds())));
    sheet.line("lateness", lateness(device.latenessSeconds()));
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

  private static int known(FleetSummary.States states) {
    return states.live() + states.late() + states.silent() + states.learning() + states.retired();
  }

  private static String states(FleetSummary.States states) {
    return "%s live, %s late, %s silent, %s learning, %s retired"
        .formatted(
            Human.count(states.live()),
            Human.count(states.late()),
            Human.count(states.silent()),
            Human.count(states.learning()),
            Human.count(states.retired()));
  }

  private static String causes(Map<String, Long> gaps) {
    List<String> causes = new ArrayList<>();
    gaps.forEach((cause, count) -> {
      if (count > 0) {
        causes.add(Human.count(count) + " " + cause);
      }
    });
    return causes.isEmpty() ? "none" : String.join(", ", causes);
  }

  private static String state(FleetDevice device) {
    Double silent = device.silentSeconds();
    if (silent != null) {
      String why = device.cause() == null ? "" : ", cause so far: " + device.cause();
      return device.state() + " for " + seconds(silent) + why;
    }
    return device.state()
        + (device.state().equals("retired") ? ": not watched until it is heard again" : "");
  }

  /** A sensor whose clock is ahead has its readings arrive before their time. */
  private static String lateness(double seconds) {
    return seconds <= -0.001
        ? "none: its clock is ahead by " + seconds(-seconds)
        : seconds(seconds);
  }

  private static void ledger(Sheet sheet, FleetSummary.Progress ledger, int known) {
    sheet.line(
        "ledger",
        ledger.lagReadings() == 0
            ? "up to date"
            : "%s (%s) behind"
                .formatted(
                    Human.counted(ledger.lagReadings(), "reading"), seconds(ledger.lagSeconds())));
    if (ledger.skippedReadings() > 0) {
      sheet.line(
          "",
          Human.counted(ledger.skippedReadings(), "reading")
              + " passed over: it was behind, and the journal needed the room");
    }
    if (ledger.problem() != null) {
      sheet.line("", ledger.problem());
    }
    String each =
        known < MANY ? "" : ", %.0f bytes a device".formatted((double) ledger.bytes() / known);
    sheet.line("memory", Human.bytes(ledger.bytes()) + each);
  }

  private static void groups(Sheet sheet, List<FleetGroup> groups) {
    String label = "together";
    for (FleetGroup group : groups.subList(0, Math.min(MOST_LINES, groups.size()))) {
      sheet.line(
          label,
          "%s, %s, %s"
              .formatted(
                  Human.counted(group.devices(), "device"),
                  group.cause(),
                  span(group.from(), group.to())));
      label = "";
    }
  }

  /** Pauses take one line for all: a busy machine has many, and they would hide the rest. */
  private static void incidents(Sheet sheet, List<FleetSummary.Incident> incidents) {
    List<FleetSummary.Incident> pauses =
        incidents.stream().filter(one -> one.kind().equals("pause")).toList();
    List<FleetSummary.Incident> others =
        incidents.stream().filter(one -> !one.kind().equals("pause")).limit(MOST_LINES).toList();
    String label = "incidents";
    for (FleetSummary.Incident one : others) {
      sheet.line(label, one.kind() + " " + span(one.from(), one.to()) + ": " + one.detail());
      label = "";
    }
    if (pauses.size() == 1) {
      FleetSummary.Incident one = pauses.getFirst();
      sheet.line(label, "pause at " + time(one.from()) + ": " + one.detail());
    } else if (!pauses.isEmpty()) {
      double longest =
          pauses.stream().mapToDouble(one -> length(one.from(), one.to())).max().orElse(0);
      sheet.line(
          label,
          "%s between %s and %s: the process stood still, longest %s"
              .formatted(
                  Human.counted(pauses.size(), "pause"),
                  time(pauses.getLast().from()),
                  time(pauses.getFirst().from()),
                  seconds(longest)));
    }
  }

  /** {@code from … to …, 12.0 s}, or {@code since …}. */
  private static String span(String from, @Nullable String to) {
    if (to == null) {
      return "since " + time(from);
    }
    return (time(from).equals(time(to)) ? "at " + time(from) : "from " + between(from, to))
        + ", "
        + seconds(length(from, to));
  }

  private static String between(String from, String to) {
    return time(from).equals(time(to)) ? time(from) : time(from) + " to " + time(to);
  }

  private static double length(String from, @Nullable String to) {
    return to == null
        ? 0
        : Duration.between(Instant.parse(from), Instant.parse(to)).toMillis() / 1_000.0;
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
    Arrays.fill(bar, 0, column(start, Instant.parse(device.firstArrival()), span, columns), ' ');
    for (FleetGap gap : gaps) {
      int first = column(start, Instant.parse(gap.from()), span, columns);
      int last = gap.to() == null ? columns : column(start, Instant.parse(gap.to()), span, columns);
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

  /** How a quantile is spelt. */
  @FunctionalInterface
  private interface Spelling {
    String of(@Nullable Double value);
  }

  private static String quantiles(FleetSummary.Quantiles of, Spelling spelling) {
    return of.p50() == null
        ? "not measured yet"
        : "p50 %s, p90 %s, p99 %s, max %s"
            .formatted(
                spelling.of(of.p50()),
                spelling.of(of.p90()),
                spelling.of(of.p99()),
                spelling.of(of.max()));
  }

  private static String shown(long shown, long total, String one) {
    return shown == total
        ? Human.counted(total, one)
        : Human.count(shown) + " of " + Human.counted(total, one);
  }

  private static String seconds(@Nullable Double seconds) {
    return seconds == null ? NONE : Human.time(seconds);
  }

  /** How many times the usual. */
  private static String ratio(@Nullable Double ratio) {
    return ratio == null ? NONE : String.format(Locale.ROOT, ratio < 10 ? "%.2f" : "%,.0f", ratio);
  }

  /** To the second. */
  private static String time(String iso) {
    return iso.length() > TIME_LENGTH ? iso.substring(0, TIME_LENGTH) + "Z" : iso;
  }
}
