package dev.sluice.migration;

import dev.sluice.delivery.Delivery;
import dev.sluice.delivery.DeliveryStatus;
import dev.sluice.store.MirrorStore;
import dev.sluice.store.ReadingSource;
import java.time.Duration;
import java.util.Optional;

/** One of the two stores that are written, as a phase change looks at it. Thread-safe. */
public interface Side {
  /** One of {@link StoreNames}. */
  String name();

  /** Offset at which the store's cursor began. */
  long origin();

  DeliveryStatus status();

  /** As {@link Delivery#awaitSettled}. */
  boolean awaitSettled(long offset, Duration timeout) throws InterruptedException;

  ReadingSource source();

  /** The store, if it shows what it has only once a log is applied. */
  Optional<MirrorStore> log();

  /** A side as the running process has it. */
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
    public boolean awaitSettled(long offset, Duration timeout) throws InterruptedException {
      return delivery.awaitSettled(offset, timeout);
    }
  }
}
