package dev.sluice.cli;

import dev.sluice.http.auth.NewToken;
import dev.sluice.http.auth.Sha256;
import dev.sluice.http.auth.TokenLine;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.CertificateException;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import picocli.CommandLine.Option;

/** Options of {@code sluice tokens add}: what a new line of the tokens file allows. */
final class NewTokenOptions {
  /**
   * A line that is to be added.
   *
   * @param token the new token; empty if the line is for a certificate
   */
  record Added(TokenLine line, Optional<NewToken> token) {}

  @Option(
      names = "--scopes",
      paramLabel = "SCOPE[,SCOPE]",
      description = "write, read, admin; required.")
  private Optional<String> scopes = Optional.empty();

  @Option(
      names = "--certificate",
      paramLabel = "FILE",
      description = "A client's certificate (PEM or DER) instead of a new token.")
  private Optional<Path> certificate = Optional.empty();

  @Option(
      names = "--until",
      paramLabel = "WHEN",
      description = "Valid until the end of this day in UTC, or until this time with an offset.")
  private Optional<String> until = Optional.empty();

  @Option(
      names = "--from",
      paramLabel = "CIDR[,CIDR]",
      description = "Only from these addresses, such as 10.1.0.0/16.")
  private Optional<String> from = Optional.empty();

  @Option(
      names = "--devices",
      paramLabel = "PREFIX*",
      description = "Only readings of devices whose names begin like this.")
  private Optional<String> devices = Optional.empty();

  @Option(
      names = "--readings-per-second",
      paramLabel = "N",
      description = "Its own limit instead of the one in the settings; 0 is none.")
  private Optional<String> readingsPerSecond = Optional.empty();

  @Option(
      names = "--bytes-per-second",
      paramLabel = "SIZE",
      description = "Likewise, such as 10MiB.")
  private Optional<String> bytesPerSecond = Optional.empty();

  @Option(names = "--concurrent-requests", paramLabel = "N", description = "Likewise.")
  private Optional<String> concurrentRequests = Optional.empty();

  /** Whether any was given. */
  boolean isUsed() {
    return scopes.isPresent() || certificate.isPresent() || !attributes().isEmpty();
  }

  /**
   * The line with this name that the options describe.
   *
   * @throws UsageException if they cannot be used as given
   */
  Added token(String name) throws UsageException {
    String may =
        scopes.orElseThrow(
            () -> new UsageException("add needs --scopes: any of write, read, admin"));
    Optional<NewToken> token =
        certificate.isPresent() ? Optional.empty() : Optional.of(NewToken.random());
    StringBuilder text = new StringBuilder();
    text.append(token.isPresent() ? token.get().hashed() : hashed(certificate.orElseThrow()));
    text.append(' ').append(word("--scopes", may));
    text.append(" name=").append(word("NAME", name));
    for (Map.Entry<String, String> attribute : attributes().entrySet()) {
      text.append(' ').append(attribute.getKey()).append('=');
      text.append(word("--" + attribute.getKey(), attribute.getValue()));
    }
    return new Added(line(text.toString()), token);
  }

  private static TokenLine line(String text) throws UsageException {
    try {
      TokenLine line = TokenLine.parse(text).orElseThrow();
      if (line.isExpired(Instant.now())) {
        throw new UsageException("--until is past: %s".formatted(line.until().orElseThrow()));
      }
      return line;
    } catch (IllegalArgumentException e) {
      throw new UsageException(String.valueOf(e.getMessage()));
    }
  }

  private Map<String, String> attributes() {
    Map<String, String> attributes = new LinkedHashMap<>();
    until.ifPresent(text -> attributes.put("until", text));
    from.ifPresent(text -> attributes.put("from", text));
    devices.ifPresent(text -> attributes.put("devices", text));
    readingsPerSecond.ifPresent(text -> attributes.put("readings-per-second", text));
    bytesPerSecond.ifPresent(text -> attributes.put("bytes-per-second", text));
    concurrentRequests.ifPresent(text -> attributes.put("concurrent-requests", text));
    return attributes;
  }

  /** Refuses what would not be one word of the line. */
  private static String word(String option, String text) throws UsageException {
    if (text.isEmpty()
        || text.chars().anyMatch(c -> c == '#' || c <= ' ' || Character.isWhitespace(c))) {
      throw new UsageException(option + " must be one word, without blanks and #");
    }
    return text;
  }

  private static String hashed(Path file) throws UsageException {
    try (InputStream in = Files.newInputStream(file)) {
      return TokenLine.certificate(Sha256.ofCertificate(in));
    } catch (IOException | CertificateException e) {
      throw new UsageException("--certificate %s holds no certificate: %s".formatted(file, e));
    }
  }
}
