package dev.sluice.ingest.udp;

import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;

/** What became of datagrams since the process started. Thread-safe; every number only grows. */
public final class DatagramCounters {
  private final LongAdder received = new LongAdder();
  private final Map<Refusal, LongAdder> refused = new EnumMap<>(Refusal.class);

  DatagramCounters() {
    for (Refusal refusal : Refusal.values()) {
      refused.put(refusal, new LongAdder());
    }
  }

  void addReceived() {
    received.increment();
  }

  void add(Refusal refusal) {
    refused.computeIfAbsent(refusal, absent -> new LongAdder()).increment();
  }

  /** Datagrams read from the socket, whatever became of them. */
  public long received() {
    return received.sum();
  }

  /** Datagrams of which nothing was kept, for this reason. */
  public long refused(Refusal refusal) {
    LongAdder count = refused.get(refusal);
    return count == null ? 0 : count.sum();
  }
}
