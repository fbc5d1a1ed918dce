package dev.sluice.bench;

import java.net.URI;
import java.time.Duration;
import java.util.Optional;
import java.util.OptionalDouble;
import javax.net.ssl.SSLContext;

/**
 * The complete description of one run. The constructors refuse what cannot be run, naming the
 * option.
 *
 * @param seed decides values, jitter and which readings are late; timestamps follow the clock
 */
public record BenchConfig(
    Target target, Load load, Readings readings, Pace pace, Outages outages, long seed) {

  public BenchConfig {
    if (outages.enabled() && pace.rate().isEmpty()) {
      throw new IllegalArgumentException(
          "--reconnect-every needs --rate: without a rate, a connection that is away has nothing"
              + " to send later");
    }
    if (outages.dropOuts() > 0 && pace.rate().isEmpty()) {
      throw new IllegalArgumentException(
          "--drop-outs needs --rate: without a rate, no reading is missing at any time");
    }
  }

  /**
   * Where the requests go.
   *
   * @param url scheme {@code http} or {@code https}, host, port; a path replaces the format's own
   * @param token sent as {@code Authorization: Bearer}
   * @param timeout how long a response may take before the request counts as failed, and how long
   *     after the end of the run requests that are due may still be sent
   * @param tls whom to trust; present exactly with {@code https}
   */
  public record Target(
      URI url, Optional<String> token, Duration timeout, Optional<SSLContext> tls) {
    private static final int HTTP = 80;
    private static final int HTTPS = 443;

    public Target {
      boolean known = "http".equals(url.getScheme()) || "https".equals(url.getScheme());
      if (!known || url.getHost() == null) {
        throw new IllegalArgumentException(
            "--url is '"
                + url
                + "', allowed is http://HOST:PORT or https://HOST:PORT, optionally with a path");
      }
      if ("https".equals(url.getScheme()) != tls.isPresent()) {
        throw new IllegalArgumentException("--url is '" + url + "', and --ca needs https");
      }
      if (token.isPresent() && !token.get().matches("[\\x21-\\x7e]+")) {
        throw new IllegalArgumentException("--token has characters that a header must not contain");
      }
      checkAtLeast("--timeout", timeout, Duration.ofMillis(1));
    }

    String host() {
      String host = url.getHost();
      return host.startsWith("[") ? host.substring(1, host.length() - 1) : host;
    }

    int port() {
      return url.getPort() < 0 ? (tls.isPresent() ? HTTPS : HTTP) : url.getPort();
    }

    /** Path and query for this format. */
    String path(Format format) {
      String path = url.getRawPath();
      if (path == null || path.isEmpty() || path.equals("/")) {
        return format.path();
      }
      return url.getRawQuery() == null ? path : path + "?" + url.getRawQuery();
    }
  }

  /**
   * How many connections send, and for how long.
   *
   * @param warmup sent before {@code duration} begins, and not counted
   * @param cooldown sent after its end, and not counted
   */
  public record Load(int connections, Duration duration, Duration warmup, Duration cooldown) {
    public Load {
      checkBetween("--connections", connections, 1, 1_000_000);
      checkAtLeast("--duration", duration, Duration.ofMillis(1));
      checkAtLeast("--warmup", warmup, Duration.ZERO);
      checkAtLeast("--cooldown", cooldown, Duration.ZERO);
    }

    long warmupNanos() {
      return warmup.toNanos();
    }

    /** From the start of the warm-up, like {@link #endNanos}. */
    long countedEndNanos() {
      return warmup.plus(duration).toNanos();
    }

    long endNanos() {
      return countedEndNanos() + cooldown.toNanos();
    }
  }

  /**
   * What is sent.
   *
   * @param batch readings per request
   * @param outOfOrder share of the readings whose ts lies up to {@code lateBy} in the past
   */
  public record Readings(
      Format format, int batch, int devices, double outOfOrder, Duration lateBy) {
    public Readings {
      checkBetween("--batch", batch, 1, 1_000_000);
      checkBetween("--devices", devices, 1, RequestBody.MOST_DEVICES);
      checkShare("--out-of-order", outOfOrder);
      checkAtLeast("--late-by", lateBy, Duration.ofMillis(1));
    }
  }

  /**
   * When it is sent.
   *
   * @param rate requests per second over all connections; if empty, as fast as responses arrive
   * @param jitter share of the interval by which each request is moved at random
   */
  public record Pace(OptionalDouble rate, double jitter) {
    public Pace {
      if (rate.isPresent() && !(rate.getAsDouble() > 0 && rate.getAsDouble() <= 1e8)) {
        throw new IllegalArgumentException(
            "--rate is " + rate.getAsDouble() + ", allowed are numbers over 0, up to 100000000");
      }
      checkShare("--jitter", jitter);
    }
  }

  /**
   * Connections that go offline for a while.
   *
   * @param every interval between outages; zero for none
   * @param share of the connections that go offline each time
   * @param dropOuts share of the requests that are never sent, some of a connection's in a row
   */
  public record Outages(Duration every, Duration offline, double share, double dropOuts) {
    private static final double MOST_DROP_OUTS = 0.9;

    public Outages {
      checkAtLeast("--reconnect-every", every, Duration.ZERO);
      checkAtLeast("--offline", offline, Duration.ofMillis(1));
      checkShare("--reconnect-share", share);
      if (!(dropOuts >= 0 && dropOuts <= MOST_DROP_OUTS)) {
        throw new IllegalArgumentException(
            "--drop-outs is " + dropOuts + ", allowed are 0 to " + MOST_DROP_OUTS);
      }
      if (!every.isZero() && offline.compareTo(every) > 0) {
        throw new IllegalArgumentException(
            "--offline is %sms, allowed is at most --reconnect-every, %sms"
                .formatted(offline.toMillis(), every.toMillis()));
      }
    }

    boolean enabled() {
      return !every.isZero() && share > 0;
    }
  }

  private static void checkBetween(String option, int value, int least, int most) {
    if (value < least || value > most) {
      throw new IllegalArgumentException(
          option + " is " + value + ", allowed are " + least + " to " + most);
    }
  }

  private static void checkShare(String option, double value) {
    if (!(value >= 0 && value <= 1)) {
      throw new IllegalArgumentException(option + " is " + value + ", allowed are 0 to 1");
    }
  }

  private static void checkAtLeast(String option, Duration value, Duration least) {
    if (value.compareTo(least) < 0 || value.compareTo(Duration.ofDays(30)) > 0) {
      throw new IllegalArgumentException(
          option + " is " + value.toMillis() + "ms, allowed are " + least.toMillis() + "ms to 30d");
    }
  }
}
