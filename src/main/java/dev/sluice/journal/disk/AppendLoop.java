package dev.sluice.journal.disk;

import dev.sluice.journal.AppendResult;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * Has what waits written: takes all waiting appends, cuts them into groups, one thread at a time.
 *
 * <p>Under {@code fsync} that is the journal's own thread, so that those who append sleep while the
 * disk works. Under {@code os} it is whoever appends and finds nobody writing: a write to the page
 * cache is shorter than waking another thread and being woken by it. Who finds somebody writing
 * waits; the one who writes looks again afterwards, a few times, and then leaves the rest to the
 * journal's own thread, so that no append pays for many others. That thread also has all that is
 * not usual: trying a disk that refused, and the end.
 *
 * <p>Ends when told to, having written all that was offered before, or when the journal fails; then
 * whatever was not acknowledged is refused.
 */
final class AppendLoop implements Runnable {
  /** A group ends with the append that reaches this, so that no ack waits for too much. */
  private static final long GROUP_BYTES = 4 << 20;

  /** How often one append writes what others have offered, its own group included. */
  private static final int MOST_TURNS = 4;

  private final AppendQueue queue;
  private final GroupWriter writer;
  private final Failure failure;
  private final boolean appendersWrite;
  private final Thread thread;

  /** Held to take from the queue and to write. */
  private final ReentrantLock writing = new ReentrantLock();

  private final List<PendingAppend> group = new ArrayList<>();
  private volatile boolean stopping;

  /**
   * A loop whose thread is not started yet.
   *
   * @param appendersWrite whether appending threads may write
   */
  AppendLoop(AppendQueue queue, GroupWriter writer, Failure failure, boolean appendersWrite) {
    this.queue = queue;
    this.writer = writer;
    this.failure = failure;
    this.appendersWrite = appendersWrite;
    this.thread = Thread.ofPlatform().daemon().name("journal-append").unstarted(this);
  }

  void start() {
    thread.start();
  }

  /** Makes the loop's thread look again. */
  void wake() {
    LockSupport.unpark(thread);
  }

  /** Ends the loop once all that is queued is written, and waits for that. */
  void stop() {
    stopping = true;
    wake();
    Uninterrupted.join(thread);
  }

  /** Appends and waits for the outcome; any thread. */
  AppendResult append(PendingAppend append) {
    AppendQueue.Offer offer = queue.offer(append);
    if (offer == AppendQueue.Offer.REFUSED) {
      return closed();
    }
    if (appendersWrite) {
      write();
    } else if (offer == AppendQueue.Offer.FIRST) {
      wake();
    }
    return append.await();
  }

  @Override
  public void run() {
    try {
      while (!ending()) {
        takeTurn();
        idle();
      }
    } finally {
      end();
    }
  }

  /** Writes what waits unless another thread does, which then looks again itself. */
  private void write() {
    for (int turn = 0; turn < MOST_TURNS && isUsual(); turn++) {
      if (!writing.tryLock()) {
        return;
      }
      try {
        takeTurnLocked();
      } finally {
        writing.unlock();
      }
      // Looked at after the turn: who offered during it found somebody writing, and waits.
      if (queue.isEmpty() && !writer.blocked()) {
        return;
      }
    }
    wake();
  }

  private boolean isUsual() {
    return !ending() && !writer.blocked();
  }

  private boolean ending() {
    return stopping || failure.happened();
  }

  private void takeTurn() {
    writing.lock();
    try {
      takeTurnLocked();
    } finally {
      writing.unlock();
    }
  }

  private void takeTurnLocked() {
    if (failure.happened()) {
      return;
    }
    PendingAppend taken = queue.takeAll();
    try {
      writeAll(taken);
    } catch (IOException | RuntimeException | Error e) {
      try {
        failure.fail(e);
      } finally {
        refuse(taken);
        wake();
      }
    }
  }

  private void end() {
    writing.lock();
    try {
      PendingAppend left = queue.end();
      try {
        if (!failure.happened()) {
          writeAll(left);
        }
      } catch (IOException | RuntimeException | Error e) {
        failure.fail(e);
      } finally {
        refuse(left);
      }
    } finally {
      writing.unlock();
    }
  }

  /**
   * Sleeps until there is something to do. All there may be is looked at with nothing in between
   * that sleeps too, such as a lock, and could use up the wake-up meant for this.
   */
  private void idle() {
    if (writer.blocked()) {
      LockSupport.parkNanos(this, GroupWriter.PROBE_NANOS);
      probe();
    } else if (queue.isEmpty() && !ending()) {
      LockSupport.park(this);
    }
  }

  private void probe() {
    writing.lock();
    try {
      writer.probe();
    } catch (IOException | RuntimeException | Error e) {
      failure.fail(e);
    } finally {
      writing.unlock();
    }
  }

  private void writeAll(@Nullable PendingAppend oldest) throws IOException {
    group.clear();
    long bytes = 0;
    for (PendingAppend append = oldest; append != null; append = append.next) {
      group.add(append);
      bytes += append.frameBytes();
      if (bytes >= GROUP_BYTES) {
        writer.write(group);
        group.clear();
        bytes = 0;
      }
    }
    if (!group.isEmpty()) {
      writer.write(group);
      group.clear();
    }
  }

  /** Completes all that are not completed yet. */
  private void refuse(@Nullable PendingAppend oldest) {
    AppendResult closed = closed();
    for (PendingAppend append = oldest; append != null; append = append.next) {
      append.complete(closed);
    }
  }

  private AppendResult closed() {
    return new AppendResult.Closed(failure.reason().orElse("journal is closed"));
  }
}
