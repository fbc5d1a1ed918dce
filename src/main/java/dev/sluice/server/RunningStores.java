package dev.sluice.server;

import dev.sluice.admin.metrics.SinkMetrics;
import dev.sluice.delivery.Delivery;
import dev.sluice.delivery.DeliveryConfig;
import dev.sluice.doctor.Patient;
import dev.sluice.ingest.NewDays;
import dev.sluice.journal.AppendResult;
import dev.sluice.journal.Feed;
import dev.sluice.journal.Journal;
import dev.sluice.journal.Lease;
import dev.sluice.journal.Mark;
import dev.sluice.migration.CatchUp;
import dev.sluice.migration.MirrorSink;
import dev.sluice.migration.Pair;
import dev.sluice.migration.Side;
import dev.sluice.migration.StoreNames;
import dev.sluice.migration.Stores;
import dev.sluice.migration.cutover.ProvenTables;
import dev.sluice.migration.parity.ParityMap;
import dev.sluice.migration.phase.Phase;
import dev.sluice.migration.phase.Role;
import dev.sluice.reading.Reading;
import dev.sluice.reading.ReadingBuffer;
import dev.sluice.settings.Mode;
import dev.sluice.settings.Settings;
import dev.sluice.store.MirrorStore;
import dev.sluice.store.ReadingSource;
import dev.sluice.store.ReadingSource.UnavailableException;
import dev.sluice.store.Sink;
import dev.sluice.store.mysql.WriterMark;
import io.micrometer.core.instrument.MeterRegistry;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The open stores and the deliveries to them, from the start through every phase change to the
 * stop. Thread-safe: opening and closing hold a lock, reading does not.
 *
 * <p>When a store leaves, it first disappears from view, then its delivery ends after the write in
 * flight, then it is closed; its cursor is forgotten last, because its segments are kept until
 * then.
 */
