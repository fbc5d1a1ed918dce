package dev.sluice.migration.verify;

import dev.sluice.migration.Pulse;
import dev.sluice.migration.Pulse.CancelledException;
import dev.sluice.reading.ReadingBatch;
import dev.sluice.store.ReadingScan;
import dev.sluice.store.ReadingSource.UnavailableException;
import dev.sluice.store.ReadingStream;
import java.util.Optional;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * Every {@code lanes}-th piece of a range, read on its own thread, so that the other store, the
 * other lanes and the comparison need not wait for it. {@link #next} and {@link #close} belong to
 * one other thread.
 *
 * <p>Readings are handed over in blocks, which are given back and refilled. There are {@value
 * #BLOCKS} of up to {@value #BLOCK_ROWS} readings each: some 300 KB with ordinary names, 3.4 MB
 * with the longest ones. With all of them filled, the reader waits, holding no lock and no
 * transaction in MySQL.
 */
final class Ahead implements AutoCloseable {
  private static final int BLOCK_ROWS = 8_192;
  private static final int BLOCKS = 3;

  /** How long to wait for a block before checking for cancellation. */
  private static final int SLICE_MILLIS = 100;

  private final ReadingScan scan;
  private final Pieces pieces;
  private final int first;
  private final ReadingStream firstStream;
  private final BlockingQueue<ReadingBatch> empty = new ArrayBlockingQueue<>(BLOCKS + 1);

  /** Blocks, of which there are few, and an end for each piece. */
  private final BlockingQueue<Handed> filled = new LinkedBlockingQueue<>();

  private final Thread thread;
  private volatile boolean closed;

  /** What the reader hands over. */
  private sealed interface Handed {}

  private record Block(ReadingBatch readings) implements Handed {}

  private record PieceEnd() implements Handed {}

  private record Broken(UnavailableException cause) implements Handed {}

  private record Failed(Throwable cause) implements Handed {}

  private Ahead(ReadingScan scan, Pieces pieces, int first) throws UnavailableException {
    this.scan = scan;
    this.pieces = pieces;
    this.first = first;
    this.firstStream = scan.scan(pieces.from(first), pieces.to(first));
    for (int i = 0; i < BLOCKS; i++) {
      empty.add(new ReadingBatch());
    }
    thread = Thread.ofPlatform().name("verify-" + scan.name()).daemon().unstarted(this::run);
  }

  /**
   * Begins to read. Opens its first piece on the caller's thread.
   *
   * @param lane 0 for the pieces 0, lanes, 2 lanes, ...
   */
  static Ahead start(ReadingScan scan, Pieces pieces, int lane) throws UnavailableException {
    Ahead ahead = new Ahead(scan, pieces, lane);
    ahead.thread.start();
    return ahead;
  }

  /**
   * The next block, never an empty one; empty at the end of each piece. Not to be called again
   * after the last piece, or after an exception.
   *
   * @param done the block that is no longer needed
   * @param pulse called while waiting
   */
  Optional<ReadingBatch> next(Optional<ReadingBatch> done, Pulse pulse)
      throws UnavailableException, CancelledException {
    done.ifPresent(empty::add);
    return switch (await(pulse)) {
      case Block block -> Optional.of(block.readings());
      case PieceEnd end -> Optional.empty();
      case Broken broken -> throw broken.cause();
      case Failed failed ->
          throw new IllegalStateException(thread.getName() + " failed", failed.cause());
    };
  }

  private Handed await(Pulse pulse) throws CancelledException {
    try {
      Handed handed = filled.poll(SLICE_MILLIS, TimeUnit.MILLISECONDS);
      while (handed == null) {
        pulse.beat(0);
        handed = filled.poll(SLICE_MILLIS, TimeUnit.MILLISECONDS);
      }
      return handed;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CancelledException();
    }
  }

  private void run() {
    try {
      read(firstStream);
      for (int piece = first + pieces.lanes();
          piece < pieces.count() && !closed;
          piece += pieces.lanes()) {
        read(scan.scan(pieces.from(piece), pieces.to(piece)));
      }
    } catch (UnavailableException e) {
      filled.add(new Broken(e));
    } catch (InterruptedException | RuntimeException | Error e) {
      filled.add(new Failed(e));
    }
  }

  private void read(ReadingStream opened) throws UnavailableException, InterruptedException {
    try (ReadingStream stream = opened) {
      ReadingBatch block = empty.take();
      block.clear(0);
      while (!closed && stream.read(block, BLOCK_ROWS) > 0) {
        filled.add(new Block(block));
        block = empty.take();
        block.clear(0);
      }
      empty.add(block);
    }
    filled.add(new PieceEnd());
  }

  /** Asks the reader to end, without waiting for it. */
  void stop() {
    if (!closed) {
      closed = true;
      // Wakes a reader that waits for a block to fill. There is room for one more than there are.
      empty.offer(new ReadingBatch());
    }
  }

  /** Returns once the stream is closed, which takes as long as the store takes to answer. */
  @Override
  public void close() {
    stop();
    boolean interrupted = false;
    while (thread.isAlive()) {
      try {
        thread.join();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
