package dev.sluice.ingest;

import dev.sluice.journal.AppendResult;
import dev.sluice.journal.Appender;
import dev.sluice.journal.Mark;
import dev.sluice.reading.Counted;
import dev.sluice.reading.Micros;
import dev.sluice.reading.Reading;
import dev.sluice.reading.ReadingBuffer;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Arrays;
import java.util.BitSet;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import java.util.stream.LongStream;

/**
 * Lets readings into the journal as long as they do not bring too many new days, that is, days
 * without any readings yet. Each new day becomes a partition in QuestDB, so half a dozen files and
 * mappings, and 24 hours in the parity map; a request of a hundred kilobytes can name ten thousand.
 * Thread-safe.
 *
 * <p>{@code ingest.max-new-days} are allowed per minute. A request that finds too few left should
 * come again, so history is accepted at that pace; a request that brings more than the whole
 * allowance must be split. Yesterday, today and tomorrow never count. Any other day counts once; it
 * is known from then on, or from the moment the store was seen to have it. An answer never waits
 * for a store, and a day wrongly taken for new costs part of the allowance but no reading.
 */
public final class NewDays {
  private static final int DAYS = (int) (Reading.MAX_TS_MICROS / Micros.PER_DAY) + 1;
  private static final long MINUTE_NANOS = TimeUnit.MINUTES.toNanos(1);

  private final int perMinute;
  private final InstantSource clock;
  private final LongSupplier nanoTime;

  /** One bit per day since 1970, about 360 kB in total; bits are only ever set. */
  private final AtomicLongArray known = new AtomicLongArray((DAYS + 63) / 64);

  /** Guards everything below; taken only by requests with new days. */
  private final ReentrantLock lock = new ReentrantLock();

  private final BitSet seen = new BitSet();
  private int[] fresh = new int[16];
  private int freshCount;
  private double left;
  private long leftAtNanos;

  public NewDays(int perMinute, InstantSource clock) {
    this(perMinute, clock, System::nanoTime);
  }

  NewDays(int perMinute, InstantSource clock, LongSupplier nanoTime) {
    this.perMinute = perMinute;
    this.clock = clock;
    this.nanoTime = nanoTime;
    this.left = perMinute;
    this.leftAtNanos = nanoTime.getAsLong();
  }

  /** Marks these days, counted from 1970-01-01, as having readings. */
  public void know(LongStream days) {
    days.filter(day -> day >= 0 && day < DAYS).forEach(day -> know((int) day));
  }

  /** The journal behind this check. */
  public Appender before(Appender journal) {
    return new Checked(journal);
  }

  /** Appends what has no more new days than may come. */
  private final class Checked implements Appender {
    private final Appender journal;

    private Checked(Appender journal) {
      this.journal = journal;
    }

    @Override
    public AppendResult append(ReadingBuffer readings) {
      if (!knowsAllBetween(day(readings.leastTsMicros()), day(readings.greatestTsMicros()))) {
        take(readings);
      }
      return journal.append(readings);
    }

    @Override
    public Mark end() {
      return journal.end();
    }
  }

  private static int day(long tsMicros) {
    return (int) (tsMicros / Micros.PER_DAY);
  }

  private boolean knows(int day) {
    return (known.getPlain(day >> 6) & 1L << day) != 0;
  }

  private void know(int day) {
    known.getAndUpdate(day >> 6, bits -> bits | 1L << day);
  }

  private boolean knowsAllBetween(int first, int last) {
    for (int day = first; day <= last; day++) {
      if (!knows(day)) {
        return false;
      }
    }
    return true;
  }

  /**
   * Marks the days of these readings as known.
   *
   * @throws Claim.NoRoomException if too many of them are new
   */
  private void take(ReadingBuffer readings) {
    lock.lock();
    try {
      knowTheseDays();
      readings.forEach((bytes, device, deviceBytes, metric, metricBytes, tsMicros, value) -> {
        lookLocked(tsMicros);
        return true;
      });
      if (freshCount > 0) {
        takeLocked();
      }
    } finally {
      forgetLocked();
      lock.unlock();
    }
  }

  private void knowTheseDays() {
    long today = Duration.ofMillis(clock.millis()).toDays();
    know(LongStream.rangeClosed(today - 1, today + 1));
  }

  private void lookLocked(long tsMicros) {
    int day = day(tsMicros);
    if (!knows(day) && !seen.get(day)) {
      seen.set(day);
      if (freshCount == fresh.length) {
        fresh = Arrays.copyOf(fresh, 2 * freshCount);
      }
      fresh[freshCount++] = day;
    }
  }

  private void takeLocked() {
    if (freshCount > perMinute) {
      throw new Claim.NoRoomException(
          "this request has readings for %s without any yet, allowed are %d per minute"
                  .formatted(Counted.of(freshCount, "day"), perMinute)
              + " (ingest.max-new-days)");
    }
    long now = nanoTime.getAsLong();
    left = Math.min(perMinute, left + (double) perMinute * (now - leftAtNanos) / MINUTE_NANOS);
    leftAtNanos = now;
    if (freshCount > left) {
      throw new Claim.NoRoomException(
          "this request has readings for %s without any yet; the quota of %d per minute has %d left"
                  .formatted(Counted.of(freshCount, "day"), perMinute, (int) left)
              + " (ingest.max-new-days)",
          Math.ceilDiv((int) Math.ceil(60 * (freshCount - left)), perMinute));
    }
    left -= freshCount;
    for (int i = 0; i < freshCount; i++) {
      know(fresh[i]);
    }
  }

  private void forgetLocked() {
    for (int i = 0; i < freshCount; i++) {
      seen.clear(fresh[i]);
    }
    freshCount = 0;
  }
}
