package dev.sluice.fleet;

import dev.sluice.api.FleetDevice;
import dev.sluice.api.FleetDevices;
import dev.sluice.api.FleetGaps;
import dev.sluice.api.FleetSummary;
import dev.sluice.files.AtomicFile;
import dev.sluice.files.NdjsonLog;
import dev.sluice.files.PrivateFiles;
import dev.sluice.fleet.Incident.Kind;
import dev.sluice.journal.Feed;
import dev.sluice.journal.Progress;
import dev.sluice.journal.ReadResult;
import dev.sluice.reading.ReadingBatch;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.ReentrantLock;
import org.HdrHistogram.Histogram;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads along with the journal and keeps the {@link Ledger}. One platform thread reads, judges and
 * writes; any thread may ask, and waits at most for a few milliseconds of reading.
 *
 * <p>The cursor moves with the snapshot, never before it, so a crash at any point reads again what
 * came since, into the state that belongs to it. The feed must yield: a ledger that lags is never
 * the reason for a full journal. What it then passes over is counted, and nothing is concluded from
 * it. When the ledger fails it says so, releases its cursor, and the rest of Sluice goes on.
 */
public final class FleetLedger implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(FleetLedger.class);

  /**
   * The ledger is in no hurry: it sleeps this long, or until so many readings are unread. Were it
   * woken for each request, it would cost more than the request itself.
   */
  private static final Duration REST = Duration.ofMillis(250);

  /** As long as the feed was sure within this time that it had given everything, it had. */
  private static final Duration CERTAIN = Duration.ofSeconds(10);

  private static final int READINGS_AWAITED = 50_000;
  private static final int MOST_FRAMES_AT_ONCE = 1_024;

  /** A frame gets its time before it can be read: what is older than this has been read. */
  private static final long MARGIN_MICROS = 1_000_000;

  private static final long SWEEP_MICROS = 1_000_000;

  /** Frames of one group have one time; a frame this much earlier was written by another clock. */
  private static final long BACK_MICROS = 250_000;

  private static final long SNAPSHOT_NANOS = Duration.ofSeconds(60).toNanos();

  private static final String SNAPSHOT = "ledger";

  /** A snapshot may take this part of the time. */
  private static final int SNAPSHOT_SHARE = 20;

  /** Gives up the cursor of a ledger that has failed. */
  @FunctionalInterface
  public interface Release {
    void run() throws IOException;
  }

  private final FleetConfig config;
  private final Feed feed;
  private final Release release;
  private final SnapshotListener listener;
  private final InstantSource clock;
  private final Names names;
  private final Incidents incidents;
  private final Events events;
  private final Snapshot snapshot;
  private final Watch watch;
  private final Thread thread;
  private final CompletableFuture<Void> over = new CompletableFuture<>();

  /** Held by whoever reads the ledger, and by its thread while it changes it. */
  private final ReentrantLock lock = new ReentrantLock();

  private final Ledger ledger;
  private final FleetAnswers answers;
  private final ReadingBatch batch = new ReadingBatch();

  /** Steps of the clock that the frames read so far do not know of, oldest first. */
  private final Deque<Incident> steps = new ArrayDeque<>();

  private long stepsSeenMicros;
  private long offset;
  private long lostSinceKept;
  private boolean passedOver;
  private long idleSinceNanos = System.nanoTime();
  private long snapshotDueNanos;
  private long snapshotAllowedNanos = System.nanoTime();

  /**
   * Whether a device was retired that the snapshot does not know of: no reading brings that back.
   */
  private volatile boolean retired;

  private boolean snapshotFailed;
  private volatile long position;
  private volatile long frameMicros;
  private volatile long skipped;
  private volatile String problem = "";
  private volatile boolean stopping;
  private volatile boolean cursorIsLost;

  private FleetLedger(
      FleetConfig config,
      Feed feed,
      Release release,
      Refusals notNow,
      Refusals overLimit,
      SnapshotListener listener,
      InstantSource clock,
      AtomicFile writer,
      Path netstat)
      throws IOException {
    this.config = config;
    this.feed = feed;
    this.release = release;
    this.clock = clock;
    Path directory = config.directory();
    this.incidents = new Incidents(new NdjsonLog(directory.resolve("incidents.ndjson")));
    incidents.load();
    this.events = new Events(directory.resolve("events.ndjson"));
    this.listener = listener;
    this.snapshot = new Snapshot(snapshot(config), writer);
    this.watch = new Watch(directory, netstat, incidents, notNow, overLimit, clock);
    Snapshot.Read read = readOrBegin();
    this.ledger = read.ledger();
    this.names = ledger.names();
    this.answers = new FleetAnswers(config, ledger, incidents);
    this.offset = Math.min(Math.max(read.offset(), feed.kept().offset()), feed.end());
    this.passedOver = read.offset() > 0 && read.offset() < feed.kept().offset();
    this.position = offset;
    this.frameMicros = ledger.nowMicros();
    this.stepsSeenMicros = ledger.nowMicros();
    feed.seek(offset);
    events.of(ledger, read.eventBytes());
    beginStop();
    this.snapshotDueNanos = System.nanoTime() + SNAPSHOT_NANOS;
    this.thread = Thread.ofPlatform().name("fleet-ledger").unstarted(this::runThenEnd);
  }

  /**
   * Opens the ledger where its last snapshot left it, or an empty one at the feed's cursor.
   *
   * @param feed yielding; closed with this
   * @param release called if the ledger fails
   * @param notNow what ingest could not serve
   * @param overLimit what ingest turned away because its client was over a limit
   * @param listener told of each snapshot
   * @throws IOException when the directory cannot be used
   */
  public static FleetLedger open(
      FleetConfig config,
      Feed feed,
      Release release,
      Refusals notNow,
      Refusals overLimit,
      SnapshotListener listener,
      InstantSource clock)
      throws IOException {
    return open(
        config,
        feed,
        release,
        notNow,
        overLimit,
        listener,
        clock,
        new AtomicFile(),
        Path.of("/proc/net/netstat"));
  }

  static FleetLedger open(
      FleetConfig config,
      Feed feed,
      Release release,
      Refusals notNow,
      Refusals overLimit,
      SnapshotListener listener,
      InstantSource clock,
      AtomicFile writer,
      Path netstat)
      throws IOException {
    PrivateFiles.createDirectories(config.directory());
    return new FleetLedger(
        config, feed, release, notNow, overLimit, listener, clock, writer, netstat);
  }

  /** The file of its snapshots. What another process wrote there, on the same journal, will do. */
  public static Path snapshot(FleetConfig config) {
    return config.directory().resolve(SNAPSHOT);
  }

  /**
   * Forgets the fleet as this process knew it, because others have kept its ledger since: the next
   * one begins empty, unless their {@link #snapshot} is put there. Nor does anybody know when this
   * process was last there: others were all the time. What happened to the fleet stays in its
   * events.
   *
   * @throws IOException if it could not be forgotten
   */
  public static void forget(FleetConfig config) throws IOException {
    Files.deleteIfExists(snapshot(config));
    Files.deleteIfExists(config.directory().resolve(Watch.HEARTBEAT));
  }

  /** Begins to read. */
  public void start() {
    thread.start();
  }

  /** Ingest takes readings from now on: the time without Sluice is over. */
  public void ready() {
    incidents.end(Kind.STOPPED, micros(), 0);
    watch.start();
  }

  /** Ingest takes no more readings: this is when Sluice stopped, for the next start. */
  public void leaving() {
    watch.close();
    incidents.begin(Kind.STOPPED, micros());
  }

  /**
   * Reads no further and ends, without a snapshot: its cursor cannot be kept any more, and a
   * snapshot must not be ahead of that.
   */
  public void end() {
    cursorIsLost = true;
    close();
  }

  /** Reads no further, writes a snapshot, ends. */
  @Override
  public void close() {
    watch.close();
    stopping = true;
    feed.wake();
    if (thread.isAlive()) {
      over.join();
    } else {
      feed.close();
    }
    try {
      names.close();
    } catch (IOException e) {
      LOG.warn("The fleet's names did not close", e);
    }
  }

  /** The whole fleet. */
  public FleetSummary summary() {
    lock.lock();
    try {
      return answers.summary(progressLocked());
    } finally {
      lock.unlock();
    }
  }

  /**
   * The first devices in this order.
   *
   * @param state only devices in it
   * @param limit most devices
   */
  public FleetDevices devices(Optional<DeviceState> state, DeviceOrder order, int limit) {
    lock.lock();
    try {
      return answers.devices(state, order, limit);
    } finally {
      lock.unlock();
    }
  }

  /** One device with its last gaps; empty when it was never heard, or is not watched. */
  public Optional<FleetDevice> device(String name) {
    lock.lock();
    try {
      return answers.device(name);
    } finally {
      lock.unlock();
    }
  }

  /**
   * The newest gaps.
   *
   * @param since only gaps that last or ended at this time or later
   * @param cause only gaps with this cause, by its label
   * @param limit most gaps
   */
  public FleetGaps gaps(Instant since, Optional<String> cause, int limit) {
    lock.lock();
    try {
      return answers.gaps(since, cause, limit);
    } finally {
      lock.unlock();
    }
  }

  /**
   * Stops watching a device until it is heard again; empty as for {@link #device}. A crash within
   * the next second may undo it, or one before the snapshot of a large fleet is written.
   */
  public Optional<FleetDevice> retire(String name) {
    lock.lock();
    try {
      int device = ledger.find(name.getBytes(StandardCharsets.UTF_8));
      if (device >= 0) {
        ledger.retire(device);
        retired = true;
      }
      return answers.device(name);
    } finally {
      lock.unlock();
    }
  }

  /** Devices by state, as of the last sweep. */
  public FleetSummary.States states() {
    lock.lock();
    try {
      return answers.states();
    } finally {
      lock.unlock();
    }
  }

  /** Devices heard beyond the limit, about. */
  public long unwatched() {
    lock.lock();
    try {
      return ledger.unwatched();
    } finally {
      lock.unlock();
    }
  }

  /** How far it is. */
  public FleetSummary.Progress progress() {
    lock.lock();
    try {
      return progressLocked();
    } finally {
      lock.unlock();
    }
  }

  /** Settled gaps of this cause, by its label: only grows. */
  public double settledGaps(String cause) {
    lock.lock();
    try {
      return answers.settled(cause);
    } finally {
      lock.unlock();
    }
  }

  /** From ts to arrival, in milliseconds, over the last ten to twenty minutes. */
  public Histogram latenessMillis() {
    lock.lock();
    try {
      return ledger.lateness().both();
    } finally {
      lock.unlock();
    }
  }

  /** Intervals in hundredths of the device's typical one, likewise. */
  public Histogram ratioHundredths() {
    lock.lock();
    try {
      return ledger.ratio().both();
    } finally {
      lock.unlock();
    }
  }

  /** The labels of all causes. */
  public static String[] causes() {
    Cause[] causes = Cause.values();
    String[] labels = new String[causes.length];
    for (int i = 0; i < causes.length; i++) {
      labels[i] = causes[i].label();
    }
    return labels;
  }

  /** Whether this can be one of {@link #causes}. */
  public static boolean isCause(String label) {
    for (String cause : causes()) {
      if (cause.equals(label)) {
        return true;
      }
    }
    return false;
  }

  /** Reads at most so many frames in the caller's thread, which a test uses in place of its own. */
  void replay(int frames) throws IOException {
    for (int n = 0; n < frames && !readSome(1); n++) {}
    events.flush();
  }

  /** Writes a snapshot, as {@link #replay} reads. */
  void save() {
    writeSnapshot();
  }

  /** Ends as {@code kill -9} would: nothing is written any more. */
  void abandon() throws IOException {
    feed.close();
    names.close();
  }

  private FleetSummary.Progress progressLocked() {
    long lag = Math.max(0, feed.end() - position);
    double lagSeconds = lag == 0 || frameMicros == 0 ? 0 : (micros() - frameMicros) / 1e6;
    long bytes = ledger.devices().bytes();
    int count = ledger.devices().count();
    return new FleetSummary.Progress(
        lag,
        Math.max(0, lagSeconds),
        bytes,
        count == 0 ? 0 : Math.round(10.0 * bytes / count) / 10.0,
        skipped,
        problem.isEmpty() ? null : problem);
  }

  private Snapshot.Read readOrBegin() throws IOException {
    try {
      Optional<Snapshot.Read> read = snapshot.read(this::empty);
      if (read.isPresent()) {
        return read.get();
      }
    } catch (IOException | RuntimeException e) {
      LOG.warn("The fleet ledger begins again: its snapshot cannot be used", e);
    }
    return new Snapshot.Read(empty(new SecureRandom().nextLong()), 0, 0);
  }

  private Ledger empty(long key) throws IOException {
    Names scratch = new Names(config.directory().resolve("names"));
    return new Ledger(config, scratch, key, incidents, events);
  }

  /** Since its last heartbeat, or the last frame read if that is later, the process was away. */
  private void beginStop() {
    long last = watch.lastBeat();
    if (last > 0) {
      incidents.begin(Kind.STOPPED, Math.min(Math.max(last, ledger.nowMicros()), micros()));
    }
  }

  private void runThenEnd() {
    try (feed) {
      run();
    } catch (RuntimeException | Error e) {
      problem = "the ledger has ended, the log says why: " + e;
      LOG.error("The fleet ledger ended; it goes on from its snapshot after a restart", e);
      releaseCursor();
    } finally {
      over.complete(null);
    }
  }

  private void run() {
    boolean caughtUp = true;
    while (!stopping) {
      try {
        if (caughtUp) {
          feed.await(READINGS_AWAITED, REST, () -> stopping);
        }
        caughtUp = readSome(MOST_FRAMES_AT_ONCE);
      } catch (IOException e) {
        caughtUp = false;
        pause(e);
      } catch (InterruptedException e) {
        throw new AssertionError("nobody interrupts " + Thread.currentThread().getName(), e);
      }
      if (caughtUp) {
        if (feed.unheard().compareTo(CERTAIN) < 0) {
          events.caughtUp();
        }
        sweepIdle();
      }
      events.flush();
      long due = retired ? snapshotAllowedNanos : snapshotDueNanos;
      if (System.nanoTime() - due >= 0) {
        writeSnapshot();
      }
    }
    events.flush();
    if (!cursorIsLost) {
      writeSnapshot();
    }
  }

  private void pause(IOException e) throws AssertionError {
    if (problem.isEmpty()) {
      LOG.warn("The fleet ledger cannot read the journal and tries again", e);
    }
    problem = "reading the journal failed: " + e.getMessage();
    try {
      feed.await(Integer.MAX_VALUE, Duration.ofSeconds(1), () -> stopping);
    } catch (InterruptedException interrupted) {
      throw new AssertionError("nobody interrupts " + Thread.currentThread().getName(), e);
    }
  }

  /**
   * Takes in some frames.
   *
   * @return whether there are no more
   */
  private boolean readSome(int frames) throws IOException {
    lock.lock();
    try {
      noticeSteps();
      for (int n = 0; n < frames; n++) {
        switch (feed.readFrame(batch)) {
          case ReadResult.Empty() -> {
            if (n > 0) {
              idleSinceNanos = System.nanoTime();
            }
            problem = "";
            return true;
          }
          case ReadResult.Lost(long from, long to) -> lost(from, to);
          case ReadResult.Filled(long appendedMicros) -> {
            frame(appendedMicros);
            offset = batch.nextOffset();
          }
        }
        position = offset;
      }
      idleSinceNanos = System.nanoTime();
      return false;
    } finally {
      lock.unlock();
    }
  }

  private void lost(long from, long to) {
    LOG.warn(
        "The fleet ledger passed over readings {} to {}: it was behind, and the journal needed the"
            + " room, or had lost them",
        from,
        to - 1);
    offset = to;
    lostSinceKept += to - from;
    skipped = skipped + to - from;
    passedOver = true;
  }

  private void frame(long appendedMicros) {
    followClock(appendedMicros);
    if (passedOver) {
      passedOver = false;
      ledger.passedOver(appendedMicros);
    }
    if (appendedMicros - ledger.sweptMicros() >= SWEEP_MICROS) {
      ledger.sweep(appendedMicros);
    }
    ledger.frame(appendedMicros, batch);
    frameMicros = appendedMicros;
  }

  /** Moves the ledger's times along with a clock that was set. */
  private void followClock(long appendedMicros) {
    Incident step = steps.peekFirst();
    if (step != null && step.amount() > 0 && appendedMicros >= step.toMicros() - MARGIN_MICROS) {
      steps.removeFirst();
      ledger.clockStepped(step.amount());
    } else if (appendedMicros < ledger.nowMicros() - MARGIN_MICROS - BACK_MICROS) {
      if (step != null && step.amount() < 0) {
        steps.removeFirst();
        ledger.clockStepped(step.amount());
      } else {
        ledger.clockStepped(appendedMicros - ledger.nowMicros());
      }
    }
  }

  private void noticeSteps() {
    for (Incident step : incidents.stepsAfter(stepsSeenMicros)) {
      steps.addLast(step);
      stepsSeenMicros = Math.max(stepsSeenMicros, step.toMicros());
    }
  }

  /** Looks for silence by the clock, as there are no frames to tell the time. */
  private void sweepIdle() {
    // A journal that does not answer is no silence of devices.
    long now = micros() - MARGIN_MICROS - feed.unheard().toNanos() / 1_000;
    lock.lock();
    try {
      noticeSteps();
      Incident step = steps.peekFirst();
      boolean quiet = System.nanoTime() - idleSinceNanos > 5 * MARGIN_MICROS * 1_000;
      if (step != null && (step.amount() > 0 || quiet)) {
        steps.removeFirst();
        ledger.clockStepped(step.amount());
      }
      if (now - ledger.sweptMicros() >= SWEEP_MICROS) {
        ledger.sweep(now);
      }
    } finally {
      lock.unlock();
    }
  }

  private void writeSnapshot() {
    long begin = System.nanoTime();
    retired = false;
    try {
      snapshot.write(ledger, offset, events.bytes());
      Progress kept = feed.kept();
      long read = offset - kept.offset() - lostSinceKept;
      feed.keep(kept.plusDelivered(Math.max(0, read)).plusLost(lostSinceKept));
      lostSinceKept = 0;
      snapshotFailed = false;
      listener.written(snapshot(config), offset, feed.mark(offset));
    } catch (IOException e) {
      if (!snapshotFailed) {
        LOG.warn("The fleet ledger's snapshot failed; it is tried again", e);
      }
      snapshotFailed = true;
    }
    long now = System.nanoTime();
    snapshotAllowedNanos = now + SNAPSHOT_SHARE * (now - begin);
    snapshotDueNanos = now + Math.max(SNAPSHOT_NANOS, SNAPSHOT_SHARE * (now - begin));
  }

  private void releaseCursor() {
    try {
      release.run();
    } catch (IOException e) {
      LOG.warn("The fleet ledger's cursor was not released", e);
    }
  }

  private long micros() {
    Instant now = clock.instant();
    return now.getEpochSecond() * Ledger.SECOND + now.getNano() / 1_000;
  }
}
