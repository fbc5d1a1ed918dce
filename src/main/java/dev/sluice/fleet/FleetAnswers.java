package dev.sluice.fleet;

import dev.sluice.api.FleetDevice;
import dev.sluice.api.FleetDevices;
import dev.sluice.api.FleetGap;
import dev.sluice.api.FleetGaps;
import dev.sluice.api.FleetGroup;
import dev.sluice.api.FleetSummary;
import dev.sluice.fleet.Devices.Page;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.PriorityQueue;
import org.HdrHistogram.Histogram;

/** What the ledger answers when it is asked. Its caller holds the ledger's lock. */
final class FleetAnswers {
  private static final int MOST_INCIDENTS = 100;
  private static final int MOST_DEVICE_GAPS = 50;
  private static final double SECOND = Ledger.SECOND;

  private final FleetConfig config;
  private final Ledger ledger;
  private final Incidents incidents;

  FleetAnswers(FleetConfig config, Ledger ledger, Incidents incidents) {
    this.config = config;
    this.ledger = ledger;
    this.incidents = incidents;
  }

  /** A device in a list, with what it is sorted by. */
  private record Ranked(int device, double rank, String name) {}

  FleetSummary summary(FleetSummary.Progress progress) {
    Map<String, Long> gaps = new LinkedHashMap<>();
    for (Cause cause : Cause.values()) {
      gaps.put(cause.label(), ledger.gaps().total(cause));
    }
    return new FleetSummary(
        states(),
        ledger.unwatched(),
        config.maxDevices(),
        progress,
        gaps,
        groups(),
        quantiles(ledger.lateness().both(), 1_000),
        quantiles(ledger.ratio().both(), 100),
        incidents());
  }

  FleetSummary.States states() {
    Ledger.Counts counts = ledger.counts();
    return new FleetSummary.States(
        counts.live(), counts.late(), counts.silent(), counts.learning(), counts.retired());
  }

  long settled(String label) {
    for (Cause cause : Cause.values()) {
      if (cause.label().equals(label)) {
        return ledger.gaps().settled(cause);
      }
    }
    throw new AssertionError("no cause is called " + label);
  }

  FleetDevices devices(Optional<DeviceState> state, DeviceOrder order, int limit) {
    Comparator<Ranked> best =
        order == DeviceOrder.NAME
            ? Comparator.comparing(Ranked::name)
            : Comparator.comparingDouble(Ranked::rank).reversed();
    PriorityQueue<Ranked> chosen = new PriorityQueue<>(best.reversed());
    Devices devices = ledger.devices();
    long total = 0;
    double least = Double.NEGATIVE_INFINITY;
    for (int device = 0; device < devices.count(); device++) {
      Page page = devices.page(device);
      int i = Devices.row(device);
      if (state.isPresent() && state.get() != state(page, i)) {
        continue;
      }
      total++;
      double rank = rank(order, page, i);
      boolean full = chosen.size() == limit;
      if (full && order != DeviceOrder.NAME && rank <= least) {
        continue;
      }
      Ranked one = new Ranked(device, rank, order == DeviceOrder.NAME ? devices.name(device) : "");
      Ranked worst = chosen.peek();
      if (!full) {
        chosen.add(one);
      } else if (worst != null && best.compare(one, worst) < 0) {
        chosen.poll();
        chosen.add(one);
      }
      worst = chosen.peek();
      least = worst == null ? least : worst.rank();
    }
    List<Ranked> sorted = new ArrayList<>(chosen);
    sorted.sort(best);
    return new FleetDevices(
        total, sorted.stream().map(one -> device(one.device(), false)).toList());
  }

  Optional<FleetDevice> device(String name) {
    int device = ledger.find(name.getBytes(StandardCharsets.UTF_8));
    return device < 0 ? Optional.empty() : Optional.of(device(device, true));
  }

  FleetGaps gaps(Instant since, Optional<String> cause, int limit) {
    long from = since.getEpochSecond() * Ledger.SECOND + since.getNano() / 1_000;
    long total = 0;
    PriorityQueue<Ranked> open = new PriorityQueue<>(Comparator.comparingDouble(Ranked::rank));
    Devices devices = ledger.devices();
    for (int device = 0; device < devices.count(); device++) {
      Page page = devices.page(device);
      int i = Devices.row(device);
      if (page.is(i, Devices.SILENT)
          && (cause.isEmpty() || cause.get().equals(ledger.causeOfSilence(page, i).label()))) {
        total++;
        open.add(new Ranked(device, ledger.lastMicros(page, i), ""));
        if (open.size() > limit) {
          open.poll();
        }
      }
    }
    List<Ranked> newest = new ArrayList<>(open);
    newest.sort(Comparator.comparingDouble(Ranked::rank).reversed());
    List<FleetGap> found = new ArrayList<>();
    newest.forEach(one -> found.add(openGap(one.device())));
    Gaps gaps = ledger.gaps();
    for (long at = gaps.end() - 1; at >= gaps.first(); at--) {
      if (gaps.toMicros(at) >= from
          && (cause.isEmpty() || cause.get().equals(gaps.cause(at).label()))) {
        total++;
        if (found.size() < limit) {
          found.add(gap(at));
        }
      }
    }
    return new FleetGaps(
        total,
        found,
        groups().stream()
            .filter(group -> cause.isEmpty() || cause.get().equals(group.cause()))
            .filter(group -> group.to() == null || !Instant.parse(group.to()).isBefore(since))
            .toList());
  }

