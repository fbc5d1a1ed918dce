package dev.sluice.http.auth;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The tokens of one version of the tokens file, and the client of each. Immutable.
 *
 * <p>One token or certificate per line: {@code sha256:<64 hex digits> scope[,scope…]}, or {@code
 * cert:sha256:…} with the hash of the certificate's DER form. The scopes are {@code write}, {@code
 * read} and {@code admin}. Anything after a {@code #} is a comment; blank lines are skipped.
 *
 * <p>Both are found by their hash in a table. How long that takes says nothing about a secret: who
 * guesses does not know the hash of what they send to be near that of a token, and a hash says
 * nothing about other secrets with a similar one.
 */
final class Tokens {
  private static final String TOKEN = "sha256:";
  private static final String CERTIFICATE = "cert:sha256:";

  private final Map<Sha256, Client> byToken = new HashMap<>();
  private final Map<Sha256, Client> byCertificate = new HashMap<>();

  private Tokens() {}

  /**
   * Reads the file.
   *
   * @throws IllegalArgumentException if a line does not have this form; the message names the file
   *     and line, but never quotes the text
   */
  static Tokens read(Path file) throws IOException {
    Tokens tokens = new Tokens();
    int number = 0;
    for (String line : Files.readAllLines(file, StandardCharsets.UTF_8)) {
      number++;
      String text = line.replaceFirst("#.*", "").strip();
      if (!text.isEmpty()) {
        tokens.add(text, file + ":" + number);
      }
    }
    return tokens;
  }

  int count() {
    return byToken.size() + byCertificate.size();
  }

  /** The client that this token belongs to; null if it is unknown. */
  @Nullable Client ofToken(String token) {
    return byToken.get(Sha256.of(token.getBytes(StandardCharsets.UTF_8)));
  }

  /**
   * The client that a certificate with this hash belongs to; null if it is unknown.
   *
   * @param hash of the certificate's DER form
   */
  @Nullable Client ofCertificate(Sha256 hash) {
    return byCertificate.get(hash);
  }

  private void add(String text, String where) {
    String[] parts = text.split("\\s+", -1);
    boolean certificate = parts[0].startsWith(CERTIFICATE);
    if (parts.length != 2 || !(certificate || parts[0].startsWith(TOKEN))) {
      throw new IllegalArgumentException(
          where + ": expected sha256:<64 hex digits> scope[,scope], with an optional # comment");
    }
    Sha256 hash = hash(parts[0].substring((certificate ? CERTIFICATE : TOKEN).length()), where);
    Client client =
        new Client(
            (certificate ? "cert:" : "token:") + hash.shortened(),
            certificate ? Client.Kind.CERTIFICATE : Client.Kind.TOKEN,
            scopes(parts[1], where),
            LimitOverrides.NONE,
            "");
    if ((certificate ? byCertificate : byToken).putIfAbsent(hash, client) != null) {
      throw new IllegalArgumentException(
          where + ": an earlier line has the same hash; keep one, with all the scopes");
    }
  }

  private static Sha256 hash(String hex, String where) {
    try {
      return Sha256.ofHex(hex);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(
          where + ": the hash has " + hex.length() + " characters, expected 64 hex digits", e);
    }
  }

  private static Set<Scope> scopes(String names, String where) {
    Set<Scope> scopes = EnumSet.noneOf(Scope.class);
    for (String name : names.split(",", -1)) {
      scopes.add(
          switch (name.toLowerCase(Locale.ROOT)) {
            case "write" -> Scope.WRITE;
            case "read" -> Scope.READ;
            case "admin" -> Scope.ADMIN;
            default ->
                throw new IllegalArgumentException(
                    where + ": scope " + name + " is unknown, allowed are write, read, admin");
          });
    }
    return scopes;
  }
}
