package dev.sluice.server;

import dev.sluice.admin.AboutRoutes;
import dev.sluice.admin.AuditedRequests;
import dev.sluice.admin.BackfillRoutes;
import dev.sluice.admin.CutoverRoutes;
import dev.sluice.admin.DoctorRoutes;
import dev.sluice.admin.FleetRoutes;
import dev.sluice.admin.History;
import dev.sluice.admin.HistoryRoutes;
import dev.sluice.admin.ListingRoutes;
import dev.sluice.admin.Moment;
import dev.sluice.admin.OpenPart;
import dev.sluice.admin.StatusReport;
import dev.sluice.admin.StatusRoutes;
import dev.sluice.admin.VerifyRoutes;
import dev.sluice.admin.metrics.AuthMetrics;
import dev.sluice.admin.metrics.DatagramMetrics;
import dev.sluice.admin.metrics.DoorMetrics;
import dev.sluice.admin.metrics.FleetMetrics;
import dev.sluice.admin.metrics.JournalMetrics;
import dev.sluice.admin.metrics.LimitMetrics;
import dev.sluice.admin.metrics.MigrationMetrics;
import dev.sluice.admin.metrics.MqttMetrics;
import dev.sluice.admin.metrics.NodeMetrics;
import dev.sluice.admin.metrics.ProcessMetrics;
import dev.sluice.admin.metrics.TlsMetrics;
import dev.sluice.admin.web.PageRoutes;
import dev.sluice.audit.AuditLog;
import dev.sluice.delivery.DeliveryStatus;
import dev.sluice.doctor.Doctor;
import dev.sluice.files.DataFolder;
import dev.sluice.http.Availability;
import dev.sluice.http.ByteBudget;
import dev.sluice.http.Gate;
import dev.sluice.http.auth.FailedTokenLog;
import dev.sluice.http.auth.TokenAuth;
import dev.sluice.http.auth.TokensFile;
import dev.sluice.http.connection.HttpConfig;
import dev.sluice.http.connection.ListenerWatch;
import dev.sluice.http.limit.Limit;
import dev.sluice.http.limit.Limits;
import dev.sluice.http.limit.RequestTurns;
import dev.sluice.http.origin.Origins;
import dev.sluice.http.proxy.Proxies;
import dev.sluice.http.tls.Tls;
import dev.sluice.http.tls.TlsConfig;
import dev.sluice.http.tls.UnusableException;
import dev.sluice.ingest.Admission;
import dev.sluice.ingest.IngestCounters;
import dev.sluice.ingest.NewDays;
import dev.sluice.ingest.format.IgnoredKind;
import dev.sluice.ingest.http.FirstQuestions;
import dev.sluice.ingest.http.IngestRoutes;
import dev.sluice.ingest.mqtt.MqttConfig;
import dev.sluice.ingest.mqtt.MqttEndpoint;
import dev.sluice.ingest.udp.DatagramListener;
import dev.sluice.ingest.udp.UdpConfig;
import dev.sluice.journal.Journal;
import dev.sluice.journal.Lease;
import dev.sluice.journal.disk.DiskJournal;
import dev.sluice.journal.kafka.KafkaJournal;
import dev.sluice.journal.move.JournalMove;
import dev.sluice.migration.Successor;
import dev.sluice.migration.phase.PhaseRecord;
import dev.sluice.migration.phase.PhaseStore;
import dev.sluice.migration.phase.Phases;
import dev.sluice.query.Reads;
import dev.sluice.query.http.QueryRoutes;
import dev.sluice.query.http.ReadsElsewhere;
import dev.sluice.reading.Counted;
import dev.sluice.settings.Mode;
import dev.sluice.settings.Settings;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.io.PrintStream;
import java.net.InetSocketAddress;
import java.nio.file.FileSystemException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The whole of Sluice in one process, and the only place where its parts meet.
 *
 * <p>Start: lock and recover the journal, read the phase, open the stores the phase writes and,
 * meanwhile, the ports, which answer "not now" until everything is ready, move what is left in a
 * journal of another kind, start delivery. Stop: take in the last datagrams, refuse new requests,
 * finish the running ones, sync the journal, let delivery catch up for as long as {@code
 * shutdown.timeout} allows, close the ports, which report the stop until then, close the stores,
 * release the journal. Whatever is unfinished shortly after that is cut off: nothing acknowledged
 * depends on a clean stop.
 */
