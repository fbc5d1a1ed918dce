package dev.sluice.cli;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import com.sun.net.httpserver.HttpsConfigurator;
import com.sun.net.httpserver.HttpsServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import javax.net.ssl.SSLContext;

/**
 * An admin port that answers what it was told to: for each route one after the other, the last one
 * for ever. Routes nobody set are 404, as in an older Sluice.
 */
final class CannedAdmin implements AutoCloseable {
  private record Canned(int status, String body) {}

  /** Method, path with query, and body of each request, in order. */
  final List<String> requests = new CopyOnWriteArrayList<>();

  private final Map<String, Deque<Canned>> answers = new ConcurrentHashMap<>();
  private final CountDownLatch released = new CountDownLatch(1);
  private final ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor();
  private final HttpServer server;
  private volatile String silent = "";

  CannedAdmin() throws IOException {
    this(HttpServer.create(anyPort(), 0));
  }

  /** One that is encrypted. */
  static CannedAdmin over(SSLContext tls) throws IOException {
    HttpsServer https = HttpsServer.create(anyPort(), 0);
    https.setHttpsConfigurator(new HttpsConfigurator(tls));
    return new CannedAdmin(https);
  }

  private CannedAdmin(HttpServer server) {
    this.server = server;
    server.setExecutor(threads);
    server.createContext("/", this::answer);
    server.start();
  }

  private static InetSocketAddress anyPort() {
    return new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
  }

  /** Adds an answer; {@code route} is {@code GET /v1/verify?map=true}. */
  CannedAdmin on(String route, int status, String body) {
    answers.computeIfAbsent(route, key -> new ArrayDeque<>()).add(new Canned(status, body));
    return this;
  }

  /** Never answers this route. */
  CannedAdmin silentOn(String route) {
    silent = route;
    return this;
  }

  int port() {
    return server.getAddress().getPort();
  }

  private void answer(HttpExchange exchange) throws IOException {
    String route = exchange.getRequestMethod() + " " + exchange.getRequestURI();
    String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
    requests.add((route + " " + body).strip());
    if (route.equals(silent)) {
      awaitRelease();
      exchange.close();
      return;
    }
    Canned canned = next(route);
    byte[] bytes = canned.body().getBytes(StandardCharsets.UTF_8);
    exchange.sendResponseHeaders(canned.status(), bytes.length == 0 ? -1 : bytes.length);
    exchange.getResponseBody().write(bytes);
    exchange.close();
  }

  private void awaitRelease() {
    try {
      released.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private Canned next(String route) {
    Deque<Canned> left = answers.get(route);
    if (left == null) {
      return new Canned(404, "{\"code\":\"not found\",\"message\":\"nothing is served at /v1\"}");
    }
    synchronized (left) {
      return left.size() > 1 ? left.removeFirst() : left.getFirst();
    }
  }

  @Override
  public void close() {
    released.countDown();
    server.stop(0);
    threads.close();
  }
}
