package dev.sluice.testing;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * A TCP proxy on a loopback port that can fail the way networks do: refuse, cut, stall, or lose the
 * replies. Thread-safe. Its port stays the same over {@link #cut()} and {@link #resume()}.
 */
public final class TestProxy implements AutoCloseable {
  private enum Mode {
    FLOWING,
    STALLED,
    LOSING_REPLIES,
    CUT,
    CLOSED
  }

  private final String targetHost;
  private final int targetPort;
  private final int port;
  private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private Mode mode = Mode.FLOWING;
  private ServerSocket listener;

  public TestProxy(String targetHost, int targetPort) throws IOException {
    this.targetHost = targetHost;
    this.targetPort = targetPort;
    this.listener = listen(0);
    this.port = listener.getLocalPort();
    Thread.startVirtualThread(() -> accept(listener));
  }

  /** Where clients connect to, on 127.0.0.1. */
  public int port() {
    return port;
  }

  /** Breaks every connection and refuses new ones, as a stopped server does. */
  public void cut() throws IOException {
    set(Mode.CUT);
    listener.close();
    breakConnections();
  }

  /** Breaks every connection but accepts new ones, as a restarted server or a failover does. */
  public void breakConnections() throws IOException {
    for (Socket socket : sockets) {
      socket.close();
    }
  }

  /** Keeps connections open and takes new ones, but moves no byte in either direction. */
  public void stall() {
    set(Mode.STALLED);
  }

  /** Requests arrive, replies vanish: the client cannot know what happened. */
  public void loseReplies() {
    set(Mode.LOSING_REPLIES);
  }

  /** Works again. */
  public void resume() throws IOException {
    if (listener.isClosed()) {
      listener = listen(port);
      ServerSocket reopened = listener;
      Thread.startVirtualThread(() -> accept(reopened));
    }
    set(Mode.FLOWING);
  }

  @Override
  public void close() throws IOException {
    set(Mode.CLOSED);
    listener.close();
    breakConnections();
  }

  private static ServerSocket listen(int port) throws IOException {
    ServerSocket socket = new ServerSocket();
    socket.setReuseAddress(true);
    socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
    return socket;
  }

  private void accept(ServerSocket from) {
    while (!from.isClosed()) {
      try {
        Socket client = from.accept();
        sockets.add(client);
        Thread.startVirtualThread(() -> connect(client));
      } catch (IOException closed) {
        return;
      }
    }
  }

  private void connect(Socket client) {
    try {
      Socket server = new Socket(targetHost, targetPort);
      sockets.add(server);
      Thread.startVirtualThread(() -> pump(server, client, true));
      pump(client, server, false);
    } catch (IOException refused) {
      end(client);
    }
  }

  private void pump(Socket from, Socket to, boolean replies) {
    byte[] buffer = new byte[64 * 1024];
    try {
      InputStream in = from.getInputStream();
      OutputStream out = to.getOutputStream();
      for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
        if (passes(replies)) {
          out.write(buffer, 0, n);
        }
      }
    } catch (IOException broken) {
      // The other side learns of it from its own socket.
    } finally {
      end(from);
      end(to);
    }
  }

  /** Waits while stalled; false when the bytes are to be lost. */
  private boolean passes(boolean replies) {
    lock.lock();
    try {
      while (mode == Mode.STALLED) {
        changed.awaitUninterruptibly();
      }
      return mode == Mode.FLOWING || (mode == Mode.LOSING_REPLIES && !replies);
    } finally {
      lock.unlock();
    }
  }

  private void set(Mode next) {
    lock.lock();
    try {
      mode = next;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  private void end(Socket socket) {
    sockets.remove(socket);
    try {
      socket.close();
    } catch (IOException e) {
      throw new AssertionError("closing a socket failed", e);
    }
  }
}