public final class Application {
  private static final Logger LOG = LoggerFactory.getLogger(Application.class);

  /** Time left for the last steps after requests and delivery have used up theirs. */
  private static final Duration GRACE = Duration.ofSeconds(10);

  private final Settings settings;
  private final PrintStream out;
  private final InstantSource clock = InstantSource.system();
  private final PrometheusMeterRegistry metrics =
      new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
  private final Gate gate = new Gate();
  private final ListenerWatch listeners = new ListenerWatch();
  private final Stop stop = new Stop();
  private final ByteBudget budget;
  private final NewDays newDays;
  private final Limits limits;
  private final Proxies proxies;
  private final Origins origins;
  private final AuditLog audit;
  private final Mode mode;

  /** Completed by whatever ends the process: a signal, or a journal or listener that has failed. */
  private final CompletableFuture<Integer> exitCode = new CompletableFuture<>();

  /**
   * Held while starting and while stopping, so that a signal during the start waits until it is
   * over.
   */
  private final ReentrantLock lifecycle = new ReentrantLock();

  /** Those that share the journal; null where it is not shared. Set once, by the start. */
  private volatile @Nullable Nodes nodes;

  /** Null unless it is enabled. */
  private @Nullable MqttEndpoint mqtt;

  /** Until when a stop waits for requests and delivery, in terms of {@link System#nanoTime}. */
  private long deadlineNanos;

  private Application(Settings settings, Mode mode, PrintStream out) {
    this.settings = settings;
    this.mode = mode;
    this.out = out;
    this.budget = new ByteBudget(settings.ingest().maxInflightBytes());
    this.newDays = new NewDays(settings.maxNewDays(), clock);
    this.limits = new Limits(settings.limits());
    this.proxies = new Proxies(settings.proxies());
    this.origins =
        Origins.of(settings.origins(), settings.ingest().host(), settings.admin().host());
    this.audit = new AuditLog(settings.audit(), clock);
  }

  /**
   * Runs until a signal, a failed journal or a failed listener ends it.
   *
   * @return the exit code of the process
   */
  public static int run(Settings settings, Mode mode, PrintStream out) {
    Application application = new Application(settings, mode, out);
    Runtime.getRuntime().addShutdownHook(new Thread(application::end, "shutdown"));
    try {
      application.start();
    } catch (StartException | IOException | RuntimeException | Error e) {
      LOG.error("Sluice cannot start: {}", e.getMessage(), unexpected(e));
      application.exitCode.complete(1);
    }
    int code = application.exitCode.join();
    application.stop();
    return code;
  }

  /** A message meant for a person needs no stack trace; a bug of ours does. */
  private static @Nullable Throwable unexpected(Throwable e) {
    return e instanceof StartException
            || e instanceof IOException
            || e instanceof IllegalArgumentException
        ? null
        : e;
  }

