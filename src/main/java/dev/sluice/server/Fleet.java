package dev.sluice.server;

import dev.sluice.fleet.FleetConfig;
import dev.sluice.fleet.FleetLedger;
import dev.sluice.fleet.Refusals;
import dev.sluice.journal.Feed;
import dev.sluice.journal.Journal;
import java.io.IOException;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The fleet ledger of this process, if there is one. A ledger that cannot be opened keeps nothing
 * else from starting. Opened, started and closed by the threads that start and stop Sluice; any
 * thread may ask for the ledger.
 */
final class Fleet implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Fleet.class);

  /** Name of its cursor. */
  static final String CURSOR = "fleet";

  private volatile Optional<FleetLedger> ledger = Optional.empty();

  /** Whether it is known if there is a ledger. */
  private volatile boolean known;

  /** The cursors of a ledger: none where there is none. */
  static List<String> cursors(FleetConfig config) {
    return config.enabled() ? List.of(CURSOR) : List.of();
  }

  /** Opens the ledger and its cursor; reads nothing yet. */
  void open(
      FleetConfig config, Journal journal, Refusals notNow, Refusals overLimit, InstantSource clock)
      throws IOException {
    if (config.enabled()) {
      openLedger(config, journal, notNow, overLimit, clock);
    } else {
      journal.forgetCursor(CURSOR);
    }
    known = true;
  }

  private void openLedger(
      FleetConfig config, Journal journal, Refusals notNow, Refusals overLimit, InstantSource clock)
      throws IOException {
    Feed feed = journal.yieldingFeed(CURSOR);
    try {
      ledger =
          Optional.of(
              FleetLedger.open(
                  config, feed, () -> journal.forgetCursor(CURSOR), notNow, overLimit, clock));
    } catch (IOException e) {
      LOG.error("There is no fleet ledger: {} cannot be used", config.directory(), e);
      feed.close();
      journal.forgetCursor(CURSOR);
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
    ledger.ifPresent(FleetLedger::start);
  }

  /** Ingest takes readings from now on. */
  void ready() {
    ledger.ifPresent(FleetLedger::ready);
  }

  /** Ingest takes no more readings. */
  void leaving() {
    ledger.ifPresent(FleetLedger::leaving);
  }

  /** Ends where the cursor can no longer be kept. */
  void end() {
    known = false;
    Optional<FleetLedger> ending = ledger;
    ledger = Optional.empty();
    ending.ifPresent(FleetLedger::end);
  }

  @Override
  public void close() {
    known = false;
    Optional<FleetLedger> closing = ledger;
    ledger = Optional.empty();
    closing.ifPresent(FleetLedger::close);
  }
}
