package dev.sluice.http.origin;

import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Logs refusals, at most one a minute however many there are: the first of them with its reason, so
 * that whoever renamed a machine finds out. Thread-safe.
 */
final class RefusalLog {
  private static final Logger LOG = LoggerFactory.getLogger(RefusalLog.class);
  private static final long BETWEEN_NANOS = 60_000_000_000L;

  private final AtomicLong dueNanos = new AtomicLong(System.nanoTime());
  private final LongAdder unlogged = new LongAdder();

  void refused(String reason) {
    long now = System.nanoTime();
    long due = dueNanos.get();
    if (now - due >= 0 && dueNanos.compareAndSet(due, now + BETWEEN_NANOS)) {
      LOG.warn(
          "Refused a request, and {} before it without a line: {}",
          unlogged.sumThenReset(),
          reason);
    } else {
      unlogged.increment();
    }
  }
}