  private FleetDevice device(int device, boolean more) {
    Page page = ledger.devices().page(device);
    int i = Devices.row(device);
    boolean known = Rhythm.known(page, i);
    boolean silent = page.is(i, Devices.SILENT);
    long last = ledger.lastMicros(page, i);
    return new FleetDevice(
        ledger.devices().name(device),
        state(page, i).label(),
        iso(Integer.toUnsignedLong(page.first(i)) * Ledger.SECOND),
        iso(last),
        iso(page.ts(i)),
        Integer.toUnsignedLong(page.readings(i)),
        known ? seconds(page.interval(i)) : null,
        known ? seconds(page.jitter(i)) : null,
        seconds(page.lateness(i)),
        Short.toUnsignedInt(page.gaps(i)),
        seconds(page.longest(i)),
        silent ? seconds((ledger.nowMicros() - last) / SECOND) : null,
        silent ? ledger.causeOfSilence(page, i).label() : null,
        more && known ? seconds(ledger.thresholdMicros(page, i) / SECOND) : null,
        more ? gapsOf(device) : null);
  }

  private DeviceState state(Page page, int i) {
    if (page.is(i, Devices.RETIRED)) {
      return DeviceState.RETIRED;
    }
    if (!Rhythm.known(page, i)) {
      return DeviceState.LEARNING;
    }
    if (page.is(i, Devices.SILENT)) {
      return DeviceState.SILENT;
    }
    return ledger.isLate(page, i) ? DeviceState.LATE : DeviceState.LIVE;
  }

  private double rank(DeviceOrder order, Page page, int i) {
    return switch (order) {
      case SILENCE -> -ledger.lastMicros(page, i);
      case JITTER -> Rhythm.known(page, i) ? page.jitter(i) : -1;
      case GAPS -> Short.toUnsignedInt(page.gaps(i));
      case LATENESS -> page.lateness(i);
      case LONGEST_GAP -> page.longest(i);
      case NAME -> 0;
    };
  }

  private List<FleetGap> gapsOf(int device) {
    List<FleetGap> found = new ArrayList<>();
    Page page = ledger.devices().page(device);
    if (page.is(Devices.row(device), Devices.SILENT)) {
      found.add(openGap(device));
    }
    Gaps gaps = ledger.gaps();
    for (long at = gaps.end() - 1; at >= gaps.first() && found.size() < MOST_DEVICE_GAPS; at--) {
      if (gaps.device(at) == device) {
        found.add(gap(at));
      }
    }
    return found;
  }

  private FleetGap openGap(int device) {
    Page page = ledger.devices().page(device);
    int i = Devices.row(device);
    long from = ledger.lastMicros(page, i);
    return new FleetGap(
        ledger.devices().name(device),
        iso(from),
        null,
        seconds((ledger.nowMicros() - from) / SECOND),
        ledger.causeOfSilence(page, i).label());
  }

  private FleetGap gap(long sequence) {
    Gaps gaps = ledger.gaps();
    long from = gaps.fromMicros(sequence);
    long to = gaps.toMicros(sequence);
    return new FleetGap(
        ledger.devices().name(gaps.device(sequence)),
        iso(from),
        iso(to),
        seconds((to - from) / SECOND),
        gaps.cause(sequence).label());
  }

  private List<FleetGroup> groups() {
    List<FleetGroup> newest = new ArrayList<>();
    for (Together.Group group : ledger.together().all()) {
      if (group.devices < 2) {
        continue; // begun by the first gap of its kind; nothing was together yet
      }
      newest.add(
          new FleetGroup(
              iso(group.fromMicros),
              group.open > 0 ? null : iso(Math.max(group.fromMicros, group.toMicros)),
              group.devices,
              group.cause.label()));
    }
    Collections.reverse(newest);
    return newest;
  }

  private List<FleetSummary.Incident> incidents() {
    List<FleetSummary.Incident> newest = new ArrayList<>();
    List<Incident> all = incidents.all();
    for (int n = all.size() - 1; n >= 0 && newest.size() < MOST_INCIDENTS; n--) {
      Incident one = all.get(n);
      newest.add(
          new FleetSummary.Incident(
              one.kind().label(),
              iso(one.fromMicros()),
              one.isOpen() ? null : iso(one.toMicros()),
              one.detail()));
    }
    return newest;
  }

  private static FleetSummary.Quantiles quantiles(Histogram values, double unit) {
    if (values.getTotalCount() == 0) {
      return new FleetSummary.Quantiles(null, null, null, null);
    }
    return new FleetSummary.Quantiles(
        values.getValueAtPercentile(50) / unit,
        values.getValueAtPercentile(90) / unit,
        values.getValueAtPercentile(99) / unit,
        values.getMaxValue() / unit);
  }

  /** To the millisecond. */
  private static double seconds(double seconds) {
    return Math.round(seconds * 1_000) / 1_000.0;
  }

  private static String iso(long micros) {
    return Instant.ofEpochSecond(
            Math.floorDiv(micros, Ledger.SECOND), Math.floorMod(micros, Ledger.SECOND) * 1_000)
        .toString();
  }
}
