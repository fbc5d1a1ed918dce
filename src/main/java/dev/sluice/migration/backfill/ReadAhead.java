package dev.sluice.migration.backfill;

import dev.sluice.migration.Pair;
import dev.sluice.store.History.Position;
import dev.sluice.store.ReadingSource.UnavailableException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CancellationException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Reads one chunk on a thread of its own, {@code backfill-read}, while the one before is written.
 * Confined to the copying thread. Must be closed, which waits for the read in flight: it uses the
 * stores.
 */
final class ReadAhead implements AutoCloseable {
  private final ChunkReader reader;
  private final ExecutorService thread =
      Executors.newSingleThreadExecutor(
          Thread.ofPlatform().daemon().name("backfill-read").factory());
  private Optional<Future<ChunkReader.Result>> reading = Optional.empty();

  ReadAhead(ChunkReader reader) {
    this.reader = reader;
  }

  boolean isReading() {
    return reading.isPresent();
  }

  /** Begins to read the rows after this position. */
  void begin(Pair pair, Position after, int rows) {
    reading = Optional.of(thread.submit(() -> reader.read(pair, after, rows)));
  }

  /**
   * Waits for what is being read; empty if it takes longer than this.
   *
   * @throws UnavailableException as the reader does
   */
  Optional<ChunkReader.Result> await(Duration time) throws UnavailableException {
    try {
      Optional<ChunkReader.Result> read =
          Optional.of(reading.orElseThrow().get(time.toNanos(), TimeUnit.NANOSECONDS));
      reading = Optional.empty();
      return read;
    } catch (TimeoutException e) {
      return Optional.empty();
    } catch (InterruptedException e) {
      throw new AssertionError("unexpected interrupt of " + Thread.currentThread().getName(), e);
    } catch (ExecutionException e) {
      reading = Optional.empty();
      switch (e.getCause()) {
        case UnavailableException unavailable -> throw unavailable;
        case RuntimeException mistake -> throw mistake;
        case Error error -> throw error;
        case null, default -> throw new AssertionError(e);
      }
    }
  }

  /** Drops what is being read, once it is. */
  void drop() {
    reading.ifPresent(each -> {
      try {
        if (each.get() instanceof ChunkReader.Rows rows) {
          rows.close();
        }
      } catch (ExecutionException | CancellationException e) {
        // Whatever it is, reading the same rows again will show it.
      } catch (InterruptedException e) {
        throw new AssertionError("unexpected interrupt of " + Thread.currentThread().getName(), e);
      }
    });
    reading = Optional.empty();
  }

  /** The mirror wrote too much into the range of the last chunk. */
  void tooLarge() {
    drop();
    reader.tooLarge();
  }

  @Override
  public void close() {
    drop();
    thread.close();
  }
}
