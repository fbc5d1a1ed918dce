package dev.sluice.http.auth;

import dev.sluice.http.auth.TokensFileException.Fault;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The lines of one version of the tokens file, comments and blanks included. Immutable.
 *
 * <p>A file that may have been cut, because its last line does not end, is refused as a whole, as
 * is one with a wrong line: to leave out what cannot be read would lock out whoever it is for. No
 * two lines may have the same hash or the same name.
 */
public final class TokenLines {
  /** About 100,000 tokens. */
  private static final int MOST_BYTES = 16 << 20;

  private final List<String> texts;

  /** In the order of {@link #texts}; absent for comments and blanks. */
  private final List<Optional<TokenLine>> parsed;

  private TokenLines(List<String> texts, List<Optional<TokenLine>> parsed) {
    this.texts = texts;
    this.parsed = parsed;
  }

  /** No lines. */
  static TokenLines none() {
    return new TokenLines(List.of(), List.of());
  }

  /**
   * Reads the file, whoever may change it.
   *
   * @throws IOException if it cannot be read
   * @throws TokensFileException if it is too large, cut, or has a wrong line; the message names
   *     file and line, but quotes nothing that may be a secret
   */
  static TokenLines read(Path file) throws IOException {
    byte[] bytes;
    try (InputStream in = Files.newInputStream(file)) {
      bytes = in.readNBytes(MOST_BYTES + 1);
    }
    if (bytes.length > MOST_BYTES) {
      throw new TokensFileException(
          Fault.SIZE,
          "%s has more than %d bytes, which is the most allowed".formatted(file, MOST_BYTES));
    }
    return parse(file, new String(bytes, StandardCharsets.UTF_8));
  }

  private static TokenLines parse(Path file, String text) {
    if (!text.isEmpty() && !text.endsWith("\n")) {
      throw new TokensFileException(
          Fault.CUT,
          file + " may have been cut: its last line does not end; complete it, or add a line end");
    }
    List<String> texts = text.lines().toList();
    List<Optional<TokenLine>> parsed = new ArrayList<>(texts.size());
    Map<Object, Integer> seen = new HashMap<>();
    for (String line : texts) {
      int number = parsed.size() + 1;
      try {
        Optional<TokenLine> token = TokenLine.parse(line);
        token.ifPresent(t -> requireFirst(t, number, seen));
        parsed.add(token);
      } catch (IllegalArgumentException e) {
        throw new TokensFileException(Fault.LINE, file + ":" + number + ": " + e.getMessage(), e);
      }
    }
    return new TokenLines(texts, parsed);
  }

  private static void requireFirst(TokenLine token, int number, Map<Object, Integer> seen) {
    Integer line = seen.putIfAbsent(token.hash(), number);
    if (line != null) {
      throw new IllegalArgumentException(
          "line %d has the same hash: keep one of them, with all scopes".formatted(line));
    }
    line = seen.putIfAbsent(token.name(), number);
    if (line != null) {
      throw new IllegalArgumentException(
          "line %d has the same name, %s: give each its own".formatted(line, token.name()));
    }
  }

  /** Tokens and certificates, in the order of the file. */
  public List<TokenLine> tokens() {
    return parsed.stream().flatMap(Optional::stream).toList();
  }

  /** The token or certificate with this name. */
  public Optional<TokenLine> named(String name) {
    return tokens().stream().filter(token -> token.name().equals(name)).findFirst();
  }

  /** These lines and one more. */
  TokenLines with(TokenLine token) {
    List<String> moreTexts = new ArrayList<>(texts);
    List<Optional<TokenLine>> moreParsed = new ArrayList<>(parsed);
    moreTexts.add(token.text());
    moreParsed.add(Optional.of(token));
    return new TokenLines(moreTexts, moreParsed);
  }

  /** These lines without the one of this name. */
  TokenLines without(String name) {
    List<String> fewerTexts = new ArrayList<>();
    List<Optional<TokenLine>> fewerParsed = new ArrayList<>();
    for (int i = 0; i < texts.size(); i++) {
      if (parsed.get(i).filter(token -> token.name().equals(name)).isEmpty()) {
        fewerTexts.add(texts.get(i));
        fewerParsed.add(parsed.get(i));
      }
    }
    return new TokenLines(fewerTexts, fewerParsed);
  }

  /** What the file holds. */
  String text() {
    StringBuilder text = new StringBuilder();
    texts.forEach(line -> text.append(line).append('\n'));
    return text.toString();
  }
}
