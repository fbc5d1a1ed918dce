package dev.sluice;

import dev.sluice.admin.SluiceMetrics;
import dev.sluice.admin.StatusReport;
import dev.sluice.admin.StatusRoutes;
import dev.sluice.config.Mode;
import dev.sluice.config.Settings;
import dev.sluice.cutover.Phase;
import dev.sluice.cutover.PhaseRecord;
import dev.sluice.cutover.PhaseStore;
import dev.sluice.delivery.Delivery;
import dev.sluice.delivery.DeliveryConfig;
import dev.sluice.http.ByteBudget;
import dev.sluice.http.Gate;
import dev.sluice.http.Listeners;
import dev.sluice.http.StallWatch;
import dev.sluice.http.TokenAuth;
import dev.sluice.ingest.IngestCounters;
import dev.sluice.ingest.IngestRoutes;
import dev.sluice.journal.Journal;
import dev.sluice.query.ReadRoutes;
import io.helidon.webserver.WebServer;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.time.Duration;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The whole of Sluice in one process, and the only place where its parts meet.
 *
 * <p>Start: lock and recover the journal, read the phase, open the stores it writes, start delivery,
 * open the ports. Stop, in the reverse order: turn requests away, finish the running ones, sync the
 * journal, let delivery catch up as long as {@code shutdown.timeout} allows, close the stores,
 * release the journal. Nothing acknowledged depends on the stop being clean.
 */
final class Application {
  private static final Logger LOG = LoggerFactory.getLogger(Application.class);

  /** What the last steps may take after delivery has used up its time. */
  private static final Duration GRACE = Duration.ofSeconds(10);

  private final Settings settings;
  private final PrintStream out;
  private final InstantSource clock = InstantSource.system();
  private final PrometheusMeterRegistry metrics =
      new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
  private final Gate gate = new Gate();
  private final Stop stop = new Stop();
  private final StoreOpener opener;
  private final Map<String, Delivery> deliveries = new LinkedHashMap<>();
  private final Map<String, Store> stores = new LinkedHashMap<>();

  /** Completed by what ends the process: a signal, or a journal that has failed. */
  private final CompletableFuture<Integer> exitCode = new CompletableFuture<>();

  /** Held while starting and while stopping: a signal in the middle of a start waits for its end. */
  private final ReentrantLock lifecycle = new ReentrantLock();

  private Application(Settings settings, Mode mode, PrintStream out) {
    this.settings = settings;
    this.out = out;
    this.opener = new StoreOpener(settings, mode, metrics, stop);
  }

  /** Runs until a signal or a failed journal ends it; returns the exit code of the process. */
  static int run(Settings settings, Mode mode, PrintStream out) {
    Application application = new Application(settings, mode, out);
    Runtime.getRuntime().addShutdownHook(new Thread(application::end, "shutdown"));
    try {
      application.start();
    } catch (StartException | IOException | RuntimeException e) {
      LOG.error("Sluice cannot start: {}", e.getMessage(), unexpected(e));
      application.exitCode.complete(1);
    }
    int code = application.exitCode.join();
    application.stop();
    return code;
  }

  /** A message for a person needs no stack trace; a mistake of ours does. */
  private static RuntimeException unexpected(Exception e) {
    return e instanceof RuntimeException mistake && !(e instanceof IllegalArgumentException)
        ? mistake
        : null;
  }

  private void start() throws StartException, IOException {
    lifecycle.lock();
    try {
      long begin = System.nanoTime();
      settings.auth().requireSafeBinding("ingest.host", settings.ingest().host());
      settings.auth().requireSafeBinding("admin.host", settings.admin().host());
      TokenAuth auth = TokenAuth.of(settings.auth());
      Files.createDirectories(settings.dataDirectory());
      Journal journal = Journal.open(settings.journal(), clock);
      stop.first("release the journal", journal::close);
      journal.failed().thenAccept(reason -> exitCode.complete(1));
      PhaseRecord phase =
          new PhaseStore(settings.dataDirectory())
              .openWith(settings.initialPhase(), clock.instant());
      openStores(phase.phase(), journal);
      WebServer server = serve(journal, phase, auth);
      gate.open();
      out.println(readyLine(phase.phase(), server));
      LOG.info("Started in {} ms", Duration.ofNanos(System.nanoTime() - begin).toMillis());
    } finally {
      lifecycle.unlock();
    }
  }

  private void openStores(Phase phase, Journal journal) throws StartException, IOException {
    if (phase.writesMysql()) {
      open(opener.mysql(), journal, settings.mysqlDelivery());
    }
    if (phase.writesQuestDb()) {
      open(opener.questDb(), journal, settings.questDbDelivery());
    }
    // Every cursor is open before the first one moves: segments are kept for all of them.
    deliveries.values().forEach(Delivery::start);
    stop.first("stop delivery", this::stopDelivery);
    stop.first("sync the journal", journal::stopAppends);
  }

  private void open(Store store, Journal journal, DeliveryConfig config) throws IOException {
    String name = store.sink().name();
    stores.put(name, store);
    deliveries.put(
        name, new Delivery(store.sink(), journal, journal.cursor(name), config, clock));
  }

  private WebServer serve(Journal journal, PhaseRecord phase, TokenAuth auth) {
    ByteBudget budget = new ByteBudget(settings.ingest().maxInflightBytes());
    StallWatch watch = new StallWatch(settings.ingest().bodyTimeout());
    IngestRoutes ingest =
        IngestRoutes.of(settings.ingest(), budget, journal::append, gate, auth, clock);
    ReadRoutes reads = new ReadRoutes(() -> readFrom(phase.phase()), auth);
    MeterBinding.bind(
        metrics, new SluiceMetrics(journal, deliveries.values()), ingest.counters());
    StatusRoutes status =
        new StatusRoutes(
            report(journal, phase, ingest.counters()), metrics, () -> refusal(journal));
    WebServer server =
        WebServer.builder()
            .shutdownHook(false)
            .update(
                socket ->
                    Listeners.configure(
                        socket,
                        settings.ingest().host(),
                        settings.ingest().port(),
                        settings.ingest().maxBodyBytes(),
                        watch,
                        budget))
            .routing(routing -> routing.register(reads).register(ingest))
            .putSocket(
                "admin",
                socket ->
                    Listeners.configure(
                        socket,
                        settings.admin().host(),
                        settings.admin().port(),
                        settings.ingest().maxBodyBytes(),
                        watch,
                        budget))
            .routing("admin", routing -> routing.register(status))
            .build();
    watch.start();
    stop.first("stop watching for stalled uploads", watch::close);
    stop.first("close the ports", server::stop);
    server.start();
    stop.first("finish running requests", this::finishRequests);
    return server;
  }
