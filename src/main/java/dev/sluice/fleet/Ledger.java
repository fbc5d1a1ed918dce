package dev.sluice.fleet;

import dev.sluice.fleet.Devices.Page;
import dev.sluice.fleet.Incident.Kind;
import dev.sluice.fleet.Together.Group;
import dev.sluice.reading.ReadingBatch;
import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What is known of every device, and what follows from an arrival or from none. Pure reckoning: its
 * time is that of the frames and of {@link #sweep}, and it reads no clock and no file. Confined to
 * one thread at a time.
 *
 * <p>An arrival is a device's readings in one frame, or in several with one append time. A device
 * whose interval is known is silent when nothing arrived for longer than its threshold; a gap is
 * the time from the last arrival before that to the first one after it. Both are found whether
 * {@link #sweep} noticed the silence or not.
 */
final class Ledger {
  private static final Logger LOG = LoggerFactory.getLogger(Ledger.class);

  static final long SECOND = 1_000_000;

  private static final int TICKS_A_SECOND = 100;
  private static final long UNSIGNED = 0xffff_ffffL;

  /** How long after a gap its readings may come and show that the sensor had kept them. */
  private static final long SETTLE_MICROS = 60 * SECOND;

  /** Gaps that wait to be settled; more are settled at once. */
  private static final int MOST_UNSETTLED = 8_192;

  /** Fewer gaps are never called together. */
  private static final int LEAST_TOGETHER = 3;

  /** So many devices are loaded at once: all that is known of them fits the nearest cache. */
  private static final int SPANS = 128;

  private static final int CENTI = 100;
  private static final long MOST_LATENESS_MS = 400L * 86_400_000;
  private static final long MOST_RATIO_CENTI = 100_000_000;

  /**
   * A gap whose cause is not settled.
   *
   * @param tsBefore newest ts before it
   * @param deadline when it is the device's
   */
  private record Unsettled(int device, long sequence, long tsBefore, long deadline) {}

  /**
   * How many devices are in each state.
   *
   * @param late overdue, not yet silent
   */
  record Counts(int live, int late, int silent, int learning, int retired) {
    int watched() {
      return live + late + silent;
    }

    private void writeTo(DataOutput out) throws IOException {
      out.writeInt(live);
      out.writeInt(late);
      out.writeInt(silent);
      out.writeInt(learning);
      out.writeInt(retired);
    }

    private static Counts readFrom(DataInput in) throws IOException {
      return new Counts(in.readInt(), in.readInt(), in.readInt(), in.readInt(), in.readInt());
    }
  }

  private final FleetConfig config;
  private final Names names;
  private final long key;
  private final long minSilenceMicros;
  private final long retireTicks;
  private final Incidents incidents;
  private final GapListener listener;
  private final Devices devices;
  private final Unwatched unwatched = new Unwatched();
  private final Gaps gaps = new Gaps();
  private final Onsets onsets = new Onsets();
  private final Together together = new Together();
  private final Spread lateness = new Spread(MOST_LATENESS_MS);
  private final Spread ratio = new Spread(MOST_RATIO_CENTI);
  private final Map<Integer, Unsettled> unsettled = new HashMap<>();
  private final Deque<Unsettled> settling = new ArrayDeque<>();
  private final int[] spanStarts = new int[SPANS];
  private final long[] spanHashes = new long[SPANS];
  private final int[] spanDevices = new int[SPANS];

  /** Nobody reads it, but writing it keeps the loads from being left out. */
  @SuppressWarnings("UnusedVariable")
  private int preloaded;

  private int[] newlySilent = new int[64];
  private int newlySilentCount;
  private Counts counts = new Counts(0, 0, 0, 0, 0);
  private long nowMicros;
  private long nowTick;
  private long sweptMicros;

  /** Arrivals before this time may have been missed: nothing is concluded from their absence. */
  private long blindMicros;

  /** End of the last stop, as of the last sweep. */
  private long heardSinceMicros;

  private boolean namesFull;

  /**
   * Creates an empty one.
   *
   * @param names empty
   * @param key of the hash of names; kept in the snapshot
   */
  Ledger(FleetConfig config, Names names, long key, Incidents incidents, GapListener listener) {
    this.config = config;
    this.names = names;
    this.key = key;
    this.minSilenceMicros = config.minSilence().toNanos() / 1_000;
    this.retireTicks = config.retireAfter().toMillis() / 10;
    this.incidents = incidents;
    this.listener = listener;
    this.devices = new Devices(names, key);
  }

  /**
   * Takes in the readings of one frame, or of a part of one.
   *
   * @param appendedMicros its append time; one before {@link #nowMicros} counts as that
   */
  void frame(long appendedMicros, ReadingBatch batch) {
    moveTo(appendedMicros);
    int next = 0;
    while (next < batch.size()) {
      int spans = 0;
      while (spans < SPANS && next < batch.size()) {
        int at = batch.deviceAt(next);
        spanStarts[spans] = next;
        spanHashes[spans] = devices.index().hash(batch.bytes(), at, batch.deviceLength(next));
        spans++;
        do {
          next++;
        } while (next < batch.size() && batch.deviceAt(next) == at);
      }
      preloaded += devices.preload(spanHashes, spanDevices, spans);
      for (int n = 0; n < spans; n++) {
        span(batch, spanStarts[n], n + 1 < spans ? spanStarts[n + 1] : next, spanHashes[n]);
      }
    }
  }

  /** Takes in readings [from, to) of the batch, which are of one device. */
  private void span(ReadingBatch batch, int from, int to, long hash) {
    long least = batch.tsMicros(from);
    long greatest = least;
    for (int i = from + 1; i < to; i++) {
      long ts = batch.tsMicros(i);
      least = Math.min(least, ts);
      greatest = Math.max(greatest, ts);
    }
    int at = batch.deviceAt(from);
    arrive(hash, batch.bytes(), at, batch.deviceLength(from), least, greatest, to - from);
  }

  /** When the last {@link #sweep} was, in its own time, microseconds since the epoch. */
  long sweptMicros() {
    return sweptMicros;
  }

  /** Finds out who is silent at this time: everything appended before it has been taken in. */
  void sweep(long micros) {
    moveTo(micros);
    sweptMicros = nowMicros;
    lateness.advance(nowMicros);
    ratio.advance(nowMicros);
    settleOverdue();
    judgeAll();
    for (int n = 0; n < newlySilentCount; n++) {
      joinOthers(newlySilent[n]);
    }
    newlySilentCount = 0;
  }

  /** Nothing is known of the time until now: readings were passed over. */
  void passedOver(long micros) {
    moveTo(micros);
    blindMicros = nowMicros;
  }

  /** The clock was set by this much: all that was written down moves along. */
  void clockStepped(long micros) {
    int ticks = (int) (micros / Devices.TICK_MICROS);
    for (int device = 0; device < devices.count(); device++) {
      Page page = devices.page(device);
      int i = Devices.row(device);
      page.last(i, page.last(i) + ticks);
    }
    nowMicros += micros;
    nowTick = nowMicros / Devices.TICK_MICROS;
    sweptMicros += micros;
    blindMicros += micros;
  }

  /** Stops watching a device until it is heard again. */
  void retire(int device) {
    Page page = devices.page(device);
    int i = Devices.row(device);
    leaveGroup(page, i);
    page.clear(i, Devices.SILENT | Devices.COUNTED | Devices.GROUPED);
    page.set(i, Devices.RETIRED);
  }

  /** The number of the device with this name in UTF-8, or -1. */
  int find(byte[] utf8) {
    return devices.index().find(devices.index().hash(utf8, 0, utf8.length), utf8, 0, utf8.length);
  }

  Devices devices() {
    return devices;
  }

  /** Its names, to be closed by whoever closes it. */
  Names names() {
    return names;
  }

  Gaps gaps() {
    return gaps;
  }

  Together together() {
    return together;
  }

  /** From ts to arrival, in milliseconds. */
  Spread lateness() {
    return lateness;
  }

  /** Intervals in hundredths of the device's typical one. */
  Spread ratio() {
    return ratio;
  }

  /** As of the last sweep. */
  Counts counts() {
    return counts;
  }

  long unwatched() {
    return unwatched.count();
  }

  /** Its time, microseconds since the epoch: that of the newest frame or sweep. */
  long nowMicros() {
    return nowMicros;
  }

  /** When the device was last heard, in microseconds since the epoch. */
  long lastMicros(Page page, int i) {
    return (nowTick - age(page, i)) * Devices.TICK_MICROS;
  }

  /** After how long without an arrival the device is silent, in microseconds. */
  long thresholdMicros(Page page, int i) {
    long usual = (long) ((page.interval(i) + Rhythm.slack(page, i)) * (double) SECOND);
    return Math.max(minSilenceMicros, usual);
  }

  /** Whether the device is overdue, if not silent. */
  boolean isLate(Page page, int i) {
    return age(page, i) > (long) (Rhythm.lateAfter(page, i) * TICKS_A_SECOND);
  }

  /** Why a silent device is silent, as far as that can be known now. */
  Cause causeOfSilence(Page page, int i) {
    Incident incident = explaining(page, i, lastMicros(page, i));
    if (incident != null) {
      return cause(incident);
    }
    return page.is(i, Devices.GROUPED) ? Cause.FLEET : Cause.DEVICE;
  }

  void writeTo(DataOutput out) throws IOException {
    out.writeLong(nowMicros);
    out.writeLong(sweptMicros);
    out.writeLong(blindMicros);
    out.writeLong(heardSinceMicros);
    counts.writeTo(out);
    unwatched.writeTo(out);
    devices.writeTo(out);
    gaps.writeTo(out);
    onsets.writeTo(out);
    together.writeTo(out);
    out.writeInt(settling.size());
    for (Unsettled one : settling) {
      out.writeInt(one.device);
      out.writeLong(one.sequence);
      out.writeLong(one.tsBefore);
      out.writeLong(one.deadline);
    }
  }

  void readFrom(DataInput in) throws IOException {
    nowMicros = in.readLong();
    nowTick = nowMicros / Devices.TICK_MICROS;
    sweptMicros = in.readLong();
    blindMicros = in.readLong();
    heardSinceMicros = in.readLong();
    counts = Counts.readFrom(in);
    unwatched.readFrom(in);
    devices.readFrom(in);
    gaps.readFrom(in);
    onsets.readFrom(in);
    together.readFrom(in);
    int waiting = in.readInt();
    for (int n = 0; n < waiting; n++) {
      Unsettled one = new Unsettled(in.readInt(), in.readLong(), in.readLong(), in.readLong());
      settling.add(one);
      Page page = devices.page(one.device);
      if (page.is(Devices.row(one.device), Devices.UNSETTLED)) {
        unsettled.put(one.device, one);
      }
    }
  }

  /** Of the hash of names. */
  long key() {
    return key;
  }

  private void moveTo(long micros) {
    if (micros > nowMicros) {
      nowMicros = micros;
      nowTick = micros / Devices.TICK_MICROS;
    }
  }

  private long age(Page page, int i) {
    return ((int) nowTick - page.last(i)) & UNSIGNED;
  }

  private void arrive(
      long hash, byte[] bytes, int at, int length, long leastTs, long ts, int readings) {
    int device = devices.index().find(hash, bytes, at, length);
    if (device < 0) {
      begin(hash, bytes, at, length, ts, readings);
      return;
    }
    Page page = devices.page(device);
    int i = Devices.row(device);
    int count = page.readings(i) + readings;
    page.readings(i, Integer.compareUnsigned(count, readings) < 0 ? -1 : count);
    long age = age(page, i);
    if (age == 0) {
      page.ts(i, Math.max(page.ts(i), ts));
    } else {
      hear(device, page, i, age, leastTs, ts);
    }
    if (page.is(i, Devices.UNSETTLED)) {
      settleIfKept(device, page, i, leastTs);
    }
  }

  private void begin(long hash, byte[] bytes, int at, int length, long ts, int readings) {
    if (devices.count() >= config.maxDevices() || namesFull) {
      unwatched.add(hash);
      return;
    }
    int device;
    try {
      device = devices.add(hash, bytes, at, length);
    } catch (IOException e) {
      namesFull = true;
      LOG.error(
          "No further device is watched until the next start: the names of {} take all there is room for",
          devices.count(),
          e);
      unwatched.add(hash);
      return;
    }
    Page page = devices.page(device);
    int i = Devices.row(device);
    page.first(i, (int) (nowMicros / SECOND));
    page.last(i, (int) nowTick);
    page.ts(i, ts);
    page.readings(i, readings);
    page.lateness(i, lateness(ts));
    lateness.add((nowMicros - ts) / 1_000);
  }

  /** A device that is known arrives. */
  private void hear(int device, Page page, int i, long age, long leastTs, long ts) {
    float seconds = age / (float) TICKS_A_SECOND;
    float tsSeconds = (ts - page.ts(i)) / (float) SECOND;
    boolean known = Rhythm.known(page, i);
    if (known) {
      ratio.add((long) (seconds / Math.max(page.interval(i), 0.01f) * CENTI));
    }
    if (page.is(i, Devices.RETIRED)) {
      page.state(i, (byte) 0);
      Rhythm.relearn(page, i);
    } else if (known && isGap(page, i, age)) {
      gap(device, page, i, leastTs, seconds);
    } else if (known ? lastMicros(page, i) >= blindMicros : !spansStop(page, i)) {
      Rhythm.arrived(page, i, seconds, tsSeconds);
    }
    page.last(i, (int) nowTick);
    page.ts(i, ts);
    page.lateness(i, page.lateness(i) + (lateness(ts) - page.lateness(i)) / 16);
    lateness.add((nowMicros - ts) / 1_000);
  }

  private float lateness(long ts) {
    return (nowMicros - ts) / (float) SECOND;
  }

  private boolean isGap(Page page, int i, long age) {
    return page.is(i, Devices.SILENT)
        || (age * Devices.TICK_MICROS > thresholdMicros(page, i)
            && lastMicros(page, i) >= blindMicros);
  }

  private boolean spansStop(Page page, int i) {
    return lastMicros(page, i) < Math.max(heardSinceMicros, blindMicros);
  }

  private void gap(int device, Page page, int i, long leastTs, float seconds) {
    long from = lastMicros(page, i);
    Cause cause = causeOfGap(page, i, from, leastTs);
    boolean waits = cause == Cause.DEVICE && settling.size() < MOST_UNSETTLED;
    long sequence = gaps.add(device, from, nowMicros, cause, !waits);
    page.clear(i, Devices.SILENT | Devices.COUNTED | Devices.GROUPED | Devices.UNSETTLED);
    if (waits) {
      Unsettled one = new Unsettled(device, sequence, page.ts(i), nowMicros + SETTLE_MICROS);
      page.set(i, Devices.UNSETTLED);
      unsettled.put(device, one);
      settling.add(one);
    } else {
      unsettled.remove(device);
    }
    if (page.gaps(i) != -1) {
      page.gaps(i, (short) (page.gaps(i) + 1));
    }
    page.longest(i, Math.max(page.longest(i), seconds));
    if (cause != Cause.SLUICE_DOWN && cause != Cause.REFUSED) {
      Rhythm.gap(page, i, seconds);
    }
    listener.gap(device, from, nowMicros, cause);
  }

  private Cause causeOfGap(Page page, int i, long from, long leastTs) {
    Incident incident = explaining(page, i, from);
    if (incident != null) {
      leaveGroup(page, i);
      Cause cause = cause(incident);
      Group group = together.find(cause, incident.fromMicros(), incident.fromMicros());
      if (group == null) {
        group = together.begin(cause, incident.fromMicros());
      }
      group.join(false);
      group.back(false, nowMicros);
      return cause;
    }
    if (isOneOfMany(page, i, from)) {
      return Cause.FLEET;
    }
    long moved = leastTs - page.ts(i);
    return moved > 0 && moved <= thresholdMicros(page, i) ? Cause.LATE : Cause.DEVICE;
  }

  private boolean isOneOfMany(Page page, int i, long from) {
    long due = due(page, i, from);
    if (!page.is(i, Devices.COUNTED)) {
      onsets.add(from / SECOND, due / SECOND);
    }
    boolean joined = page.is(i, Devices.GROUPED);
    Group group = groupOf(from, due);
    if (group == null) {
      return joined;
    }
    if (!joined) {
      group.join(false);
    }
    group.back(joined, nowMicros);
    return true;
  }

  /** The group that a gap belongs to, which may be a new one; null when it is alone. */
  private @Nullable Group groupOf(long from, long due) {
    Group group = together.find(Cause.FLEET, from / SECOND * SECOND, due);
    if (group != null) {
      return group;
    }
    long peak = onsets.peak(from / SECOND, due / SECOND);
    int many = Math.max(LEAST_TOGETHER, (int) (config.togetherShare() * counts.watched()) + 1);
    if (onsets.count(peak) < many) {
      return null;
    }
    group = together.begin(Cause.FLEET, peak * SECOND);
    gather(group);
    listener.together(group);
    return group;
  }

  /** Takes all into the group that are silent and may have fallen silent when it began. */
  private void gather(Group group) {
    for (int device = 0; device < devices.count(); device++) {
      Page page = devices.page(device);
      int i = Devices.row(device);
      if (page.is(i, Devices.COUNTED) && !page.is(i, Devices.GROUPED)) {
        long from = lastMicros(page, i);
        if (from / SECOND * SECOND <= group.fromMicros && group.fromMicros <= due(page, i, from)) {
          page.set(i, Devices.GROUPED);
          group.join(true);
        }
      }
    }
  }

  /** A silent device finds its group, if there is one. */
  private void joinOthers(int device) {
    Page page = devices.page(device);
    int i = Devices.row(device);
    if (!page.is(i, Devices.COUNTED)) {
      return;
    }
    long from = lastMicros(page, i);
    Group group = groupOf(from, due(page, i, from));
    if (group != null && !page.is(i, Devices.GROUPED)) {
      page.set(i, Devices.GROUPED);
      group.join(true);
    }
  }

  private void leaveGroup(Page page, int i) {
    if (page.is(i, Devices.GROUPED)) {
      long from = lastMicros(page, i);
      Group group = together.find(Cause.FLEET, from / SECOND * SECOND, due(page, i, from));
      if (group != null) {
        group.back(true, nowMicros);
      }
    }
  }

  /** Until when a device that was last heard then could have been heard as usual. */
  private long due(Page page, int i, long from) {
    double seconds = page.interval(i) + 2.0 * page.jitter(i);
    return Math.min(nowMicros, from + (long) (seconds * SECOND));
  }

  private @Nullable Incident explaining(Page page, int i, long from) {
    long slack = (long) (Rhythm.slack(page, i) * (double) SECOND);
    long interval = (long) (page.interval(i) * (double) SECOND);
    return incidents.explaining(
        from + Math.max(0, interval - slack),
        from + interval + slack,
        slack,
        Math.min(Incidents.MOST_CUT_MICROS, interval / 4));
  }

  private static Cause cause(Incident incident) {
    return incident.kind() == Kind.STOPPED || incident.kind() == Kind.PAUSE
        ? Cause.SLUICE_DOWN
        : Cause.REFUSED;
  }

  private void settleIfKept(int device, Page page, int i, long leastTs) {
    Unsettled one = unsettled.get(device);
    if (one == null) {
      page.clear(i, Devices.UNSETTLED);
      return;
    }
    long moved = leastTs - one.tsBefore;
    if (moved > 0 && moved <= thresholdMicros(page, i)) {
      page.clear(i, Devices.UNSETTLED);
      unsettled.remove(device);
      settling.remove(one);
      gaps.settle(one.sequence, Cause.LATE);
    }
  }

  private void settleOverdue() {
    while (!settling.isEmpty() && settling.getFirst().deadline <= nowMicros) {
      Unsettled one = settling.removeFirst();
      gaps.settle(one.sequence, Cause.DEVICE);
      if (unsettled.remove(one.device, one)) {
        devices.page(one.device).clear(Devices.row(one.device), Devices.UNSETTLED);
      }
    }
  }

  private void judgeAll() {
    long heardSince = incidents.heardSince(nowMicros);
    heardSinceMicros = heardSince == Incident.OPEN ? nowMicros : heardSince;
    long notBefore = Math.max(heardSinceMicros, blindMicros) / Devices.TICK_MICROS;
    long heardTicks = Math.max(0, nowTick - notBefore);
    int live = 0;
    int late = 0;
    int silent = 0;
    int learning = 0;
    int retired = 0;
    for (int device = 0; device < devices.count(); device++) {
      Page page = devices.page(device);
      int i = Devices.row(device);
      long age = age(page, i);
      if (page.is(i, Devices.RETIRED)) {
        if (age > Devices.OLDEST_TICKS) {
          page.last(i, (int) (nowTick - Devices.OLDEST_TICKS));
        }
        retired++;
      } else if (age > retireTicks) {
        retire(device);
        retired++;
      } else if (!Rhythm.known(page, i)) {
        learning++;
      } else if (page.is(i, Devices.SILENT)) {
        silent++;
      } else if (age <= (long) (Rhythm.lateAfter(page, i) * TICKS_A_SECOND)) {
        live++;
      } else if (Math.min(age, heardTicks) * Devices.TICK_MICROS <= thresholdMicros(page, i)) {
        late++;
      } else {
        fallSilent(device, page, i);
        silent++;
      }
    }
    counts = new Counts(live, late, silent, learning, retired);
  }

  private void fallSilent(int device, Page page, int i) {
    page.set(i, Devices.SILENT);
    long from = lastMicros(page, i);
    if (explaining(page, i, from) == null) {
      page.set(i, Devices.COUNTED);
      onsets.add(from / SECOND, due(page, i, from) / SECOND);
      if (newlySilentCount == newlySilent.length) {
        newlySilent = Arrays.copyOf(newlySilent, newlySilentCount * 2);
      }
      newlySilent[newlySilentCount++] = device;
    }
    listener.silent(device, from);
  }
}
