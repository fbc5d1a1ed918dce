package dev.sluice.admin;

import dev.sluice.api.RecentHistory;
import dev.sluice.api.Trouble;
import dev.sluice.delivery.DeliveryStatus;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The last 15 minutes, one point a second, and what is wrong now. One daemon thread samples; any
 * thread may read. Memory is the same whatever happens: a point that is too old is overwritten.
 *
 * <p>A rate is the growth of a counter since the point before, by the time that has really passed.
 * Unknown values, such as those of a store that is not written, are NaN, and null in an answer.
 */
public final class History implements AutoCloseable {
  static final int POINTS = 900;

  private static final Logger LOG = LoggerFactory.getLogger(History.class);

  private final Moment.Source source;
  private final InstantSource clock;
  private final Thread thread;
  private final CountDownLatch stop = new CountDownLatch(1);
  private final Troubles troubles;

  private final ReentrantLock lock = new ReentrantLock();

  // Guarded by the lock; point i of the ring is at index i % POINTS.
  private final long[] seconds = new long[POINTS];
  private final double[] acknowledged = column();
  private final double[] rejected = column();
  private final double[] journalBytes = column();
  private final Map<String, Columns> stores = new LinkedHashMap<>();
  private long begin;
  private long end;
  private List<Trouble> found = List.of();
  private Instant wellSince;

  /** Of the sampling thread; null before the first point. */
  private @Nullable Moment before;

  /** What is known of one store; guarded by the lock. */
  private static final class Columns {
    private final double[] delivered = column();
    private final double[] lagSeconds = column();
    private final double[] lagReadings = column();
  }

  /**
   * Samples nothing yet.
   *
   * @param stores names of all stores, written or not
   */
  public History(List<String> stores, Moment.Source source, InstantSource clock) {
    this.source = source;
    this.clock = clock;
    this.wellSince = clock.instant();
    this.troubles = new Troubles(wellSince);
    stores.forEach(name -> this.stores.put(name, new Columns()));
    this.thread = Thread.ofPlatform().daemon().name("history").unstarted(this::run);
  }

  public void start() {
    thread.start();
  }

  @Override
  public void close() {
    stop.countDown();
  }

  private void run() {
    try {
      while (!stop.await(1_000 - Math.floorMod(clock.millis(), 1_000L), TimeUnit.MILLISECONDS)) {
        sample();
      }
    } catch (InterruptedException e) {
      throw new AssertionError("nobody interrupts " + Thread.currentThread().getName(), e);
    } catch (RuntimeException e) {
      LOG.error("The history ends: restart Sluice to have one again", e);
    }
  }

  /** Adds a point for this second, unless there is one. */
  void sample() {
    Moment moment = source.now();
    long second = clock.instant().getEpochSecond();
    List<Trouble> wrong = troubles.at(moment, clock.instant());
    lock.lock();
    try {
      found = wrong;
      wellSince = troubles.wellSince();
      if (end > begin) {
        long last = seconds[at(end - 1)];
        if (second == last) {
          return;
        }
        if (second < last) {
          begin = end; // the clock was set back: a chart needs times that grow
        }
      }
      addLocked(second, moment);
    } finally {
      lock.unlock();
    }
    before = moment;
  }

  private void addLocked(long second, Moment moment) {
    int at = at(end);
    Moment last = before;
    seconds[at] = second;
    acknowledged[at] =
        last == null ? Double.NaN : rate(last, moment, moment.acknowledged() - last.acknowledged());
    rejected[at] =
        last == null ? Double.NaN : rate(last, moment, moment.rejected() - last.rejected());
    journalBytes[at] = moment.journal().bytes();
    stores.forEach((name, columns) -> {
      DeliveryStatus status = moment.stores().get(name);
      DeliveryStatus earlier = last == null ? null : last.stores().get(name);
      columns.delivered[at] =
          status == null || earlier == null || last == null
              ? Double.NaN
              : rate(last, moment, status.delivered() - earlier.delivered());
      columns.lagSeconds[at] = status == null ? Double.NaN : status.lagSeconds();
      columns.lagReadings[at] = status == null ? Double.NaN : status.lagReadings();
    });
    end++;
    begin = Math.max(begin, end - POINTS);
  }

  /** Never negative: a sink that joins again starts counting from zero. */
  private static double rate(Moment from, Moment to, long count) {
    return Math.max(0, count) / Math.max(1e-3, (to.nanos() - from.nanos()) / 1e9);
  }

  /**
   * The points after this second, and what is wrong now. All points if it is later than the newest
   * one: the clock was set back.
   */
  RecentHistory since(long second) {
    lock.lock();
    try {
      long from = begin;
      if (end > begin && second <= seconds[at(end - 1)]) {
        while (from < end && seconds[at(from)] <= second) {
          from++;
        }
      }
      List<Long> time = new ArrayList<>();
      for (long i = from; i < end; i++) {
        time.add(seconds[at(i)]);
      }
      Map<String, RecentHistory.Store> byStore = new LinkedHashMap<>();
      for (Map.Entry<String, Columns> store : stores.entrySet()) {
        Columns columns = store.getValue();
        byStore.put(
            store.getKey(),
            new RecentHistory.Store(
                valuesLocked(columns.delivered, from),
                valuesLocked(columns.lagSeconds, from),
                wholeLocked(columns.lagReadings, from)));
      }
      return new RecentHistory(
          1,
          time,
          valuesLocked(acknowledged, from),
          valuesLocked(rejected, from),
          wholeLocked(journalBytes, from),
          byStore,
          found,
          found.isEmpty() ? wellSince : null);
    } finally {
      lock.unlock();
    }
  }

  private List<@Nullable Double> valuesLocked(double[] column, long from) {
    List<@Nullable Double> values = new ArrayList<>();
    for (long i = from; i < end; i++) {
      double value = column[at(i)];
      values.add(Double.isNaN(value) ? null : Math.round(value * 1_000) / 1e3);
    }
    return values;
  }

  private List<@Nullable Long> wholeLocked(double[] column, long from) {
    List<@Nullable Long> values = new ArrayList<>();
    for (long i = from; i < end; i++) {
      double value = column[at(i)];
      values.add(Double.isNaN(value) ? null : (long) value);
    }
    return values;
  }

  private static int at(long point) {
    return (int) (point % POINTS);
  }

  private static double[] column() {
    double[] column = new double[POINTS];
    Arrays.fill(column, Double.NaN);
    return column;
  }
}
