package dev.sluice.migration;

import dev.sluice.reading.Identity;
import dev.sluice.reading.Reading;
import dev.sluice.reading.ReadingBatch;
import dev.sluice.store.MirrorStore;
import dev.sluice.store.ReadingQuery;
import dev.sluice.store.ReadingScan;
import dev.sluice.store.ReadingSource;
import dev.sluice.store.ReadingStream;
import dev.sluice.store.Sink;
import dev.sluice.store.WalStatus;
import dev.sluice.store.WriteResult;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.NavigableMap;
import java.util.OptionalLong;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.stream.LongStream;

/**
 * A store in memory through all its ports. Gives readings of one ts in random order, can be behind
 * with taking or with showing what it is given, and can break off in the middle of a stream.
 */
public final class TableInMemory implements ReadingScan, ReadingSource, Sink, MirrorStore {
  private static final Comparator<Identity> ORDER =
      Comparator.comparingLong(Identity::tsMicros)
          .thenComparing(Identity::device)
          .thenComparing(Identity::metric);

  /** Readings given once more than they are there. */
  public final List<Reading> twice = new CopyOnWriteArrayList<>();

  /** First ts of every scan that was opened. */
  public final List<Long> scanned = new CopyOnWriteArrayList<>();

  /** How often a stream breaks off, each time at its last reading. */
  public final AtomicInteger breaks = new AtomicInteger();

  public final AtomicInteger findBreaks = new AtomicInteger();

  /** Told the first ts of a scan, before it sees anything. */
  public volatile Consumer<Long> beforeScan = from -> {};

  /** Told of a search, before it sees anything. */
  public volatile Runnable beforeFind = () -> {};

  /** Whether everything delivered waits. */
  public volatile boolean behind;

  public volatile int lanes = 1;
  public volatile boolean removes = true;
  public volatile boolean refuses;

  private final String name;
  private final Random random;
  private final NavigableMap<Identity, Double> rows = new TreeMap<>(ORDER);
  private final List<Reading> unapplied = new ArrayList<>();
  private boolean holdsApply;
  private long sequencerTxn;
  private long writerTxn;

  public TableInMemory(String name, long seed) {
    this.name = name;
    this.random = new Random(seed);
  }

  public synchronized void put(String device, long ts, double value) {
    rows.put(new Identity(device, "temp", ts), value);
  }

  public synchronized void put(Reading reading) {
    rows.put(reading.identity(), reading.value());
  }

  public synchronized void delete(String device, long ts) {
    rows.remove(new Identity(device, "temp", ts));
  }

  public synchronized NavigableMap<Identity, Double> rows() {
    return new TreeMap<>(rows);
  }

  /** What is written from now on is not shown until {@link #apply}. */
  public synchronized void holdApply() {
    holdsApply = true;
  }

  public synchronized void apply() {
    holdsApply = false;
    unapplied.forEach(this::put);
    unapplied.clear();
    writerTxn = sequencerTxn;
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public int lanes() {
    return lanes;
  }

  @Override
  public int maxBatch() {
    return 50;
  }

  @Override
  public synchronized WriteResult write(ReadingBatch batch) {
    if (behind) {
      return new WriteResult.Busy(name + " is behind");
    }
    if (refuses) {
      return new WriteResult.Refused(name + " refuses");
    }
    sequencerTxn++;
    for (int i = 0; i < batch.size(); i++) {
      unapplied.add(batch.reading(i));
    }
    if (!holdsApply) {
      apply();
    }
    return WriteResult.Written.DURABLE;
  }

  @Override
  public ReadingStream scan(long fromMicros, long toMicros) {
    beforeScan.accept(fromMicros);
    scanned.add(fromMicros);
    return new Rows(snapshot(fromMicros, toMicros), breaks.getAndUpdate(n -> Math.max(0, n - 1)));
  }

  private synchronized List<Reading> snapshot(long fromMicros, long toMicros) {
    List<Reading> found = new ArrayList<>();
    rows.subMap(new Identity("", "", fromMicros), new Identity("", "", toMicros))
        .forEach((key, value) -> found.add(reading(key, value)));
    twice.stream()
        .filter(r -> r.tsMicros() >= fromMicros && r.tsMicros() < toMicros)
        .forEach(found::add);
    Collections.shuffle(found, random);
    found.sort(Comparator.comparingLong(Reading::tsMicros));
    return found;
  }

  private static Reading reading(Identity key, double value) {
    return new Reading(key.device(), key.metric(), key.tsMicros(), value);
  }

  @Override
  public synchronized OptionalLong firstFrom(long micros) {
    Identity first = rows.ceilingKey(new Identity("", "", micros));
    return first == null ? OptionalLong.empty() : OptionalLong.of(first.tsMicros());
  }

  @Override
  public List<Reading> find(Collection<Identity> identities) throws UnavailableException {
    beforeFind.run();
    if (findBreaks.getAndUpdate(n -> Math.max(0, n - 1)) > 0) {
      throw new UnavailableException(name + " broke off", null);
    }
    synchronized (this) {
      return identities.stream()
          .filter(rows::containsKey)
          .map(key -> reading(key, rows.getOrDefault(key, 0.0)))
          .toList();
    }
  }

  @Override
  public synchronized WalStatus walStatus() {
    return new WalStatus(false, "", sequencerTxn, writerTxn);
  }

  @Override
  public boolean syncsCommits() {
    return true;
  }

  @Override
  public LongStream days() {
    return LongStream.empty();
  }

  @Override
  public boolean removes() {
    return removes;
  }

  @Override
  public synchronized void remove(Collection<Identity> identities) {
    identities.forEach(rows::remove);
  }

  @Override
  public void read(ReadingQuery query, Consumer<Reading> each) {
    throw new UnsupportedOperationException("verify scans");
  }

  @Override
  public void close() {}

  /** A snapshot being read. */
  private final class Rows implements ReadingStream {
    private final List<Reading> all;
    private final boolean breaks;
    private int at = -1;

    Rows(List<Reading> all, int breaksLeft) {
      this.all = all;
      this.breaks = breaksLeft > 0;
    }

    @Override
    public boolean next() throws UnavailableException {
      at++;
      if (breaks && at >= all.size() - 1) {
        throw new UnavailableException(name + " broke off", null);
      }
      return at < all.size();
    }

    @Override
    public long tsMicros() {
      return all.get(at).tsMicros();
    }

    @Override
    public String device() {
      return all.get(at).device();
    }

    @Override
    public String metric() {
      return all.get(at).metric();
    }

    @Override
    public double value() {
      return all.get(at).value();
    }

    @Override
    public void close() {}
  }
}
