package dev.sluice.http.tls;

import dev.sluice.config.Check;
import dev.sluice.config.Key;
import dev.sluice.config.ValueType;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/** The keys of {@link TlsConfig}. */
public final class TlsKeys {
  public static final Key<Path> CERT =
      Key.of(
          "tls.cert",
          ValueType.path(),
          "PEM file of a certificate and its chain; with it, both ports speak TLS only.");
  public static final Key<Path> KEY =
      Key.of(
          "tls.key",
          ValueType.path(),
          "PEM file of the certificate's private key, which only its owner may read.");
  public static final Key<Path> CLIENT_CA =
      Key.of(
          "tls.client-ca",
          ValueType.path(),
          "PEM file of who issues client certificates; the admin port then requires one.");
  public static final Key<TlsConfig.ClientAuth> CLIENT_AUTH =
      Key.of(
          "tls.client-auth",
          "none",
          ValueType.choice(TlsConfig.ClientAuth.values()),
          "Whether the ingest port asks for a client certificate.");
  public static final Key<TlsConfig.Version> MIN_VERSION =
      Key.of(
          "tls.min-version",
          TlsConfig.Version.TLS_1_2.label(),
          ValueType.choice(List.of(TlsConfig.Version.values()), TlsConfig.Version::label),
          "Oldest version of TLS that is accepted.");
  public static final Key<Duration> RELOAD_INTERVAL =
      Key.of(
          "tls.reload-interval",
          "10s",
          ValueType.duration("1s", "1d"),
          "How often the three files are checked for changes.");

  /** All of them, in the order of the reference. */
  public static final List<Key<?>> ALL =
      List.of(CERT, KEY, CLIENT_CA, CLIENT_AUTH, MIN_VERSION, RELOAD_INTERVAL);

  private TlsKeys() {}

  /** Refuses half of what is needed: ports that were meant to be encrypted must not be open. */
  public static void check(Check settings) {
    boolean cert = settings.optional(CERT).isPresent();
    boolean key = settings.optional(KEY).isPresent();
    boolean clientCa = settings.optional(CLIENT_CA).isPresent();
    if (cert && !key) {
      settings.demand(KEY, "tls.cert is");
    }
    if (!cert && (key || clientCa)) {
      settings.demand(CERT, (key ? KEY : CLIENT_CA).name() + " is");
    }
    TlsConfig.ClientAuth clientAuth = settings.required(CLIENT_AUTH);
    if (clientAuth != TlsConfig.ClientAuth.NONE && !clientCa) {
      settings.refuse(CLIENT_AUTH, "none, or set tls.client-ca: whose certificates are accepted");
    }
  }
}
