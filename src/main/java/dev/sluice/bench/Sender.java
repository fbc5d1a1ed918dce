package dev.sluice.bench;

import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/**
 * One connection of the fleet. Confined to the connection's thread.
 *
 * <p>With a rate, a request's turn comes by the clock, whatever became of the earlier ones. If they
 * hold it up, it is sent late, but its latency still counts from its turn: the time a sensor would
 * have waited is what should be measured (Gil Tene's coordinated omission).
 */
final class Sender {
  /** Pause after a failed connect, if no schedule prevents an immediate retry. */
  private static final long RETRY_NANOS = 100_000_000;

  private final BenchConfig config;
  private final int index;
  private final Connection connection;
  private final Tallies tallies;
  private final OutagePlan outages;
  private final SplittableRandom random;
  private final RequestBody body;
  private final DropOuts dropOuts;
  private boolean unreachable;

  Sender(
      BenchConfig config, int index, Connection connection, Tallies tallies, OutagePlan outages) {
    this.config = config;
    this.index = index;
    this.connection = connection;
    this.tallies = tallies;
    this.outages = outages;
    // Neighbouring seeds of this generator yield unrelated numbers, because it mixes them.
    this.random = new SplittableRandom(config.seed() * 1_000_003 + index);
    this.body =
        new RequestBody(
            config,
            new ReadingSequence(
                config.readings(), config.load().connections(), index, random.split()),
            random.split());
    // Of a seed of its own, so that all else is as it is without drop-outs.
    this.dropOuts =
        new DropOuts(
            config.outages().dropOuts(), new SplittableRandom(~config.seed() * 1_000_003 + index));
  }

  /** Sends until the run is over. */
  void run(Pacer pacer) throws InterruptedException {
    RunClock clock = pacer.clock();
    if (config.pace().rate().isPresent()) {
      sendBySchedule(clock, pacer, config.pace().rate().getAsDouble());
    } else {
      sendByAnswers(clock);
    }
    connection.close();
  }

  private void sendBySchedule(RunClock clock, Pacer pacer, double rate)
      throws InterruptedException {
    Pacer.Turn place = new Pacer.Turn();
    int connections = config.load().connections();
    Schedule schedule = new Schedule(rate, config.pace().jitter(), connections, config.load());
    long patienceEnds = config.load().endNanos() + config.target().timeout().toNanos();
    long free = 0;
    for (long turn = index; schedule.has(turn); turn += connections) {
      long taken = schedule.dueNanos(turn, random.nextDouble());
      if (dropOuts.misses()) {
        continue;
      }
      long due = outages.reachableAt(index, taken);
      // Once per outage: after it, the same connection sends everything that was held back.
      if (due > taken && due > clock.now()) {
        connection.close();
      }
      pacer.await(place, due);
      long now = clock.now();
      Tally tally = tallies.at(schedule.turnNanos(turn));
      if (now > patienceEnds) {
        skip(due, now, tally);
      } else {
        free = send(clock, taken, due, Math.max(due, free), tally);
      }
    }
  }

  private void sendByAnswers(RunClock clock) throws InterruptedException {
    clock.await(0);
    long now = clock.now();
    while (now < config.load().endNanos()) {
      long done = send(clock, now, now, now, tallies.at(now));
      if (unreachable) {
        clock.await(done + RETRY_NANOS);
      }
      now = clock.now();
    }
  }

  /**
   * Sends one request and reads its response.
   *
   * @param taken when its readings were taken
   * @param due when it should be sent
   * @param possible when the generator could send it: when due, or at the end of the previous
   *     request
   * @return when it was finished
   */
  private long send(RunClock clock, long taken, long due, long possible, Tally tally) {
    byte[] request = body.next(clock.epochMicros(taken));
    long sent = clock.now();
    int status = 0;
    LostException.@Nullable Reason lost = null;
    try {
      status = connection.exchange(request);
    } catch (LostException e) {
      lost = e.reason();
    }
    unreachable = lost == LostException.Reason.CONNECT;
    long done = clock.now();
    Tally.Stripe times = tally.stripe(index);
    times.behind(sent - possible);
    times.service(done - sent);
    times.latency(done - due);
    if (lost == null) {
      tally.answered(status, done);
    } else {
      tally.lost(lost, done);
    }
    return done;
  }

  /** Counts a request as failed, with the time it has waited, because the run is long over. */
  private void skip(long due, long now, Tally tally) {
    tally.stripe(index).latency(now - due);
    tally.lost(LostException.Reason.UNSENT, now);
  }
}
