package dev.sluice.journal;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * What the writer thread does: takes all waiting appends, cuts them into groups, has them written.
 * A platform thread that nobody interrupts, because an interrupt during file I/O closes the file.
 *
 * <p>Ends when told to, having written all that was offered before, or when the journal fails; then
 * whatever was not acknowledged is refused.
 */
final class AppendLoop implements Runnable {
  /** A group ends with the append that reaches this, so that no ack waits for too much. */
  private static final long GROUP_BYTES = 4 << 20;

  private final AppendQueue queue;
  private final GroupWriter writer;
  private final Failure failure;
  private final List<PendingAppend> group = new ArrayList<>();
  private volatile boolean stopping;

  AppendLoop(AppendQueue queue, GroupWriter writer, Failure failure) {
    this.queue = queue;
    this.writer = writer;
    this.failure = failure;
  }

  /** Ends the loop once all that is queued is written. */
  void stop() {
    stopping = true;
    queue.wake();
  }

  @Override
  public void run() {
    queue.takenBy(Thread.currentThread());
    PendingAppend left = null;
    try {
      while (!stopping && !failure.happened()) {
        left = queue.takeAll();
        if (left == null) {
          idle();
        } else {
          writeAll(left);
        }
      }
      left = queue.end();
      if (!failure.happened()) {
        writeAll(left);
      }
    } catch (IOException | RuntimeException | Error e) {
      failure.fail(e);
    } finally {
      refuse(left);
      refuse(queue.end());
    }
  }

  private void idle() throws IOException {
    if (writer.blocked()) {
      LockSupport.parkNanos(this, GroupWriter.PROBE_NANOS);
      writer.probe();
    } else {
      LockSupport.park(this);
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

  private void refuse(@Nullable PendingAppend oldest) {
    AppendResult closed = new AppendResult.Closed(failure.reason().orElse("journal is closed"));
    for (PendingAppend append = oldest; append != null; append = append.next) {
      append.complete(closed);
    }
  }
}
