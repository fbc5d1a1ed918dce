package dev.sluice.migration;

import dev.sluice.delivery.Delivery;
import dev.sluice.delivery.DeliveryStatus;
import dev.sluice.journal.Mark;
import dev.sluice.store.MirrorStore;
import dev.sluice.store.ReadingSource;
import java.time.Duration;
import java.util.Optional;

/** One of the two stores being written, as a phase change sees it. Thread-safe. */
public interface Side {
  /** One of {@link StoreNames}. */
  String name();

  /** The offset at which the store's cursor began. */
  long origin();

  DeliveryStatus status();

  /** Waits as {@link Delivery#awaitReached} does. */
  boolean awaitReached(Mark mark, Duration timeout) throws InterruptedException;

  ReadingSource source();

  /** The store, if it shows readings only after applying a log; else empty. */
  Optional<MirrorStore> log();

  /** A side backed by a delivery of the running process. */
  record Delivered(Delivery delivery, ReadingSource source, Optional<MirrorStore> log)
      implements Side {
    @Override
    public String name() {
      return delivery.sinkName();
    }

    @Override
    public long origin() {
      return delivery.origin();
    }

    @Override
    public DeliveryStatus status() {
      return delivery.status();
    }

    @Override
    public boolean awaitReached(Mark mark, Duration timeout) throws InterruptedException {
      return delivery.awaitReached(mark, timeout);
    }
  }
}
