package dev.sluice.testing;

import dev.sluice.reading.Reading;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;

/**
 * A fleet whose requests go to any of several nodes, whichever of them lives: new readings, late
 * ones, and corrections of what was acknowledged, until it is closed. A reading of which nobody
 * knows whether it was taken is not corrected: it may still be on its way, and have no order with
 * what another node takes in.
 *
 * <p>A connection's thread ends, and {@link #running} with it, at any answer but 204 and an honest
 * 503, and when a node that was not killed does not answer.
 */
public final class NodesLoad extends Client {
  private static final int PER_REQUEST = 20;
  private static final int REMEMBERED = 5_000;
  private static final long LATEST_MICROS = Duration.ofHours(10).toNanos() / 1_000;
  private static final AtomicLong LAST_MICROS = new AtomicLong();

  private final List<TestNode> nodes;
  private final Duration pause;
  private final AtomicInteger refused = new AtomicInteger();
  private final AtomicInteger unanswered = new AtomicInteger();
  private volatile boolean corrects = true;

  /**
   * Starts sending.
   *
   * @param known readings in the stores already, which are corrected too
   * @param pause between an answer and the next request of the same connection
   */
  public NodesLoad(
      List<TestNode> nodes,
      Ledger ledger,
      List<Reading> known,
      int connections,
      Duration pause,
      SplittableRandom random) {
    super(() -> nodes.getFirst().ingest(), ledger);
    this.nodes = nodes;
    this.pause = pause;
    for (int i = 0; i < connections; i++) {
      int own = i;
      List<Reading> mine = new ArrayList<>();
      for (int row = i; row < known.size(); row += connections) {
        mine.add(known.get(row));
      }
      SplittableRandom split = random.split();
      start(() -> send(own, mine, split));
    }
  }

  /** Requests answered 503. */
  public int refused() {
    return refused.get();
  }

  /** Requests that were not answered, because the node was killed. */
  public int unanswered() {
    return unanswered.get();
  }

  /**
   * Whether readings that were acknowledged are sent again with other values; at first they are.
   */
  public void correct(boolean now) {
    corrects = now;
  }

  private void send(int own, List<Reading> correctable, SplittableRandom random) {
    while (!stopped()) {
      LockSupport.parkNanos(pause.toNanos());
      TestNode node = nodes.get(random.nextInt(nodes.size()));
      int deaths = node.deaths();
      if (!node.up()) {
        continue;
      }
      List<Reading> readings = readings(own, correctable, random);
      long begin = System.nanoTime();
      Optional<HttpResponse<String>> answer = post(node.ingest(), readings);
      took(begin);
      if (answer.isEmpty()) {
        requireKilled(node, deaths);
      } else if (answer.get().statusCode() == ACKNOWLEDGED) {
        correctable.addAll(readings);
      } else {
        requireHonest(node, answer.get());
      }
      while (correctable.size() > REMEMBERED) {
        correctable.removeFirst();
      }
    }
  }

  private void requireKilled(TestNode node, int deaths) {
    unanswered.incrementAndGet();
    if (node.deaths() == deaths) {
      throw new AssertionError(node.id() + " runs, and has not answered");
    }
  }

  private void requireHonest(TestNode node, HttpResponse<String> answer) {
    refused.incrementAndGet();
    String after = answer.headers().firstValue("Retry-After").orElse("none");
    if (answer.statusCode() != 503 || !after.matches("[1-9]\\d*")) {
      throw new AssertionError(
          "%s answered %d with Retry-After %s: %s"
              .formatted(node.id(), answer.statusCode(), after, answer.body()));
    }
  }

  /** Distinct identities, all of this connection alone; what is corrected is taken out. */
  private List<Reading> readings(int own, List<Reading> correctable, SplittableRandom random) {
    int count = random.nextInt(1, PER_REQUEST + 1);
    List<Reading> readings = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      double value = random.nextInt(-400, 1_200) / 10.0;
      int kind = random.nextInt(10);
      if (kind == 0 && corrects && !correctable.isEmpty()) {
        Reading before = correctable.remove(random.nextInt(correctable.size()));
        readings.add(new Reading(before.device(), before.metric(), before.tsMicros(), value));
      } else {
        long late = kind == 1 ? random.nextLong(LATEST_MICROS) : 0;
        String device = "live-" + own + "-" + random.nextInt(200);
        readings.add(new Reading(device, "temp", now() - late, value));
      }
    }
    return readings;
  }

  /** The present, never twice the same. */
  private static long now() {
    return LAST_MICROS.updateAndGet(
        last -> Math.max(last + 1, Math.multiplyExact(System.currentTimeMillis(), 1_000)));
  }
}
