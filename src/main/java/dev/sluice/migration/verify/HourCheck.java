package dev.sluice.migration.verify;

import dev.sluice.migration.CatchUp;
import dev.sluice.migration.Pulse.CancelledException;
import dev.sluice.migration.UnfinishedException;
import dev.sluice.migration.verify.Comparison.Rows;
import dev.sluice.reading.Identity;
import dev.sluice.store.ReadingSource.UnavailableException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Optional;

/**
 * Finds the lasting differences in one hour. Confined to the run's thread.
 *
 * <p>Live traffic makes stores differ for moments. So each difference is checked again once both
 * stores have everything acknowledged until then, and counts if both say the same as before. A
 * reading that still differs, but differently, is checked again a few times, and then counts as
 * well.
 */
final class HourCheck {
  private static final int LOOKS = 4;

  private final Comparison comparison;
  private final CatchUp catchUp;
  private final Path candidates;
  private final Path moving;
  private final Path confirmed;
  private final long maxBytes;

  /**
   * Compares nothing yet.
   *
   * @param directory for files that are of no use after the run
   * @param maxBytes the most bytes of each file
   */
  HourCheck(Comparison comparison, CatchUp catchUp, Path directory, long maxBytes) {
    this.comparison = comparison;
    this.catchUp = catchUp;
    this.candidates = directory.resolve("candidates");
    this.moving = directory.resolve("moving");
    this.confirmed = directory.resolve("confirmed");
    this.maxBytes = maxBytes;
  }

  /**
   * The result of a check.
   *
   * @param differences the file for {@link DifferenceFile.Reader}, valid until the next check
   * @param count how many; if not complete, how many were found by then
   * @param complete false if there are more than may be kept
   */
  record Found(Rows rows, Path differences, long count, boolean complete) {}

  /**
   * Compares readings with {@code fromMicros <= ts < toMicros}.
   *
   * @param first both stores, opened where the readings begin
   */
  Found check(Both first, long fromMicros, long toMicros)
      throws UnavailableException, UnfinishedException, IOException {
    try {
      return attempt(first, toMicros);
    } catch (DifferenceFile.TooManyException e) {
      // A store may be far behind: once it has caught up, few or no differences may be left.
      catchUp.await();
    }
    try (Both second = comparison.open(Pieces.whole(fromMicros, toMicros))) {
      return attempt(second, toMicros);
    } catch (DifferenceFile.TooManyException e) {
      return new Found(new Rows(0, 0), candidates, e.count(), false);
    }
  }

  void close() throws IOException {
    Files.deleteIfExists(candidates);
    Files.deleteIfExists(moving);
    Files.deleteIfExists(confirmed);
  }

  private Found attempt(Both both, long toMicros)
      throws UnavailableException, UnfinishedException, IOException {
    try (var first = new DifferenceFile.Writer(candidates, maxBytes);
        var found = new DifferenceFile.Writer(confirmed, maxBytes)) {
      Rows rows = comparison.compare(both, toMicros, first);
      first.flush();
      DifferenceFile.Writer last = first;
      for (int look = 2; look <= LOOKS && last.count() > 0; look++) {
        catchUp.await();
        last = lookAgain(last, found, look == LOOKS);
      }
      found.flush();
      return new Found(rows, confirmed, found.count(), true);
    }
  }

  /** Returns the writer of what still differs, but differently. */
  private DifferenceFile.Writer lookAgain(
      DifferenceFile.Writer last, DifferenceFile.Writer found, boolean countAll)
      throws UnavailableException, CancelledException, IOException {
    try (var earlier = new Earlier(candidates);
        var changed = new DifferenceFile.Writer(moving, maxBytes)) {
      comparison.compare(
          last.fromMicros(),
          last.toMicros() + 1,
          now -> {
            Optional<Difference> before = earlier.of(now.identity());
            if (before.isPresent()) {
              boolean counts = countAll || now.sameAs(before.orElseThrow());
              (counts ? found : changed).add(now);
            }
          });
      changed.flush();
      Files.move(moving, candidates, StandardCopyOption.REPLACE_EXISTING);
      return changed;
    }
  }

  /** Looks up what was found before; must be asked in the order it was found. */
  private static final class Earlier implements AutoCloseable {
    private final DifferenceFile.Reader reader;
    private Optional<Difference> next;

    Earlier(Path file) throws IOException {
      this.reader = new DifferenceFile.Reader(file);
      this.next = reader.next();
    }

    Optional<Difference> of(Identity identity) throws IOException {
      while (next.isPresent() && compare(next.orElseThrow(), identity) < 0) {
        next = reader.next();
      }
      return next.filter(difference -> compare(difference, identity) == 0);
    }

    private static int compare(Difference difference, Identity identity) {
      return Difference.ORDER.compare(difference.identity(), identity);
    }

    @Override
    public void close() throws IOException {
      reader.close();
    }
  }
}
