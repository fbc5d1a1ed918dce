package dev.sluice.cli;

import static picocli.CommandLine.Help.Visibility.NEVER;

import dev.sluice.bench.Bench;
import dev.sluice.bench.BenchConfig;
import dev.sluice.bench.BenchException;
import dev.sluice.bench.BenchReport;
import dev.sluice.bench.Format;
import dev.sluice.cli.text.CommandException;
import dev.sluice.config.Quantities;
import dev.sluice.http.tls.TlsClient;
import dev.sluice.http.tls.UnusableException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.concurrent.Callable;
import java.util.concurrent.ThreadLocalRandom;
import javax.net.ssl.SSLContext;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/** Sends readings as a fleet of sensors would, and reports how long the answers took. */
@Command(
    name = "bench",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class,
    showDefaultValues = true,
    description =
        "Sends readings as a fleet of sensors would, one connection each, and reports how long the"
            + " answers took. The readings are stored like any others: use a Sluice whose data you"
            + " can throw away.",
    footer = {
      "",
      "  sluice bench --format lines --batch 1000 --connections 8     as fast as answers come",
      "  sluice bench --connections 10000 --rate 20000 --duration 60s",
      "  sluice bench --connections 1000 --rate 1000 --jitter 0.3 --out-of-order 0.05"
          + " --reconnect-every 30s",
      "",
      "With --rate, requests are sent on a schedule, and latency is measured from the scheduled"
          + " time.",
      "",
      "Exit codes: 0 every request got a 2xx; 1 at least one did not, or the run could not start;"
          + " 2 invalid usage."
    })
final class BenchCommand implements Callable<Integer> {
  private final Surroundings surroundings;

  @Option(
      names = "--url",
      description =
          "http://HOST:PORT or https://HOST:PORT; a path replaces the format's default path.")
  private URI url = URI.create("http://127.0.0.1:8080");

  @Option(
      names = "--ca",
      showDefaultValue = NEVER,
      paramLabel = "FILE",
      description = "PEM file of who issued Sluice's certificate; default: those this JDK trusts.")
  private Optional<Path> ca = Optional.empty();

  @Option(names = "--format", description = "${COMPLETION-CANDIDATES}, in either case.")
  private Format format = Format.JSON;

  @Option(names = "--batch", paramLabel = "N", description = "Readings per request.")
  private int batch = 1;

  @Option(
      names = "--connections",
      paramLabel = "N",
      description = "Connections, kept open throughout.")
  private int connections = 64;

  @Option(
      names = "--rate",
      showDefaultValue = NEVER,
      paramLabel = "N",
      description =
          "Requests per second over all connections, sent on schedule no matter how fast the"
              + " answers come. Without it, each connection sends as soon as it has its answer.")
  private Optional<Double> rate = Optional.empty();

  @Option(
      names = "--devices",
      paramLabel = "N",
      description = "Devices, sensor-0000000 and so on, spread over the connections.")
  private int devices = 10_000;

  @Option(names = "--duration", converter = Time.class, description = "Length of the measured run.")
  private Duration duration = Duration.ofSeconds(30);

  @Option(
      names = "--warmup",
      converter = Time.class,
      description = "Sent before it, and not counted.")
  private Duration warmup = Duration.ZERO;

  @Option(
      names = "--cooldown",
      converter = Time.class,
      description = "Sent after it, and not counted: as connections close, the others slow down.")
  private Duration cooldown = Duration.ZERO;

  @Option(
      names = "--jitter",
      paramLabel = "SHARE",
      description = "Share of a connection's interval by which each request is shifted at random.")
  private double jitter;

  @Option(
      names = "--out-of-order",
      paramLabel = "SHARE",
      description = "Share of the readings with a ts in the past.")
  private double outOfOrder;

  @Option(
      names = "--late-by",
      converter = Time.class,
      description = "How far in the past, at most.")
  private Duration lateBy = Duration.ofSeconds(10);

