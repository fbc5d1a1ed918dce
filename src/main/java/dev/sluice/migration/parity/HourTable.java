package dev.sluice.migration.parity;

import dev.sluice.api.MismatchCounts;
import dev.sluice.migration.Since;
import dev.sluice.migration.parity.HourParity.Verdict;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.IntPredicate;

/**
 * What is known about every hour, in order of time, stored in columns: about 60 bytes an hour, and
 * no object per hour for the garbage collector to trace. Instants are kept to the microsecond. Used
 * only under the map's lock. Rows are identified by their index, which an insertion shifts.
 */
final class HourTable {
  private static final long NEVER = Long.MIN_VALUE;

  private int size;
  private int[] hours = new int[16];
  private Verdict[] verdicts = new Verdict[16];
  private long[] mysqlRows = new long[16];
  private long[] questDbRows = new long[16];
  private long[] verifiedAt = new long[16];
  private long[] dirtyAt = new long[16];
  private long[] dirtyNanos = new long[16];
  private long[] touchedAt = new long[16];
  private long[] touchedNanos = new long[16];

  /** Holds only the few hours that have mismatches. */
  private final Map<Integer, MismatchCounts> mismatches = new HashMap<>();

  int size() {
    return size;
  }

  void clear() {
    size = 0;
    mismatches.clear();
  }

  /** The row of this hour; negative if there is none. */
  int find(long hourMicros) {
    return Arrays.binarySearch(hours, 0, size, number(hourMicros));
  }

  /** The first row at or after this hour; the size if there is none. */
  int firstFrom(long hourMicros) {
    int found = find(Math.clamp(hourMicros, 0, Integer.MAX_VALUE * Hours.HOUR_MICROS));
    return found >= 0 ? found : -found - 1;
  }

  HourParity get(int row) {
    return new HourParity(
        hourMicros(row),
        verdict(row),
        mysqlRows[row],
        questDbRows[row],
        mismatches(row),
        verifiedAt(row),
        dirtySince(row));
  }

  Optional<Instant> verifiedAt(int row) {
    return verifiedAt[row] == NEVER ? Optional.empty() : Optional.of(instant(verifiedAt[row]));
  }

  Optional<Since> dirtySince(int row) {
    return since(dirtyAt[row], dirtyNanos[row]);
  }

  /** Adds or replaces what is known about one hour, except whether it was touched. */
  void put(HourParity hour) {
    int row = find(hour.hourMicros());
    if (row < 0) {
      row = -row - 1;
      openGap(row);
      touchedAt[row] = NEVER;
    }
    hours[row] = number(hour.hourMicros());
    verdicts[row] = hour.verdict();
    mysqlRows[row] = hour.mysqlRows();
    questDbRows[row] = hour.questDbRows();
    verifiedAt[row] = hour.verifiedAt().map(HourTable::micros).orElse(NEVER);
    dirtyAt[row] = hour.dirtySince().map(since -> micros(since.at())).orElse(NEVER);
    dirtyNanos[row] = hour.dirtySince().map(Since::nanos).orElse(0L);
    if (hour.mismatches().total() == 0) {
      mismatches.remove(hours[row]);
    } else {
      mismatches.put(hours[row], hour.mismatches());
    }
  }

  void remove(long hourMicros) {
    int row = find(hourMicros);
    mismatches.remove(hours[row]);
    move(row + 1, row, size - row - 1);
    size--;
  }

  /**
   * Marks these hours as dirty from now on, unless they already are.
   *
   * @param written distinct, ascending
   * @return those of them that this changed, ascending
   */
  long[] write(long[] written, Since now) {
    long[] changed = new long[written.length];
    int count = 0;
    for (long hour : written) {
      int row = find(hour);
      if (row < 0 || dirtyAt[row] == NEVER) {
        changed[count++] = hour;
      }
    }
    changed = Arrays.copyOf(changed, count);
    merge(changed);
    for (long hour : changed) {
      int row = find(hour);
      dirtyAt[row] = micros(now.at());
      dirtyNanos[row] = now.nanos();
    }
    return changed;
  }

  /**
   * Undoes {@link #write}: a changed hour that is unverified was not there before, and is removed.
   */
  void unwrite(long[] changed) {
    int kept = 0;
    int next = 0;
    for (int row = 0; row < size; row++) {
      boolean mine = next < changed.length && hourMicros(row) == changed[next];
      if (mine) {
        next++;
        dirtyAt[row] = NEVER;
      }
      if (!mine || verdict(row) != Verdict.UNVERIFIED) {
        move(row, kept++, 1);
      }
    }
    size = kept;
  }

