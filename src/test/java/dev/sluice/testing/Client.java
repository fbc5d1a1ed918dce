package dev.sluice.testing;

import dev.sluice.reading.Reading;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;

/**
 * A client of one Sluice, over a few connections with a thread each, until it is closed. It records
 * in the ledger what became of each reading it wrote, and retries nothing.
 */
abstract class Client implements AutoCloseable {
  static final int ACKNOWLEDGED = 204;

  private static final Duration TIMEOUT = Duration.ofSeconds(20);

  private final HttpClient http = HttpClient.newHttpClient();
  private final List<Thread> threads = new ArrayList<>();
  private final Supplier<URI> ingest;
  private final Ledger ledger;
  private final AtomicLong longestNanos = new AtomicLong();
  private volatile boolean stopped;

  /**
   * @param ingest asked for each request: a restarted process has another port
   */
  Client(Supplier<URI> ingest, Ledger ledger) {
    this.ingest = ingest;
    this.ledger = ledger;
  }

  /** Starts a connection's thread, which must end once {@link #stopped}. */
  final void start(Runnable connection) {
    threads.add(Thread.ofPlatform().name("load-" + threads.size()).start(connection));
  }

  final boolean stopped() {
    return stopped;
  }

  /** False once an unexpected answer has ended a connection's thread. */
  public boolean running() {
    return threads.stream().allMatch(Thread::isAlive);
  }

  /** The longest time that {@link #took} was told since this was last asked. */
  public Duration longest() {
    return Duration.ofNanos(longestNanos.getAndSet(0));
  }

  /** A request of the kind that is measured was answered. */
  final void took(long sinceNanos) {
    longestNanos.accumulateAndGet(System.nanoTime() - sinceNanos, Math::max);
  }

  /** Writes readings with distinct identities; returns the status, or 0 if there was no answer. */
  final int write(List<Reading> readings) {
    return post(ingest.get(), readings).map(HttpResponse::statusCode).orElse(0);
  }

  /** Writes readings with distinct identities to this node; empty if there was no answer. */
  final Optional<HttpResponse<String>> post(URI node, List<Reading> readings) {
    StringBuilder body = new StringBuilder();
    for (Reading reading : readings) {
      body.append(reading.metric()).append(",device_id=").append(reading.device());
      body.append(" value=").append(reading.value());
      body.append(' ').append(reading.tsMicros()).append('\n');
    }
    Optional<HttpResponse<String>> answer =
        send(node, "/write?precision=us", HttpRequest.BodyPublishers.ofString(body.toString()));
    int status = answer.map(HttpResponse::statusCode).orElse(0);
    if (status == ACKNOWLEDGED) {
      ledger.acknowledged(readings);
    } else if (status == 0) {
      ledger.unknown(readings);
    } else if (status == 503) {
      ledger.refused(readings);
    }
    return answer;
  }

  /** The answer to a GET; empty if there was none. */
  final Optional<HttpResponse<String>> get(String path) {
    return send(ingest.get(), path, HttpRequest.BodyPublishers.noBody());
  }

  private Optional<HttpResponse<String>> send(
      URI server, String path, HttpRequest.BodyPublisher body) {
    HttpRequest request =
        HttpRequest.newBuilder(server.resolve(path))
            .timeout(TIMEOUT)
            .method(body.contentLength() == 0 ? "GET" : "POST", body)
            .build();
    try {
      return Optional.of(http.send(request, HttpResponse.BodyHandlers.ofString()));
    } catch (IOException e) {
      return Optional.empty();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  /** Stops sending and waits for the requests in flight; what was counted can still be asked. */
  public final void stop() {
    stopped = true;
    for (Thread thread : threads) {
      try {
        thread.join();
      } catch (InterruptedException e) {
        throw new AssertionError(e);
      }
    }
  }

  @Override
  public void close() {
    stop();
    http.shutdownNow();
  }
}
