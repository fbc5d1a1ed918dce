package dev.sluice.migration.parity;

import dev.sluice.api.HourCounts;
import dev.sluice.api.MismatchCounts;
import dev.sluice.migration.HoursWritten;
import dev.sluice.migration.Since;
import dev.sluice.migration.Successor;
import dev.sluice.reading.Counted;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.IntPredicate;
import java.util.function.Supplier;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * What is known, hour by hour, about whether the two stores agree. Thread-safe. Kept in {@code
 * parity.ndjson}: after a crash at any point, no hour counts as matched that was written to since.
 *
 * <p>It belongs to one mirror, identified by the offset at which the new store's cursor began: with
 * another origin, everything kept is forgotten. An hour is dirty from the first write that the last
 * comparison cannot have seen; that is on disk before the write continues.
 *
 * <p>Only writes through Sluice make an hour dirty. What others write into MySQL is found when all
 * hours are compared again.
 *
 * <p>A successor is told of it, of a dirty hour before the write continues, and so never believes
 * more than this does.
 *
 * <p>If the file cannot be written it is removed, so that a restart finds nothing rather than
 * something wrong; if even that fails, {@link #hoursWritten} throws and the write waits.
 */
public final class ParityMap implements HoursWritten {
  /** Outdated lines beyond which the file is rewritten. */
  private static final long MAX_OUTDATED_LINES = 100_000;

  private static final long MAX_OUTDATED_AT_START = 1_000;

  /** The most hours shown under one hold of the lock, because nothing can be written meanwhile. */
  private static final int SHOWN_AT_ONCE = 1_000;

  private final InstantSource clock;
  private final ReentrantLock lock = new ReentrantLock();
  private final ParityLog log;
  private final ParityLog.Contents known;
  private final Successor successor;

  private ParityMap(
      ParityLog log, ParityLog.Contents known, Successor successor, InstantSource clock) {
    this.log = log;
    this.known = known;
    this.successor = successor;
    this.clock = clock;
  }

  /**
   * Reads what is kept, and rewrites it if much of it is outdated.
   *
   * @param directory {@code data/verify}; created if it does not exist
   * @param successor told whatever changes; {@link #everything} says what there is to begin with
   * @throws IOException if the directory cannot be read or written
   */
  public static ParityMap open(Path directory, Successor successor, InstantSource clock)
      throws IOException {
    ParityLog log = new ParityLog(directory);
    ParityLog.Contents known = log.read();
    if (!log.writable() || log.lines() > known.hours.size() + MAX_OUTDATED_AT_START) {
      log.rewrite(known);
    }
    return new ParityMap(log, known, successor, clock);
  }

  /**
   * Has the next {@link #open} find what a successor was told, in the place of what the directory
   * holds. Mismatches stay with whoever found them: the hours they are of must be compared again.
   *
   * @throws IOException if the directory cannot be written
   */
  public static void inherit(Path directory, Map<String, String> told) throws IOException {
    ParityLog.inherit(directory, told);
  }

  /** All that a successor must be told. */
  public Map<String, String> everything() {
    return reading(() -> ParityLog.Lines.of(known).byKey());
  }

  /**
   * Forgets everything unless it was found with this origin of the new store's cursor. Must be
   * called before that cursor's delivery starts.
   */
  public void belongTo(long origin) throws IOException {
    lock.lock();
    try {
      if (known.origin.equals(OptionalLong.of(origin))) {
        return;
      }
      forgetLocked(OptionalLong.of(origin));
    } finally {
      lock.unlock();
    }
  }

  /** Forgets everything: the tables are no longer those that were compared. */
  public void forget() throws IOException {
    lock.lock();
    try {
      forgetLocked(known.origin);
    } finally {
      lock.unlock();
    }
  }

  private void forgetLocked(OptionalLong origin) throws IOException {
    // First make sure that nothing old is left to be believed.
    Map<String, String> news = new HashMap<>();
    ParityLog.Lines.of(known).byKey().keySet().forEach(key -> news.put(key, ""));
    ParityLog.Contents nothing = new ParityLog.Contents();
    nothing.origin = origin;
    news.putAll(ParityLog.Lines.of(nothing).byKey());
    successor.tell(news);
    log.discard();
    known.origin = origin;
    known.completePassAt = Optional.empty();
    known.hours.clear();
    log.rewrite(known);
  }

  /**
   * The new store is about to be written to in these hours. Writes the file once for all of them,
   * and not at all if each was reported since it was last watched.
   *
   * @param hours distinct, ascending, each as {@link Hours#of} returns it
   * @throws UncheckedIOException if they could not be recorded as dirty: the write must not
   *     continue
   */
  @Override
  public void hoursWritten(long[] hours) {
    lock.lock();
    try {
      for (long hour : hours) {
        int row = known.hours.find(hour);
        if (row < 0 || !known.hours.isTouched(row)) {
          touchLocked(hours);
          return;
        }
      }
    } finally {
      lock.unlock();
    }
  }

  /** Calls {@link #hoursWritten} for one hour. */
  public void hourWritten(long hourMicros) {
    hoursWritten(new long[] {hourMicros});
  }

  /** Records them on disk, or leaves nothing on disk; if it throws, nothing has changed. */
  private void touchLocked(long[] hours) {
    Since now = Since.now(clock);
    long[] changed = known.hours.write(hours, now);
    if (changed.length > 0) {
      ParityLog.Lines lines = new ParityLog.Lines();
      for (long hour : changed) {
        lines.hour(known.hours.get(known.hours.find(hour)));
      }
      try {
        successor.tell(lines.byKey());
        writeLocked(lines, true);
      } catch (IOException e) {
        known.hours.unwrite(changed);
        throw notTold(changed[0], e);
      }
    }
    for (long hour : hours) {
      known.hours.touch(known.hours.find(hour), now);
    }
  }

  private static UncheckedIOException notTold(long hourMicros, IOException cause) {
    return new UncheckedIOException(
        "the parity map could not record hour %s: %s"
            .formatted(Hours.name(hourMicros), cause.getMessage()),
        cause);
  }

  /**
   * Notices writes again from now on, in every hour. To be called while the new store is not being
   * written to: every write then either comes after this call or was reported before it.
   */
  public void watch() {
    lock.lock();
    try {
      known.hours.forgetTouches();
    } finally {
      lock.unlock();
    }
  }

  /** Whether the hour was written to since it was last watched. */
  public boolean touched(long hourMicros) {
    return touchedSince(hourMicros).isPresent();
  }

  private Optional<Since> touchedSince(long hourMicros) {
    return reading(() -> {
      int row = known.hours.find(hourMicros);
      return row < 0 ? Optional.empty() : known.hours.touchedSince(row);
    });
  }

  /** Records a comparison; the hour is still dirty if it was written to since it was watched. */
  public void verified(
      long hourMicros, long mysqlRows, long questDbRows, MismatchCounts mismatches) {
    lock.lock();
    try {
      keepLocked(
          new HourParity(
              hourMicros,
              mismatches.total() == 0 ? HourParity.Verdict.MATCHED : HourParity.Verdict.MISMATCHED,
              mysqlRows,
              questDbRows,
              mismatches,
              Optional.of(clock.instant()),
              touchedSince(hourMicros)));
    } finally {
      lock.unlock();
    }
  }

  /** Every hour in either store has been compared at least once, or was empty at the time. */
  public void passCompleted() {
    lock.lock();
    try {
      Instant now = clock.instant();
      known.completePassAt = Optional.of(now);
      ParityLog.Lines line = new ParityLog.Lines().completePass(now);
      writeLocked(line, true);
      line.byKey().forEach(successor::tellLater);
    } catch (IOException e) {
      throw new UncheckedIOException(
          "the parity map could not record the end of the comparison: " + e.getMessage(), e);
    } finally {
      lock.unlock();
    }
  }

  /** Records it on disk, or leaves nothing on disk; if it throws, nothing has changed. */
  private void keepLocked(HourParity hour) {
    int row = known.hours.find(hour.hourMicros());
    Optional<HourParity> before = row < 0 ? Optional.empty() : Optional.of(known.hours.get(row));
    known.hours.put(hour);
    ParityLog.Lines line = new ParityLog.Lines().hour(hour);
    boolean differs = hour.verdict() == HourParity.Verdict.MISMATCHED;
    try {
      if (differs) {
        successor.tell(line.byKey()); // it may take the hour for matched, and so may this file
      }
      writeLocked(line, differs);
      line.byKey().forEach(successor::tellLater);
    } catch (IOException e) {
      before.ifPresentOrElse(known.hours::put, () -> known.hours.remove(hour.hourMicros()));
      throw notTold(hour.hourMicros(), e);
    }
  }

  private void writeLocked(ParityLog.Lines lines, boolean sync) throws IOException {
    if (log.writable() && log.lines() < known.hours.size() + MAX_OUTDATED_LINES) {
      log.append(lines, sync);
    } else {
      rewriteLocked();
    }
  }

  private void rewriteLocked() throws IOException {
    try {
      log.rewrite(known);
    } catch (IOException e) {
      // Still no disk to write to; at least no outdated file must be left to be believed.
      log.discard();
    }
  }

  public Optional<HourParity> hour(long hourMicros) {
    return reading(() -> {
      int row = known.hours.find(hourMicros);
      return row < 0 ? Optional.empty() : Optional.of(known.hours.get(row));
    });
  }

  /** The first hour at or after this one; with {@code onlyNeeded}, the first to be compared. */
  public OptionalLong firstFrom(long hourMicros, boolean onlyNeeded) {
    return reading(() -> {
      HourTable hours = known.hours;
      int row =
          hours.first(hours.firstFrom(hourMicros), each -> !onlyNeeded || needed(hours, each));
      return row < 0 ? OptionalLong.empty() : OptionalLong.of(hours.hourMicros(row));
    });
  }

  /** The number of hours; with {@code onlyNeeded}, only those that must be compared. */
  public long count(boolean onlyNeeded) {
    return reading(() -> {
      HourTable hours = known.hours;
      return onlyNeeded ? hours.count(each -> needed(hours, each)) : hours.size();
    });
  }

  /** See {@link HourParity#needed()}. */
  private static boolean needed(HourTable hours, int row) {
    return hours.verdict(row) != HourParity.Verdict.MATCHED || hours.isDirty(row);
  }

  /** Whether this hour is known to match. */
  public boolean matches(long hourMicros) {
    return reading(() -> {
      int row = known.hours.find(hourMicros);
      return row >= 0 && !needed(known.hours, row);
    });
  }

  /**
   * The hours with {@code from <= hour < to} in order of time, read some at a time: each as it is
   * when it is come to.
   */
  public Stream<HourParity> hours(long fromMicros, long toMicros) {
    return Stream.iterate(
            some(fromMicros, toMicros),
            some -> !some.isEmpty(),
            some -> some(some.getLast().hourMicros() + Hours.HOUR_MICROS, toMicros))
        .flatMap(List::stream);
  }

  private List<HourParity> some(long fromMicros, long toMicros) {
    return reading(() -> {
      HourTable hours = known.hours;
      int first = hours.firstFrom(fromMicros);
      return IntStream.range(first, Math.min(hours.size(), first + SHOWN_AT_ONCE))
          .takeWhile(row -> hours.hourMicros(row) < toMicros)
          .mapToObj(hours::get)
          .toList();
    });
  }

  public Optional<Instant> completePassAt() {
    return reading(() -> known.completePassAt);
  }

  /** The number of hours in each state. */
  public HourCounts states() {
    return reading(() -> {
      HourTable hours = known.hours;
      int matched = hours.count(row -> hours.verdict(row) == HourParity.Verdict.MATCHED);
      int dirty = matched - hours.count(row -> !needed(hours, row));
      int mismatched = hours.count(row -> hours.verdict(row) == HourParity.Verdict.MISMATCHED);
      return new HourCounts(
          hours.size() - matched - mismatched, matched - dirty, mismatched, dirty);
    });
  }

  /** The sum over all hours. */
  public MismatchCounts mismatches() {
    return reading(() -> known.hours.mismatches());
  }

  /**
   * Why parity is not proven; empty if every hour was compared and matched, and none has been dirty
   * for longer than this.
   */
  public Optional<String> objection(Duration maxDirtyAge) {
    if (completePassAt().isEmpty()) {
      return Optional.of(
          "the stores of this mirror have not been compared as a whole yet: run 'sluice verify"
              + " start' until it completes");
    }
    Instant now = clock.instant();
    return some(
            row -> known.hours.verdict(row) == HourParity.Verdict.MISMATCHED,
            "the stores differ",
            "check the mismatch files, then run 'sluice verify repair', or 'sluice verify start'"
                + " if they have been written to since")
        .or(() ->
            some(
                row ->
                    known
                        .hours
                        .dirtySince(row)
                        .filter(since -> since.age(now).compareTo(maxDirtyAge) > 0)
                        .isPresent(),
                "writes of more than "
                    + maxDirtyAge.toSeconds()
                    + " s ago (cutover.max-dirty-age) have not been compared",
                "run 'sluice verify start'"));
  }

  /** {@link #objection}, and every hour must also have been compared after this moment. */
  public Optional<String> objectionSince(Instant flippedAt, Duration maxDirtyAge) {
    return objection(maxDirtyAge)
        .or(() ->
            some(
                row -> known.hours.verifiedAt(row).filter(at -> !at.isAfter(flippedAt)).isPresent(),
                "the stores have not been compared since "
                    + flippedAt
                    + ", when the phase changed,",
                "run 'sluice verify start --all'"));
  }

  private Optional<String> some(IntPredicate which, String problem, String next) {
    return reading(() -> {
      int some = known.hours.count(which);
      return some == 0
          ? Optional.empty()
          : Optional.of(
              "%s in %d of %s, the first %s: %s"
                  .formatted(
                      problem,
                      some,
                      Counted.of(known.hours.size(), "hour"),
                      Hours.name(known.hours.hourMicros(known.hours.first(0, which))),
                      next));
    });
  }

  private <T> T reading(Supplier<T> read) {
    lock.lock();
    try {
      return read.get();
    } finally {
      lock.unlock();
    }
  }
}
