package dev.sluice.http.connection;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class ListenerWatchTest {
  private static final Duration LONG = Duration.ofMinutes(1);

  /** A port that accepts connections and closes them. */
  private static final class Port implements AutoCloseable {
    final AtomicLong accepted = new AtomicLong();
    final ServerSocket socket;

    Port() throws IOException {
      socket = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
      Thread.startVirtualThread(this::accept);
    }

    private void accept() {
      while (!socket.isClosed()) {
        try {
          socket.accept().close();
          accepted.incrementAndGet();
        } catch (IOException e) {
          return;
        }
      }
    }

    ListenerWatch.Door door(String name) {
      return new ListenerWatch.Door(
          name,
          new InetSocketAddress(InetAddress.getLoopbackAddress(), socket.getLocalPort()),
          accepted::get);
    }

    /** Accepts nothing more. */
    void end() throws IOException {
      socket.close();
    }

    @Override
    public void close() throws IOException {
      end();
    }
  }

  @Test
  void findsThatAPortHasClosedThatWasAddedWhileItRuns() throws IOException {
    try (Port first = new Port();
        Port added = new Port();
        ListenerWatch watch = new ListenerWatch()) {
      watch.start(List.of(first.door("ingest")));
      watch.add(added.door("mqtt"));
      await().atMost(LONG).until(() -> added.accepted.get() > 1);
      assertThat(watch.refusal()).isEmpty();

      added.end();

      await().atMost(LONG).until(() -> watch.refusal().isPresent());
      assertThat(watch.refusal().orElseThrow()).contains("the mqtt port", "is closed");
      assertThat(watch.failed().toCompletableFuture())
          .succeedsWithin(LONG)
          .asString()
          .contains("the mqtt port");
    }
  }

  @Test
  void knocksAtNothingAnyMoreOnceItIsClosed() throws IOException {
    ListenerWatch watch = new ListenerWatch();
    try (Port port = new Port();
        watch) {
      watch.start(List.of(port.door("ingest")));
      await().atMost(LONG).until(() -> port.accepted.get() > 0);
    }

    await().during(Duration.ofSeconds(2)).until(() -> watch.refusal().isEmpty());
    assertThat(watch.failed().toCompletableFuture()).isNotDone();
  }
}
