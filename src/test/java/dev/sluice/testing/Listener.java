package dev.sluice.testing;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Stands where a store would, and counts who comes; everybody is sent away at once. Asked by one
 * thread; another accepts until it is closed.
 */
public final class Listener implements AutoCloseable {
  private final ServerSocket socket;
  private final AtomicInteger accepted = new AtomicInteger();
  private int probes;

  public Listener() throws IOException {
    socket = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    Thread.ofPlatform().daemon().name("listener").start(this::accept);
  }

  public int port() {
    return socket.getLocalPort();
  }

  /** How many have connected so far. */
  public int connections() throws IOException {
    probes++;
    // Whoever connected before is in front of this one, and counted when it is sent away.
    try (Socket probe = new Socket(socket.getInetAddress(), port())) {
      probe.setSoTimeout(60_000);
      if (probe.getInputStream().read() >= 0) {
        throw new AssertionError("nobody writes here");
      }
    }
    return accepted.get() - probes;
  }

  private void accept() {
    try {
      while (true) {
        Socket visitor = socket.accept();
        accepted.incrementAndGet();
        visitor.close();
      }
    } catch (IOException e) {
      // Closed: the test is over.
    }
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
