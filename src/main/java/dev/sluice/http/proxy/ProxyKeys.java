package dev.sluice.http.proxy;

import dev.sluice.config.Key;
import dev.sluice.http.auth.AddressRange;
import java.util.List;

/** The keys of {@link Proxies}. */
public final class ProxyKeys {
  public static final Key<List<AddressRange>> FROM =
      Key.of(
          "http.proxy-protocol-from",
          AddressRange.list(),
          "Proxies: connections from there must begin with a PROXY header, which is believed.");

  /** All of them, in the order of the reference. */
  public static final List<Key<?>> ALL = List.of(FROM);

  private ProxyKeys() {}
}
