package dev.sluice.bench;

import java.net.URI;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalDouble;

/** Short runs for tests: what a test does not name is as small as can be. */
public final class Runs {
  private BenchConfig.Target target;
  private BenchConfig.Load load =
      new BenchConfig.Load(4, Duration.ofSeconds(1), Duration.ZERO, Duration.ZERO);
  private BenchConfig.Readings readings = readings(Format.JSON, 1, 100, 0);
  private BenchConfig.Pace pace = new BenchConfig.Pace(OptionalDouble.of(200), 0);
  private BenchConfig.Outages outages =
      new BenchConfig.Outages(Duration.ZERO, Duration.ofSeconds(1), 0, 0);

  private Runs(int port) {
    target = target(port, Duration.ofSeconds(30));
  }

  /** 200 requests in a second over 4 connections, one JSON reading each, unless told otherwise. */
  public static Runs at(int port) {
    return new Runs(port);
  }

  public Runs connections(int connections, Duration duration) {
    load = new BenchConfig.Load(connections, duration, load.warmup(), load.cooldown());
    return this;
  }

  public Runs warmup(Duration warmup) {
    return around(warmup, load.cooldown());
  }

  public Runs around(Duration warmup, Duration cooldown) {
    load = new BenchConfig.Load(load.connections(), load.duration(), warmup, cooldown);
    return this;
  }

  public Runs carrying(Format format, int batch, int devices, double outOfOrder) {
    readings = readings(format, batch, devices, outOfOrder);
    return this;
  }

  public Runs rate(double perSecond, double jitter) {
    pace = new BenchConfig.Pace(OptionalDouble.of(perSecond), jitter);
    return this;
  }

  public Runs closedLoop() {
    pace = new BenchConfig.Pace(OptionalDouble.empty(), 0);
    return this;
  }

  public Runs timeout(Duration timeout) {
    target = target(target.port(), timeout);
    return this;
  }

  public Runs outages(Duration every, Duration offline, double share) {
    outages = new BenchConfig.Outages(every, offline, share, 0);
    return this;
  }

  BenchConfig config() {
    return new BenchConfig(target, load, readings, pace, outages, 42);
  }

  public BenchReport run() throws BenchException, InterruptedException {
    return Bench.run(config());
  }

  /** Late ones by up to ten seconds. */
  static BenchConfig.Readings readings(Format format, int batch, int devices, double outOfOrder) {
    return new BenchConfig.Readings(format, batch, devices, outOfOrder, Duration.ofSeconds(10));
  }

  private static BenchConfig.Target target(int port, Duration timeout) {
    return new BenchConfig.Target(
        URI.create("http://127.0.0.1:" + port), Optional.empty(), timeout, Optional.empty());
  }
}
