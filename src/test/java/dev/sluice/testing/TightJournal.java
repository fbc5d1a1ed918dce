package dev.sluice.testing;

import static org.awaitility.Awaitility.await;

import dev.sluice.delivery.Delivery;
import dev.sluice.delivery.DeliveryConfig;
import dev.sluice.journal.AppendResult;
import dev.sluice.journal.JournalConfig;
import dev.sluice.journal.disk.DiskJournal;
import dev.sluice.reading.Reading;
import dev.sluice.reading.ReadingBatch;
import dev.sluice.reading.ReadingBuffer;
import dev.sluice.store.Sink;
import dev.sluice.store.WriteResult;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;

/**
 * A real journal that holds no more than two small segments, and a real delivery from it to a store
 * in memory. While the store is away, whoever appends fills the journal; delivery frees its
 * segments once the store is back. Thread-safe.
 */
public final class TightJournal implements AutoCloseable {
  /** The device of the readings that {@link #fill} appends. */
  public static final String BALLAST = "ballast";

  private static final int SEGMENT_BYTES = 1 << 20;
  private static final int BATCH = 5_000;

  private final DiskJournal journal;
  private final Delivery delivery;
  private volatile boolean away;
  private int ballast;

  /**
   * Opens the journal, empty, with its store at hand.
   *
   * @param folder for its files
   * @param stored where the store keeps what it is given, in the order of delivery; thread-safe
   */
  public TightJournal(Path folder, List<Reading> stored) {
    try {
      journal =
          DiskJournal.open(
              new JournalConfig(
                  folder.resolve("journal"),
                  JournalConfig.Ack.OS,
                  Duration.ofMillis(50),
                  2 * SEGMENT_BYTES,
                  SEGMENT_BYTES),
              InstantSource.system());
      delivery =
          new Delivery(
              new Store(stored),
              journal.feed("store"),
              new DeliveryConfig(
                  Duration.ZERO,
                  Duration.ofMillis(5),
                  Duration.ofMillis(50),
                  folder.resolve("dead-letters"),
                  1 << 20),
              InstantSource.system());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    delivery.start();
  }

  /** A store that can be away, and keeps what it gets in the caller's list. */
  private final class Store implements Sink {
    private final List<Reading> stored;

    private Store(List<Reading> stored) {
      this.stored = stored;
    }

    @Override
    public String name() {
      return "store";
    }

    @Override
    public int maxBatch() {
      return BATCH;
    }

    @Override
    public WriteResult write(ReadingBatch batch) {
      if (away) {
        return new WriteResult.Unavailable("the store is away");
      }
      List<Reading> readings = new ArrayList<>(batch.size());
      for (int i = 0; i < batch.size(); i++) {
        readings.add(batch.reading(i));
      }
      stored.addAll(readings);
      return WriteResult.Written.DURABLE;
    }

    @Override
    public void close() {}
  }

  public AppendResult append(ReadingBuffer readings) {
    return journal.append(readings);
  }

  /** From now on the store is away, so nothing is freed. */
  public void stall() {
    away = true;
  }

  /** The store is back. */
  public void resume() {
    away = false;
  }

  /** Appends readings until not even the smallest one fits, while the store is away. */
  public void fill() {
    for (int count : new int[] {1_000, 1}) {
      boolean fits = true;
      while (fits) {
        fits = appendBallast(count);
      }
    }
  }

  private boolean appendBallast(int count) {
    ReadingBuffer readings = new ReadingBuffer(1_024, SEGMENT_BYTES);
    for (int i = 0; i < count; i++) {
      readings.add(new Reading(BALLAST, "n", ballast + i, i));
    }
    boolean kept = append(readings) instanceof AppendResult.Accepted;
    ballast += kept ? count : 0;
    return kept;
  }

  /** How many readings {@link #fill} has appended. */
  public int ballast() {
    return ballast;
  }

  /** Waits until the store has everything that was appended. */
  public void awaitDelivered() {
    await().until(() -> delivery.status().lagReadings() == 0);
  }

  @Override
  public void close() {
    delivery.close();
    journal.close();
  }
}
