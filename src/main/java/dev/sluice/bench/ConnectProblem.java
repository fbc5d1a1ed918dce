package dev.sluice.bench;

import com.sun.management.UnixOperatingSystemMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.ConnectException;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.net.UnknownHostException;
import java.util.Locale;
import javax.net.ssl.SSLException;

/**
 * Explains why a connection could not be opened, and what the user can do about it. Immutable;
 * created before any connection, because once no file can be opened any more, the JDK cannot even
 * load the class that knows the limit.
 */
final class ConnectProblem {
  private final String descriptors = descriptors();

  /**
   * @param open how many connections were open when it failed
   */
  String explain(IOException cause, URI url, int open, int wanted) {
    return String.format(
        Locale.ROOT,
        "cannot connect to %s (%,d of %,d connections were open): %s",
        url,
        open,
        wanted,
        advice(cause));
  }

  private String advice(IOException cause) {
    String text = String.valueOf(cause.getMessage());
    if (text.contains("Too many open files")) {
      return "this process may have "
          + descriptors
          + " files open (ulimit -n), and each connection is one; raise the limit in this shell,"
          + " for example ulimit -n 65536, or use fewer --connections";
    }
    if (text.contains("Cannot assign requested address")) {
      return "no local port is left; widen the range (sysctl net.ipv4.ip_local_port_range) or use"
          + " fewer --connections";
    }
    return switch (cause) {
      case UnknownHostException e -> "unknown host; name another with --url";
      case SocketTimeoutException e ->
          "no answer in time; its accept queue may be full (sysctl net.core.somaxconn there)";
      case SSLException e -> text + "; --ca names who issued its certificate";
      case ConnectException e when text.contains("refused") ->
          "nothing listens there; start one (./sluice up) or name another with --url";
      default -> text;
    };
  }

  private static String descriptors() {
    return ManagementFactory.getOperatingSystemMXBean() instanceof UnixOperatingSystemMXBean unix
        ? String.format(Locale.ROOT, "%,d", unix.getMaxFileDescriptorCount())
        : "too few";
  }
}
