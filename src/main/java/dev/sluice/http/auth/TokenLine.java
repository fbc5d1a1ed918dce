package dev.sluice.http.auth;

import java.net.InetAddress;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * What one line of the tokens file says of a token or a certificate. Immutable.
 *
 * @param kind {@link Client.Kind#TOKEN} or {@link Client.Kind#CERTIFICATE}
 * @param hash of the token, or of the certificate's DER form
 * @param scopes at least one
 * @param givenName {@code name=}
 * @param until {@code until=}: the first instant at which it is no longer valid
 * @param from {@code from=}: where requests may come from; empty if from anywhere
 * @param devicePrefix {@code devices=} without the asterisk; empty for any device
 * @param limits the limits it has instead of the ones in the settings
 */
public record TokenLine(
    Client.Kind kind,
    Sha256 hash,
    Set<Scope> scopes,
    Optional<String> givenName,
    Optional<Instant> until,
    List<AddressRange> from,
    String devicePrefix,
    LimitOverrides limits) {
  static final String TOKEN = "sha256:";
  static final String CERTIFICATE = "cert:sha256:";

  /** Begins with a letter and has no colon, so that no name looks like an address or a hash. */
  private static final Pattern NAME = Pattern.compile("[A-Za-z][A-Za-z0-9._-]{0,63}");

  /** Copies the collections. */
  public TokenLine {
    scopes = Set.copyOf(scopes);
    from = List.copyOf(from);
  }

  /**
   * Reads a line.
   *
   * @return empty if it holds nothing but blanks and a comment
   * @throws IllegalArgumentException if it has another form than {@link TokenLineParser} allows;
   *     the message never quotes what may be a secret
   */
  public static Optional<TokenLine> parse(String line) {
    int comment = line.indexOf('#');
    String text = (comment < 0 ? line : line.substring(0, comment)).strip();
    return text.isEmpty() ? Optional.empty() : Optional.of(new TokenLineParser().parse(text));
  }

  /** The beginning of the line of a certificate. */
  public static String certificate(Sha256 hash) {
    return CERTIFICATE + hash.hex();
  }

  /** Whether a line may have this name. */
  static boolean isName(String text) {
    return NAME.matcher(text).matches();
  }

  /** The given name; without one, the kind and the first 8 hex digits of the hash. */
  public String name() {
    return givenName.orElseGet(
        () -> (kind == Client.Kind.CERTIFICATE ? "cert:" : "token:") + hash.shortened());
  }

  /** Whether it is no longer valid at this instant. */
  public boolean isExpired(Instant now) {
    return until.isPresent() && !now.isBefore(until.get());
  }

  /** Whether its requests may come from here. */
  public boolean mayComeFrom(InetAddress address) {
    return from.isEmpty() || from.stream().anyMatch(range -> range.holds(address));
  }

  /** The client that it makes of a request. */
  Client client() {
    return new Client(name(), kind, scopes, limits, devicePrefix);
  }

  /** The line as the file has it, without a line end. */
  String text() {
    StringBuilder text = new StringBuilder();
    text.append(kind == Client.Kind.CERTIFICATE ? CERTIFICATE : TOKEN).append(hash.hex());
    text.append(' ').append(words(scopes, ","));
    givenName.ifPresent(name -> text.append(" name=").append(name));
    until.ifPresent(end -> text.append(" until=").append(end));
    if (!from.isEmpty()) {
      text.append(" from=");
      text.append(from.stream().map(AddressRange::toString).collect(Collectors.joining(",")));
    }
    if (!devicePrefix.isEmpty()) {
      text.append(" devices=").append(devicePrefix).append('*');
    }
    limits.readingsPerSecond().ifPresent(n -> text.append(" readings-per-second=").append(n));
    limits.bytesPerSecond().ifPresent(n -> text.append(" bytes-per-second=").append(n));
    limits.concurrentRequests().ifPresent(n -> text.append(" concurrent-requests=").append(n));
    return text.toString();
  }

  /** The scopes as the file spells them, in the order of {@link Scope}. */
  static String words(Set<Scope> scopes, String between) {
    return Arrays.stream(Scope.values())
        .filter(scopes::contains)
        .map(scope -> scope.name().toLowerCase(Locale.ROOT))
        .collect(Collectors.joining(between));
  }
}
