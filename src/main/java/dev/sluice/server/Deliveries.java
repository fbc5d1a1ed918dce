package dev.sluice.server;

import dev.sluice.admin.metrics.SinkMetrics;
import dev.sluice.delivery.Delivery;
import dev.sluice.journal.Mark;
import dev.sluice.migration.CatchUp;
import dev.sluice.reading.Counted;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ConcurrentSkipListMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** All deliveries, each with its meters. Changed by one thread at a time; any thread may read. */
final class Deliveries {
  private static final Logger LOG = LoggerFactory.getLogger(Deliveries.class);

  private final SinkMetrics metrics;
  private final Map<String, Delivery> bySink = new ConcurrentSkipListMap<>();

  Deliveries(SinkMetrics metrics) {
    this.metrics = metrics;
  }

  /** A live view by the sink's name. */
  Map<String, Delivery> bySink() {
    return Collections.unmodifiableMap(bySink);
  }

  Delivery to(String sink) {
    return Objects.requireNonNull(bySink.get(sink), sink);
  }

  /** Adds a delivery without starting it. */
  void add(Delivery delivery) {
    bySink.put(delivery.sinkName(), delivery);
  }

  void start(String sink) {
    Delivery delivery = to(sink);
    metrics.joined(delivery);
    delivery.start();
    LOG.info(
        "Delivery to {} starts at {}; its cursor began at offset {}",
        sink,
        delivery.reached(),
        delivery.origin());
  }

  /**
   * Removes the delivery from view, then ends it after the write in flight; does nothing if there
   * is none.
   */
  void end(String sink) {
    metrics.left(sink);
    Delivery delivery = bySink.remove(sink);
    if (delivery != null) {
      delivery.close();
    }
  }

  /** Removes all deliveries, and ends each after the write in flight. */
  void end() {
    List.copyOf(bySink.keySet()).forEach(this::end);
  }

  /**
   * Lets all come to this mark within their shared deadline, by {@link System#nanoTime}, then ends
   * their loops; they stay in view.
   */
  void drain(Mark end, long deadlineNanos) throws InterruptedException {
    for (Delivery delivery : bySink.values()) {
      if (!delivery.awaitReached(end, CatchUp.until(deadlineNanos))) {
        LOG.warn(
            "Delivery to {} stopped with {} left in the journal; it continues after the next start",
            delivery.sinkName(),
            Counted.of(delivery.status().lagReadings(), "reading"));
      }
    }
    bySink.values().forEach(Delivery::close);
  }
}
