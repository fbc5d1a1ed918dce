package dev.sluice.admin;

import dev.sluice.audit.AuditConfig;
import dev.sluice.audit.AuditLog;
import dev.sluice.http.ByteBudget;
import dev.sluice.http.RawHttp;
import dev.sluice.http.RawHttp.Answer;
import dev.sluice.http.connection.ConnectionLimits;
import dev.sluice.http.connection.ConnectionRules;
import dev.sluice.http.connection.ListenAddress;
import dev.sluice.http.connection.Listeners;
import dev.sluice.http.connection.StallWatch;
import dev.sluice.http.origin.OriginConfig;
import dev.sluice.http.origin.Origins;
import dev.sluice.http.proxy.Proxies;
import io.helidon.webserver.WebServer;
import io.helidon.webserver.http.HttpService;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
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
                    new ListenAddress("127.0.0.1", 0, 128),
                    new ConnectionRules(
                        ConnectionLimits.of(MAX_CONNECTIONS),
                        Proxies.none(),
                        null,
                        Origins.of(OriginConfig.NONE),
                        watch,
                        budget,
                        MAX_BODY_BYTES)))
            .routing(routing -> List.of(routes).forEach(routing::register))
            .build()
            .start();
  }

  /** An audit log on a file that goes with the process, for tests that are about something else. */
  static AuditLog audit() {
    try {
      Path file = Files.createTempFile(Files.createDirectories(Path.of("target")), "audit", ".log");
      file.toFile().deleteOnExit();
      return new AuditLog(new AuditConfig(file, false, 1 << 20), InstantSource.system());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
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
