package dev.sluice.admin.metrics;

import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.function.ToDoubleFunction;
import org.jspecify.annotations.Nullable;

/**
 * One part of the migration as meters see it: queried once for all meters of a scrape. Thread-safe.
 *
 * @param <T> its status
 */
final class Scraped<T> {
  /**
   * Longer than reading the meters of a scrape takes, shorter than the interval between scrapes.
   */
  private static final long FRESH_NANOS = Duration.ofMillis(500).toNanos();

  private final Supplier<Optional<T>> source;
  private final ReentrantLock lock = new ReentrantLock();
  private Optional<T> last = Optional.empty();
  private @Nullable Long lastNanos;

  Scraped(Supplier<Optional<T>> source) {
    this.source = source;
  }

  /** The number; 0 while the part is not there. */
  double number(ToDoubleFunction<T> number) {
    return now().map(number::applyAsDouble).orElse(0.0);
  }

  /** 1 if the text is this one, else 0. */
  double is(Function<T, String> text, String expected) {
    return now().map(text).filter(expected::equals).isPresent() ? 1 : 0;
  }

  private Optional<T> now() {
    lock.lock();
    try {
      long nanos = System.nanoTime();
      if (lastNanos == null || nanos - lastNanos > FRESH_NANOS) {
        last = source.get();
        lastNanos = nanos;
      }
      return last;
    } finally {
      lock.unlock();
    }
  }
}
