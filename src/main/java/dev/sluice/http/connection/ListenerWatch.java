package dev.sluice.http.connection;

import java.io.IOException;
import java.io.OutputStream;
import java.net.ConnectException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Knocks at this process's own ports, that is, connects to them, because a listener of the server
 * that fails once (too many open files) closes its port without reporting it. A port that does not
 * accept is not ready; one that refuses connections three times in a row, or accepts none for half
 * a minute, is gone permanently, and the process should end: a supervisor restarts it, and nothing
 * acknowledged is lost.
 *
 * <p>One platform thread, which the caller starts and closes. {@link #add}, {@link #refusal} and
 * {@link #failed} may be called from any thread.
 */
public final class ListenerWatch implements AutoCloseable {
  /**
   * A port to knock at.
   *
   * @param name as in the settings
   * @param address where this process reaches it
   * @param count of the connections accepted there
   */
  public record Door(String name, InetSocketAddress address, AcceptCount count) {}

  private static final Logger LOG = LoggerFactory.getLogger(ListenerWatch.class);
  private static final Duration PAUSE = Duration.ofSeconds(1);
  private static final Duration PATIENCE = Duration.ofSeconds(5);
  private static final Duration MOST_STOPPING = Duration.ofSeconds(1);
  private static final long LOOK_EVERY_MS = 5;
  private static final int MOST_REFUSED = 3;
  private static final Duration MOST_SILENCE = Duration.ofSeconds(30);
  private static final int LEAST_SILENT = 3;

  private final List<Door> doors = new CopyOnWriteArrayList<>();
  private final CompletableFuture<String> failed = new CompletableFuture<>();
  private volatile String reason = "";
  private final CountDownLatch stopped = new CountDownLatch(1);
  private @Nullable Thread thread;

  /** Starts knocking; the ports must be open. */
  public void start(List<Door> open) {
    doors.addAll(open);
    thread = Thread.ofPlatform().daemon().name("listener-watch").start(this::run);
  }

  /** From now on knocks at this port, too; it must be open, and stay so until {@link #close}. */
  public void add(Door open) {
    doors.add(open);
  }

  /** Why a port accepts no connections; empty while all do. */
  public Optional<String> refusal() {
    return Optional.of(reason).filter(text -> !text.isEmpty());
  }

  /** Completes with the reason when a port is closed permanently. */
  public CompletionStage<String> failed() {
    return failed;
  }

  /**
   * Stops knocking. Waits for a knock in progress: the server complains about a port that is closed
   * with a connection pending.
   */
  @Override
  public void close() {
    stopped.countDown();
    Thread running = thread;
    if (running != null) {
      try {
        running.join(MOST_STOPPING);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private void run() {
    int refused = 0;
    int silent = 0;
    long heardNanos = System.nanoTime();
    try {
      do {
        String now = "";
        boolean closed = false;
        for (Door door : doors) {
          try {
            knock(door);
          } catch (ConnectException e) {
            closed = true;
            now =
                "the " + door.name() + " port " + door.address() + " is closed: " + e.getMessage();
          } catch (IOException e) {
            now = "the " + door.name() + " port " + door.address() + ": " + e.getMessage();
          }
        }
        refused = closed ? refused + 1 : 0;
        silent = now.isEmpty() ? 0 : silent + 1;
        if (silent == 0) {
          heardNanos = System.nanoTime();
        }
        boolean isSilent =
            silent >= LEAST_SILENT && System.nanoTime() - heardNanos > MOST_SILENCE.toNanos();
        reason = now;
        if ((refused == MOST_REFUSED || isSilent) && stopped.getCount() > 0) {
          LOG.error(
              "{}; it cannot continue (a log line above may say why); the process exits", now);
          failed.complete(now);
          return;
        }
      } while (!stopped.await(PAUSE.toMillis(), TimeUnit.MILLISECONDS));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Connects, and waits until the listener has accepted any connection since. */
  private void knock(Door door) throws IOException, InterruptedException {
    long before = door.count().accepted();
    try {
      knock(door, before);
    } catch (ConnectException e) {
      throw e;
    } catch (IOException e) {
      if (door.count().accepted() == before) {
        throw e;
      }
      LOG.debug("The {} port accepted other connections, but not this one", door.name(), e);
    }
  }

  private static void knock(Door door, long before) throws IOException, InterruptedException {
    try (Socket socket = new Socket()) {
      socket.connect(door.address(), (int) PATIENCE.toMillis());
      long deadline = System.nanoTime() + PATIENCE.toNanos();
      while (door.count().accepted() == before) {
        if (System.nanoTime() - deadline >= 0) {
          throw new IOException("no connection was accepted for " + PATIENCE.toSeconds() + " s");
        }
        Thread.sleep(LOOK_EVERY_MS);
      }
      leave(socket);
    }
  }

  /**
   * Waits until the server has closed its end: it complains if it is stopped between accepting a
   * connection and serving it.
   */
  private static void leave(Socket socket) {
    try {
      socket.shutdownOutput();
      socket.setSoTimeout((int) MOST_STOPPING.toMillis());
      socket.getInputStream().transferTo(OutputStream.nullOutputStream());
    } catch (IOException e) {
      LOG.debug("A probe connection did not close cleanly", e);
    }
  }
}
