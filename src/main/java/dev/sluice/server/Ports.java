package dev.sluice.server;

import dev.sluice.admin.AdminConfig;
import dev.sluice.http.ByteBudget;
import dev.sluice.http.ConnectionsByAddress;
import dev.sluice.http.connection.AcceptCount;
import dev.sluice.http.connection.ConnectionLimits;
import dev.sluice.http.connection.ConnectionRules;
import dev.sluice.http.connection.HttpConfig;
import dev.sluice.http.connection.ListenAddress;
import dev.sluice.http.connection.ListenerWatch;
import dev.sluice.http.connection.Listeners;
import dev.sluice.http.connection.StallWatch;
import dev.sluice.http.origin.Origins;
import dev.sluice.http.proxy.Proxies;
import dev.sluice.http.tls.Tls;
import dev.sluice.http.tls.TlsDoor;
import dev.sluice.ingest.IngestConfig;
import dev.sluice.ingest.mqtt.MqttConfig;
import dev.sluice.openapi.OpenApiRoutes;
import dev.sluice.settings.Settings;
import io.helidon.webserver.ListenerConfig;
import io.helidon.webserver.WebServer;
import io.helidon.webserver.WebServerConfig;
import io.helidon.webserver.http.HttpService;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The ingest port, the admin port and, if there is one, the port for OTLP only. Confined to the
 * thread that starts, then to the one that stops.
 */
