package dev.sluice.cutover;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Predicate;
import java.util.function.Supplier;

/**
 * What is known, hour by hour, of how the two stores agree. Thread-safe. Kept in {@code
 * parity.ndjson}: after a crash at any point no hour counts as matched that was written to since.
 *
 * <p>It belongs to one mirror, told by the offset at which the new store's cursor began: with
 * another origin everything kept is forgotten. An hour is dirty from the first write that the last
 * comparison cannot have seen; that is on disk before the write goes on.
 *
 * <p>Only writes through Sluice dirty an hour. What others write into MySQL is found when all hours
 * are compared again.
 *
 * <p>When the file cannot be written it is taken away, so that a restart finds nothing known rather
 * than something wrong; when even that fails, {@link #hourWritten} throws and the write waits.
 */
public final class ParityMap {
  /** Outdated lines beyond which the file is written anew. */
  private static final long MAX_OUTDATED_LINES = 100_000;

  private final InstantSource clock;
  private final ReentrantLock lock = new ReentrantLock();
  private final ParityLog log;
  private final ParityLog.Contents known;

  /** Hours written to since they were last watched: their next write changes nothing. */
  private final Map<Long, Since> touched = new ConcurrentHashMap<>();

  private ParityMap(ParityLog log, ParityLog.Contents known, InstantSource clock) {
    this.log = log;
    this.known = known;
    this.clock = clock;
  }

  /**
   * Reads what is kept, and writes it anew without what is outdated.
   *
   * @param directory {@code data/verify}; created when there is none
   * @throws IOException when the directory cannot be read or written
   */
  public static ParityMap open(Path directory, InstantSource clock) throws IOException {
    ParityLog log = new ParityLog(directory);
    ParityLog.Contents known = log.read();
    log.rewrite(known);
    return new ParityMap(log, known, clock);
  }

  /**
   * Forgets everything unless it was found with this origin of the new store's cursor. To be called
   * before that cursor's delivery starts.
   */
  public void belongTo(long origin) throws IOException {
    lock.lock();
    try {
      if (known.origin.equals(OptionalLong.of(origin))) {
        return;
      }
      known.origin = OptionalLong.of(origin);
      forgetLocked();
    } finally {
      lock.unlock();
    }
  }

  /** Forgets everything: the tables are no longer those that were compared. */
  void forget() throws IOException {
    lock.lock();
    try {
      forgetLocked();
    } finally {
      lock.unlock();
    }
  }

  private void forgetLocked() throws IOException {
    // First of all nothing old may be left to believe.
    log.discard();
    known.completePassAt = Optional.empty();
    known.hours.clear();
    touched.clear();
    log.rewrite(known);
  }

  /**
   * The new store is about to be written to in this hour. Cheap but for the first time after the
   * hour was compared.
   *
   * @param hourMicros as {@link Hours#of} gives it
   * @throws UncheckedIOException when the hour could not be made known as dirty: the write must not
   *     go on
   */
  public void hourWritten(long hourMicros) {
    if (!touched.containsKey(hourMicros)) {
      lock.lock();
      try {
        touchLocked(hourMicros);
      } finally {
        lock.unlock();
      }
    }
  }

  private void touchLocked(long hourMicros) {
    Since now = Since.now(clock);
    HourParity before = known.hours.get(hourMicros);
    HourParity after =
        before == null ? HourParity.unverified(hourMicros, now) : before.written(now);
    if (!after.equals(before)) {
      keepLocked(after, true);
    }
    touched.putIfAbsent(hourMicros, now);
  }

  /**
   * From now on writes are noticed again, in every hour. To be called while the new store is not
   * written to: a write under way is then either behind this call or was told of before.
   */
  void watch() {
    touched.clear();
  }

  /** Whether the hour was written to since it was last watched. */
  boolean touched(long hourMicros) {
    return touched.containsKey(hourMicros);
  }

