package dev.sluice.http.limit;

import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;

/** How often a limit refused something since the process started. Thread-safe; only grows. */
public final class LimitCounters {
  private final Map<Limit, LongAdder> refused = new EnumMap<>(Limit.class);

  LimitCounters() {
    for (Limit limit : Limit.values()) {
      refused.put(limit, new LongAdder());
    }
  }

  /** Counts one more. */
  public void add(Limit limit) {
    adder(limit).increment();
  }

  /** Requests, failed tokens or connections that this limit refused. */
  public long refused(Limit limit) {
    return adder(limit).sum();
  }

  private LongAdder adder(Limit limit) {
    LongAdder adder = refused.get(limit);
    if (adder == null) {
      throw new AssertionError(limit + " is not counted");
    }
    return adder;
  }
}