  @Option(
      names = "--reconnect-every",
      converter = Time.class,
      description =
          "How often some connections drop; they send what they buffered once they are back. 0s:"
              + " never.")
  private Duration reconnectEvery = Duration.ZERO;

  @Option(names = "--offline", converter = Time.class, description = "How long they stay away.")
  private Duration offline = Duration.ofSeconds(5);

  @Option(
      names = "--reconnect-share",
      paramLabel = "SHARE",
      description = "Share of the connections that drop.")
  private double reconnectShare = 0.1;

  @Option(
      names = "--drop-outs",
      paramLabel = "SHARE",
      description =
          "Share of the requests that are never sent: a connection misses four to ten in a row, and"
              + " its devices have a gap.")
  private double dropOuts;

  @Option(
      names = "--timeout",
      converter = Time.class,
      description = "An answer that takes longer counts as a failure.")
  private Duration timeout = Duration.ofSeconds(30);

  @Option(
      names = "--seed",
      showDefaultValue = NEVER,
      paramLabel = "N",
      description = "Seed for values, jitter and lateness; random by default, and printed.")
  private Optional<Long> seed = Optional.empty();

  @Option(
      names = "--token",
      showDefaultValue = NEVER,
      paramLabel = "TOKEN",
      description =
          "Token, if Sluice requires one. Prefer SLUICE_TOKEN: it does not show up in process"
              + " lists.")
  private Optional<String> token = Optional.empty();

  @Option(names = "--json", description = "Print one JSON object instead of the table.")
  private boolean json;

  BenchCommand(Surroundings surroundings) {
    this.surroundings = surroundings;
  }

  @Override
  public Integer call() throws CommandException, InterruptedException {
    BenchConfig config = config();
    if (!json) {
      surroundings.out().print(BenchSheet.announcement(config));
    }
    try {
      BenchReport report = Bench.run(config);
      surroundings.out().print(json ? BenchJson.of(report) : BenchSheet.of(report));
      return report.clean() ? Cli.OK : Cli.FAILED;
    } catch (BenchException e) {
      throw new CommandException(String.valueOf(e.getMessage()));
    }
  }

  private BenchConfig config() throws CommandException {
    Optional<String> bearer =
        token
            .or(() -> Optional.ofNullable(surroundings.environment().get("SLUICE_TOKEN")))
            .filter(text -> !text.isEmpty());
    OptionalDouble perSecond =
        rate.isPresent() ? OptionalDouble.of(rate.get()) : OptionalDouble.empty();
    try {
      return new BenchConfig(
          new BenchConfig.Target(url, bearer, timeout, tls()),
          new BenchConfig.Load(connections, duration, warmup, cooldown),
          new BenchConfig.Readings(format, batch, devices, outOfOrder, lateBy),
          new BenchConfig.Pace(perSecond, jitter),
          new BenchConfig.Outages(reconnectEvery, offline, reconnectShare, dropOuts),
          seed.orElseGet(() -> (long) ThreadLocalRandom.current().nextInt(1, Integer.MAX_VALUE)));
    } catch (IllegalArgumentException e) {
      throw new UsageException(String.valueOf(e.getMessage()));
    }
  }

  private Optional<SSLContext> tls() throws CommandException {
    try {
      return "https".equals(url.getScheme()) || ca.isPresent()
          ? Optional.of(TlsClient.trusting(ca, Optional.empty()))
          : Optional.empty();
    } catch (UnusableException e) {
      throw new CommandException(String.valueOf(e.getMessage()));
    }
  }

  /** Parses a duration spelled as in the settings. */
  private static final class Time implements ITypeConverter<Duration> {
    @Override
    public Duration convert(String text) {
      return Quantities.duration(text)
          .orElseThrow(() ->
              new TypeConversionException(
                  "'" + text + "' is not a duration such as 500ms, 30s or 5m"));
    }
  }
}