  private void start() throws StartException, IOException {
    lifecycle.lock();
    try {
      long begin = System.nanoTime();
      settings.auth().requireSafeBinding("ingest.host", settings.ingest().host());
      settings.auth().requireSafeBinding("admin.host", settings.admin().host());
      if (settings.mqtt().enabled()) {
        settings.auth().requireSafeBinding("mqtt.host", settings.mqtt().host());
      }
      FailedTokenLog failedTokens = new FailedTokenLog();
      TokenAuth auth = auth(failedTokens);
      stop.first("stop reading the tokens file", auth::close);
      auth.start();
      new AuthMetrics(auth, failedTokens).bindTo(metrics);
      Tls tls = tls();
      JournalMove move = journalMove();
      Journal journal = journal();
      journal.failed().thenAccept(reason -> exitCode.complete(1));
      listeners.failed().thenAccept(reason -> exitCode.complete(1));
      if (journal instanceof KafkaJournal shared) {
        move.opened(shared.topicId());
        nodes = join(shared, move);
      }
      Phases phases = nodes == null ? new PhaseStore(settings.dataDirectory()) : nodes.phases();
      stop.first("close the audit log", audit::close);
      Admission admission = new Admission(settings.ingest(), newDays.before(journal), gate, clock);
      DeliveryRole delivery = delivery(journal, phases, admission);
      stop.first("close the stores", delivery::close);
      Ports.requireFree(settings);
      LastNode last = nodes == null && move.isNeeded() ? lastNode(move) : null;
      if (nodes == null) {
        prepareAlone(delivery, phases, journal, last);
      }
      Ports ports = ports(journal, move, delivery, admission, auth, tls);
      DatagramListener udp = udp(admission);
      try {
        ports.open();
        if (last != null) {
          last.moveTo(journal, delivery.phase().orElseThrow());
        }
        if (nodes == null) {
          delivery.open();
        }
      } finally {
        // Closed before the stores are, so that no query meets a closed store.
        stop.first("close the ports", ports::close);
      }
      openMqtt(admission, auth, tls, ports);
      new JournalMetrics(journal).bindTo(metrics);
      lead(delivery, ports);
      stop.first("stop delivery", () -> delivery.drain(deadlineNanos));
      Optional<PhaseRecord> phase = phase(delivery);
      if (nodes != null) {
        audit.started(StatusReport.phase(phase), phase.map(PhaseRecord::epoch).orElse(0L));
      }
      stop.first("sync the journal", journal::stopAppends);
      if (exitCode.isDone()) {
        return; // a signal or a failure ended it meanwhile
      }
      stop.first("finish running requests", () -> finishRequests(delivery));
      if (udp != null) {
        stop.first("take in the last datagrams", udp::close);
      }
      awaitBacklog(delivery);
      if (exitCode.isDone()) {
        return;
      }
      move.settle();
      openGate();
      delivery.ready();
      if (udp != null) {
        udp.start();
      }
      out.println(readyText(StatusReport.phase(phase), delivery, ports, udp) + mqttText(tls));
      LOG.info("Started in {} ms", Duration.ofNanos(System.nanoTime() - begin).toMillis());
    } finally {
      lifecycle.unlock();
    }
  }

  /** What is left in a topic is for this node alone. */
  private LastNode lastNode(JournalMove move) throws IOException {
    LastNode last = LastNode.of(settings, move, exitCode::isDone, clock);
    stop.first("leave the topic", last::close);
    return last;
  }

  /**
   * Begins to open the stores where nobody shares the journal.
   *
   * @param last null unless the journal comes from a topic
   */
  private void prepareAlone(
      DeliveryRole delivery, Phases phases, Journal journal, @Nullable LastNode last)
      throws IOException {
    PhaseRecord phase =
        phases.openWith(settings.initialPhase(), clock.instant(), journal.stats().nextOffset() > 0);
    audit.started(phase.phase().label(), phase.epoch());
    delivery.prepare(
        phase,
        Lease.ALWAYS,
        last == null ? new Knowledge.Own() : last.knowledge(),
        Successor.NOBODY,
        Recall.NEEDLESS);
    if (last != null) {
      last.keptKnowledge();
    }
  }

  private Nodes join(KafkaJournal journal, JournalMove move) throws IOException {
    Nodes joined = Nodes.join(settings, mode, journal, move, exitCode::isDone, clock);
    stop.first("leave the nodes", joined::leave);
    joined
        .failed()
        .thenAccept(reason -> {
          LOG.error("This node ends: {}", reason);
          exitCode.complete(1);
        });
    new NodeMetrics(joined::status).bindTo(metrics);
    return joined;
  }

  private DeliveryRole delivery(Journal journal, Phases phases, Admission admission) {
    Duration longestFlip = settings.cutover().timeout();
    NotOpen none = new NotOpen(RunningStores.NAMES.legacy(), "Sluice is starting");
    Nodes others = nodes;
    Reads reads =
        others == null
            ? new Reads(none, longestFlip)
            : new Reads(none, longestFlip, others.peers());
    return new DeliveryRole(
        settings,
        mode,
        journal,
        metrics,
        newDays,
        admission,
        phases,
        Optional.ofNullable(others).map(Nodes::mark),
        others == null ? Optional::empty : others::fleetKeeper,
        reads,
        others == null ? Application::pointReads : role -> others.sourcesChanged(),
        clock);
  }

