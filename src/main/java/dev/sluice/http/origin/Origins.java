package dev.sluice.http.origin;

import static dev.sluice.http.origin.Verdict.Welcome.WELCOME;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.atomic.LongAdder;

/**
 * Judges requests by their {@code Host}, {@code Origin} and {@code Sec-Fetch-Site}. Thread-safe;
 * allocates nothing for a request that no web page sent.
 *
 * <p><b>Hosts.</b> A page whose own name is made to resolve to this machine (DNS rebinding) is of
 * the same origin for its browser, and could read every answer; but its {@code Host} is its name.
 * So a name must be {@code localhost}, the one that a port is bound to, or listed. An address is
 * always welcome: it cannot be rebound, and a page can only be at one that serves it. Nothing is
 * asked of a request without a host, which no browser sends, nor of the routes that load balancers
 * probe: they say only whether this process is ready.
 *
 * <p><b>Origins.</b> A page elsewhere can send a form, or let an image send a GET, without reading
 * the answer. Browsers mark such requests. Where {@code Sec-Fetch-Site} is sent it decides, because
 * no page can forge it and a proxy may have changed the host: {@code same-origin} and {@code none}
 * may go on, {@code cross-site} and {@code same-site} (another port of the same host) may not,
 * except that a link may open a page here. Without it, an {@code Origin} other than the host itself
 * may only read, which it then cannot see.
 */
public final class Origins {
  private static final Set<String> PROBES =
      Set.of("/health/live", "/health/ready", "/health", "/ready", "/ping");
  private static final byte[] LOCALHOST = ascii("localhost");
  private static final byte[] BELOW_LOCALHOST = ascii(".localhost");
  private static final int MOST_SHOWN = 100;

  private final byte[][] names;
  private final byte[][] endings;
  private final boolean anyHost;
  private final Set<String> pages;
  private final LongAdder misdirected = new LongAdder();
  private final LongAdder foreign = new LongAdder();
  private final RefusalLog log = new RefusalLog();

  private Origins(List<byte[]> names, List<byte[]> endings, boolean anyHost, Set<String> pages) {
    this.names = names.toArray(byte[][]::new);
    this.endings = endings.toArray(byte[][]::new);
    this.anyHost = anyHost;
    this.pages = pages;
  }

  /**
   * Creates the check that the settings ask for.
   *
   * @param boundHosts names or addresses that ports are bound to
   */
  public static Origins of(OriginConfig config, String... boundHosts) {
    List<byte[]> names = new ArrayList<>();
    List<byte[]> endings = new ArrayList<>();
    names.add(LOCALHOST);
    endings.add(BELOW_LOCALHOST);
    for (String host : boundHosts) {
      names.add(ascii(host.toLowerCase(Locale.ROOT)));
    }
    boolean anyHost = false;
    for (String host : config.allowedHosts()) {
      if (host.equals("*")) {
        anyHost = true;
      } else if (host.startsWith("*.")) {
        endings.add(ascii(host.substring(1)));
      } else {
        names.add(ascii(host));
      }
    }
    return new Origins(names, endings, anyHost, Set.copyOf(config.allowedOrigins()));
  }

  /** Requests refused for their host name so far. */
  public long misdirected() {
    return misdirected.sum();
  }

  /** Requests refused for the page that sent them so far. */
  public long foreign() {
    return foreign.sum();
  }

  /** Judges the request whose head is in these bytes. */
  public Verdict judge(byte[] bytes, Provenance from) {
    if (!answersTo(bytes, from.hostFrom, from.hostTo) && !isProbe(bytes, from)) {
      misdirected.increment();
      return misdirected(text(bytes, from.hostFrom, from.hostTo));
    }
    if (from.namesNoPage() || mayPage(bytes, from)) {
      return WELCOME;
    }
    foreign.increment();
    return foreign(bytes, from);
  }

  private Verdict misdirected(String host) {
    String reason =
        "this Sluice does not answer to the host name \""
            + shown(host)
            + "\": use its address, or add the name to http.allowed-hosts";
    log.refused(reason);
    return new Verdict.Misdirected(reason);
  }

  private Verdict foreign(byte[] bytes, Provenance from) {
    String reason =
        "a web page of another origin sent this request ("
            + (from.hasOrigin() ? "Origin: " + shown(origin(bytes, from)) : "no Origin")
            + (from.hasSite() ? ", Sec-Fetch-Site: " + shown(site(bytes, from)) : "")
            + "): if it may, add its origin to http.allowed-origins";
    log.refused(reason);
    return new Verdict.Foreign(reason);
  }

