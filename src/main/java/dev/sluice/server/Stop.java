package dev.sluice.server;

import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Stops what has been started, in reverse order. Confined to the thread that starts, then to the
 * one that stops. If a step fails, that is logged and the next one runs.
 */
final class Stop {
  private static final Logger LOG = LoggerFactory.getLogger(Stop.class);

  private record Step(String what, ThrowingRunnable action) {}

  /** A step that may fail. */
  @FunctionalInterface
  interface ThrowingRunnable {
    void run() throws Exception;
  }

  private final Deque<Step> steps = new ArrayDeque<>();

  /** Adds a step to run before all those added earlier. */
  void first(String what, ThrowingRunnable action) {
    steps.push(new Step(what, action));
  }

  void run() {
    while (!steps.isEmpty()) {
      Step step = steps.pop();
      long begin = System.nanoTime();
      try {
        step.action().run();
        LOG.info("Stopping: {} ({})", step.what(), elapsed(begin));
      } catch (Exception e) {
        LOG.error("Stopping: {} failed after {}", step.what(), elapsed(begin), e);
      }
    }
  }

  private static String elapsed(long begin) {
    return Duration.ofNanos(System.nanoTime() - begin).toMillis() + " ms";
  }
}