  private static void pointReads(DeliveryRole role) {
    role.phase().ifPresent(record -> role.reads().replace(role.source(record.phase().reads())));
  }

  /** Delivers from now on, or stands by. */
  private void lead(DeliveryRole delivery, Ports ports) throws StartException {
    if (nodes == null) {
      delivery.start();
      return;
    }
    stop.first("hand over to another node", nodes::handOver);
    if (settings.node().delivers()) {
      delivery.standBy();
    }
    nodes.begin(
        settings.node().delivers() ? delivery : null,
        delivery.reads(),
        ports.ingestUrlElsewhere(),
        ports.adminUrlElsewhere());
  }

  /** The phase in force, if this process knows it. */
  private Optional<PhaseRecord> phase(DeliveryRole delivery) {
    return nodes == null ? delivery.phase() : nodes.phase();
  }

  /** What is of MQTT alone is loaded only where it is enabled. */
  private void openMqtt(Admission admission, TokenAuth auth, @Nullable Tls tls, Ports ports)
      throws StartException {
    MqttConfig config = settings.mqtt();
    if (!config.enabled() || !settings.node().ingests()) {
      return;
    }
    MqttEndpoint endpoint =
        new MqttEndpoint(
            config,
            settings.ingest(),
            new MqttEndpoint.Connections(Ports.mqttConnections(settings), ports.senders()),
            new ByteBudget(HttpConfig.connectionBytes()),
            budget,
            admission,
            auth,
            limits,
            clock,
            proxies,
            tls == null ? null : tls.mqtt());
    try {
      endpoint.open();
    } catch (IOException e) {
      throw new StartException(
          "cannot listen on %s:%d: %s; stop whatever listens there, or set mqtt.port or mqtt.host"
              .formatted(config.host(), config.port(), e.getMessage()),
          e);
    }
    stop.first("close the MQTT port", endpoint::close);
    ports.watch("mqtt", config.host(), endpoint.port(), endpoint::accepted);
    stop.first("stop watching the ports", ports::unwatch);
    new MqttMetrics(endpoint).bindTo(metrics);
    mqtt = endpoint;
  }

  /** The end of the ready line; empty unless MQTT is enabled. */
  private String mqttText(@Nullable Tls tls) {
    return mqtt == null
        ? ""
        : " mqtt=%s://%s"
            .formatted(
                tls == null ? "mqtt" : "mqtts",
                Ports.authority(settings.mqtt().host(), mqtt.port()));
  }

