package dev.sluice.cli;

import dev.sluice.admin.AdminConfig;
import dev.sluice.cli.text.CommandException;
import dev.sluice.http.tls.TlsClient;
import dev.sluice.http.tls.TlsConfig;
import dev.sluice.http.tls.UnusableException;
import dev.sluice.settings.Settings;
import java.net.InetAddress;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.util.Optional;
import javax.net.ssl.SSLContext;

/**
 * Which Sluice a command talks to, and how. Immutable.
 *
 * @param tls how it is encrypted; empty for plain text
 */
record AdminTarget(String scheme, String host, int port, Optional<SSLContext> tls) {
  private static final String HTTPS = "https";

  /** The Sluice at this URL. */
  static AdminTarget at(URI url, Optional<Path> ca, Optional<TlsClient.Shown> shown)
      throws CommandException {
    boolean https = HTTPS.equals(url.getScheme());
    boolean bare =
        url.getRawPath() == null || url.getRawPath().isEmpty() || url.getRawPath().equals("/");
    if (!(https || "http".equals(url.getScheme())) || url.getHost() == null || !bare) {
      throw new UsageException(
          "--url is '" + url + "', allowed is http://HOST:PORT or https://HOST:PORT");
    }
    try {
      return new AdminTarget(
          url.getScheme(),
          url.getHost(),
          url.getPort(),
          https ? Optional.of(TlsClient.trusting(ca, shown)) : Optional.empty());
    } catch (UnusableException e) {
      throw new CommandException(String.valueOf(e.getMessage()));
    }
  }

  /** The Sluice of these settings. If it speaks TLS, it must have the certificate in their file. */
  static AdminTarget of(Settings settings, Optional<Path> ca, Optional<TlsClient.Shown> shown)
      throws CommandException {
    AdminConfig admin = settings.admin();
    Optional<TlsConfig> tls = settings.tls();
    if (tls.isEmpty()) {
      return new AdminTarget("http", reachable(admin.host()), admin.port(), Optional.empty());
    }
    try {
      return new AdminTarget(
          HTTPS,
          reachable(admin.host()),
          admin.port(),
          Optional.of(
              ca.isPresent()
                  ? TlsClient.trusting(ca, shown)
                  : TlsClient.trustingOnly(tls.get().certificate(), shown)));
    } catch (UnusableException e) {
      throw new CommandException(String.valueOf(e.getMessage()));
    }
  }

  /**
   * The URI of a path that is not encoded yet.
   *
   * @param query encoded
   */
  URI uri(String path, Optional<String> query) throws CommandException {
    if (port == 0) {
      throw new CommandException(
          "admin.port is 0, so Sluice chose a free port; pass it: --set admin.port=PORT");
    }
    try {
      URI bare = new URI(scheme, null, host, port, path, null, null);
      return query.map(encoded -> URI.create(bare + "?" + encoded)).orElse(bare);
    } catch (URISyntaxException e) {
      throw new CommandException("admin.host " + host + " is not a valid host name");
    }
  }

  /** An address that listens on all interfaces is reached through loopback. */
  private static String reachable(String host) {
    try {
      boolean everywhere = InetAddress.getByName(host).isAnyLocalAddress();
      return everywhere ? InetAddress.getLoopbackAddress().getHostAddress() : host;
    } catch (UnknownHostException e) {
      return host;
    }
  }
}
