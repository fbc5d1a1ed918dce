package dev.sluice.ingest.udp;

import dev.sluice.http.ByteBudget;
import dev.sluice.http.limit.Account;
import dev.sluice.http.limit.Limits;
import dev.sluice.http.limit.OverLimit;
import dev.sluice.ingest.Admission;
import dev.sluice.ingest.AdmissionResult;
import dev.sluice.ingest.Claim;
import dev.sluice.ingest.IngestConfig;
import dev.sluice.ingest.WorkAreas;
import dev.sluice.reading.Counted;
import dev.sluice.reading.Micros;
import java.io.IOException;
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Receives datagrams on a platform thread of its own, and appends those that wait together in one
 * go. A datagram is a body: NDJSON if it begins with a brace or bracket, else line protocol.
 *
 * <p>Nobody gets an answer, so each datagram is accounted for: received or dropped by the kernel,
 * and if it was received, kept or refused for a {@link Refusal}. While the journal or memory is
 * full, nothing is read, and the kernel drops and counts what its buffer does not hold. A stop
 * takes in what waits in that buffer. Opened and closed by one thread.
 */
public final class DatagramListener implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(DatagramListener.class);

  /** The longest that IPv4 and IPv6 carry without jumbograms. */
  private static final int MOST_DATAGRAM_BYTES = 65_535;

  private static final long FIRST_WAIT_NANOS = TimeUnit.MILLISECONDS.toNanos(5);
  private static final long MOST_WAIT_NANOS = TimeUnit.MILLISECONDS.toNanos(200);
  private static final long FAULT_NANOS = TimeUnit.SECONDS.toNanos(1);
  private static final long LOG_EVERY_NANOS = TimeUnit.MINUTES.toNanos(1);

  /** To take in what waits in the kernel's buffer. */
  private static final Duration LAST = Duration.ofSeconds(5);

  private final UdpConfig config;
  private final Admission admission;
  private final Limits limits;
  private final InstantSource clock;
  private final DatagramChannel channel;
  private final Selector selector;
  private final InetSocketAddress address;
  private final KernelDrops drops;
  private final DatagramCounters counters = new DatagramCounters();
  private final WorkAreas<UdpWorkArea> areas;
  private final Datagrams datagrams;
  private final ByteBuffer packet;
  private final int maxBytes;
  private final Thread thread;
  private volatile boolean stopping;

  private long lastMicros;
  private boolean waits;
  private long lastWaitNanos = System.nanoTime() - LOG_EVERY_NANOS;
  private long refusedSinceLog;
  private long lastLogNanos = lastWaitNanos;

  private DatagramListener(
      UdpConfig config,
      IngestConfig ingest,
      ByteBudget budget,
      Admission admission,
      Limits limits,
      InstantSource clock,
      DatagramChannel channel,
      Selector selector)
      throws IOException {
    this.config = config;
    this.admission = admission;
    this.limits = limits;
    this.clock = clock;
    this.channel = channel;
    this.selector = selector;
    this.address = (InetSocketAddress) channel.getLocalAddress();
    this.drops = new KernelDrops(Path.of("/proc"), address.getPort());
    this.maxBytes = Math.min(MOST_DATAGRAM_BYTES, ingest.maxBodyBytes());
    this.areas = new WorkAreas<>(1, () -> new UdpWorkArea(budget, ingest, maxBytes, admission));
    this.datagrams = new Datagrams(maxBytes);
    // One byte more shows that a datagram is longer than allowed.
    this.packet = ByteBuffer.allocateDirect(maxBytes + 1);
    this.thread = Thread.ofPlatform().name("udp").daemon().unstarted(this::run);
  }

  /**
   * Binds the port. The kernel gathers datagrams from now on; they are read after {@link #start}.
   *
   * @param budget what the memory of readings is claimed from
   * @param limits what each address may do
   * @param clock time of readings that bring none
   * @throws IOException if the port cannot be bound
   */
  public static DatagramListener open(
      UdpConfig config,
      IngestConfig ingest,
      ByteBudget budget,
      Admission admission,
      Limits limits,
      InstantSource clock)
      throws IOException {
    InetAddress host = InetAddress.getByName(config.host());
    DatagramChannel channel =
        DatagramChannel.open(
            host instanceof Inet6Address
                ? StandardProtocolFamily.INET6
                : StandardProtocolFamily.INET);
    Selector selector = null;
    try {
      channel.setOption(StandardSocketOptions.SO_RCVBUF, config.receiveBufferBytes());
      channel.bind(new InetSocketAddress(host, config.port()));
      channel.configureBlocking(false);
      selector = Selector.open();
      channel.register(selector, SelectionKey.OP_READ);
      return new DatagramListener(
          config, ingest, budget, admission, limits, clock, channel, selector);
    } catch (IOException | RuntimeException e) {
      close(channel, selector);
      throw e;
    }
  }

  /** Begins to read. */
  public void start() throws IOException {
    int granted = channel.getOption(StandardSocketOptions.SO_RCVBUF);
    if (granted < config.receiveBufferBytes()) {
      LOG.warn(
          "udp.receive-buffer is {} bytes, but the kernel grants {}: datagrams that come while Sluice"
              + " is busy are dropped sooner; sudo sysctl -w net.core.rmem_max={}",
          config.receiveBufferBytes(),
          granted,
          config.receiveBufferBytes());
    }
    if (drops.count().isEmpty()) {
      LOG.warn(
          "This system does not say how many datagrams it drops at a socket:"
              + " sluice_udp_kernel_dropped_total is missing");
    }
    thread.start();
  }

  /** What became of the datagrams. */
  public DatagramCounters counters() {
    return counters;
  }

  /** Datagrams that the kernel dropped because its buffer was full; empty if it does not say. */
  public OptionalLong kernelDropped() {
    return drops.count();
  }

  /** Where it receives; the port is the real one. */
  public InetSocketAddress address() {
    return address;
  }

  /** Takes in what has arrived, and closes the port. Can be called again. */
  @Override
  public void close() {
    stopping = true;
    selector.wakeup();
    LockSupport.unpark(thread);
    try {
      if (!thread.join(LAST.multipliedBy(2)) && thread.isAlive()) {
        LOG.warn("The thread that receives datagrams did not end in time");
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (IllegalThreadStateException e) {
      // Never started: a start that failed.
    }
    if (channel.isOpen()) {
      OptionalLong dropped = drops.count();
      close(channel, selector);
      LOG.info(
          "Received {}, of which {} refused; the kernel dropped {}",
          Counted.of(counters.received(), "datagram"),
          refused(),
          dropped.isPresent() ? dropped.getAsLong() : "an unknown number");
    }
  }

  private long refused() {
    long sum = 0;
    for (Refusal refusal : Refusal.values()) {
      sum += counters.refused(refusal);
    }
    return sum;
  }

  private static void close(DatagramChannel channel, @Nullable Selector selector) {
    try (channel;
        selector) {
      LOG.debug("Closing the UDP port");
    } catch (IOException e) {
      LOG.warn("The UDP port was not closed cleanly: {}", e.toString());
    }
  }

  private void run() {
    while (!stopping) {
      try {
        if (gather()) {
          takeInAll();
        } else {
          selector.select(key -> {});
        }
      } catch (IOException | RuntimeException | Error e) {
        LOG.error("Datagrams could not be taken in; {} are lost", datagrams.count(), e);
        refuse(0, datagrams.count(), Refusal.NOT_KEPT, e.toString());
        settle();
        LockSupport.parkNanos(FAULT_NANOS);
      }
    }
    takeInTheLast();
  }

  private void takeInTheLast() {
    long begin = System.nanoTime();
    try {
      while (gather() && System.nanoTime() - begin < LAST.toNanos()) {
        takeInAll();
      }
    } catch (IOException | RuntimeException | Error e) {
      LOG.error("What waited at the UDP port could not be taken in", e);
      refuse(0, datagrams.count(), Refusal.NOT_KEPT, e.toString());
      settle();
    }
  }

  /**
   * Reads what is waiting, up to one batch. Those that are refused count too: they must not keep
   * the others waiting.
   *
   * @return whether anything was
   */
  private boolean gather() throws IOException {
    datagrams.clear();
    int read = 0;
    while (read < Datagrams.MOST && datagrams.hasRoom()) {
      packet.clear();
      if (!(channel.receive(packet) instanceof InetSocketAddress sender)) {
        break;
      }
      packet.flip();
      read++;
      counters.addReceived();
      judge(sender.getAddress());
    }
    return read > 0;
  }

  private void judge(InetAddress sender) {
    if (!config.allows(sender)) {
      refuse(sender, Refusal.NOT_ALLOWED, "udp.allow does not name its network");
      return;
    }
    Account account = limits.ofAddress(sender);
    OverLimit over = account.tryWrite();
    if (over == null) {
      account.leave();
      over = account.passBytes(packet.remaining());
    }
    if (over != null) {
      admission.limited(over);
      refuse(sender, Refusal.OVER_LIMIT, over.reason());
    } else if (packet.remaining() > maxBytes) {
      refuse(
          sender,
          Refusal.TRUNCATED,
          "it has more than " + maxBytes + " bytes (ingest.max-body-bytes)");
    } else {
      datagrams.add(packet, sender, account, now());
    }
  }

  /**
   * The time of receipt. No two datagrams have the same: otherwise the later reading of a device
   * would replace the one before.
   */
  private long now() {
    lastMicros = Math.max(lastMicros + 1, Micros.of(clock.instant()));
    return lastMicros;
  }

  private void takeInAll() {
    if (datagrams.count() > 0) {
      takeIn(0, datagrams.count());
      settle();
    }
  }

  /** Appends datagrams [from, to) together; waits while there is no room. */
  private void takeIn(int from, int to) {
    long wait = FIRST_WAIT_NANOS;
    while (true) {
      AdmissionResult result = ask(from, to);
      switch (result) {
        case AdmissionResult.Accepted kept -> {
          hasRoom();
          return;
        }
        case AdmissionResult.Full now -> hasNoRoom(now.reason());
        case AdmissionResult.Busy now -> hasNoRoom(now.reason());
        case AdmissionResult.Closed closed -> {
          refuse(from, to, Refusal.NOT_KEPT, closed.reason());
          return;
        }
        case AdmissionResult.Refused bad -> {
          oneByOne(from, to, Refusal.MALFORMED, bad.reason());
          return;
        }
        case AdmissionResult.TooLarge large -> {
          oneByOne(from, to, Refusal.TOO_LARGE, large.reason());
          return;
        }
        case AdmissionResult.NeverFits never -> {
          oneByOne(from, to, Refusal.TOO_LARGE, never.reason());
          return;
        }
        case AdmissionResult.TooManyNewDays days -> {
          oneByOne(from, to, Refusal.NEW_DAYS, days.reason());
          return;
        }
        case AdmissionResult.Limited limited -> {
          oneByOne(from, to, Refusal.OVER_LIMIT, limited.over().reason());
          return;
        }
      }
      if (stopping) {
        refuse(from, to, Refusal.NOT_KEPT, "Sluice stopped while there was no room");
        return;
      }
      LockSupport.parkNanos(wait);
      wait = Math.min(MOST_WAIT_NANOS, 2 * wait);
    }
  }

  /** One of them may be what the others are refused for. */
  private void oneByOne(int from, int to, Refusal refusal, String reason) {
    if (to - from == 1) {
      datagrams.refuse(from, refusal, reason);
      return;
    }
    for (int i = from; i < to; i++) {
      takeIn(i, i + 1);
    }
  }

  private AdmissionResult ask(int from, int to) {
    if (!admission.tryEnter()) {
      return admission.turnAway();
    }
    UdpWorkArea area = areas.take();
    try {
      area.begin(Account.UNLIMITED);
      return admission.admit(area, area.codec(datagrams, from, to), datagrams.bytes(from, to));
    } catch (Claim.NoRoomException e) {
      return admission.noRoom(e);
    } finally {
      areas.giveBack(area);
      admission.leave();
    }
  }

  /** A journal that is just full has room for a batch now and then: not every wait is told. */
  private void hasNoRoom(String reason) {
    if (!waits && System.nanoTime() - lastWaitNanos >= LOG_EVERY_NANOS) {
      waits = true;
      lastWaitNanos = System.nanoTime();
      LOG.warn("No datagram is read, and the kernel drops what it cannot hold: {}", reason);
    }
  }

  private void hasRoom() {
    if (waits) {
      waits = false;
      LOG.info("Datagrams are read again");
    }
  }

  private void refuse(int from, int to, Refusal refusal, String reason) {
    for (int i = from; i < to; i++) {
      datagrams.refuse(i, refusal, reason);
    }
  }

  /** Counts what became of all of them. */
  private void settle() {
    for (int i = 0; i < datagrams.count(); i++) {
      Refusal refusal = datagrams.refusal(i);
      if (refusal != null) {
        refuse(datagrams.sender(i), refusal, datagrams.why(i));
      }
    }
  }

  private void refuse(InetAddress sender, Refusal refusal, String reason) {
    counters.add(refusal);
    refusedSinceLog++;
    if (System.nanoTime() - lastLogNanos >= LOG_EVERY_NANOS) {
      LOG.warn(
          "Refused {} since the last such line, the last from {} ({}): {}",
          Counted.of(refusedSinceLog, "datagram"),
          sender.getHostAddress(),
          refusal.label(),
          reason);
      refusedSinceLog = 0;
      lastLogNanos = System.nanoTime();
    }
  }
}
