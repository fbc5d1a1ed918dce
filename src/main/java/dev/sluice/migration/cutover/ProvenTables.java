package dev.sluice.migration.cutover;

import dev.sluice.api.Status;
import dev.sluice.delivery.Delivery;
import dev.sluice.journal.Mark;
import dev.sluice.migration.Pair;
import dev.sluice.migration.StoreNames;
import dev.sluice.migration.Stores;
import dev.sluice.migration.Successor;
import dev.sluice.migration.Truth;
import dev.sluice.migration.cutover.TablesFile.Contents;
import dev.sluice.migration.cutover.TablesFile.Departure;
import dev.sluice.migration.phase.Phase;
import dev.sluice.reading.Counted;
import dev.sluice.store.MarkedTable;
import dev.sluice.store.ReadingSource.UnavailableException;
import dev.sluice.store.TableMark;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The two tables that this mirror's backfill, parity and reports were made on. If one of them turns
 * out to be a different table, or an older copy of itself, everything proven is forgotten and the
 * guards say so, until it has been proven again on the current tables.
 *
 * <p>Each table's mark is checked when its store is opened, before the first write after a failure,
 * once a second while both stores are written, and by the guards. Like the cursor, the mark
 * advances only to what the store holds durably: delivery writes again whatever a power cut may
 * take back, and losing that does not make it a different table.
 *
 * <p>Thread-safe; each store has its own lock, so that neither waits for the other's answer. A
 * store that does not answer says nothing about its table, and the guards fail meanwhile.
 */
