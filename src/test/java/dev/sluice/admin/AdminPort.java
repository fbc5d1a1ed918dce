package dev.sluice.admin;

import dev.sluice.http.ByteBudget;
import dev.sluice.http.RawHttp;
import dev.sluice.http.RawHttp.Answer;
import dev.sluice.http.connection.ConnectionLimits;
import dev.sluice.http.connection.Listeners;
import dev.sluice.http.connection.StallWatch;
import io.helidon.webserver.WebServer;
import io.helidon.webserver.http.HttpService;
import java.time.Duration;
import java.util.List;

/** Routes behind the listener that Sluice uses, on a free port; a new connection per request. */
final class AdminPort implements AutoCloseable {
  static final String JSON = "Content-Type: application/json\r\n";

  private static final int MAX_BODY_BYTES = 1 << 20;
  private static final int MAX_CONNECTIONS = 100;

  private final StallWatch watch = new StallWatch(Duration.ofSeconds(30));
  private final WebServer server;

  AdminPort(HttpService... routes) {
    ByteBudget budget = new ByteBudget(64L << 20);
    server =
        WebServer.builder()
            .shutdownHook(false)
            .update(socket ->
                Listeners.configure(
                    socket,
                    "127.0.0.1",
                    0,
                    128,
                    MAX_BODY_BYTES,
                    ConnectionLimits.of(MAX_CONNECTIONS),
                    watch,
                    budget,
                    null))
            .routing(routing -> List.of(routes).forEach(routing::register))
            .build()
            .start();
  }

  Answer get(String target) {
    return get(target, "");
  }

  /** With these header lines, each with its CRLF. */
  Answer get(String target, String headers) {
    try (RawHttp http = new RawHttp(server.port())) {
      return http.get(target, headers);
    }
  }

  /** A JSON body, in which single quotes stand for double ones. */
  Answer post(String path, String body) {
    return post(path, JSON, body);
  }

  /** With these header lines, each with its CRLF. */
  Answer post(String path, String headers, String body) {
    try (RawHttp http = new RawHttp(server.port())) {
      return http.post(path, headers, body.replace('\'', '"'));
    }
  }

  /** Sends this text as it is. */
  Answer send(String text) {
    try (RawHttp http = new RawHttp(server.port())) {
      return http.send(text).answer();
    }
  }

  @Override
  public void close() {
    server.stop();
    watch.close();
  }
}