  /** The hour has been compared; dirty nevertheless when it was written to since it was watched. */
  void verified(long hourMicros, long mysqlRows, long questDbRows, MismatchCounts mismatches) {
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
              Optional.ofNullable(touched.get(hourMicros))),
          false);
    } finally {
      lock.unlock();
    }
  }

  /** Every hour in either store has been compared at least once, or was empty then. */
  void passCompleted() {
    lock.lock();
    try {
      Instant now = clock.instant();
      known.completePassAt = Optional.of(now);
      writeLocked(() -> log.append(ParityLog.completePass(now), true));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } finally {
      lock.unlock();
    }
  }

  /** Remembers it on disk, or leaves nothing on disk; or throws, and nothing has changed. */
  private void keepLocked(HourParity hour, boolean sync) {
    HourParity before = known.hours.put(hour.hourMicros(), hour);
    try {
      writeLocked(() -> log.append(hour.line(), sync));
    } catch (IOException e) {
      if (before == null) {
        known.hours.remove(hour.hourMicros());
      } else {
        known.hours.put(hour.hourMicros(), before);
      }
      throw new UncheckedIOException(
          "the parity map could not be told of hour " + Hours.name(hour.hourMicros()), e);
    }
  }

  /** Changes the file. */
  private interface Change {
    void make() throws IOException;
  }

  private void writeLocked(Change change) throws IOException {
    if (log.writable() && log.lines() < known.hours.size() + MAX_OUTDATED_LINES) {
      change.make();
    } else {
      rewriteLocked();
    }
  }

  private void rewriteLocked() throws IOException {
    try {
      log.rewrite(known);
    } catch (IOException e) {
      // Still no disk to write to; what must not be is that an outdated file is believed.
      log.discard();
    }
  }

  Optional<HourParity> hour(long hourMicros) {
    return reading(() -> Optional.ofNullable(known.hours.get(hourMicros)));
  }

  /** The first hour at or behind this one that is like that. */
  OptionalLong firstFrom(long hourMicros, Predicate<HourParity> which) {
    return reading(() ->
        known.hours.tailMap(hourMicros).values().stream()
            .filter(which)
            .mapToLong(HourParity::hourMicros)
            .findFirst());
  }

  /** Whether this is an hour known to match. */
  boolean matches(long hourMicros) {
    return hour(hourMicros).filter(hour -> !hour.needed()).isPresent();
  }

  /** A copy. */
  List<HourParity> hours() {
    return reading(() -> List.copyOf(known.hours.values()));
  }

  Optional<Instant> completePassAt() {
    return reading(() -> known.completePassAt);
  }

  /** How many hours are in each state, by its name; all four are there. */
  static Map<String, Long> states(List<HourParity> hours) {
    Map<String, Long> states = new LinkedHashMap<>();
    List.of("unverified", "matched", "mismatched", "dirty").forEach(s -> states.put(s, 0L));
    hours.forEach(hour -> states.merge(hour.state(), 1L, Long::sum));
    return states;
  }

  /**
   * Why parity is not proven; empty when every hour was compared and matched, and none was written
   * to for longer than this without being compared again.
   */
  public Optional<String> objection(Duration maxDirtyAge) {
    if (completePassAt().isEmpty()) {
      return Optional.of(
          "the stores of this mirror have not been compared as a whole yet: run 'sluice verify"
              + " start' to its end");
    }
    List<HourParity> all = hours();
    Instant now = clock.instant();
    return some(
            all,
            hour -> hour.verdict() == HourParity.Verdict.MISMATCHED,
            "differ between the stores",
            "look at the mismatch files, then run 'sluice verify repair', or 'sluice verify start'"
                + " when they were written to since")
        .or(() ->
            some(
                all,
                hour ->
                    hour.dirtySince()
                        .filter(since -> since.age(now).compareTo(maxDirtyAge) > 0)
                        .isPresent(),
                "have been written to for longer than "
                    + maxDirtyAge.toSeconds()
                    + " s (cutover.max-dirty-age) without being compared",
                "run 'sluice verify start'"));
  }

  /** {@link #objection}, and every hour must have been compared after this moment. */
  public Optional<String> objectionSince(Instant flippedAt, Duration maxDirtyAge) {
    return objection(maxDirtyAge)
        .or(() ->
            some(
                hours(),
                hour -> hour.verifiedAt().filter(at -> !at.isAfter(flippedAt)).isPresent(),
                "were last compared before " + flippedAt + ", when the phase changed",
                "run 'sluice verify start --all'"));
  }

  private static Optional<String> some(
      List<HourParity> all, Predicate<HourParity> which, String what, String next) {
    List<HourParity> some = all.stream().filter(which).toList();
    return some.isEmpty()
        ? Optional.empty()
        : Optional.of(
            some.size()
                + " of "
                + all.size()
                + " hours "
                + what
                + ", the first "
                + Hours.name(some.getFirst().hourMicros())
                + ": "
                + next);
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
