package dev.sluice.journal.kafka;

import dev.sluice.journal.AppendResult;
import dev.sluice.reading.ReadingBuffer;
import java.time.Duration;
import java.time.InstantSource;
import java.util.BitSet;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.locks.LockSupport;
import org.apache.kafka.clients.producer.Producer;
import org.apache.kafka.clients.producer.RecordMetadata;
import org.apache.kafka.common.KafkaException;
import org.apache.kafka.common.errors.ApiException;
import org.apache.kafka.common.errors.ProducerFencedException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * All lanes and the one thread that sends their flights. Any thread appends: it sorts its readings
 * into lanes itself, then waits for the acks, but never longer than {@link #ACK_WITHIN}. A lane
 * whose flight takes longer is refused at once until that has ended, so a cluster that cannot take
 * readings costs a sender half a second at most, and the next one nothing.
 */
final class Lanes implements Runnable {
  private static final Logger LOG = LoggerFactory.getLogger(Lanes.class);

  /** No append waits longer for the cluster. */
  static final Duration ACK_WITHIN = Duration.ofMillis(500);

  /** Encoded bytes that may wait or be on their way before appends are refused. */
  static final long MAX_BYTES = 32L << 20;

  /** What is told when the journal can never take readings again. */
  interface Failed {
    void because(String reason);
  }

  private final KafkaConfig config;
  private final Producer<byte[], byte[]> producer;
  private final InstantSource clock;
  private final Failed failed;
  private final Lane[] lanes;
  private final AtomicLongArray acknowledged;
  private final AtomicLong bytes = new AtomicLong();
  private final AtomicLong sentBytes = new AtomicLong();
  private final LinkedBlockingQueue<Lane> ready = new LinkedBlockingQueue<>();
  private final Thread thread;

  /** Queued to end the thread. */
  private final Lane last = new Lane(-1);

  Lanes(KafkaConfig config, Producer<byte[], byte[]> producer, InstantSource clock, Failed failed) {
    this.config = config;
    this.producer = producer;
    this.clock = clock;
    this.failed = failed;
    this.lanes = new Lane[config.partitions()];
    for (int p = 0; p < lanes.length; p++) {
      lanes[p] = new Lane(p);
    }
    this.acknowledged = new AtomicLongArray(lanes.length);
    this.thread = Thread.ofPlatform().daemon().name("journal-send").unstarted(this);
  }

  void start() {
    thread.start();
  }

  AppendResult append(ReadingBuffer readings) {
    // Claimed before it is sorted: many that sort at once must not all find room.
    long claim = readings.length();
    long waiting = bytes.getAndAdd(claim);
    if (waiting > MAX_BYTES) {
      bytes.addAndGet(-claim);
      return new AppendResult.Full(
          waiting + " bytes wait for " + config.name() + ", allowed are " + MAX_BYTES);
    }
    PendingAppend append = new PendingAppend(readings.count());
    Sorting sorting = new Sorting(append);
    try {
      readings.forEach(sorting);
    } finally {
      sorting.end();
      bytes.addAndGet(-claim);
    }
    append.added();
    return append.await(ACK_WITHIN, late());
  }

  /** Why a flight that is under way keeps appends out; empty if none does. */
  String stalled() {
    for (Lane lane : lanes) {
      if (isStalled(lane.busyNanos())) {
        return stalled(lane).reason();
      }
    }
    return "";
  }

  /** Offset behind what was acknowledged in this partition since the start; 0 if nothing was. */
  long acknowledged(int partition) {
    return acknowledged.get(partition);
  }

  /** Encoded bytes sent since the start, before compression. */
  long sentBytes() {
    return sentBytes.get();
  }

  /** Waits until nothing is on its way, but no longer than an append may. */
  void settle() {
    long deadline = System.nanoTime() + ACK_WITHIN.toNanos();
    while (bytes.get() > 0 && System.nanoTime() < deadline) {
      LockSupport.parkNanos(1_000_000);
    }
  }

  /** Ends the thread; what waits then is never sent. */
  void end() {
    ready.add(last);
  }

  @Override
  public void run() {
    try {
      for (Lane lane = ready.take(); lane != last; lane = ready.take()) {
        send(lane);
      }
    } catch (InterruptedException e) {
      throw new AssertionError("unexpected interrupt of " + thread.getName(), e);
    } catch (RuntimeException | Error e) {
      LOG.error("Nothing is sent to {} any more", config.name(), e);
      failed.because("sending to " + config.name() + " has ended: " + e);
    }
  }

  /** Sorts the readings of one append into lanes, holding the lock of one lane at a time. */
  private final class Sorting implements ReadingBuffer.Each {
    private final PendingAppend append;
    private @Nullable Lane held;
    private int device = -1;
    private long added;
    private final BitSet touched = new BitSet(lanes.length);

    Sorting(PendingAppend append) {
      this.append = append;
    }

    /** Goes on until nobody waits for the append any more. */
    @Override
    public boolean reading(
        byte[] from,
        int deviceAt,
        int deviceLength,
        int metricAt,
        int metricLength,
        long tsMicros,
        double value) {
      Lane lane = held;
      if (lane == null || deviceAt != device) {
        lane = lanes[Frames.partition(from, deviceAt, deviceLength, lanes.length)];
        device = deviceAt;
        enter(lane);
      }
      if (append.isOver()) {
        return false;
      }
      added +=
          lane.addLocked(
              append, from, deviceAt, deviceLength, metricAt, metricLength, tsMicros, value);
      return true;
    }

    private void enter(Lane lane) {
      if (held != lane) {
        leave();
        lane.lock();
        held = lane;
        touched.set(lane.partition());
        if (isStalled(lane.busyNanosLocked())) {
          append.refused(stalled(lane));
        }
      }
    }

    private void leave() {
      Lane lane = held;
      if (lane != null) {
        held = null;
        lane.unlock();
      }
    }

    /** Has all of it sent at once: what went ahead would keep the rest waiting for its ack. */
    void end() {
      leave();
      bytes.addAndGet(added);
      for (int p = touched.nextSetBit(0); p >= 0; p = touched.nextSetBit(p + 1)) {
        if (lanes[p].becomesBusy()) {
          ready.add(lanes[p]);
        }
      }
    }
  }

  private void send(Lane lane) {
    Lane.Flight flight = lane.takeOff();
    Landing landing = new Landing(lane, flight);
    for (int i = 0; i < flight.chunks().size(); i++) {
      byte[] chunk = flight.chunks().get(i);
      sentBytes.addAndGet(chunk.length);
      try {
        // The callback is told what became of it.
        Future<?> unused =
            producer.send(
                Frames.record(
                    config.topic(),
                    lane.partition(),
                    clock.millis(),
                    chunk,
                    flight.counts().get(i)),
                landing::oneDone);
      } catch (KafkaException e) {
        if (!(e instanceof ApiException) || e instanceof ProducerFencedException) {
          LOG.error("The producer for {} has failed for good", config.name(), e);
          failed.because("cannot write to " + config.name() + " any more: " + e.getMessage());
        }
        landing.oneDone(null, e);
      } catch (IllegalStateException closed) {
        landing.oneDone(null, closed);
      }
    }
    landing.oneDone(null, null);
  }

  /** Counts the frames of a flight down; the last one ends it. */
  private final class Landing {
    private final Lane lane;
    private final Lane.Flight flight;

    /** The frames, and the sending of them. */
    private final AtomicInteger open;

    private volatile long place;
    private volatile @Nullable Exception failure;

    Landing(Lane lane, Lane.Flight flight) {
      this.lane = lane;
      this.flight = flight;
      this.open = new AtomicInteger(flight.chunks().size() + 1);
    }

    /** Of one lane the frames are acknowledged in order, by the producer's own thread. */
    void oneDone(@Nullable RecordMetadata acknowledged, @Nullable Exception refused) {
      if (refused != null) {
        failure = refused;
      } else if (acknowledged != null) {
        place = acknowledged.offset() + 1;
      }
      if (open.decrementAndGet() == 0) {
        land();
      }
    }

    private void land() {
      Exception why = failure;
      if (why == null && !flight.chunks().isEmpty()) {
        acknowledged.accumulateAndGet(lane.partition(), place, Math::max);
      }
      for (PendingAppend append : flight.appends()) {
        if (why == null) {
          append.acknowledged(lane.partition(), place);
        } else {
          append.refused(
              new AppendResult.Full(
                  config.name()
                      + " does not take readings, partition "
                      + lane.partition()
                      + ": "
                      + why.getMessage()));
        }
      }
      bytes.addAndGet(-flight.bytes());
      if (lane.landed()) {
        ready.add(lane);
      }
    }
  }

  private static boolean isStalled(long busyNanos) {
    return busyNanos > ACK_WITHIN.toNanos();
  }

  private AppendResult.Full stalled(Lane lane) {
    return new AppendResult.Full(
        "%s has not acknowledged partition %d for more than %d ms"
            .formatted(config.name(), lane.partition(), ACK_WITHIN.toMillis()));
  }

  private AppendResult.Full late() {
    return new AppendResult.Full(
        "%s did not acknowledge within %d ms".formatted(config.name(), ACK_WITHIN.toMillis()));
  }
}
