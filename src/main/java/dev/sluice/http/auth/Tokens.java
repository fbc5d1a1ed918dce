package dev.sluice.http.auth;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * The tokens of one version of the tokens file, as hashes. Immutable.
 *
 * <p>One token per line: {@code sha256:<64 hex digits> scope[,scope…]}, with the scopes {@code
 * write}, {@code read} and {@code admin}. Anything after a {@code #} is a comment; blank lines are
 * skipped.
 */
final class Tokens {
  private static final String PREFIX = "sha256:";
  private static final int HASH_BYTES = 32;

  private static final class Entry {
    final byte[] hash;
    final Set<Scope> scopes;

    Entry(byte[] hash, Set<Scope> scopes) {
      this.hash = hash;
      this.scopes = scopes;
    }
  }

  private final List<Entry> entries;

  private Tokens(List<Entry> entries) {
    this.entries = entries;
  }

  /**
   * Reads the file.
   *
   * @throws IllegalArgumentException if a line does not have this form; the message names the file
   *     and line, but never quotes the text
   */
  static Tokens read(Path file) throws IOException {
    List<Entry> entries = new ArrayList<>();
    int number = 0;
    for (String line : Files.readAllLines(file, StandardCharsets.UTF_8)) {
      number++;
      String text = line.replaceFirst("#.*", "").strip();
      if (!text.isEmpty()) {
        entries.add(entry(text, file + ":" + number));
      }
    }
    return new Tokens(entries);
  }

  int count() {
    return entries.size();
  }

  /**
   * Returns the scopes of a token; empty if it is unknown. Compares every entry even after a match,
   * so that the time taken reveals nothing about the entries.
   */
  Set<Scope> scopes(String token) {
    byte[] hash = sha256(token);
    Set<Scope> found = EnumSet.noneOf(Scope.class);
    for (Entry entry : entries) {
      if (MessageDigest.isEqual(entry.hash, hash)) {
        found.addAll(entry.scopes);
      }
    }
    return found;
  }

  private static Entry entry(String text, String where) {
    String[] parts = text.split("\\s+", -1);
    if (parts.length != 2 || !parts[0].startsWith(PREFIX)) {
      throw new IllegalArgumentException(
          where + ": expected sha256:<64 hex digits> scope[,scope], with an optional # comment");
    }
    return new Entry(hash(parts[0].substring(PREFIX.length()), where), scopes(parts[1], where));
  }

  private static byte[] hash(String hex, String where) {
    if (hex.length() != 2 * HASH_BYTES || !hex.chars().allMatch(c -> Character.digit(c, 16) >= 0)) {
      throw new IllegalArgumentException(
          where + ": the hash has " + hex.length() + " characters, expected 64 hex digits");
    }
    return HexFormat.of().parseHex(hex);
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

  private static byte[] sha256(String token) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(token.getBytes(StandardCharsets.UTF_8));
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every JDK has SHA-256", e);
    }
  }
}
