package dev.sluice.bench;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.IntUnaryOperator;

/** A small real server: answers each request with the status a test chooses by its number. */
public final class TestServer implements AutoCloseable {
  /** Method, path, content type, authorization and body of each request. */
  public final Set<String> requests = ConcurrentHashMap.newKeySet();

  /** Told of each body when it has come. */
  volatile Consumer<String> onBody = body -> {};

  final AtomicInteger count = new AtomicInteger();
  final Set<Integer> clientPorts = ConcurrentHashMap.newKeySet();

  private final CountDownLatch closed = new CountDownLatch(1);
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final HttpServer server;
  private final IntUnaryOperator status;

  /** Ends the connection instead of an answer. */
  static final int DROP = 0;

  /** Never answers. */
  static final int HANG = -1;

  public TestServer(IntUnaryOperator status) throws IOException {
    this.status = status;
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 1_000);
    server.setExecutor(threads);
    server.createContext("/", this::answer);
    server.start();
  }

  public int port() {
    return server.getAddress().getPort();
  }

  /** Returns after this time, or when the server is closed. */
  void hold(long millis) {
    try {
      closed.await(millis, TimeUnit.MILLISECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void answer(HttpExchange exchange) throws IOException {
    String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
    onBody.accept(body);
    requests.add(
        exchange.getRequestMethod()
            + " "
            + exchange.getRequestURI()
            + " "
            + exchange.getRequestHeaders().getFirst("Content-Type")
            + " "
            + exchange.getRequestHeaders().getFirst("Authorization")
            + " "
            + body);
    clientPorts.add(exchange.getRemoteAddress().getPort());
    int chosen = status.applyAsInt(count.getAndIncrement());
    if (chosen == HANG) {
      hold(Long.MAX_VALUE);
    } else if (chosen != DROP) {
      byte[] bytes = "an answer".getBytes(StandardCharsets.UTF_8);
      exchange.sendResponseHeaders(chosen, chosen == 204 ? -1 : bytes.length);
      if (chosen != 204) {
        exchange.getResponseBody().write(bytes);
      }
    }
    exchange.close();
  }

  @Override
  public void close() {
    closed.countDown();
    server.stop(0);
    threads.close();
  }
}
