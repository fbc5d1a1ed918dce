package dev.sluice.http.origin;

import java.util.List;

/**
 * Settings {@code http.allowed-hosts} and {@code http.allowed-origins}. Immutable.
 *
 * @param allowedHosts host names without a port, in lower case; {@code *.example.com} is every name
 *     below that one, {@code *} every name
 * @param allowedOrigins origins as browsers send them, in lower case: {@code https://host[:port]}
 */
public record OriginConfig(List<String> allowedHosts, List<String> allowedOrigins) {
  /** Nothing beside what is always allowed. */
  public static final OriginConfig NONE = new OriginConfig(List.of(), List.of());

  /** Copies the lists. */
  public OriginConfig {
    allowedHosts = List.copyOf(allowedHosts);
    allowedOrigins = List.copyOf(allowedOrigins);
  }
}
