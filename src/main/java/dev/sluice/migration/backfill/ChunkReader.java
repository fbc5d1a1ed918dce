package dev.sluice.migration.backfill;

import dev.sluice.journal.Mark;
import dev.sluice.migration.MirrorSink;
import dev.sluice.migration.Pair;
import dev.sluice.reading.Micros;
import dev.sluice.reading.Reading;
import dev.sluice.reading.ReadingBatch;
import dev.sluice.store.History;
import dev.sluice.store.History.Finding;
import dev.sluice.store.History.Position;
import dev.sluice.store.ReadingSource.UnavailableException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Opens one chunk after the other and reads its rows, following the steps of {@link MirrorSink}.
 * Confined to the reading thread. At most two chunks may be in use at the same time: a third one
 * reuses the memory of the first.
 */
final class ChunkReader {
  /** The longest time a chunk stays open for MySQL to catch up with the mirror. */
  static final Duration MAX_WAIT = Limits.MAX_MYSQL_LAG.multipliedBy(3);

  private static final Duration LOOK_EVERY = Duration.ofMillis(2);
  private static final int LOOKS_PER_SIGN_OF_LIFE = 50;
  private static final int MAX_ATTEMPTS = 3;

  /** A chunk may have half as many rows again as the one before, or a quiet hour in between. */
  private static final int WIDTHS_AHEAD = 4;

  private static final long LEAST_WIDTH = 60 * Micros.PER_SECOND;

  /** A range of ts, both inclusive. */
  record Range(long from, long to) {
    static final Range ALL = new Range(0, Reading.MAX_TS_MICROS);

    Range and(Range other) {
      return new Range(Math.min(from, other.from), Math.max(to, other.to));
    }
  }

  private final RunControl control;
  private final Course course;
  private final long lastId;
  private final boolean listing;
  private ReadingBatch batch = new ReadingBatch();
  private ReadingBatch other = new ReadingBatch();

  /** In the order of ids: where the last rows were, and where the next ones are expected. */
  private Range held = Range.ALL;

  private Range expected = Range.ALL;

  /**
   * Reads nothing yet.
   *
   * @param listing whether rows that are not to be copied are findings of this copy
   */
  ChunkReader(RunControl control, Course course, long lastId, boolean listing) {
    this.control = control;
    this.course = course;
    this.lastId = lastId;
    this.listing = listing;
  }

  /** What was read. */
  sealed interface Result {}

  /** No row follows. */
  record Nothing() implements Result {}

  /** A temporary failure; the same chunk may succeed later. */
  record Failed(String why) implements Result {}

  /**
   * Rows, with a chunk that is open since before they were read; must be closed.
   *
   * @param after position the chunk was read from
   * @param end position of its last row
   * @param readings what is to be copied
   * @param skipped rows that are not readings
   * @param seen all of the rows, in the order of ids
   * @param findings to be listed before the chunk counts
   * @param work the time it took, excluding the wait for MySQL's delivery
   */
  record Rows(
      Pair pair,
      MirrorSink.Chunk chunk,
      Position after,
      Position end,
      ReadingBatch readings,
      long skipped,
      Seen seen,
      List<Finding> findings,
      Duration work)
      implements Result, AutoCloseable {
    /** Rows read, as far as they count for the pace. */
    long count() {
      return Math.max(seen.rows(), readings.size() + skipped);
    }

    @Override
    public void close() {
      chunk.close();
    }
  }

  /**
   * Reads the rows after this position.
   *
   * @param rows at most so many
   * @throws UnavailableException if the same rows cannot be read until a person has changed
   *     something
   */
  Result read(Pair pair, Position after, int rows) throws UnavailableException {
    try {
      return switch (course) {
        case BY_TIME -> byTime(pair, after, rows);
        case BY_ID -> byId(pair, after, rows);
      };
    } catch (UnavailableException e) {
      if (e.lasting()) {
        throw e;
      }
      return new Failed(String.valueOf(e.getMessage()));
    }
  }

  /** The next rows are expected where the last ones were: the mirror writes too much elsewhere. */
  void tooLarge() {
    expected = held;
  }

