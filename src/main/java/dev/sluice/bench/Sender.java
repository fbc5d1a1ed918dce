package dev.sluice.bench;

import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/**
 * One connection of the fleet. Confined to the connection's thread.
 *
 * <p>With a rate, a request's turn comes by the clock, whatever became of the ones before. When
 * they hold it up it is sent late, and its latency counts from its turn all the same: the time a
 * sensor would have waited is what was to be measured (Gil Tene's coordinated omission).
 */
final class Sender {
  /** After a connection that could not be opened, where no schedule keeps from trying at once. */
  private static final long RETRY_NANOS = 100_000_000;

  private final BenchConfig config;
  private final int index;
  private final Connection connection;
  private final Tallies tallies;
  private final OutagePlan outages;
  private final SplittableRandom random;
  private final RequestBody body;
  private boolean unreachable;

  Sender(
      BenchConfig config, int index, Connection connection, Tallies tallies, OutagePlan outages) {
    this.config = config;
    this.index = index;
    this.connection = connection;
    this.tallies = tallies;
    this.outages = outages;
    // Neighbouring seeds of this generator yield unrelated numbers: it mixes them.
    this.random = new SplittableRandom(config.seed() * 1_000_003 + index);
    this.body =
        new RequestBody(
            config,
            new ReadingSequence(
                config.readings(), config.load().connections(), index, random.split()),
            random.split());
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
      long due = outages.reachableAt(index, taken);
      // Once for each outage: back again, it is the same connection that sends all that was kept.
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
   * One request and its answer.
   *
   * @param taken when its readings were
   * @param due when it should be sent
   * @param possible when the generator could have: due, or the end of the request before
   * @return the moment it was done with
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

  /** The run is long over: the request counts as failed, with the time it has waited. */
  private void skip(long due, long now, Tally tally) {
    tally.stripe(index).latency(now - due);
    tally.lost(LostException.Reason.UNSENT, now);
  }
}
