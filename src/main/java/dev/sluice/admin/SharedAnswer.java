package dev.sluice.admin;

import io.helidon.http.HeaderNames;
import io.helidon.webserver.http.ServerRequest;
import java.time.Duration;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import java.util.regex.Pattern;

/**
 * The last answer of a route, for those who accept one that is up to a second old, and say so with
 * {@code Cache-Control: max-age=1} as the operator's page does: a hundred open tabs cost no more
 * answers than one. Everyone else gets a new one. Thread-safe; an answer is made by one thread
 * while the others wait for it.
 */
final class SharedAnswer {
  private static final long MOST_AGE_NANOS = Duration.ofSeconds(1).toNanos();
  private static final Pattern ACCEPTS_OLD = Pattern.compile("(^|[ ,])max-age=[1-9]");

  private final LongSupplier nanoClock;
  private final ReentrantLock lock = new ReentrantLock();
  private String key = "";
  private String answer = "";
  private long madeNanos;

  SharedAnswer() {
    this(System::nanoTime);
  }

  SharedAnswer(LongSupplier nanoClock) {
    this.nanoClock = nanoClock;
    this.madeNanos = nanoClock.getAsLong() - MOST_AGE_NANOS;
  }

  /**
   * The answer to this request.
   *
   * @param asked what the answer depends on; one to another question is not shared
   */
  String to(ServerRequest request, String asked, Supplier<String> make) {
    if (!acceptsOld(request)) {
      return make.get();
    }
    lock.lock();
    try {
      long now = nanoClock.getAsLong();
      if (now - madeNanos >= MOST_AGE_NANOS || !asked.equals(key)) {
        answer = make.get();
        key = asked;
        madeNanos = now;
      }
      return answer;
    } finally {
      lock.unlock();
    }
  }

  private static boolean acceptsOld(ServerRequest request) {
    return request.headers().contains(HeaderNames.CACHE_CONTROL)
        && ACCEPTS_OLD.matcher(request.headers().get(HeaderNames.CACHE_CONTROL).values()).find();
  }
}