  /** Whether a host, which may have a port, is an address or one of our names. */
  private boolean answersTo(byte[] bytes, int from, int to) {
    if (anyHost || from == to || bytes[from] == '[') {
      return true; // Only an address may be in brackets.
    }
    int end = withoutPort(bytes, from, to);
    if (isAddress(bytes, from, end)) {
      return true;
    }
    if (end > from && bytes[end - 1] == '.') {
      end--;
    }
    for (byte[] name : names) {
      if (end - from == name.length && endsWith(bytes, end, name)) {
        return true;
      }
    }
    for (byte[] ending : endings) {
      if (end - from > ending.length && endsWith(bytes, end, ending)) {
        return true;
      }
    }
    return false;
  }

  private static int withoutPort(byte[] bytes, int from, int to) {
    int i = to;
    while (i > from && bytes[i - 1] >= '0' && bytes[i - 1] <= '9') {
      i--;
    }
    return i > from && bytes[i - 1] == ':' ? i - 1 : to;
  }

  /**
   * Whether this is an IPv4 address, as browsers spell it: four decimal numbers. A browser takes no
   * name whose last label is a number for anything else.
   */
  private static boolean isAddress(byte[] bytes, int from, int to) {
    int dots = 0;
    int digits = 0;
    for (int i = from; i < to; i++) {
      int c = bytes[i];
      if (c == '.') {
        if (digits == 0) {
          return false;
        }
        dots++;
        digits = 0;
      } else if (c < '0' || c > '9' || ++digits > 3) {
        return false;
      }
    }
    return dots == 3 && digits > 0;
  }

  /**
   * Whether the bytes before {@code end}, in any case, are {@code word}, which is in lower case.
   */
  private static boolean endsWith(byte[] bytes, int end, byte[] word) {
    int from = end - word.length;
    for (int i = 0; i < word.length; i++) {
      int c = bytes[from + i];
      if (c >= 'A' && c <= 'Z') {
        c += 'a' - 'A';
      }
      if (c != word[i]) {
        return false;
      }
    }
    return true;
  }

  private static boolean isProbe(byte[] bytes, Provenance from) {
    String target = text(bytes, from.targetFrom, from.targetTo);
    int query = target.indexOf('?');
    return reads(bytes, from) && PROBES.contains(query < 0 ? target : target.substring(0, query));
  }

  private boolean mayPage(byte[] bytes, Provenance from) {
    if (from.hasOrigin() && pages.contains(origin(bytes, from))) {
      return true;
    }
    if (from.hasSite()) {
      return switch (site(bytes, from)) {
        case "same-origin", "none" -> true;
        default -> reads(bytes, from) && opensPage(bytes, from);
      };
    }
    return reads(bytes, from) || isOwn(origin(bytes, from), bytes, from);
  }

  /**
   * Whether the browser shows the answer as a page of its own, at which the other one cannot look.
   */
  private static boolean opensPage(byte[] bytes, Provenance from) {
    return from.hasDestination()
        && text(bytes, from.destinationFrom, from.destinationTo).equals("document");
  }

  /**
   * Whether the page is at the host and port that its request goes to; the scheme is the proxy's
   * matter.
   */
  private static boolean isOwn(String origin, byte[] bytes, Provenance from) {
    int scheme = origin.indexOf("://");
    String host = text(bytes, from.hostFrom, from.hostTo).toLowerCase(Locale.ROOT);
    return scheme > 0 && origin.substring(scheme + 3).equals(host);
  }

  private static boolean reads(byte[] bytes, Provenance from) {
    String method = text(bytes, from.methodFrom, from.methodTo);
    return method.equals("GET") || method.equals("HEAD");
  }

  private static String origin(byte[] bytes, Provenance from) {
    return text(bytes, from.originFrom, from.originTo).toLowerCase(Locale.ROOT);
  }

  private static String site(byte[] bytes, Provenance from) {
    return text(bytes, from.siteFrom, from.siteTo);
  }

  private static String text(byte[] bytes, int from, int to) {
    return new String(bytes, from, to - from, StandardCharsets.ISO_8859_1).strip();
  }

  /** What a client sent, fit for a log line. */
  private static String shown(String text) {
    String cut = text.length() <= MOST_SHOWN ? text : text.substring(0, MOST_SHOWN) + "…";
    return cut.replaceAll("[^\\x20-\\x7e…]", "?");
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }
}
