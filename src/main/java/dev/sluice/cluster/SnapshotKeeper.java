package dev.sluice.cluster;

import dev.sluice.journal.Lease;
import dev.sluice.journal.Mark;
import dev.sluice.journal.kafka.KafkaConfig;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps in the cluster, while this node leads, a snapshot that it replaces in a file from time to
 * time, and brings the one that an earlier leader kept. Thread-safe; a thread of its own sends, at
 * a pace that leaves the cluster to the readings, and rests ten times as long as it took.
 *
 * <p>Trouble harms nobody else: it is logged once, and the next snapshot is tried again.
 */
public final class SnapshotKeeper implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(SnapshotKeeper.class);

  /** Most bytes a second, as they are in the file. */
  private static final long PACE = 8 << 20;

  private static final int REST = 10;
  private static final Duration AGAIN = Duration.ofSeconds(1);

  /** How long the last leader's snapshot is waited for before the ledger begins without it. */
  private static final Duration PATIENCE = Duration.ofMinutes(5);

  /** How long the last snapshot may take, which is sent as fast as it goes. */
  private static final Duration LAST = Duration.ofSeconds(5);

  /** One that is larger is not begun then. */
  private static final long MOST_LAST_BYTES = 256L << 20;

  /** A snapshot to be sent: the open file stays what it is when another takes its place. */
  private record Offer(FileChannel file, long offset, Mark mark) implements AutoCloseable {
    @Override
    public void close() throws IOException {
      file.close();
    }
  }

  private final SnapshotTopic topic;
  private final Lease lease;
  private final long bytesPerSecond;
  private final Thread thread =
      Thread.ofPlatform().daemon().name("fleet-keeper").unstarted(this::run);
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();

  // Under the lock.
  private @Nullable Offer pending;
  private boolean busy;
  private long restNanos = System.nanoTime();

  /** Whether only the last snapshot is still to come, and until when it must be sent. */
  private boolean ending;

  private long endNanos;
  private volatile boolean closed;

  // Of the thread that fetches, and then of the one that sends.
  private boolean open;
  private boolean othersRemoved;
  private String told = "";

  SnapshotKeeper(SnapshotTopic topic, Lease lease, long bytesPerSecond) {
    this.topic = topic;
    this.lease = lease;
    this.bytesPerSecond = bytesPerSecond;
  }

  /**
   * Of the fleet ledger, in the topic beside the journal's; connects nowhere yet.
   *
   * @param journal id of the journal's topic
   * @param term in which this node leads
   */
  public static SnapshotKeeper ofFleet(KafkaConfig config, String journal, Term term) {
    return new SnapshotKeeper(new SnapshotTopic(config, journal, term.number()), term::leads, PACE);
  }

  /**
   * Puts the newest complete snapshot in the place of this file. Waits some minutes for a cluster
   * that does not answer; where the topic cannot be used, there is none.
   *
   * @return its header; empty if there is none
   * @throws IOException if this node leads no more
   */
  public Optional<SnapshotHeader> fetch(Path file) throws IOException, InterruptedException {
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    while (true) {
      requireLeading();
      try {
        topic.open();
        open = true;
        return topic.fetch(file);
      } catch (UnusableTopicException e) {
        tell(e);
        return Optional.empty();
      } catch (IOException e) {
        if (Thread.interrupted()) {
          throw new InterruptedException();
        }
        tell(e);
        if (System.nanoTime() - deadline > 0) {
          return Optional.empty();
        }
        TimeUnit.MILLISECONDS.sleep(AGAIN.toMillis());
      }
    }
  }

  private void requireLeading() throws IOException {
    if (closed || !lease.holds()) {
      throw new IOException("this node leads no more");
    }
  }

  /** Begins to send what is offered; nothing may be fetched any more. */
  public void start() {
    thread.start();
  }

  /**
   * There is a new snapshot in this file: it is sent if it is time. Returns at once.
   *
   * @param offset of the first reading that is not in it
   * @param mark where in the journal that is
   */
  public void offer(Path file, long offset, Mark mark) {
    lock.lock();
    try {
      if (closed || (!ending && (busy || System.nanoTime() - restNanos < 0))) {
        return;
      }
      dropLocked();
      pending = new Offer(FileChannel.open(file, StandardOpenOption.READ), offset, mark);
      changed.signalAll();
    } catch (IOException e) {
      LOG.warn("{} cannot be sent to {}", file, topic.name(), e);
    } finally {
      lock.unlock();
    }
  }

  /** What is offered from now on is the last one: it need not wait, and is sent within seconds. */
  public void expectLast() {
    lock.lock();
    try {
      ending = true;
      endNanos = System.nanoTime() + LAST.toNanos();
      dropLocked();
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  private void dropLocked() {
    Offer older = pending;
    pending = null;
    if (older != null) {
      end(older);
    }
  }

  private static void end(Offer offer) {
    try {
      offer.close();
    } catch (IOException e) {
      LOG.debug("A file that was read did not close", e);
    }
  }

  /** Sends the last one, if it is expected and there is one, and ends; within seconds. */
  @Override
  public void close() {
    lock.lock();
    try {
      closed = true;
      if (!ending) {
        dropLocked();
      }
      changed.signalAll();
    } finally {
      lock.unlock();
    }
    if (thread.getState() == Thread.State.NEW) {
      topic.close();
      return;
    }
    try {
      // Without a last one it ends by itself: it asks before each record whether this node leads.
      if (isEnding() && !thread.join(LAST.plus(AGAIN))) {
        LOG.warn("The fleet ledger's last snapshot did not reach {} in time", topic.name());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void run() {
    try (topic) {
      for (Offer next = take(); next != null; next = take()) {
        send(next);
      }
    } catch (RuntimeException | Error e) {
      LOG.error("{} gets no snapshot any more in this term", topic.name(), e);
    }
  }

  /** Waits for the next one; null if there will be none. */
  private @Nullable Offer take() {
    lock.lock();
    try {
      busy = false;
      while (pending == null && !closed) {
        changed.awaitUninterruptibly();
      }
      busy = true;
      Offer next = pending;
      pending = null;
      return next;
    } finally {
      lock.unlock();
    }
  }

  private void send(Offer offer) {
    long begin = System.nanoTime();
    boolean last = isEnding();
    try (offer) {
      if (last && offer.file().size() > MOST_LAST_BYTES) {
        return;
      }
      Pacer pacer = new Pacer(begin, last);
      if (!open) {
        topic.open();
        open = true;
      }
      topic.write(offer.file(), offer.offset(), offer.mark().toString(), pacer);
      if (!othersRemoved) {
        topic.removeOthers(pacer);
        othersRemoved = true;
      }
      if (!told.isEmpty()) {
        LOG.info("{} has a snapshot of the fleet ledger again", topic.name());
        told = "";
      }
    } catch (OverException e) {
      LOG.debug("A snapshot was not sent to its end", e);
    } catch (IOException e) {
      open = false;
      othersRemoved = false;
      topic.close();
      tell(e);
    } finally {
      rest(System.nanoTime() - begin);
    }
  }

  private boolean isEnding() {
    lock.lock();
    try {
      return ending;
    } finally {
      lock.unlock();
    }
  }

  private void rest(long tookNanos) {
    lock.lock();
    try {
      restNanos = System.nanoTime() + REST * tookNanos;
    } finally {
      lock.unlock();
    }
  }

  private void tell(IOException e) {
    String why = e.getClass().getName();
    if (!told.equals(why)) {
      LOG.warn(
          "The fleet ledger is not kept in the cluster now, and a node that takes over may know no"
              + " device; it is tried again. {}",
          e.getMessage());
    }
    told = why;
  }

  /** No more may be sent. */
  private static final class OverException extends IOException {
    private static final long serialVersionUID = 1L;

    OverException(String why) {
      super(why);
    }
  }

  /** Lets as many bytes go as there may be by now. */
  private final class Pacer implements SnapshotTopic.Pace {
    private final boolean last;
    private long dueNanos;

    Pacer(long begin, boolean last) {
      this.dueNanos = begin;
      this.last = last;
    }

    @Override
    public void next(int bytes) throws IOException {
      lock.lock();
      try {
        while (!last && !ending && !closed && dueNanos - System.nanoTime() > 0) {
          long unused = changed.awaitNanos(dueNanos - System.nanoTime());
        }
        if (!lease.holds() || (last ? System.nanoTime() - endNanos > 0 : ending || closed)) {
          throw new OverException(
              last ? "it would take too long" : "this node leads no more, or ends");
        }
        dueNanos =
            Math.max(dueNanos, System.nanoTime() - TimeUnit.MILLISECONDS.toNanos(100))
                + TimeUnit.SECONDS.toNanos(bytes) / bytesPerSecond;
      } catch (InterruptedException e) {
        throw new AssertionError("nobody interrupts " + Thread.currentThread().getName(), e);
      } finally {
        lock.unlock();
      }
    }
  }
}
