package dev.sluice.ingest.mqtt;

import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the MQTT port has done since the process started. Logs refused messages, with the last one's
 * topic and reason, at most once in ten seconds. Thread-safe.
 */
public final class MqttCounters {
  private static final Logger LOG = LoggerFactory.getLogger(MqttCounters.class);
  private static final long BETWEEN_LOGS_NANOS = 10_000_000_000L;

  private final Map<Fate, LongAdder> messages = new EnumMap<>(Fate.class);
  private final Map<Closed, LongAdder> closed = new EnumMap<>(Closed.class);
  private final LongAdder connects = new LongAdder();
  private final LongAdder waits = new LongAdder();
  private final LongAdder unlogged = new LongAdder();
  private final AtomicLong nextLogNanos = new AtomicLong(System.nanoTime());

  MqttCounters() {
    for (Fate fate : Fate.values()) {
      messages.put(fate, new LongAdder());
    }
    for (Closed why : Closed.values()) {
      closed.put(why, new LongAdder());
    }
  }

  /** Messages of which this became. */
  public long messages(Fate fate) {
    return Objects.requireNonNull(messages.get(fate)).sum();
  }

  /** Connections that were closed, or not let in, for this reason. */
  public long closed(Closed why) {
    return Objects.requireNonNull(closed.get(why)).sum();
  }

  /** Clients that were let in. */
  public long connects() {
    return connects.sum();
  }

  /** How often a batch was not acknowledged, and put off. */
  public long waits() {
    return waits.sum();
  }

  void addConnect() {
    connects.increment();
  }

  void addWait() {
    waits.increment();
  }

  void add(Closed why) {
    Objects.requireNonNull(closed.get(why)).increment();
  }

  void add(Fate fate) {
    Objects.requireNonNull(messages.get(fate)).increment();
  }

  /** Counts what became of a message, and logs it if it was refused. */
  void add(Answer answer, Message message, String clientName) {
    add(answer.fate());
    if (answer.fate() == Fate.KEPT) {
      return;
    }
    unlogged.increment();
    long next = nextLogNanos.get();
    long now = System.nanoTime();
    if (now - next >= 0 && nextLogNanos.compareAndSet(next, now + BETWEEN_LOGS_NANOS)) {
      LOG.warn(
          "MQTT messages refused for good: {}; the last, of {}, topic {}: {}",
          unlogged.sumThenReset(),
          clientName,
          message.topicText(),
          answer.reason());
    }
  }
}
