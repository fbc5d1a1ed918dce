package dev.sluice;

import dev.sluice.config.Settings;
import dev.sluice.http.ByteBudget;
import dev.sluice.http.Listeners;
import dev.sluice.http.StallWatch;
import io.helidon.webserver.ListenerConfig;
import io.helidon.webserver.WebServer;
import io.helidon.webserver.http.HttpService;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.UnknownHostException;
import java.util.List;

/**
 * The ingest and the admin port. Confined to the thread that starts and then to the one that stops.
 */
final class Ports implements AutoCloseable {
  private static final String ADMIN = "admin";

  private final Settings settings;
  private final StallWatch watch;
  private final WebServer server;

  /**
   * Opens nothing yet.
   *
   * @param budget what buffered bodies are claimed from
   * @param ingest routes of the ingest port, asked in this order
   * @param admin routes of the admin port
   */
  Ports(Settings settings, ByteBudget budget, List<HttpService> ingest, List<HttpService> admin) {
    this.settings = settings;
    this.watch = new StallWatch(settings.ingest().bodyTimeout());
    this.server =
        WebServer.builder()
            .shutdownHook(false)
            .update(socket ->
                configure(socket, settings.ingest().host(), settings.ingest().port(), budget))
            .routing(routing -> ingest.forEach(routing::register))
            .putSocket(
                ADMIN,
                ListenerConfig.builder()
                    .update(socket ->
                        configure(socket, settings.admin().host(), settings.admin().port(), budget))
                    .build())
            .routing(ADMIN, routing -> admin.forEach(routing::register))
            .build();
  }

  /**
   * Opens both ports.
   *
   * @throws StartException when one cannot be listened on
   */
  void open() throws StartException {
    requireFree("ingest", settings.ingest().host(), settings.ingest().port());
    requireFree("admin", settings.admin().host(), settings.admin().port());
    watch.start();
    server.start();
    // Helidon logs what failed, stops what did not, and returns.
    if (!server.isRunning()) {
      throw new StartException("a port was free and could not be opened: see the log line above");
    }
  }

  /** Of a port that is taken Helidon tells with a page of stack trace, and not which it is. */
  private static void requireFree(String which, String host, int port) throws StartException {
    try (ServerSocket probe = new ServerSocket()) {
      probe.setReuseAddress(true);
      probe.bind(new InetSocketAddress(host, port));
    } catch (IOException e) {
      throw new StartException(
          "cannot listen on %s:%d: %s; stop what listens there, or set %s.port or %s.host"
              .formatted(host, port, e.getMessage(), which, which),
          e);
    }
  }

  /** Where sensors reach this process from this machine. */
  String ingestUrl() {
    return url(settings.ingest().host(), server.port());
  }

  /** Where operators do. */
  String adminUrl() {
    return url(settings.admin().host(), server.port(ADMIN));
  }

  /** Closes the ports and every connection. */
  @Override
  public void close() {
    server.stop();
    watch.close();
  }

  private void configure(
      ListenerConfig.BuilderBase<?, ?> socket, String host, int port, ByteBudget budget) {
    Listeners.configure(socket, host, port, settings.ingest().maxBodyBytes(), watch, budget);
  }

  private static String url(String host, int port) {
    String reachable = isAnyLocal(host) ? "127.0.0.1" : host;
    return "http://" + (reachable.contains(":") ? "[" + reachable + "]" : reachable) + ":" + port;
  }

  private static boolean isAnyLocal(String host) {
    try {
      return InetAddress.getByName(host).isAnyLocalAddress();
    } catch (UnknownHostException e) {
      return false;
    }
  }
}
