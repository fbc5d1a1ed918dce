package dev.sluice.journal.disk;

import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The end of a journal that can no longer keep its promise. Happens at most once. Thread-safe.
 *
 * <p>Told of by a thread that waits for it from the start: what fails a journal may well be a
 * machine without room for one thread more.
 */
final class Failure {
  private static final Logger LOG = LoggerFactory.getLogger(Failure.class);

  private final Path directory;
  private final AtomicReference<@Nullable String> reason = new AtomicReference<>();
  private final CompletableFuture<String> told = new CompletableFuture<>();
  private final CountDownLatch over = new CountDownLatch(1);

  Failure(Path directory) {
    this.directory = directory;
  }

  /** Stands ready to tell. */
  void start() {
    Thread.ofPlatform().daemon().name("journal-failure").start(this::tell);
  }

  /** The journal is closed; a failure before this is still told of. */
  void close() {
    over.countDown();
  }

  void fail(Throwable cause) {
    String text =
        "journal "
            + directory
            + " has failed and accepts no more readings: "
            + cause
            + "; check the disk, then restart";
    if (reason.compareAndSet(null, text)) {
      over.countDown();
      LOG.error("{}", text, cause);
    }
  }

  private void tell() {
    try {
      over.await();
    } catch (InterruptedException e) {
      throw new AssertionError("unexpected interrupt of " + Thread.currentThread().getName(), e);
    }
    reason().ifPresent(told::complete);
  }

  boolean happened() {
    return reason.get() != null;
  }

  Optional<String> reason() {
    return Optional.ofNullable(reason.get());
  }

  /**
   * Completes, with the reason, when and only when the journal fails. In a thread of its own: those
   * told may well close the journal, which waits for its other threads.
   */
  CompletionStage<String> stage() {
    return told.minimalCompletionStage();
  }
}
