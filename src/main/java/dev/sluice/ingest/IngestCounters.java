package dev.sluice.ingest;

import dev.sluice.ingest.format.IgnoredKind;
import dev.sluice.ingest.format.Remarks;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.atomic.LongAdder;

/** What ingest has done since the process started. Thread-safe; every number only grows. */
public final class IngestCounters {
  final LongAdder accepted = new LongAdder();
  final LongAdder rejected = new LongAdder();
  final LongAdder complete = new LongAdder();
  final LongAdder partial = new LongAdder();
  final LongAdder refused = new LongAdder();
  final LongAdder notNow = new LongAdder();
  final LongAdder overLimit = new LongAdder();
  final LongAdder restamped = new LongAdder();
  private final Map<IgnoredKind, LongAdder> ignored = new EnumMap<>(IgnoredKind.class);

  IngestCounters() {
    for (IgnoredKind kind : IgnoredKind.values()) {
      ignored.put(kind, new LongAdder());
    }
  }

  /** Counts what the answer to an accepted request does not mention. */
  void add(Remarks remarks) {
    if (remarks.isEmpty()) {
      return;
    }
    restamped.add(remarks.restamped());
    ignored.forEach((kind, count) -> count.add(remarks.ignored(kind)));
  }

  /** Counts a request that a transport refused before it asked for admission. */
  public void addRefused() {
    refused.increment();
  }

  /** Readings stored with the time of receipt because their own time was outside the window. */
  public long restamped() {
    return restamped.sum();
  }

  /** Values of this kind that were sent along with readings but are not stored. */
  public long ignored(IgnoredKind kind) {
    LongAdder count = ignored.get(kind);
    return count == null ? 0 : count.sum();
  }

  /** Readings acknowledged. */
  public long accepted() {
    return accepted.sum();
  }

  /** Readings refused by name, in requests that could be read. */
  public long rejected() {
    return rejected.sum();
  }

  /** Requests whose readings were all kept. */
  public long completeRequests() {
    return complete.sum();
  }

  /** Requests in which some or all readings were refused by name. */
  public long partialRequests() {
    return partial.sum();
  }

  /** Requests that can never succeed: not JSON, too large, of an unknown type or encoding. */
  public long refusedRequests() {
    return refused.sum();
  }

  /** Requests of clients over a limit of their own, which should send them again later. */
  public long overLimitRequests() {
    return overLimit.sum();
  }

  /** Requests that should be sent again: journal or memory full, starting, draining. */
  public long notNowRequests() {
    return notNow.sum();
  }
}
