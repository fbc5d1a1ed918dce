package dev.sluice.journal;

import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The end of a journal that can no longer keep its promise. Happens at most once. Thread-safe. */
final class Failure {
  private static final Logger LOG = LoggerFactory.getLogger(Failure.class);

  private final Path directory;
  private final CompletableFuture<String> reason = new CompletableFuture<>();

  Failure(Path directory) {
    this.directory = directory;
  }

  void fail(Throwable cause) {
    String text =
        "journal "
            + directory
            + " has failed and accepts nothing more: "
            + cause
            + "; check the disk, then restart";
    if (reason.complete(text)) {
      LOG.error("{}", text, cause);
    }
  }

  Optional<String> reason() {
    return Optional.ofNullable(reason.getNow(null));
  }

  /** Completes, with the reason, when and only when the journal fails. */
  CompletionStage<String> stage() {
    return reason.minimalCompletionStage();
  }
}