final class Ports implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Ports.class);
  private static final String INGEST = "ingest";
  private static final String ADMIN = "admin";
  private static final String OTLP = "otlp";

  /** With an OTLP port this part of the connections, one in so many, is for that. */
  private static final int OTLP_SHARE = 4;

  private final Settings settings;
  private final StallWatch watch;
  private final ListenerWatch listeners;
  private final Proxies proxies;
  private final Origins origins;
  private final @Nullable Tls tls;
  private final ByteBudget connections;

  /**
   * A separate budget, so that operators get answers even when the ingest port has no room left.
   */
  private final ByteBudget adminConnections;

  /** To the ports that take readings, together. */
  private final int mostConnections;

  /** To the ports that take readings, together; MQTT's is among them. */
  private final ConnectionsByAddress senders;

  /** Apart, so that an operator gets in from an address whose sensors have all they may have. */
  private final ConnectionsByAddress operators;

  private final WebServer server;
  private AcceptCount ingestAccepted = AcceptCount.NONE;
  private AcceptCount adminAccepted = AcceptCount.NONE;
  private AcceptCount otlpAccepted = AcceptCount.NONE;

  /**
   * Opens nothing yet.
   *
   * @param held budgets that bodies and pages are held in; while one runs short, slow connections
   *     get less time
   * @param refused told of connections turned away because of their address
   * @param listeners watches the ports once they are open
   * @param proxies say for whom a connection to any port is
   * @param origins judges where requests of all ports come from
   * @param tls encrypts all ports; null for plain text; the caller starts and closes it
   * @param ingest routes of the ingest port, tried in this order
   * @param admin routes of the admin port
   * @param otlp routes of the OTLP port, if the settings want one
   */
  Ports(
      Settings settings,
      List<ByteBudget> held,
      ConnectionsByAddress.Refused refused,
      ListenerWatch listeners,
      Proxies proxies,
      Origins origins,
      @Nullable Tls tls,
      List<HttpService> ingest,
      List<HttpService> admin,
      HttpService otlp) {
    this.settings = settings;
    this.senders = new ConnectionsByAddress(settings.http().maxConnectionsPerAddress(), refused);
    this.operators = new ConnectionsByAddress(HttpConfig.ADMIN_SHARE, refused);
    this.listeners = listeners;
    this.proxies = proxies;
    this.origins = origins;
    this.tls = tls;
    this.connections = new ByteBudget(HttpConfig.connectionBytes());
    this.adminConnections = new ByteBudget(HttpConfig.ADMIN_CONNECTION_BYTES);
    this.watch =
        new StallWatch(
            settings.ingest().bodyTimeout(),
            settings.http().minRate(),
            Stream.concat(held.stream(), Stream.of(connections, adminConnections)).toList());
    this.mostConnections = mostConnections(settings);
    OpenApiRoutes description = new OpenApiRoutes(ingest, admin);
    WebServerConfig.Builder builder = WebServer.builder();
    if (hasOtlp(settings)) {
      builder
          .putSocket(OTLP, ListenerConfig.builder().update(this::configureOtlp).build())
          .routing(OTLP, routing -> routing.register(otlp));
    }
    this.server =
        builder
            .shutdownHook(false)
            .update(this::configureIngest)
            .routing(routing -> {
              ingest.forEach(routing::register);
              routing.register(description);
            })
            .putSocket(ADMIN, ListenerConfig.builder().update(this::configureAdmin).build())
            .routing(
                ADMIN,
                routing -> {
                  admin.forEach(routing::register);
                  routing.register(description);
                })
            .build();
  }

  /**
   * Opens all ports.
   *
   * @throws StartException if one of them cannot be listened on
   */
  void open() throws StartException {
    watch.start();
    server.start();
    // On failure Helidon logs the cause, stops what did start, and returns normally.
    if (!server.isRunning()) {
      throw new StartException(
          "could not open a port, although it was free a moment ago: see the log line above");
    }
    List<ListenerWatch.Door> doors = new ArrayList<>();
    doors.add(door(INGEST, settings.ingest().host(), server.port(), ingestAccepted));
    doors.add(door(ADMIN, settings.admin().host(), server.port(ADMIN), adminAccepted));
    if (hasOtlp(settings)) {
      doors.add(door(OTLP, settings.ingest().host(), server.port(OTLP), otlpAccepted));
    }
    listeners.start(List.copyOf(doors));
  }

  /**
   * Has a port of readings watched that is no port of the web server's; until {@link #unwatch}.
   *
   * @param name as in the settings
   * @param host what the port is bound to
   */
  void watch(String name, String host, int port, AcceptCount accepted) {
    listeners.add(door(name, host, port, accepted));
  }

  /** Ends the watch of all ports, before the first of them is closed. */
  void unwatch() {
    listeners.close();
  }

  /** Connections of each address to the ports that take readings. */
  ConnectionsByAddress senders() {
    return senders;
  }

  private static boolean hasOtlp(Settings settings) {
    return settings.ingest().otlp().port() != 0 && settings.node().ingests();
  }

  /**
   * Checks that all ports can be listened on, before anything else is opened. For a port in use
   * Helidon logs a page of stack trace, without saying which port it is.
   *
   * @throws StartException naming the port that cannot be listened on
   */
  static void requireFree(Settings settings) throws StartException {
    IngestConfig ingest = settings.ingest();
    requireFree(ingest.host(), ingest.port(), "ingest.port or ingest.host");
    requireFree(settings.admin().host(), settings.admin().port(), "admin.port or admin.host");
    if (hasOtlp(settings)) {
      requireFree(ingest.host(), ingest.otlp().port(), "otlp.port");
    }
  }

  private static void requireFree(String host, int port, String keys) throws StartException {
    try (ServerSocket probe = new ServerSocket()) {
      probe.setReuseAddress(true);
      probe.bind(new InetSocketAddress(host, port));
    } catch (IOException e) {
      throw new StartException(
          "cannot listen on %s:%d: %s; stop whatever listens there, or set %s"
              .formatted(host, port, e.getMessage(), keys),
          e);
    }
  }

  /** The URL at which sensors on this machine reach the process. */
  String ingestUrl() {
    return url(settings.ingest().host(), server.port());
  }

  /** The URL at which other machines reach the ingest port, if they may. */
  String ingestUrlElsewhere() {
    return urlElsewhere(settings.ingest().host(), server.port());
  }

  /** The URL at which other machines reach the admin port, if they may. */
  String adminUrlElsewhere() {
    return urlElsewhere(settings.admin().host(), server.port(ADMIN));
  }

  /** The URL at which operators on this machine reach the process. */
  String adminUrl() {
    return url(settings.admin().host(), server.port(ADMIN));
  }

  /** The URL at which OTLP alone is taken in; empty if there is no port for that. */
  Optional<String> otlpUrl() {
    return hasOtlp(settings)
        ? Optional.of(url(settings.ingest().host(), server.port(OTLP)))
        : Optional.empty();
  }

  /** Closes the ports and every connection. */
  @Override
  public void close() {
    unwatch();
    server.stop();
    watch.close();
  }

  private void configureIngest(ListenerConfig.BuilderBase<?, ?> socket) {
    ingestAccepted =
        configureIngest(
            socket,
            settings.ingest().port(),
            hasOtlp(settings) ? Math.max(1, mostConnections - otlpConnections()) : mostConnections);
  }

  private void configureOtlp(ListenerConfig.BuilderBase<?, ?> socket) {
    otlpAccepted = configureIngest(socket, settings.ingest().otlp().port(), otlpConnections());
  }

  private int otlpConnections() {
    return Math.max(1, mostConnections / OTLP_SHARE);
  }

  private AcceptCount configureIngest(ListenerConfig.BuilderBase<?, ?> socket, int port, int most) {
    IngestConfig ingest = settings.ingest();
    return Listeners.configure(
        socket,
        new ListenAddress(ingest.host(), port, ingest.backlog()),
        rules(new ConnectionLimits(most, senders), tls == null ? null : tls.ingest(), connections));
  }

  private void configureAdmin(ListenerConfig.BuilderBase<?, ?> socket) {
    AdminConfig admin = settings.admin();
    adminAccepted =
        Listeners.configure(
            socket,
            new ListenAddress(admin.host(), admin.port(), HttpConfig.ADMIN_BACKLOG),
            rules(
                new ConnectionLimits(HttpConfig.ADMIN_CONNECTIONS, operators),
                tls == null ? null : tls.admin(),
                adminConnections));
  }

  private ConnectionRules rules(
      ConnectionLimits limits, @Nullable TlsDoor door, ByteBudget budget) {
    return new ConnectionRules(
        limits, proxies, door, origins, watch, budget, settings.ingest().maxBodyBytes());
  }

  /** The configured limit, or what fits if that is less. */
  private static int mostConnections(Settings settings) {
    int fit = HttpConfig.connectionsThatFit() - mqttConnections(settings);
    int asked = settings.http().maxConnections().orElse(fit);
    if (asked > fit) {
      LOG.warn(
          "http.max-connections is {}, but heap and open files allow only {}: that is the limit"
              + " now; raise -Xmx or the limit of open files (ulimit -n) for more",
          asked,
          fit);
    } else {
      LOG.info("At most {} connections to the ports that take readings", asked);
    }
    return Math.min(asked, fit);
  }

  /** At most half of what fits, so that the ingest port keeps the other; 0 unless enabled. */
  static int mqttConnections(Settings settings) {
    MqttConfig mqtt = settings.mqtt();
    return mqtt.enabled() && settings.node().ingests()
        ? Math.min(mqtt.maxConnections(), HttpConfig.connectionsThatFit() / 2)
        : 0;
  }

  private static ListenerWatch.Door door(String name, String host, int port, AcceptCount accepted) {
    return new ListenerWatch.Door(name, new InetSocketAddress(reachable(host), port), accepted);
  }

  private static String reachable(String host) {
    return isAnyLocal(host) ? "127.0.0.1" : host;
  }

  private String url(String host, int port) {
    return (tls == null ? "http://" : "https://") + authority(host, port);
  }

  /** What listens on all addresses is named by the name of this machine. */
  private String urlElsewhere(String host, int port) {
    if (!isAnyLocal(host)) {
      return url(host, port);
    }
    try {
      return url(InetAddress.getLocalHost().getHostName(), port);
    } catch (UnknownHostException e) {
      return url(host, port);
    }
  }

  /** Host and port at which this machine reaches what listens on them. */
  static String authority(String host, int port) {
    String reachable = reachable(host);
    return (reachable.contains(":") ? "[" + reachable + "]" : reachable) + ":" + port;
  }

  private static boolean isAnyLocal(String host) {
    try {
      return InetAddress.getByName(host).isAnyLocalAddress();
    } catch (UnknownHostException e) {
      return false;
    }
  }
}
