package dev.sluice.ingest;

import java.util.concurrent.atomic.LongAdder;

/** What ingest has done since the process started. Thread-safe; every number only grows. */
public final class IngestCounters {
  final LongAdder accepted = new LongAdder();
  final LongAdder rejected = new LongAdder();
  final LongAdder complete = new LongAdder();
  final LongAdder partial = new LongAdder();
  final LongAdder refused = new LongAdder();
  final LongAdder notNow = new LongAdder();

  IngestCounters() {}

  /** Readings acknowledged. */
  public long accepted() {
    return accepted.sum();
  }

  /** Readings refused by name within requests that were read. */
  public long rejected() {
    return rejected.sum();
  }

  /** Requests of which every reading was kept. */
  public long completeRequests() {
    return complete.sum();
  }

  /** Requests of which some readings, or all, were refused by name. */
  public long partialRequests() {
    return partial.sum();
  }

  /** Requests that can never succeed: not JSON, too large, of an unknown type or encoding. */
  public long refusedRequests() {
    return refused.sum();
  }

  /** Requests to be sent again: journal or memory full, starting, draining. */
  public long notNowRequests() {
    return notNow.sum();
  }
}
