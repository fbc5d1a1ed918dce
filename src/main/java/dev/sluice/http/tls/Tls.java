package dev.sluice.http.tls;

import java.security.GeneralSecurityException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLContext;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The certificates of all ports, and who watches their files. One daemon thread, which the caller
 * starts and closes, reads the files every {@code tls.reload-interval}; what has changed is checked
 * as a whole before connections that begin from then on get it. Connections that exist keep what
 * they have. Session tickets issued before are not accepted after: a client then does a full
 * handshake, by itself.
 *
 * <p>Files that cannot be used, even for a moment, change nothing; that is logged once for each
 * reason. Changed files count once they have been the same for a second, so that none is taken
 * while it is being written.
 *
 * <p>{@link #status} and the doors may be used from any thread.
 */
public final class Tls implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Tls.class);
  private static final Duration HANDSHAKE_TIMEOUT = Duration.ofSeconds(10);
  private static final Duration UNCHANGED = Duration.ofSeconds(1);
  private static final Duration REPORT_EVERY = Duration.ofMinutes(1);
  private static final int ADMIN_TURNS = 1;
  private static final String[] HTTP = {"http/1.1"};
  private static final String[] UNNAMED = {};

  private final TlsConfig config;
  private final InstantSource clock;
  private final TlsDoor ingest;
  private final TlsDoor admin;
  private final TlsDoor mqtt;
  private final CountDownLatch stopped = new CountDownLatch(1);
  private volatile TlsStatus status;

  /** What is in use, and what may be next: used by the watching thread only, once that runs. */
  private TlsFiles used;

  private TlsFiles seen;
  private long reportedNanos = System.nanoTime();
  private long reportedRefusals;

  private Tls(
      TlsConfig config,
      InstantSource clock,
      Duration handshakeTimeout,
      TlsFiles files,
      Identity identity)
      throws UnusableException {
    this.config = config;
    this.clock = clock;
    this.used = files;
    this.seen = files;
    this.status = new TlsStatus(identity.notAfter(), clock.instant(), 0, 0, Optional.empty());
    int half = Math.max(1, Runtime.getRuntime().availableProcessors() / 2);
    this.ingest =
        new TlsDoor(
            "ingest",
            config.clientAuth(),
            config.minVersion(),
            HTTP,
            handshakeTimeout,
            half,
            context(identity));
    this.admin =
        new TlsDoor(
            "admin",
            config.adminClientAuth(),
            config.minVersion(),
            HTTP,
            handshakeTimeout,
            ADMIN_TURNS,
            context(identity));
    this.mqtt =
        new TlsDoor(
            "mqtt",
            config.clientAuth(),
            config.minVersion(),
            UNNAMED,
            handshakeTimeout,
            half,
            context(identity));
  }

  /**
   * Reads the files. A certificate that is not valid now is taken nevertheless, with a warning: not
   * to start at all would help nobody, and clients that check it refuse it themselves.
   *
   * @throws UnusableException if they cannot be used
   */
  public static Tls open(TlsConfig config, InstantSource clock) throws UnusableException {
    return open(config, clock, HANDSHAKE_TIMEOUT);
  }

  /** Same, with another time that clients may take for a handshake. */
  public static Tls open(TlsConfig config, InstantSource clock, Duration handshakeTimeout)
      throws UnusableException {
    TlsFiles files = TlsFiles.read(config);
    Identity identity = Identity.of(config, files);
    try {
      identity.requireCurrent(clock.instant(), "tls.cert " + config.certificate());
    } catch (UnusableException e) {
      LOG.warn("{}; clients that check it will not connect", e.getMessage());
    }
    return new Tls(config, clock, handshakeTimeout, files, identity);
  }

  /**
   * Checks the files as a start would.
   *
   * @return when the first certificate of the chain to expire does
   * @throws UnusableException if a start would be refused
   */
  public static Instant notAfter(TlsConfig config) throws UnusableException {
    return Identity.of(config, TlsFiles.read(config)).notAfter();
  }

  /** Starts watching the files. */
  public void start() {
    Thread.ofPlatform().daemon().name("tls-reload").start(this::run);
  }

  @Override
  public void close() {
    stopped.countDown();
  }

  /** TLS of the ingest port. */
  public TlsDoor ingest() {
    return ingest;
  }

  /** TLS of the admin port. */
  public TlsDoor admin() {
    return admin;
  }

  /** TLS of the MQTT port. */
  public TlsDoor mqtt() {
    return mqtt;
  }

  /** What the certificates are like now. */
  public TlsStatus status() {
    return status;
  }

  private void run() {
    Duration pause = config.reloadInterval();
    try {
      while (!stopped.await(pause.toMillis(), TimeUnit.MILLISECONDS)) {
        pause = check();
        reportRefusals();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Checks the files once; returns after how long to do that again. */
  private Duration check() {
    try {
      TlsFiles now = TlsFiles.read(config);
      boolean settled = now.same(seen);
      seen = now;
      if (now.same(used)) {
        fine();
      } else if (settled) {
        take(now);
      } else {
        return config.reloadInterval().compareTo(UNCHANGED) < 0
            ? config.reloadInterval()
            : UNCHANGED;
      }
    } catch (UnusableException e) {
      fault(String.valueOf(e.getMessage()));
    }
    return config.reloadInterval();
  }

  private void take(TlsFiles files) throws UnusableException {
    Identity identity = Identity.of(config, files);
    identity.requireCurrent(clock.instant(), "tls.cert " + config.certificate());
    SSLContext forIngest = context(identity);
    SSLContext forAdmin = context(identity);
    SSLContext forMqtt = context(identity);
    ingest.replace(forIngest);
    admin.replace(forAdmin);
    mqtt.replace(forMqtt);
    used = files;
    TlsStatus before = status;
    status =
        new TlsStatus(
            identity.notAfter(),
            clock.instant(),
            before.reloads() + 1,
            before.failures(),
            Optional.empty());
    LOG.info(
        "New connections get the certificate of {}, valid until {}",
        identity.chain().getFirst().getSubjectX500Principal().getName(),
        identity.notAfter());
  }

  private void fine() {
    TlsStatus before = status;
    if (before.fault().isPresent()) {
      LOG.info("The files of tls.* hold what is in use again");
      status =
          new TlsStatus(
              before.notAfter(),
              before.loadedAt(),
              before.reloads(),
              before.failures(),
              Optional.empty());
    }
  }

  private void fault(String why) {
    TlsStatus before = status;
    if (!before.fault().equals(Optional.of(why))) {
      LOG.warn("{}; the certificate in use stays, valid until {}", why, before.notAfter());
    }
    status =
        new TlsStatus(
            before.notAfter(),
            before.loadedAt(),
            before.reloads(),
            before.failures() + 1,
            Optional.of(why));
  }

  /** One line a minute at most, whoever knocks how often. */
  private void reportRefusals() {
    long refusals = ingest.refusals() + admin.refusals() + mqtt.refusals();
    if (refusals == reportedRefusals
        || System.nanoTime() - reportedNanos < REPORT_EVERY.toNanos()) {
      return;
    }
    for (TlsDoor door : List.of(ingest, admin, mqtt)) {
      if (!door.lastRefusal().isEmpty()) {
        LOG.info(
            "TLS handshakes at the {} port that failed so far: {}; the last one: {}",
            door.name(),
            door.refusals(),
            door.lastRefusal());
      }
    }
    reportedRefusals = refusals;
    reportedNanos = System.nanoTime();
  }

  private SSLContext context(Identity identity) throws UnusableException {
    try {
      return Contexts.ofServer(identity);
    } catch (GeneralSecurityException e) {
      throw new UnusableException(
          "tls.cert %s and tls.key cannot be used: %s"
              .formatted(config.certificate(), e.getMessage()),
          e);
    }
  }
}