public final class ProvenTables implements Truth, AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(ProvenTables.class);
  private static final Duration BETWEEN_LOOKS = Duration.ofSeconds(1);
  private static final Duration STOP_WITHIN = Duration.ofSeconds(5);

  private final StoreNames names;
  private final TablesFile file;
  private final Duration nextDurableAfter;
  private final InstantSource clock;

  /** Whether nothing was kept when the process started: what the proofs rest on is then unknown. */
  private final boolean nothingKept;

  private final Map<String, Known> byStore = new ConcurrentHashMap<>();
  private final Map<String, Departure> departures = new ConcurrentSkipListMap<>();

  /** Guards the file's contents and the origin. */
  private final ReentrantLock keeping = new ReentrantLock();

  /** Held while proofs are forgotten, or found to have been made again; never waited for. */
  private final ReentrantLock telling = new ReentrantLock();

  private final CountDownLatch stop = new CountDownLatch(1);
  private final Thread thread = Thread.ofPlatform().daemon().name("tables").unstarted(this::run);

  private volatile OptionalLong origin;
  private volatile boolean unkept;
  private volatile @Nullable Stores stores;
  private volatile @Nullable Rests rests;

  /** What rests on the two tables. Called by one thread at a time. */
  public interface Rests {
    /** Whether anything was proven. */
    boolean proven();

    /** Forgets all of it; false if that was not possible yet, in which case it is called again. */
    boolean forget(String why);

    /** Whether history is copied, and every hour compared and matched. */
    boolean provenAnew();

    /** Whether every hour was compared and matched. */
    boolean parityProven();

    /** Whether every hour was compared. */
    boolean compared();

    /** Readings of QuestDB that MySQL lacks, or has with another value. */
    long onlyInQuestDb();

    /** Whether reads come from the new store. */
    boolean readsQuestDb();
  }

  /** One store's table. The fields are guarded by the lock. */
  private static final class Known {
    final ReentrantLock lock = new ReentrantLock();
    @Nullable MarkedTable table;
    volatile @Nullable TableMark mark;
    @Nullable Sample sample;
  }

  /** A mark that counts once everything the store held at that moment is durable. */
  private record Sample(TableMark mark, Mark reached, long durableNanos) {}

  /**
   * Reads what is kept; queries no store.
   *
   * @param directory {@code data/cutover}
   * @param nextDurableAfter how long QuestDB may lose a commit that it does not sync
   * @param successor told whatever changes; {@link #everything} says what there is to begin with
   * @throws IOException when the file cannot be read
   */
  public ProvenTables(
      Path directory,
      StoreNames names,
      Duration nextDurableAfter,
      Successor successor,
      InstantSource clock)
      throws IOException {
    this.names = names;
    this.file = file(directory, successor);
    this.nextDurableAfter = nextDurableAfter;
    this.clock = clock;
    Optional<Contents> kept = file.read();
    this.nothingKept = kept.isEmpty();
    this.origin = kept.map(Contents::origin).orElse(OptionalLong.empty());
    kept.ifPresent(contents -> {
      contents.marks().forEach((store, mark) -> known(store).mark = mark);
      departures.putAll(contents.departures());
    });
  }

  private static TablesFile file(Path directory, Successor successor) {
    return new TablesFile(directory.resolve("tables.json"), successor);
  }

  /**
   * Has whoever opens this directory next find what a successor was told, in the place of what it
   * holds.
   *
   * @throws IOException if it cannot be written
   */
  public static void inherit(Path directory, Map<String, String> told) throws IOException {
    file(directory, Successor.NOBODY).inherit(told);
  }

  /** All that a successor must be told. */
  public Map<String, String> everything() throws IOException {
    return file.everything();
  }

  /**
   * Forgets the tables if they belong to another mirror. Called before the new store's delivery
   * starts.
   */
  public void belongTo(long mirrorOrigin) {
    if (!origin.equals(OptionalLong.of(mirrorOrigin))) {
      departures.clear();
      byStore.values().forEach(ProvenTables::forgetMark);
      origin = OptionalLong.of(mirrorOrigin);
    }
  }

  /**
   * The store is open and has not been written to yet. If a mirror begins with it, both tables are
   * kept before this returns: a proof may be started immediately, and after a kill nothing else
   * would show what it rests on.
   */
  public void opened(String store, MarkedTable table) {
    Known known = known(store);
    known.lock.lock();
    try {
      known.table = table;
    } finally {
      known.lock.unlock();
    }
    lookAt(store);
    if (stores != null) {
      byStore.values().forEach(this::recognise);
      keepOrLog();
    }
  }

  /** The store is about to be closed, which ends the mirror. */
  public void left(String store) {
    Known known = known(store);
    known.lock.lock();
    try {
      known.table = null;
    } finally {
      known.lock.unlock();
    }
    forgetAll();
    keepOrLog();
  }

  private void forgetAll() {
    departures.clear();
    byStore.values().forEach(ProvenTables::forgetMark);
    origin = OptionalLong.empty();
    unkept = true;
  }

  /** Checks one table; a store that does not answer is checked later. */
  public void lookAt(String store) {
    try {
      look(store);
    } catch (UnavailableException e) {
      LOG.debug("The table of {} cannot be checked", store, e);
    }
  }

  @Override
  public boolean isMysql() {
    Rests resting = rests;
    return resting != null && !resting.readsQuestDb() && !departures.containsKey(names.legacy());
  }

  @Override
  public void look() {
    lookAndTell();
  }

  /**
   * If MySQL's table is a different one, it must first get what only QuestDB has: a copy would hide
   * the difference.
   */
  @Override
  public Optional<String> copyObjection() {
    Rests resting = rests;
    if (resting == null || !departures.containsKey(names.legacy())) {
      return Optional.empty();
    }
    if (!resting.compared()) {
      return Optional.of(
          "MySQL's table is a different one (see 'sluice status'): run 'sluice verify start'"
              + " first, which lists what only QuestDB has");
    }
    long only = resting.onlyInQuestDb();
    return only == 0
        ? Optional.empty()
        : Optional.of(
            "MySQL's table is a different one, with no match for "
                + Counted.of(only, "reading")
                + " in QuestDB: run 'sluice verify repair --execute', send the file it writes to"
                + " the ingest port, and run 'sluice verify start' again");
  }

  /**
   * Begins to watch; called once, when both stores are delivered to and before anything that rests
   * on their tables continues. If a table has changed, whatever rests on it is forgotten before
   * this returns, if possible.
   */
  public void start(Stores running, Rests resting) {
    stores = running;
    rests = resting;
    if (running.pair().isEmpty() && origin.isPresent()) {
      forgetAll(); // a kill behind the end of a mirror left its marks
    }
    if (nothingKept && running.pair().isPresent() && resting.proven()) {
      String why = "there is no record of the tables the proofs were made on (" + file + ")";
      depart(names.legacy(), why);
      depart(names.next(), why);
    }
    lookAndTell();
    thread.start();
  }

  /** Keeps how far the tables have come, and ends the watch after the check under way. */
  @Override
  public void close() {
    stop.countDown();
    try {
      if (thread.isAlive()) {
        thread.join(STOP_WITHIN);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    if (stores != null) {
      keepOrLog();
    }
  }

  /**
   * Why a phase change cannot rest on the tables; empty if it can. Queries the stores.
   *
   * @param to the phase to go to: going back to MySQL depends only on MySQL's table
   */
  public Optional<String> objection(Phase to) {
    try {
      look(names.legacy());
      if (to != Phase.MIRROR) {
        look(names.next());
      }
    } catch (UnavailableException e) {
      return Optional.of("the table cannot be checked: " + e.getMessage());
    }
    if (to != Phase.MIRROR || departures.containsKey(names.legacy())) {
      tell();
    }
    Rests resting = rests;
    if (to != Phase.QUESTDB && resting != null && told() && resting.parityProven()) {
      return Optional.empty();
    }
    return departures.values().stream()
        .filter(each -> to != Phase.MIRROR || each.store().equals(names.legacy()))
        .map(this::text)
        .findFirst();
  }

  /** The tables that were replaced, for {@code GET /v1/status}; null when none was. */
  public @Nullable List<Status.Table> replaced() {
    List<Status.Table> all =
        departures.values().stream()
            .map(each -> new Status.Table(each.store(), each.at(), text(each)))
            .toList();
    return all.isEmpty() ? null : all;
  }

  private void run() {
    try {
      while (!stop.await(BETWEEN_LOOKS.toMillis(), TimeUnit.MILLISECONDS)) {
        try {
          lookAndTell();
        } catch (RuntimeException e) {
          LOG.warn("The tables could not be checked; retrying", e);
        }
      }
    } catch (InterruptedException e) {
      throw new AssertionError("unexpected interrupt of " + Thread.currentThread().getName(), e);
    }
  }

  private void lookAndTell() {
    Stores running = stores;
    Pair pair = running == null ? null : running.pair().orElse(null);
    if (pair != null) {
      lookAndSample(names.legacy(), pair.legacy().delivery(), pair);
      lookAndSample(names.next(), pair.next().delivery(), pair);
    }
    tell();
  }

  private void tell() {
    // Two threads at the same time would forget what was begun in between; the one at work records
    // how it ended.
    if (telling.tryLock()) {
      try {
        tellLocked();
        clearProvenAnewLocked();
      } finally {
        telling.unlock();
      }
    }
    if (unkept) {
      keepOrLog();
    }
  }

  private void look(String store) throws UnavailableException {
    Known known = known(store);
    known.lock.lock();
    try {
      if (known.table != null && known.mark != null && origin.isPresent()) {
        Optional<String> why = known.table.departedFrom(known.mark);
        if (why.isPresent()) {
          known.mark = null;
          known.sample = null;
          depart(store, why.orElseThrow());
        }
      }
    } finally {
      known.lock.unlock();
    }
  }

  private void recognise(Known known) {
    known.lock.lock();
    try {
      if (known.table != null && origin.isPresent()) {
        recogniseLocked(known, known.table.mark());
      }
    } catch (UnavailableException e) {
      LOG.debug("A table cannot be checked; it will be once its store responds", e);
    } finally {
      known.lock.unlock();
    }
  }

  private void recogniseLocked(Known known, TableMark now) {
    if (known.mark == null) {
      known.mark = now.identityOnly();
      unkept = true;
    }
  }

  private void lookAndSample(String store, Delivery delivery, Pair pair) {
    Known known = known(store);
    known.lock.lock();
    try {
      look(store);
      if (known.table != null && origin.isPresent()) {
        sampleLocked(known, known.table, delivery, pair);
      }
    } catch (UnavailableException e) {
      LOG.debug("The table of {} cannot be checked", store, e);
    } finally {
      known.lock.unlock();
    }
  }

  private void sampleLocked(Known known, MarkedTable table, Delivery delivery, Pair pair)
      throws UnavailableException {
    if (known.sample != null && !countsLocked(known, known.sample, delivery)) {
      return;
    }
    Mark reached = delivery.reached();
    TableMark mark = table.mark();
    recogniseLocked(known, mark);
    Sample sample = new Sample(mark, reached, System.nanoTime() + durableAfter(delivery, pair));
    known.sample = sample;
    countsLocked(known, sample, delivery);
  }

  /**
   * Whether the store durably holds what it had when the sample was taken; the sample then becomes
   * the mark.
   */
  private boolean countsLocked(Known known, Sample sample, Delivery delivery) {
    if (!sample.reached().reachedBy(delivery.kept())
        || System.nanoTime() - sample.durableNanos() < 0) {
      return false;
    }
    if (!sample.mark().equals(known.mark)) {
      known.mark = sample.mark();
      unkept = true;
    }
    return true;
  }

  /** What comes to MySQL holds its cursor back; to QuestDB the backfill writes, too. */
  private long durableAfter(Delivery delivery, Pair pair) throws UnavailableException {
    return delivery.sinkName().equals(names.legacy()) || pair.next().log().syncsCommits()
        ? 0
        : nextDurableAfter.toNanos();
  }

  private void depart(String store, String why) {
    LOG.error("What was proven about the two stores is no longer valid: {}", why);
    departures.put(
        store, new Departure(store, why, clock.instant().truncatedTo(ChronoUnit.MILLIS), false));
    unkept = true;
    keepOrLog();
  }

  /** Forgets what rests on the tables, once for each departure. */
  private void tellLocked() {
    Rests resting = rests;
    for (Departure each : List.copyOf(departures.values())) {
      if (!each.told() && resting != null && resting.forget(each.why())) {
        departures.replace(each.store(), each, each.asTold());
        unkept = true;
        keepOrLog();
      }
    }
  }

  private boolean told() {
    return departures.values().stream().allMatch(Departure::told);
  }

  private void clearProvenAnewLocked() {
    Rests resting = rests;
    if (!departures.isEmpty() && told() && resting != null && resting.provenAnew()) {
      LOG.info("The two stores are proven again, on the current tables");
      // A departure that arrived meanwhile has not been dealt with yet, and stays.
      departures.values().removeIf(Departure::told);
      unkept = true;
      keepOrLog();
    }
  }

  private String text(Departure departure) {
    Rests resting = rests;
    boolean readsQuestDb = resting != null && resting.readsQuestDb();
    return departure.why()
        + "; what was proven before "
        + departure.at()
        + " is no longer valid. "
        + (departure.store().equals(names.legacy())
            ? mysqlWayOut(readsQuestDb)
            : questDbWayOut(readsQuestDb));
  }

  private static String questDbWayOut(boolean readsQuestDb) {
    return readsQuestDb
        ? "MySQL has kept up: go back to it with 'sluice rollback', then run 'sluice backfill"
            + " start' and 'sluice verify start' until they complete"
        : "Run 'sluice backfill start', then 'sluice verify start', until they complete: both start"
            + " over";
  }

  private static String mysqlWayOut(boolean readsQuestDb) {
    return readsQuestDb
        ? "Reads come from QuestDB, which has lost nothing. If mysql.url points to the wrong"
            + " server, fix that. Then run 'sluice verify start --all', resend what MySQL lacks, as"
            + " 'sluice verify repair' lists it, and verify again"
        : "If mysql.url points to the wrong server or an old backup was restored, fix that first."
            + " To continue with this table: run 'sluice verify start', then 'sluice verify"
            + " repair --execute', which lists what MySQL lacks; send the file to the ingest"
            + " port; then run 'sluice verify start', 'sluice backfill start' and 'sluice verify"
            + " start' until they complete";
  }

  private void keepOrLog() {
    keeping.lock();
    try {
      unkept = false;
      Map<String, TableMark> marks = new ConcurrentSkipListMap<>();
      byStore.forEach((store, known) -> {
        TableMark mark = known.mark;
        if (mark != null) {
          marks.put(store, mark);
        }
      });
      file.write(new Contents(origin, marks, Map.copyOf(departures)));
    } catch (IOException e) {
      unkept = true;
      LOG.warn(
          "The record of the tables the proofs were made on cannot be saved in {}: {}",
          file,
          e.toString());
    } finally {
      keeping.unlock();
    }
  }

  private Known known(String store) {
    return byStore.computeIfAbsent(store, name -> new Known());
  }

  private static void forgetMark(Known known) {
    known.lock.lock();
    try {
      known.mark = null;
      known.sample = null;
    } finally {
      known.lock.unlock();
    }
  }
}
