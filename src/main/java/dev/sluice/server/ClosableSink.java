package dev.sluice.server;

import dev.sluice.reading.ReadingBatch;
import dev.sluice.store.Sink;
import dev.sluice.store.WritePermit;
import dev.sluice.store.WriteResult;
import java.util.concurrent.locks.ReentrantLock;

/**
 * A sink that may be closed while another thread writes: closing waits for that write, and later
 * writes are refused. Without it, closing an embedded store would pull its writer from under a
 * running backfill. Thread-safe.
 */
final class ClosableSink implements Sink {
  private final Sink sink;
  private final ReentrantLock lock = new ReentrantLock();
  private boolean closed;

  ClosableSink(Sink sink) {
    this.sink = sink;
  }

  @Override
  public String name() {
    return sink.name();
  }

  @Override
  public int maxBatch() {
    return sink.maxBatch();
  }

  @Override
  public boolean keepsTimeOrder() {
    return sink.keepsTimeOrder();
  }

  @Override
  public WriteResult write(ReadingBatch batch) {
    return write(batch, WritePermit.ALWAYS);
  }

  @Override
  public WriteResult write(ReadingBatch batch, WritePermit permit) {
    lock.lock();
    try {
      return closed
          ? new WriteResult.Unavailable(sink.name() + " is no longer written in this phase")
          : sink.write(batch, permit);
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void close() {
    lock.lock();
    try {
      if (!closed) {
        closed = true;
        sink.close();
      }
    } finally {
      lock.unlock();
    }
  }
}