  boolean isTouched(int row) {
    return touchedAt[row] != NEVER;
  }

  /** Since when the hour is touched; empty if it was not touched since {@link #forgetTouches}. */
  Optional<Since> touchedSince(int row) {
    return since(touchedAt[row], touchedNanos[row]);
  }

  void touch(int row, Since now) {
    if (!isTouched(row)) {
      touchedAt[row] = micros(now.at());
      touchedNanos[row] = now.nanos();
    }
  }

  void forgetTouches() {
    Arrays.fill(touchedAt, 0, size, NEVER);
  }

  long hourMicros(int row) {
    return hours[row] * Hours.HOUR_MICROS;
  }

  Verdict verdict(int row) {
    return verdicts[row];
  }

  boolean isDirty(int row) {
    return dirtyAt[row] != NEVER;
  }

  MismatchCounts mismatches(int row) {
    return mismatches.getOrDefault(hours[row], MismatchCounts.NONE);
  }

  /** The sum over all hours. */
  MismatchCounts mismatches() {
    return mismatches.values().stream().reduce(MismatchCounts.NONE, MismatchCounts::plus);
  }

  /** Counts the rows that meet the condition. */
  int count(IntPredicate which) {
    int count = 0;
    for (int row = 0; row < size; row++) {
      count += which.test(row) ? 1 : 0;
    }
    return count;
  }

  /** The first row at or after this one that meets the condition; negative if there is none. */
  int first(int from, IntPredicate which) {
    for (int row = from; row < size; row++) {
      if (which.test(row)) {
        return row;
      }
    }
    return -1;
  }

  /** Makes room, in one pass, for hours that have no row yet; each starts as unverified. */
  private void merge(long[] wanted) {
    int[] fresh = new int[wanted.length];
    int left = 0;
    for (long hour : wanted) {
      if (find(hour) < 0) {
        fresh[left++] = number(hour);
      }
    }
    reserve(size + left);
    int unmoved = size;
    size += left;
    while (left > 0) {
      int at = -Arrays.binarySearch(hours, 0, unmoved, fresh[left - 1]) - 1;
      move(at, at + left, unmoved - at);
      unmoved = at;
      left--;
      unverified(at + left, fresh[left]);
    }
  }

  private void unverified(int row, int hour) {
    hours[row] = hour;
    verdicts[row] = Verdict.UNVERIFIED;
    mysqlRows[row] = 0;
    questDbRows[row] = 0;
    verifiedAt[row] = NEVER;
    dirtyAt[row] = NEVER;
    touchedAt[row] = NEVER;
  }

  private void openGap(int row) {
    reserve(size + 1);
    move(row, row + 1, size - row);
    size++;
  }

  private void move(int from, int to, int count) {
    if (from != to) {
      for (Object column : columns()) {
        System.arraycopy(column, from, column, to, count);
      }
    }
  }

  private Object[] columns() {
    return new Object[] {
      hours,
      verdicts,
      mysqlRows,
      questDbRows,
      verifiedAt,
      dirtyAt,
      dirtyNanos,
      touchedAt,
      touchedNanos
    };
  }

  private void reserve(int rows) {
    if (rows > hours.length) {
      int room = Math.max(rows, 2 * hours.length);
      hours = Arrays.copyOf(hours, room);
      verdicts = Arrays.copyOf(verdicts, room);
      mysqlRows = Arrays.copyOf(mysqlRows, room);
      questDbRows = Arrays.copyOf(questDbRows, room);
      verifiedAt = Arrays.copyOf(verifiedAt, room);
      dirtyAt = Arrays.copyOf(dirtyAt, room);
      dirtyNanos = Arrays.copyOf(dirtyNanos, room);
      touchedAt = Arrays.copyOf(touchedAt, room);
      touchedNanos = Arrays.copyOf(touchedNanos, room);
    }
  }

  private static int number(long hourMicros) {
    return (int) (hourMicros / Hours.HOUR_MICROS);
  }

  private static Optional<Since> since(long atMicros, long nanos) {
    return atMicros == NEVER ? Optional.empty() : Optional.of(new Since(instant(atMicros), nanos));
  }

  private static Instant instant(long micros) {
    return Instant.EPOCH.plus(micros, ChronoUnit.MICROS);
  }

  private static long micros(Instant instant) {
    return ChronoUnit.MICROS.between(Instant.EPOCH, instant);
  }
}