  private Result byTime(Pair pair, Position after, int rows) throws UnavailableException {
    History history = pair.legacy().history();
    long began = System.nanoTime();
    Optional<Position> last = history.chunkEnd(after, lastId, rows);
    if (last.isEmpty()) {
      return new Nothing();
    }
    Position end = last.orElseThrow();
    Duration seeking = since(began);
    MirrorSink.Chunk chunk = pair.next().mirror().openChunk(after.tsMicros(), end.tsMicros());
    boolean read = false;
    try {
      Optional<String> behind = awaitMysql(pair, pair.next().written());
      if (behind.isPresent()) {
        return new Failed(behind.orElseThrow());
      }
      began = System.nanoTime();
      batch.clear(0);
      long skipped = history.read(after, end, lastId, batch);
      Rows all =
          new Rows(
              pair,
              chunk,
              after,
              end,
              batch,
              skipped,
              Seen.NOTHING,
              List.of(),
              since(began).plus(seeking));
      swap();
      read = true;
      return all;
    } finally {
      if (!read) {
        chunk.close();
      }
    }
  }

  /**
   * The range of the rows is known only once they are read. So a range is opened in which they are
   * expected; if some are not in it, all are read once more within one that has them.
   */
  private Result byId(Pair pair, Position after, int rows) throws UnavailableException {
    Range range = expected;
    for (int attempt = 1; ; attempt++) {
      MirrorSink.Chunk chunk = pair.next().mirror().openChunk(range.from(), range.to());
      boolean read = false;
      try {
        Optional<String> behind = awaitMysql(pair, pair.next().written());
        if (behind.isPresent()) {
          return new Failed(behind.orElseThrow());
        }
        long began = System.nanoTime();
        List<Finding> findings = new ArrayList<>();
        batch.clear(0);
        History.Step step =
            pair.legacy()
                .history()
                .step(after.id(), lastId, rows, batch, listing ? findings::add : found -> {});
        if (step.rows() == 0) {
          return new Nothing();
        }
        if (expect(range, step)) {
          Rows all =
              new Rows(
                  pair,
                  chunk,
                  after,
                  new Position(Math.max(after.tsMicros(), step.toTs()), step.lastId()),
                  batch,
                  step.skipped(),
                  new Seen(step.rows(), step.firstId(), Findings.NONE),
                  findings,
                  since(began));
          swap();
          read = true;
          return all;
        }
        range = attempt < MAX_ATTEMPTS ? held.and(range) : Range.ALL;
      } finally {
        if (!read) {
          chunk.close();
        }
      }
    }
  }

  /** False if some of these rows are not in the range that is open. */
  private boolean expect(Range open, History.Step step) {
    if (step.fromTs() > step.toTs()) {
      return true;
    }
    held = new Range(step.fromTs(), step.toTs());
    long width = Math.max(step.toTs() - step.fromTs(), LEAST_WIDTH);
    expected =
        new Range(
            Math.max(0, step.fromTs() - width),
            Math.min(Reading.MAX_TS_MICROS, step.toTs() + WIDTHS_AHEAD * width));
    return open.from() <= held.from() && open.to() >= held.to();
  }

  private void swap() {
    ReadingBatch used = batch;
    batch = other;
    other = used;
  }

  private static Duration since(long beganNanos) {
    return Duration.ofNanos(System.nanoTime() - beganNanos);
  }

  /** Without this a row could be older than what the mirror wrote before the chunk was opened. */
  private Optional<String> awaitMysql(Pair pair, Mark written) throws UnavailableException {
    long deadline = System.nanoTime() + MAX_WAIT.toNanos();
    for (long looks = 1; !written.reachedBy(pair.legacy().delivery().reached()); looks++) {
      if (looks % LOOKS_PER_SIGN_OF_LIFE == 0) {
        // A store that restarts meanwhile has lost chunks before this one, and must be noticed.
        pair.next().log().walStatus();
      }
      if (System.nanoTime() - deadline >= 0) {
        String trouble = pair.legacy().delivery().status().trouble();
        return Optional.of(
            "MySQL has everything before "
                + pair.legacy().delivery().reached()
                + ", needed is "
                + written
                + ", which the mirror had reached "
                + MAX_WAIT.toSeconds()
                + " s ago"
                + (trouble.isEmpty() ? "" : " (" + trouble + ")"));
      }
      control.await(LOOK_EVERY);
    }
    return Optional.empty();
  }
}
