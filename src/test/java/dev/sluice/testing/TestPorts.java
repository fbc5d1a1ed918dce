package dev.sluice.testing;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ServerSocket;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Ports for servers that must know theirs before they listen. They lie below those that the kernel
 * hands out for connections and for port 0, and each test JVM takes them from a block of its own:
 * nobody else takes one between the asking and the listening. A JVM holds its block by listening on
 * the first port of it.
 */
public final class TestPorts {
  private static final int FIRST = 10_000;
  private static final int END = 20_000;
  private static final int BLOCK = 100;

  private static final ServerSocket CLAIM = claim();
  private static final AtomicInteger HANDED_OUT = new AtomicInteger();

  private TestPorts() {}

  /** A port nobody listens on. */
  public static int free() {
    for (int tries = 1; tries < BLOCK; tries++) {
      int port = CLAIM.getLocalPort() + 1 + HANDED_OUT.getAndIncrement() % (BLOCK - 1);
      try (ServerSocket socket = new ServerSocket(port)) {
        return socket.getLocalPort();
      } catch (IOException taken) {
        // By a server that an earlier test started: the next one.
      }
    }
    throw new AssertionError(
        "all ports after " + CLAIM.getLocalPort() + " are taken: " + (BLOCK - 1));
  }

  private static ServerSocket claim() {
    for (int port = FIRST; port < END; port += BLOCK) {
      try {
        return new ServerSocket(port);
      } catch (IOException taken) {
        // By another test JVM: the next block.
      }
    }
    throw new UncheckedIOException(
        new IOException("no port of " + FIRST + ", " + (FIRST + BLOCK) + " ... is free"));
  }
}
