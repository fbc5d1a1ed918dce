package dev.sluice.http.auth;

import java.util.Set;

/**
 * Who sends a request. Equal for equal names, whatever the tokens file says of the rest: no two
 * clients of any kind share a name.
 *
 * @param name the name that the tokens file gives; without one {@code token:} or {@code cert:} and
 *     the first 8 hex digits of the hash; of {@link Kind#ADDRESS}, the address
 * @param kind how the client is known
 * @param scopes what it may do
 * @param limits its own limits, in the place of those that count for every client
 * @param devicePrefix what the name of each device in its readings must begin with; empty if any
 *     device will do
 */
public record Client(
    String name, Kind kind, Set<Scope> scopes, LimitOverrides limits, String devicePrefix) {
  /** How a client is known. */
  public enum Kind {
    TOKEN,
    CERTIFICATE,
    /** It has neither, and needs neither. */
    ADDRESS
  }

  private static final Set<Scope> EVERYTHING = Set.of(Scope.values());

  /** Copies the scopes. */
  public Client {
    scopes = Set.copyOf(scopes);
  }

  /** A client that is known by its address alone, and may do everything. */
  static Client ofAddress(String address) {
    return new Client(address, Kind.ADDRESS, EVERYTHING, LimitOverrides.NONE, "");
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Client client && client.name.equals(name);
  }

  @Override
  public int hashCode() {
    return name.hashCode();
  }
}