  private static void awaitBacklog(DeliveryRole delivery) {
    try {
      delivery.awaitBacklog();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private TokenAuth auth(FailedTokenLog failed) throws StartException, IOException {
    try {
      return TokenAuth.of(settings.auth(), failed, limits, clock);
    } catch (FileSystemException e) {
      throw new StartException(
          "auth.tokens-file cannot be read (" + e + "): let this user read it, or set another", e);
    }
  }

  private @Nullable Tls tls() throws StartException {
    Optional<TlsConfig> config = settings.tls();
    if (config.isEmpty()) {
      return null;
    }
    try {
      Tls tls = Tls.open(config.get(), clock);
      new TlsMetrics(tls).bindTo(metrics);
      tls.start();
      stop.first("stop watching certificates", tls::close);
      return tls;
    } catch (UnusableException e) {
      throw new StartException(String.valueOf(e.getMessage()), e);
    }
  }

  private @Nullable DatagramListener udp(Admission admission) throws StartException {
    Optional<UdpConfig> config = settings.udp();
    if (config.isEmpty() || !settings.node().ingests()) {
      return null;
    }
    UdpConfig udp = config.get();
    try {
      DatagramListener listener =
          DatagramListener.open(udp, settings.ingest(), budget, admission, limits, clock);
      new DatagramMetrics(listener).bindTo(metrics);
      return listener;
    } catch (IOException e) {
      throw new StartException(
          "cannot receive datagrams on %s:%d: %s; stop whatever does, or set udp.port or udp.host"
              .formatted(udp.host(), udp.port(), e.getMessage()),
          e);
    }
  }

  private JournalMove journalMove() throws StartException, IOException {
    try {
      DataFolder.prepare(settings.dataDirectory());
      return OldJournal.move(settings, clock);
    } catch (FileSystemException e) {
      throw unusable(e);
    }
  }

  private Journal journal() throws StartException, IOException {
    try {
      Journal journal =
          switch (settings.journalKind()) {
            case LOCAL -> DiskJournal.open(settings.journal(), clock);
            case KAFKA -> KafkaJournal.open(settings.kafkaJournal(), clock);
          };
      stop.first("release the journal", journal::close);
      return journal;
    } catch (FileSystemException e) {
      throw unusable(e);
    }
  }

  private StartException unusable(FileSystemException e) {
    return new StartException(
        "data.dir "
            + settings.dataDirectory()
            + " cannot be used ("
            + e
            + "): make it a folder this user can write to, with free space, or set another",
        e);
  }

  private Ports ports(
      Journal journal,
      JournalMove move,
      DeliveryRole delivery,
      Admission admission,
      TokenAuth auth,
      @Nullable Tls tls) {
    IngestCounters counters = admission.counters();
    ProcessMetrics process = new ProcessMetrics(metrics, counters, admission.latency());
    stop.first("close metrics", process::close);
    new MigrationMetrics(
            () -> phase(delivery), delivery::cutover, delivery::backfill, delivery::verify)
        .bindTo(metrics);
    new FleetMetrics(delivery::fleet).bindTo(metrics);
    new LimitMetrics(limits.counters()).bindTo(metrics);
    new DoorMetrics(origins, proxies, audit).bindTo(metrics);
    TokenAuth operators =
        auth.observed(new AuditedRequests(audit))
            .within(new RequestTurns(HttpConfig.ADMIN_SHARE, limits.counters()));
    StatusReport report =
        new StatusReport(
            () -> phase(delivery),
            journal::stats,
            settings.journalAck(),
            RunningStores.NAMES,
            delivery::deliveries,
            delivery::newestDay,
            counters::accepted,
            counters::rejected,
            () -> ignored(counters),
            counters::restamped,
            limits::refusalsByName,
            delivery::backfill,
            delivery::verify,
            delivery::warnings,
            delivery::tables,
            auth.file(),
            () -> nodes == null ? List.of() : nodes.status(),
            () -> nodes == null ? Map.of() : nodes.elsewhere());
    Availability availability =
        new IngestAvailability(gate, move::progress, journal, auth, listeners);
    Availability ready =
        settings.node().ingests() ? availability : new ReadAvailability(gate, auth, listeners);
    History history =
        new History(
            RunningStores.NAMES.all(),
            () -> moment(journal, delivery, counters, ready, auth),
            clock);
    stop.first("end the history", history::close);
    history.start();
    IngestRoutes ingest = new IngestRoutes(settings.ingest(), budget, admission, auth, limits);
    QueryRoutes query = new QueryRoutes(delivery.reads(), delivery.shadow(), auth, limits);
    return new Ports(
        settings,
        List.of(budget, query.pages()),
        () -> limits.counters().add(Limit.CONNECTIONS_PER_ADDRESS),
        listeners,
        proxies,
        origins,
        tls,
        List.of(
            nodes == null || settings.node().delivers()
                ? query
                : new ReadsElsewhere(auth, nodes::readers),
            ingest,
            new FirstQuestions(auth, availability)),
        List.of(
            new StatusRoutes(report, metrics, operators, ready),
            new CutoverRoutes(ofLeader(delivery::cutover), RunningStores.NAMES, operators, audit),
            new BackfillRoutes(ofLeader(delivery::backfill), operators, audit),
            new VerifyRoutes(ofLeader(delivery::verify), operators, audit),
            new HistoryRoutes(history, operators),
            new ListingRoutes(
                settings.deadLetterFiles(),
                settings.verify().directory().resolve("mismatches"),
                operators),
            new AboutRoutes(settings.dataDirectory(), operators),
            new DoctorRoutes(
                Doctor.ofServer(
                    settings.doctor(),
                    clock,
                    () -> JournalPatient.and(delivery.patients(), settings)),
                operators),
            new FleetRoutes(ofLeader(delivery::fleetIfKnown), operators, audit),
            new PageRoutes()),
        ingest.otlpOnly());
  }

  /** A part that only the leader has. */
  private <T> OpenPart<T> ofLeader(Supplier<Optional<T>> here) {
    return nodes == null ? here::get : nodes.ofLeader(here);
  }

  private Moment moment(
      Journal journal,
      DeliveryRole delivery,
      IngestCounters counters,
      Availability availability,
      TokenAuth auth) {
    Map<String, DeliveryStatus> byStore = new LinkedHashMap<>();
    delivery.deliveries().forEach((name, its) -> byStore.put(name, its.status()));
    return new Moment(
        System.nanoTime(),
        counters.accepted(),
        counters.rejected(),
        counters.notNowRequests(),
        journal.stats(),
        byStore,
        availability.refusal(),
        delivery.warnings(),
        auth.file().flatMap(TokensFile::problem));
  }

  /** Number of values that were not stored, by kind. */
  private static Map<String, Long> ignored(IngestCounters counters) {
    Map<String, Long> byKind = new LinkedHashMap<>();
    for (IgnoredKind kind : IgnoredKind.values()) {
      byKind.put(kind.label(), counters.ignored(kind));
    }
    return byKind;
  }

  private void openGate() {
    if (settings.node().ingests()) {
      gate.open();
    } else {
      gate.keepShut();
    }
  }

  private void finishRequests(DeliveryRole delivery) {
    gate.drain();
    delivery.leaving();
    if (!gate.awaitEmpty(untilDeadline())) {
      LOG.warn("Cut off {} that did not finish in time", Counted.of(gate.inside(), "request"));
    }
  }

  private Duration untilDeadline() {
    return Duration.ofNanos(Math.max(0, deadlineNanos - System.nanoTime()));
  }

  /**
   * The ready line, last, so that whoever waits for it finds the stores above it. They have a line
   * of their own, which few need: the ready line is to be read at a glance.
   */
  private String readyText(
      String phase, DeliveryRole delivery, Ports ports, @Nullable DatagramListener udp) {
    StringBuilder text = new StringBuilder();
    delivery.urls().forEach((name, url) -> text.append(' ').append(name).append('=').append(url));
    if (!text.isEmpty()) {
      text.insert(0, "Stores:").append(System.lineSeparator());
    }
    text.append("Sluice is ready: phase=")
        .append(phase)
        .append(nodes == null ? "" : nodes.readyText())
        .append(" ingest=")
        .append(ports.ingestUrl())
        .append(" admin=")
        .append(ports.adminUrl());
    ports.otlpUrl().ifPresent(url -> text.append(" otlp=").append(url));
    if (udp != null) {
      InetSocketAddress bound = udp.address();
      text.append(" udp=udp://")
          .append(Ports.authority(bound.getAddress().getHostAddress(), bound.getPort()));
    }
    return text.toString();
  }

  private void stop() {
    Thread.ofPlatform().daemon().name("shutdown-limit").start(this::haltWhenOverdue);
    lifecycle.lock();
    try {
      deadlineNanos = System.nanoTime() + settings.shutdownTimeout().toNanos();
      stop.run();
    } finally {
      lifecycle.unlock();
    }
  }

  /** The JVM's shutdown hook: runs after a signal, and after any other end. */
  private void end() {
    exitCode.complete(0);
    stop();
    LOG.info("Stopped");
    Runtime.getRuntime().halt(exitCode.join());
  }

  private void haltWhenOverdue() {
    Duration limit = settings.shutdownTimeout().plus(GRACE);
    try {
      Thread.sleep(limit);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return;
    }
    LOG.warn("The stop took longer than {}; undelivered readings are in the journal", limit);
    Runtime.getRuntime().halt(exitCode.join());
  }
}
