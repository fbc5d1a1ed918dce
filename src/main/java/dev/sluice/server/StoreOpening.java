package dev.sluice.server;

import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;

/**
 * A store that is being opened on a thread of its own while others open, and the ports do. Confined
 * to the thread that starts, then to the one that stops; what the opening thread has written is
 * seen once {@link #await} or {@link #abandon} has returned.
 */
final class StoreOpening {
  private final FutureTask<StoreParts> task;
  private boolean taken;

  private StoreOpening(FutureTask<StoreParts> task) {
    this.task = task;
  }

  /** Opens a store; a failure leaves nothing open. */
  @FunctionalInterface
  interface Opener {
    StoreParts open() throws StartException;
  }

  static StoreOpening begin(String store, Opener opener) {
    FutureTask<StoreParts> task = new FutureTask<>(opener::open);
    Thread.ofPlatform().daemon().name("open-" + store).start(task);
    return new StoreOpening(task);
  }

  /** Waits for the store, which is the caller's from now on. */
  StoreParts await() throws StartException {
    try {
      StoreParts store = task.get();
      taken = true;
      return store;
    } catch (ExecutionException e) {
      switch (e.getCause()) {
        case StartException expected -> throw expected;
        case Error error -> throw error;
        case null, default -> throw new IllegalStateException("a store cannot be opened", e);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new StartException("interrupted while the stores were opening", e);
    }
  }

  /** Waits for the store and closes it, unless it was taken. Does nothing the second time. */
  void abandon() {
    if (taken) {
      return;
    }
    taken = true;
    boolean interrupted = false;
    while (true) {
      try {
        task.get().close();
        break;
      } catch (ExecutionException e) {
        break; // it left nothing open
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
