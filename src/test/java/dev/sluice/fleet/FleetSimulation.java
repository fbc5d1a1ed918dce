package dev.sluice.fleet;

import dev.sluice.reading.ReadingBatch;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/**
 * A fleet in virtual time that knows what it did: sensors of one interval and jitter, drop-outs,
 * bursts, sensors' clocks that are set, a network that goes for a third of them, readings that come
 * late, stops of Sluice and refusals. Everything follows from the seed.
 */
final class FleetSimulation {
  static final long BASE_MICROS = 1_795_300_000_000_000L;
  private static final byte[] METRIC = "temp".getBytes(StandardCharsets.UTF_8);
  private static final int INTERVALS = 300;
  private static final int QUIET_INTERVALS = 30;

  /** One frame of one device. */
  @SuppressWarnings("ArrayRecordComponent") // read by the test alone
  record Arrival(int device, long micros, long[] ts) {}

  /** A gap that is there, with its cause. */
  record TrueGap(int device, long from, long to, Cause cause) {}

  /** Why nothing of these devices arrived, in a stretch of time. */
  private record Outage(long from, long to, Cause cause, int firstDevice, int pastDevice) {
    boolean hits(int device, long micros) {
      return device >= firstDevice && device < pastDevice && micros >= from && micros < to;
    }
  }

  private final int devices;
  private final long interval;
  private final double jitter;
  private final SplittableRandom random;
  private final List<Outage> outages = new ArrayList<>();
  private final Map<Integer, List<Outage>> own = new HashMap<>();
  final List<Arrival> arrivals = new ArrayList<>();
  final List<TrueGap> gaps = new ArrayList<>();
  final List<Incident> incidents = new ArrayList<>();
  final long endMicros;

  FleetSimulation(int devices, double intervalSeconds, double jitter, long seed) {
    this.devices = devices;
    this.interval = (long) (intervalSeconds * 1e6);
    this.jitter = jitter;
    this.random = new SplittableRandom(seed);
    this.endMicros = BASE_MICROS + INTERVALS * interval;
    plan();
    for (int device = 0; device < devices; device++) {
      live(device);
    }
    arrivals.sort(Comparator.comparingLong(Arrival::micros));
  }

  static byte[] name(int device) {
    return "sensor-%07d".formatted(device).getBytes(StandardCharsets.UTF_8);
  }

  /** Puts an arrival's readings into the batch, as one frame. */
  static void fill(ReadingBatch batch, Arrival arrival) {
    batch.clear(0);
    byte[] name = name(arrival.device());
    for (long ts : arrival.ts()) {
      batch.add(name, METRIC, ts, 21.5);
    }
  }

  /** What goes wrong for many, at times that leave each other alone. */
  private void plan() {
    Cause[] kinds = {Cause.SLUICE_DOWN, Cause.FLEET, Cause.REFUSED, Cause.FLEET, Cause.SLUICE_DOWN};
    for (int n = 0; n < kinds.length; n++) {
      long from = at(50 + n * 45 + random.nextInt(10));
      long to = from + (long) (interval * (5 + 10 * random.nextDouble()));
      int first = kinds[n] == Cause.FLEET ? devices / 3 * random.nextInt(3) : 0;
      int past = kinds[n] == Cause.FLEET ? first + devices / 3 : devices;
      outages.add(new Outage(from, to, kinds[n], first, past));
      if (kinds[n] == Cause.SLUICE_DOWN) {
        incidents.add(new Incident(Incident.Kind.STOPPED, from, to, 0));
      } else if (kinds[n] == Cause.REFUSED) {
        incidents.add(new Incident(Incident.Kind.JOURNAL_FULL, from, to, 1));
      }
    }
    for (int device = 0; device < devices; device++) {
      List<Outage> mine = new ArrayList<>();
      long from = at(QUIET_INTERVALS + random.nextInt(60));
      while (from < endMicros - 40 * interval) {
        long to = from + (long) (interval * (4 + 16 * random.nextDouble()));
        Cause cause = random.nextInt(3) == 0 ? Cause.LATE : Cause.DEVICE;
        mine.add(new Outage(from, to, cause, device, device + 1));
        from = to + interval * (80 + random.nextInt(120));
      }
      own.put(device, mine);
    }
  }

  private long at(int intervals) {
    return BASE_MICROS + intervals * interval;
  }

  private void live(int device) {
    long at = BASE_MICROS + (long) (random.nextDouble() * interval);
    long clockError = (long) ((random.nextDouble() - 0.5) * 7_200e6);
    boolean inBursts = random.nextInt(10) == 0;
    long last = 0;
    Cause missing = null;
    List<Long> kept = new ArrayList<>();
    while (at < endMicros) {
      if (random.nextInt(400) == 0) {
        clockError += (long) ((random.nextDouble() - 0.5) * 7_200e6);
      }
      Cause why = unheard(device, at);
      if (why == null) {
        if (missing != null && at - last > 3 * interval) {
          gaps.add(new TrueGap(device, last, at, missing));
        }
        last = send(device, at, at - clockError, kept, inBursts);
        kept.clear();
        missing = null;
      } else {
        missing = missing == null ? why : missing;
        if (missing == Cause.LATE && why == Cause.LATE) {
          kept.add(at - clockError);
        }
      }
      at += (long) (interval * (1 + jitter * (2 * random.nextDouble() - 1)));
    }
  }

  private @Nullable Cause unheard(int device, long at) {
    for (Outage outage : outages) {
      if (outage.hits(device, at)) {
        return outage.cause();
      }
    }
    for (Outage outage : Objects.requireNonNull(own.get(device))) {
      if (outage.hits(device, at)) {
        return outage.cause();
      }
    }
    return null;
  }

  /**
   * Sends a reading and what was kept: in one frame, one by one in order, or the newest first.
   *
   * @return when the last frame arrives
   */
  private long send(int device, long at, long ts, List<Long> kept, boolean inBursts) {
    if (kept.isEmpty()) {
      arrivals.add(new Arrival(device, at, new long[] {ts}));
      if (!inBursts) {
        return at;
      }
      arrivals.add(new Arrival(device, at + 20_000, new long[] {ts + 1}));
      arrivals.add(new Arrival(device, at + 40_000, new long[] {ts + 2}));
      return at + 40_000;
    }
    return switch (random.nextInt(3)) {
      case 0 -> {
        long[] all = new long[kept.size() + 1];
        for (int i = 0; i < kept.size(); i++) {
          all[i] = kept.get(i);
        }
        all[kept.size()] = ts;
        arrivals.add(new Arrival(device, at, all));
        yield at;
      }
      case 1 -> {
        long when = at;
        for (long one : kept) {
          arrivals.add(new Arrival(device, when, new long[] {one}));
          when += 10_000;
        }
        arrivals.add(new Arrival(device, when, new long[] {ts}));
        yield when;
      }
      default -> {
        long when = at;
        arrivals.add(new Arrival(device, when, new long[] {ts}));
        for (int i = kept.size() - 1; i >= 0; i--) {
          when += 10_000;
          arrivals.add(new Arrival(device, when, new long[] {kept.get(i)}));
        }
        yield when;
      }
    };
  }
}
