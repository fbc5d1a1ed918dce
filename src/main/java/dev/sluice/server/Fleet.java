package dev.sluice.server;

import dev.sluice.cluster.SnapshotHeader;
import dev.sluice.cluster.SnapshotKeeper;
import dev.sluice.fleet.FleetConfig;
import dev.sluice.fleet.FleetLedger;
import dev.sluice.fleet.Refusals;
import dev.sluice.fleet.SnapshotListener;
import dev.sluice.journal.Feed;
import dev.sluice.journal.Journal;
import dev.sluice.journal.Progress;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The fleet ledger of this process, if there is one. A ledger that cannot be opened keeps nothing
 * else from starting. Opened, started and closed by the threads that start and stop Sluice; any
 * thread may ask for the ledger.
 *
 * <p>Where nodes take turns in leading, its snapshots are kept for the next one. A node that takes
 * over has none of its own: a thread fetches what the last leader kept, and opens the ledger, while
 * delivery begins.
 */
final class Fleet implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Fleet.class);

  /** Name of its cursor. */
  static final String CURSOR = "fleet";

  private static final Duration AGAIN = Duration.ofSeconds(1);

  private final ReentrantLock lock = new ReentrantLock();
  private volatile Optional<FleetLedger> ledger = Optional.empty();

  /** Whether it is known if there is a ledger. */
  private volatile boolean known;

  private volatile @Nullable Thread opening;
  private volatile Optional<SnapshotKeeper> keeper = Optional.empty();

  // Under the lock: what a ledger that is opened beside has missed.
  private boolean started;
  private boolean ready;
  private boolean over;

  /** The cursors of a ledger: none where there is none. */
  static List<String> cursors(FleetConfig config) {
    return config.enabled() ? List.of(CURSOR) : List.of();
  }

  /** What opens a ledger at a feed, and closes the feed if it cannot. */
  private interface Opening {
    FleetLedger at(Feed feed) throws IOException;
  }

  /**
   * Opens the ledger and its cursor; reads nothing yet. Where the ledger has to be fetched, it is
   * there some time later.
   *
   * @param keeping brings what an earlier leader knew, and keeps it for the next one
   */
  void open(
      FleetConfig config,
      Journal journal,
      Refusals notNow,
      Refusals overLimit,
      Optional<SnapshotKeeper> keeping,
      InstantSource clock)
      throws IOException {
    if (!config.enabled()) {
      journal.forgetCursor(CURSOR);
      known = true;
      return;
    }
    keeper = keeping;
    SnapshotListener listener =
        keeping.<SnapshotListener>map(its -> its::offer).orElse((file, offset, mark) -> {});
    Opening open =
        feed ->
            FleetLedger.open(
                config,
                feed,
                () -> journal.forgetCursor(CURSOR),
                notNow,
                overLimit,
                listener,
                clock);
    Feed feed = journal.yieldingFeed(CURSOR); // holds back what is not read yet
    Path file = FleetLedger.snapshot(config);
    if (keeping.isEmpty() || Files.exists(file)) {
      open(open, feed, config, journal);
      keeping.ifPresent(SnapshotKeeper::start);
    } else {
      SnapshotKeeper from = keeping.get();
      opening =
          Thread.ofPlatform()
              .name("fleet-fetch")
              .start(() -> fetchThenOpen(from, file, open, feed, config, journal));
    }
  }

  private void open(Opening open, Feed feed, FleetConfig config, Journal journal)
      throws IOException {
    Optional<FleetLedger> opened = Optional.empty();
    try {
      opened = Optional.of(open.at(feed));
    } catch (IOException e) {
      boolean broken = !isOver(); // else it was interrupted
      Thread.interrupted();
      feed.close();
      if (broken) {
        LOG.error("There is no fleet ledger: {} cannot be used", config.directory(), e);
        journal.forgetCursor(CURSOR);
      }
    }
    use(opened);
  }

  private void use(Optional<FleetLedger> opened) {
    lock.lock();
    try {
      if (over) {
        Thread.interrupted(); // or nothing would close in order
        opened.ifPresent(FleetLedger::end);
        return;
      }
      ledger = opened;
      known = true;
      if (started) {
        opened.ifPresent(FleetLedger::start);
      }
      if (ready) {
        opened.ifPresent(FleetLedger::ready);
      }
    } finally {
      lock.unlock();
    }
  }

  private void fetchThenOpen(
      SnapshotKeeper from,
      Path file,
      Opening open,
      Feed held,
      FleetConfig config,
      Journal journal) {
    try {
      Optional<SnapshotHeader> found = from.fetch(file);
      Feed feed = held;
      if (found.isPresent()) {
        LOG.info(
            "The fleet ledger of the last leader was fetched, {} bytes; it goes on at reading {}",
            found.get().bytes(),
            found.get().offset());
        feed = moved(found.get(), held, journal);
      } else {
        LOG.info("The fleet ledger begins with no device: nothing of an earlier leader is there");
      }
      open(open, feed, config, journal);
      from.start();
    } catch (InterruptedException | IOException | RuntimeException | Error e) {
      if (Thread.interrupted() || isOver()) {
        LOG.debug("The fleet ledger was not fetched to its end", e);
      } else {
        LOG.error("There is no fleet ledger in this term: it could not be fetched", e);
        use(Optional.empty());
      }
      held.close();
    }
  }

  /**
   * A feed that goes on where this snapshot ends, with what the journal still has of it. Waits for
   * a cluster that does not answer.
   */
  private Feed moved(SnapshotHeader to, Feed held, Journal journal) throws InterruptedException {
    held.close();
    boolean told = false;
    while (true) {
      try {
        journal.adopt(CURSOR, Progress.at(to.offset()), journal.mark(to.mark()));
        return journal.yieldingFeed(CURSOR);
      } catch (IOException e) {
        if (Thread.interrupted() || isOver()) {
          throw new InterruptedException();
        }
        if (!told) {
          LOG.warn("The fleet ledger's cursor is not moved yet; it is tried again", e);
        }
        told = true;
        Thread.sleep(AGAIN);
      }
    }
  }

  private boolean isOver() {
    lock.lock();
    try {
      return over;
    } finally {
      lock.unlock();
    }
  }

  Optional<FleetLedger> ledger() {
    return ledger;
  }

  /** The ledger, or that there is none; empty before it is opened and once it has ended. */
  Optional<Optional<FleetLedger>> ledgerIfKnown() {
    return known ? Optional.of(ledger) : Optional.empty();
  }

  void start() {
    lock.lock();
    try {
      started = true;
      ledger.ifPresent(FleetLedger::start);
    } finally {
      lock.unlock();
    }
  }

  /** Ingest takes readings from now on. */
  void ready() {
    lock.lock();
    try {
      if (!ready) {
        ready = true;
        ledger.ifPresent(FleetLedger::ready);
      }
    } finally {
      lock.unlock();
    }
  }

  /** Ingest takes no more readings. */
  void leaving() {
    lock.lock();
    try {
      ready = false;
      ledger.ifPresent(FleetLedger::leaving);
    } finally {
      lock.unlock();
    }
  }

  /** Ends where the cursor can no longer be kept. */
  void end() {
    ending().ifPresent(FleetLedger::end);
    keeper.ifPresent(SnapshotKeeper::close);
  }

  /** Ends with a snapshot, which is kept for the next leader too. */
  @Override
  public void close() {
    Optional<FleetLedger> closing = ending();
    keeper.ifPresent(SnapshotKeeper::expectLast);
    closing.ifPresent(FleetLedger::close);
    keeper.ifPresent(SnapshotKeeper::close);
  }

  private Optional<FleetLedger> ending() {
    known = false;
    Optional<FleetLedger> ending;
    lock.lock();
    try {
      over = true;
      ending = ledger;
      ledger = Optional.empty();
    } finally {
      lock.unlock();
    }
    Thread beside = opening;
    if (beside != null) {
      beside.interrupt();
      try {
        beside.join();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
    return ending;
  }
}
