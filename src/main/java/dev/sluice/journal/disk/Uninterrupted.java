package dev.sluice.journal.disk;

/** Waiting that an interrupt neither shortens nor forgets. */
final class Uninterrupted {
  private Uninterrupted() {}

  /** Waits until the thread has ended; an interrupt meanwhile is kept for the caller. */
  static void join(Thread thread) {
    boolean interrupted = false;
    while (thread.isAlive()) {
      try {
        thread.join();
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
