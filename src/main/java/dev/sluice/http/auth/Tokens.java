package dev.sluice.http.auth;

import java.net.InetAddress;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The tokens and certificates of one version of the tokens file, by hash. Immutable.
 *
 * <p>How long a look-up takes may tell which slot of a table a hash falls into, which says nothing
 * useful: whoever guesses cannot choose what a guess hashes to, two similar hashes have nothing
 * similar behind them, and a token of 256 random bits cannot be found by its hash.
 */
final class Tokens {
  /** The line, and the verdict on whoever fulfils it, made once. */
  private record Entry(TokenLine line, Verdict.Known known) {
    static Entry of(TokenLine line) {
      return new Entry(line, new Verdict.Known(line.client()));
    }
  }

  private final Map<Sha256, Entry> byToken = new HashMap<>();
  private final Map<Sha256, Entry> byCertificate = new HashMap<>();

  /** The tokens and certificates of these lines. */
  Tokens(List<TokenLine> lines) {
    for (TokenLine line : lines) {
      boolean certificate = line.kind() == Client.Kind.CERTIFICATE;
      (certificate ? byCertificate : byToken).put(line.hash(), Entry.of(line));
    }
  }

  /** Number of lines, expired ones included. */
  int count() {
    return byToken.size() + byCertificate.size();
  }

  /** Everybody who has a line, expired or not. */
  Collection<Client> clients() {
    List<Client> all = new ArrayList<>(count());
    for (Map<Sha256, Entry> entries : List.of(byToken, byCertificate)) {
      for (Entry entry : entries.values()) {
        all.add(entry.known.client());
      }
    }
    return all;
  }

  /** Number of lines that are expired at this instant. */
  int expired(Instant now) {
    int expired = 0;
    for (Map<Sha256, Entry> entries : List.of(byToken, byCertificate)) {
      for (Entry entry : entries.values()) {
        expired += entry.line.isExpired(now) ? 1 : 0;
      }
    }
    return expired;
  }

  /**
   * Judges whoever sends this token; null if it is unknown.
   *
   * @param from the sender's address; null if the connection is gone
   */
  @Nullable Verdict ofToken(String token, @Nullable InetAddress from, InstantSource clock) {
    Entry entry = byToken.get(Sha256.of(token));
    return entry == null ? null : judge(entry, from, clock);
  }

  /** Likewise, by the hash of a certificate. */
  @Nullable Verdict ofCertificate(Sha256 hash, @Nullable InetAddress from, InstantSource clock) {
    Entry entry = byCertificate.get(hash);
    return entry == null ? null : judge(entry, from, clock);
  }

  private static Verdict judge(Entry entry, @Nullable InetAddress from, InstantSource clock) {
    TokenLine line = entry.line;
    if (line.until().isPresent() && line.isExpired(clock.instant())) {
      return new Verdict.Refused(
          FailedTokens.Reason.EXPIRED,
          line.name(),
          "this %s expired at %s: ask for a new one".formatted(word(line), line.until().get()));
    }
    return line.from().isEmpty() ? entry.known : judge(entry, from);
  }

  private static Verdict judge(Entry entry, @Nullable InetAddress from) {
    if (from != null && entry.line.mayComeFrom(from)) {
      return entry.known;
    }
    return new Verdict.Refused(
        FailedTokens.Reason.ADDRESS,
        entry.line.name(),
        "this %s may not be used from %s: its line in the tokens file says from where"
            .formatted(word(entry.line), from == null ? "here" : AddressClients.text(from)));
  }

  private static String word(TokenLine line) {
    return line.kind() == Client.Kind.CERTIFICATE ? "certificate" : "token";
  }
}