final class RunningStores implements Stores, AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(RunningStores.class);

  /** Which adapter plays which role. */
  static final StoreNames NAMES = new StoreNames("mysql", "questdb");

  private static final String LEGACY = NAMES.legacy();
  private static final String NEXT = NAMES.next();
  private static final int ONE_READING_BYTES = 1024;

  /** How long a start waits at most for what an earlier process left in the journal. */
  private static final Duration BACKLOG_WAIT = Duration.ofSeconds(1);

  /** More readings than a store takes in that time, after a start. */
  private static final long MOST_AWAITED = 100_000;

  private final Settings settings;
  private final Journal journal;
  private final InstantSource clock;
  private final MysqlOpener mysql;
  private final QuestDbOpener questDb;
  private final ProvenTables tables;
  private final ParityMap parity;
  private final NewDays newDays;
  private final Lease lease;
  private final Recall recall;

  /** By the sink's name; changed under the lock, as are the deliveries. */
  private final Map<String, StoreParts> stores = new ConcurrentSkipListMap<>();

  /** Those of the start, by the sink's name; used under the lock. */
  private final Map<String, StoreOpening> openings = new LinkedHashMap<>();

  /** Through which each store is written, by the sink's name; used under the lock. */
  private final Map<String, Sink> sinks = new LinkedHashMap<>();

  private final Deliveries deliveries;

  private final ReentrantLock changes = new ReentrantLock();
  private volatile Optional<Pair> pair = Optional.empty();

  /** The sink that the new store is written through while it is open. */
  private Optional<MirrorSink> mirror = Optional.empty();

  /** Why no store can join now, and why one that is not open is not. */
  private volatile String notNow = "Sluice is starting and has not opened it yet";

  private volatile boolean running;

  private volatile PairJobs jobs = PairJobs.NONE;

  private volatile Optional<LocalDate> newestDay = Optional.empty();

  /**
   * Opens nothing yet.
   *
   * @param tables learns which tables are open, and checks them before they are written to
   * @param parity told which hours the new store is written to, and by which mirror
   * @param newDays told which days QuestDB has readings of, whenever it is opened
   * @param servers what runs inside this process and outlives these stores
   * @param mark of this process, if other nodes may write to the stores in its place
   * @param lease asked before each write
   * @param recall used before a store joins
   */
  RunningStores(
      Settings settings,
      Mode mode,
      Journal journal,
      MeterRegistry registry,
      InstantSource clock,
      ProvenTables tables,
      ParityMap parity,
      NewDays newDays,
      EmbeddedServers servers,
      Optional<WriterMark> mark,
      Lease lease,
      Recall recall) {
    this.settings = settings;
    this.journal = journal;
    this.clock = clock;
    this.mysql = new MysqlOpener(settings, mode, registry, tables, servers, mark);
    this.questDb = new QuestDbOpener(settings, mode, tables, servers);
    this.deliveries = new Deliveries(new SinkMetrics(registry));
    this.tables = tables;
    this.parity = parity;
    this.newDays = newDays;
    this.lease = lease;
    this.recall = recall;
  }

  /**
   * Begins to open the stores that this phase writes, side by side, and returns; {@link #close}
   * closes them.
   */
  void begin(Phase phase) {
    changes.lock();
    try {
      if (phase.writes(Role.LEGACY)) {
        openings.put(LEGACY, StoreOpening.begin(LEGACY, mysql::open));
      }
      if (phase.writes(Role.NEXT)) {
        openings.put(NEXT, StoreOpening.begin(NEXT, questDb::open));
      }
    } finally {
      changes.unlock();
    }
  }

  /** The sinks of this phase. */
  static List<String> writtenIn(Phase phase) {
    return Stream.of(Role.LEGACY, Role.NEXT).filter(phase::writes).map(NAMES::of).toList();
  }

  /** Waits until the stores are open, and opens their cursors. */
  void open() throws StartException, IOException {
    changes.lock();
    try {
      StoreOpening legacy = openings.get(LEGACY);
      if (legacy != null) {
        StoreParts store = legacy.await();
        stores.put(LEGACY, store);
        addLocked(
            new LeasedSink(store.sink(), lease), journal.feed(LEGACY), settings.mysqlDelivery());
        tables.opened(LEGACY, store.as(StoreParts.Legacy.class).table());
      }
      StoreOpening next = openings.get(NEXT);
      if (next != null) {
        addQuestDbLocked(next.await(), Cursor.KEPT);
      }
    } finally {
      changes.unlock();
    }
  }

  /** Sets what must know when a store leaves or joins. */
  void serve(PairJobs running) {
    jobs = running;
  }

  /** Starts delivery once every cursor is open, so that segments are kept for all of them. */
  void start() {
    changes.lock();
    try {
      deliveries.bySink().keySet().forEach(this::startLocked);
      notNow = "it is not open in this phase";
      running = true;
    } finally {
      changes.unlock();
    }
  }

  /**
   * Waits until the store that is read shows what the journal held when this was called, if that is
   * little enough for a second: whoever asks as soon as Sluice is ready finds what an earlier
   * process acknowledged. A store that does not answer is not waited for any longer than that.
   */
  void awaitBacklog(Role reads) throws InterruptedException {
    String name = NAMES.of(reads);
    Delivery delivery = deliveries.to(name);
    if (delivery.status().lagReadings() > MOST_AWAITED) {
      return;
    }
    StoreParts store = store(name);
    Optional<MirrorStore> log =
        store.part() instanceof StoreParts.Next next
            ? Optional.of(next.mirror())
            : Optional.empty();
    CatchUp.await(new Side.Delivered(delivery, store.source(), log), journal.end(), BACKLOG_WAIT)
        .ifPresent(behind -> LOG.info("Reads do not show everything yet: {}", behind));
  }

  /** A live view of the current deliveries, by the sink's name. */
  Map<String, Delivery> deliveries() {
    return deliveries.bySink();
  }

  /**
   * The source of the store with this name; if the store is not open, every read fails with the
   * reason.
   */
  ReadingSource source(String name) {
    StoreParts store = stores.get(name);
    return store == null ? new NotOpen(name, notNow) : store.source();
  }

  /** The newest day that QuestDB had readings of when it was opened; empty while unknown. */
  Optional<LocalDate> newestDay() {
    return newestDay;
  }

  /** The URLs shown in the ready line, by name. */
  Map<String, String> urls() {
    Map<String, String> urls = new LinkedHashMap<>();
    stores.values().forEach(store -> urls.putAll(store.urls()));
    return urls;
  }

  /** What an operator should know about the open stores. */
  List<String> warnings() {
    return stores.values().stream()
        .map(store -> store.warning().warning())
        .flatMap(Optional::stream)
        .toList();
  }

  @Override
  public StoreNames names() {
    return NAMES;
  }

  @Override
  public Optional<Pair> pair() {
    return pair;
  }

  @Override
  public Mark journalEnd() {
    return journal.end();
  }

  @Override
  public Mark append(Reading reading) throws IOException {
    ReadingBuffer one = new ReadingBuffer(ONE_READING_BYTES, ONE_READING_BYTES);
    one.add(reading);
    return switch (journal.append(one)) {
      case AppendResult.Accepted accepted -> accepted.end();
      case AppendResult.Full(String reason) ->
          throw new IOException("the journal accepts no readings now: " + reason);
      case AppendResult.Closed(String reason) ->
          throw new IOException("the journal no longer accepts readings: " + reason);
    };
  }

  /**
   * Whether several nodes may deliver: while both stores are written, what is proven about the two
   * rests on one delivery to each. A stop changes nothing of it.
   */
  boolean isDivisible() {
    return stores.size() == 1;
  }

  /**
   * Ends every delivery after its write in flight, and continues through new feeds, at the cursors
   * as they are kept then.
   *
   * @throws IOException if that is not possible, or not now; what has not ended goes on
   */
  void deliverAnew() throws IOException {
    changes.lock();
    try {
      if (!running) {
        throw new IOException("delivery cannot continue elsewhere: " + notNow);
      }
      for (String name : List.copyOf(deliveries.bySink().keySet())) {
        deliveries.to(name).close();
        addLocked(
            Objects.requireNonNull(sinks.get(name), name),
            journal.feed(name),
            name.equals(LEGACY) ? settings.mysqlDelivery() : settings.questDbDelivery());
        startLocked(name);
      }
    } finally {
      changes.unlock();
    }
  }

  /** As {@link Sink#endWritesOf}, at every store that is open. */
  void endWritesOf(Set<String> processes) throws IOException {
    changes.lock();
    try {
      for (StoreParts store : stores.values()) {
        store.sink().endWritesOf(processes);
      }
    } finally {
      changes.unlock();
    }
  }

  /** As {@link Sink#endWritesOfOthers}, at every store that is open. */
  void endWritesOfOthers() throws IOException {
    changes.lock();
    try {
      for (StoreParts store : stores.values()) {
        store.sink().endWritesOfOthers();
      }
    } finally {
      changes.unlock();
    }
  }

  /** On failure an embedded engine stays open, and the next attempt reuses it. */
  @Override
  public void joinNext() throws IOException {
    try {
      recall.recall();
      joinNextOfAll();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    } finally {
      recall.release();
    }
  }

  /** While this process delivers everything. */
  private void joinNextOfAll() throws IOException {
    changes.lock();
    try {
      if (!running) {
        throw new IOException("QuestDB cannot join: " + notNow);
      }
      if (stores.containsKey(NEXT)) {
        return; // and has been delivered to since
      }
      forgetEarlierMirror();
      addQuestDbLocked(questDb.join(), Cursor.AT_END);
      startLocked(NEXT);
    } catch (IOException | RuntimeException e) {
      forgetCursorAfter(e);
      throw e;
    } finally {
      changes.unlock();
    }
  }

  @Override
  public void leave(Role role) {
    String sink = NAMES.of(role);
    changes.lock();
    try {
      pair = Optional.empty();
      jobs.end();
      StoreParts store = stores.remove(sink);
      tables.left(sink);
      deliveries.end(sink);
      if (store != null) {
        store.close();
      }
      journal.forgetCursor(sink);
      LOG.info("{} has left", sink);
    } catch (IOException e) {
      LOG.warn("The cursor of {} may reappear; nothing is kept for it", sink, e);
    } catch (RuntimeException e) {
      LOG.error("{} did not leave cleanly", sink, e);
    } finally {
      changes.unlock();
    }
  }

  @Override
  public Optional<String> schemaProblem() {
    return stores.values().stream()
        .map(RunningStores::schemaProblem)
        .flatMap(Optional::stream)
        .findFirst();
  }

  @Override
  public Optional<String> schemaProblem(Role role) {
    return Optional.ofNullable(stores.get(NAMES.of(role))).flatMap(RunningStores::schemaProblem);
  }

  private static Optional<String> schemaProblem(StoreParts store) {
    return store.schema().state().problem();
  }

  /** The open stores, for the doctor. */
  List<Patient> patients() {
    return stores.values().stream()
        .map(store -> new Patient(store.name(), store.checkup(), Optional.of(store.schema())))
        .toList();
  }

  /** Lets every delivery catch up within their shared deadline, then ends the loops. */
  void stopDelivery(long deadlineNanos) throws InterruptedException {
    changes.lock();
    try {
      running = false;
      notNow = "Sluice is stopping";
      deliveries.drain(journal.end(), deadlineNanos);
    } finally {
      changes.unlock();
    }
  }

  /** Ends every delivery after its write in flight. */
  void endDelivery() {
    changes.lock();
    try {
      running = false;
      notNow = "this node does not lead";
      pair = Optional.empty();
      deliveries.end();
    } finally {
      changes.unlock();
    }
  }

  /** Closes the remaining stores; deliveries and reads must have ended. */
  @Override
  public void close() {
    changes.lock();
    try {
      running = false;
      deliveries.end();
      pair = Optional.empty();
      openings.values().forEach(StoreOpening::abandon);
      stores.values().forEach(StoreParts::close);
      stores.clear();
    } finally {
      changes.unlock();
    }
  }

  /** Where the feed of a store begins. */
  private enum Cursor {
    KEPT,
    AT_END
  }

  /** A cursor that nothing advances would keep every segment. */
  private void forgetCursorAfter(Exception failure) {
    try {
      journal.forgetCursor(NEXT);
    } catch (IOException e) {
      failure.addSuppressed(e);
    }
  }

  private void forgetEarlierMirror() throws IOException {
    try {
      if (!jobs.forget()) {
        throw new IOException(
            "the proofs of an earlier mirror could not be discarded: see the log line above");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
  }

  /** Adds the store, or closes it again if it cannot get a feed. */
  private void addQuestDbLocked(StoreParts store, Cursor cursor) throws IOException {
    try {
      StoreParts.Next next = store.as(StoreParts.Next.class);
      Feed feed =
          switch (cursor) {
            case KEPT -> journal.feed(NEXT);
            case AT_END -> journal.feedAtEnd(NEXT);
          };
      parity.belongTo(feed.kept().origin());
      tables.belongTo(feed.kept().origin());
      MirrorSink sink = new MirrorSink(new LeasedSink(store.sink(), lease), parity);
      tables.opened(NEXT, next.table());
      addLocked(sink, feed, settings.questDbDelivery());
      mirror = Optional.of(sink);
      stores.put(NEXT, store);
      tellDays(next.mirror());
    } catch (IOException | RuntimeException e) {
      store.close();
      throw e;
    }
  }

  private void tellDays(MirrorStore store) {
    try {
      long[] days = store.days().toArray();
      newDays.know(LongStream.of(days));
      newestDay =
          days.length == 0
              ? Optional.empty()
              : Optional.of(LocalDate.ofEpochDay(days[days.length - 1]));
      newestDay.ifPresent(this::warnOfFarFuture);
    } catch (UnavailableException e) {
      LOG.info("QuestDB does not report which days it has; each counts as new once", e);
    }
  }

  private void warnOfFarFuture(LocalDate newest) {
    Instant latest = clock.instant().plus(settings.maxAhead());
    if (newest.atStartOfDay(ZoneOffset.UTC).toInstant().isAfter(latest)) {
      LOG.warn(
          "QuestDB has readings of {}, further ahead than ingest.max-ahead ({}): a wrong clock"
              + " wrote them; to remove them, see MIGRATION.md, far-future",
          newest,
          settings.maxAhead());
    }
  }

  private void addLocked(Sink sink, Feed feed, DeliveryConfig config) {
    sinks.put(sink.name(), sink);
    deliveries.add(new Delivery(sink, feed, config, clock));
  }

  private void startLocked(String name) {
    deliveries.start(name);
    if (stores.containsKey(LEGACY) && stores.containsKey(NEXT)) {
      pair = Optional.of(new Pair(legacyLocked(), nextLocked()));
    }
  }

  private Pair.Legacy legacyLocked() {
    StoreParts store = store(LEGACY);
    StoreParts.Legacy part = store.as(StoreParts.Legacy.class);
    return new Pair.Legacy(deliveries.to(LEGACY), store.source(), part.scan(), part.history());
  }

  private Pair.Next nextLocked() {
    StoreParts store = store(NEXT);
    StoreParts.Next part = store.as(StoreParts.Next.class);
    return new Pair.Next(
        deliveries.to(NEXT),
        store.source(),
        part.scan(),
        part.mirror(),
        mirror.orElseThrow(),
        new LeasedSink(part.chunkSink(), lease));
  }

  private StoreParts store(String name) {
    return Objects.requireNonNull(stores.get(name), name);
  }
}
