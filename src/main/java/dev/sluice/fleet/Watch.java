package dev.sluice.fleet;

import dev.sluice.files.PrivateFiles;
import dev.sluice.fleet.Incident.Kind;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Watches Sluice itself for what may cause gaps. One platform thread naps, and compares what the
 * clocks say afterwards: a nap that took too long is a pause, clocks that disagree are a step. Once
 * a second it asks how often ingest and the kernel turned somebody away, and writes the time to
 * {@code fleet/heartbeat}, from which the next start knows when this process was last there.
 */
final class Watch implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Watch.class);

  static final String HEARTBEAT = "heartbeat";

  private static final long NAP_MICROS = 20_000;
  private static final long PAUSE_MICROS = 100_000;
  private static final long STEP_MICROS = 250_000;
  private static final int NAPS_A_LOOK = 50;

  /** A refusal this long after the last one is another incident: senders wait before they retry. */
  private static final long QUIET_MICROS = 10_000_000;

  private final Incidents incidents;
  private final Refusals notNow;
  private final Refusals overLimit;
  private final InstantSource clock;
  private final Path heartbeat;
  private final Path netstat;
  private final CountDownLatch stop = new CountDownLatch(1);
  private final Thread thread;
  private final Turnaways full = new Turnaways(Kind.JOURNAL_FULL);
  private final Turnaways limited = new Turnaways(Kind.OVER_LIMIT);
  private final Turnaways overflows = new Turnaways(Kind.ACCEPT_QUEUE);
  private boolean heartbeatFailed;

  /**
   * Starts nothing.
   *
   * @param netstat {@code /proc/net/netstat}, or what a test puts in its place
   * @param notNow requests that ingest could not serve
   * @param overLimit requests of clients over a limit of their own
   */
  Watch(
      Path directory,
      Path netstat,
      Incidents incidents,
      Refusals notNow,
      Refusals overLimit,
      InstantSource clock) {
    this.heartbeat = directory.resolve(HEARTBEAT);
    this.netstat = netstat;
    this.incidents = incidents;
    this.notNow = notNow;
    this.overLimit = overLimit;
    this.clock = clock;
    this.thread = Thread.ofPlatform().daemon().name("fleet-watch").unstarted(this::run);
  }

  /** When the process before this one was last there, microseconds since the epoch; 0 if never. */
  long lastBeat() {
    try {
      if (!Files.exists(heartbeat)) {
        return 0;
      }
      ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(heartbeat));
      return bytes.remaining() == Long.BYTES ? bytes.getLong() : 0;
    } catch (IOException e) {
      LOG.warn("{} cannot be read: the time without Sluice is not known", heartbeat, e);
      return 0;
    }
  }

  void start() {
    thread.start();
  }

  /** Ends the watch; the process counts as stopped from now on. */
  @Override
  public void close() {
    if (stop.getCount() == 0) {
      return;
    }
    stop.countDown();
    if (thread.getState() == Thread.State.NEW) {
      return; // ingest was never open, so the last stop still lasts
    }
    try {
      thread.join();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    long now = micros();
    full.end();
    limited.end();
    overflows.end();
    beat(now);
  }

  private void run() {
    long wall = micros();
    long steady = System.nanoTime() / 1_000;
    full.begin(notNow.count());
    limited.begin(overLimit.count());
    overflows.begin(overflows());
    try {
      for (int nap = 1; !stop.await(NAP_MICROS, TimeUnit.MICROSECONDS); nap++) {
        long steadyNow = System.nanoTime() / 1_000;
        long wallNow = micros();
        compare(wall, wallNow, steadyNow - steady);
        wall = wallNow;
        steady = steadyNow;
        if (nap % NAPS_A_LOOK == 0) {
          full.look(notNow.count(), wallNow);
          limited.look(overLimit.count(), wallNow);
          overflows.look(overflows(), wallNow);
          beat(wallNow);
        }
      }
    } catch (InterruptedException e) {
      throw new AssertionError("nobody interrupts " + Thread.currentThread().getName(), e);
    }
  }

  /** What one nap showed: by the wall clock it went from here to there, and it took so long. */
  void compare(long wallBefore, long wallNow, long tookMicros) {
    long step = wallNow - wallBefore - tookMicros;
    if (Math.abs(step) > STEP_MICROS) {
      incidents.add(new Incident(Kind.CLOCK_STEP, wallNow, wallNow, step));
    }
    long late = tookMicros - NAP_MICROS;
    if (late > PAUSE_MICROS) {
      incidents.add(new Incident(Kind.PAUSE, wallNow - late, wallNow, late));
    }
  }

  /** Counts that only grow, cut into stretches of time in which they do. */
  private final class Turnaways {
    private final Kind kind;
    private long before;
    private long lookedMicros;
    private long amount;
    private long lastMicros;

    Turnaways(Kind kind) {
      this.kind = kind;
    }

    void begin(long count) {
      before = count;
      lookedMicros = micros();
    }

    void look(long count, long nowMicros) {
      long more = count - before;
      if (more > 0) {
        if (amount == 0) {
          incidents.begin(kind, lookedMicros);
        }
        amount += more;
        lastMicros = nowMicros;
      } else if (amount > 0 && nowMicros - lastMicros > QUIET_MICROS) {
        end();
      }
      before = count;
      lookedMicros = nowMicros;
    }

    void end() {
      if (amount > 0) {
        incidents.end(kind, lastMicros, amount);
        amount = 0;
      }
    }
  }

  /** The kernel's count of connections dropped because an accept queue was full; 0 if unknown. */
  private long overflows() {
    try {
      return overflows(Files.readAllLines(netstat));
    } catch (IOException | RuntimeException e) {
      return 0; // not Linux, or a kernel that tells less
    }
  }

  /** Reads the pair of lines that begin with {@code TcpExt:}, names first. */
  static long overflows(List<String> lines) {
    for (int i = 0; i + 1 < lines.size(); i++) {
      if (lines.get(i).startsWith("TcpExt:")) {
        List<String> names = List.of(lines.get(i).split(" ", -1));
        return Long.parseLong(lines.get(i + 1).split(" ", -1)[names.indexOf("ListenOverflows")]);
      }
    }
    return 0;
  }

  private void beat(long micros) {
    ByteBuffer bytes = ByteBuffer.allocate(Long.BYTES).putLong(0, micros);
    try (FileChannel file =
        PrivateFiles.open(heartbeat, StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
      file.write(bytes, 0);
      heartbeatFailed = false;
    } catch (IOException e) {
      if (!heartbeatFailed) {
        LOG.warn("{} cannot be written: after a crash its time is not known", heartbeat, e);
      }
      heartbeatFailed = true;
    }
  }

  private long micros() {
    Instant now = clock.instant();
    return now.getEpochSecond() * Ledger.SECOND + now.getNano() / 1_000;
  }
}
