package dev.sluice.migration.cutover;

import dev.sluice.journal.Mark;
import dev.sluice.migration.CatchUp;
import dev.sluice.migration.Side;
import dev.sluice.migration.Sides;
import dev.sluice.migration.Stores;
import dev.sluice.migration.Words;
import dev.sluice.migration.cutover.Guard.Kind;
import dev.sluice.reading.Reading;
import dev.sluice.store.ReadingQuery;
import dev.sluice.store.ReadingSource.UnavailableException;
import java.io.IOException;
import java.time.Duration;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;

/**
 * One reading sent all the way: appended as ingest would, delivered, and read back from both
 * stores; then corrected, and read back from MySQL, as it would be after a rollback. Single use;
 * confined to one thread.
 */
final class Canary {
  /** The device of these readings; they stay in the stores. */
  static final String DEVICE = "sluice-canary";

  static final String METRIC = "canary";

  private final Stores stores;
  private final Sides both;
  private final Duration timeout;
  private final Reading first;

  Canary(Stores stores, Sides both, Duration timeout, InstantSource clock) {
    this.stores = stores;
    this.both = both;
    this.timeout = timeout;
    long ts = ChronoUnit.MICROS.between(java.time.Instant.EPOCH, clock.instant());
    this.first = new Reading(DEVICE, METRIC, ts, ThreadLocalRandom.current().nextInt(1 << 20));
  }

  /** Writes the reading and reads it back from both stores. */
  Guard canary() throws InterruptedException {
    return seen(Kind.CANARY, first, both.all());
  }

  /** Corrects the reading and reads it back from MySQL. */
  Guard wayBack() throws InterruptedException {
    Reading corrected = new Reading(DEVICE, METRIC, first.tsMicros(), first.value() + 1);
    return seen(Kind.WAY_BACK, corrected, List.of(both.legacy()));
  }

  private Guard seen(Kind kind, Reading reading, List<Side> sides) throws InterruptedException {
    String allowed = "read back within " + Words.ms(timeout);
    long start = System.nanoTime();
    Mark end;
    try {
      end = stores.append(reading);
    } catch (IOException e) {
      return Guard.failed(
          kind, "not appended", allowed, "the journal did not accept it: " + e.getMessage());
    }
    for (Side side : sides) {
      Optional<String> problem = problem(side, reading, end, start + timeout.toNanos());
      if (problem.isPresent()) {
        return Guard.failed(
            kind,
            "not read back from " + side.name(),
            allowed,
            problem.orElseThrow() + ": sluice status shows what is holding it up");
      }
    }
    return Guard.passed(
        kind, "read back after " + Words.ms(Duration.ofNanos(System.nanoTime() - start)), allowed);
  }

  private Optional<String> problem(Side side, Reading reading, Mark end, long deadline)
      throws InterruptedException {
    Optional<String> behind = CatchUp.await(side, end, CatchUp.until(deadline));
    if (behind.isPresent()) {
      return behind;
    }
    List<Reading> found = new ArrayList<>();
    ReadingQuery query =
        new ReadingQuery(
            DEVICE,
            Optional.of(METRIC),
            reading.tsMicros(),
            reading.tsMicros() + 1,
            false,
            Optional.empty(),
            1);
    try {
      side.source().read(query, found::add);
    } catch (UnavailableException e) {
      return Optional.of(side.name() + " does not serve reads: " + e.getMessage());
    }
    return found.equals(List.of(reading))
        ? Optional.empty()
        : Optional.of(side.name() + " answers " + found + " for " + reading);
  }
}
