package dev.sluice.http.auth;

import dev.sluice.config.ValueType;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Reads one line of the tokens file, without its comment. Confined to one thread, and of use once.
 *
 * <pre>
 * sha256:HASH       scope[,scope…] [attribute=value …]
 * cert:sha256:HASH  scope[,scope…] [attribute=value …]
 * </pre>
 *
 * <p>The hash has 64 hex digits. The scopes are {@code write}, {@code read} and {@code admin}. The
 * attributes are those of {@link #ATTRIBUTES}, each at most once.
 *
 * <p>A word may be a secret that somebody has put into the wrong place, so a message quotes only
 * short words in lower case.
 */
final class TokenLineParser {
  private static final List<String> ATTRIBUTES =
      List.of(
          "name",
          "until",
          "from",
          "devices",
          "readings-per-second",
          "bytes-per-second",
          "concurrent-requests");

  private static final Pattern BLANKS = Pattern.compile("\\s+");
  private static final Pattern HARMLESS = Pattern.compile("[a-z-]{1,24}");
  private static final ValueType<Integer> COUNT = ValueType.integer(0, Integer.MAX_VALUE);
  private static final ValueType<Long> BYTES = ValueType.bytes("0", "1024TiB");

  private Optional<String> name = Optional.empty();
  private Optional<Instant> until = Optional.empty();
  private List<AddressRange> from = List.of();
  private String devicePrefix = "";
  private OptionalLong readingsPerSecond = OptionalLong.empty();
  private OptionalLong bytesPerSecond = OptionalLong.empty();
  private OptionalInt concurrentRequests = OptionalInt.empty();

  /**
   * @throws IllegalArgumentException if the line does not have this form; says what is wrong
   */
  TokenLine parse(String text) {
    String[] words = BLANKS.split(text, -1);
    boolean certificate = words[0].startsWith(TokenLine.CERTIFICATE);
    String prefix = certificate ? TokenLine.CERTIFICATE : TokenLine.TOKEN;
    if (words.length < 2 || !words[0].startsWith(prefix)) {
      throw new IllegalArgumentException(
          "expected sha256:<64 hex digits> or cert:sha256:<64 hex digits>, then scope[,scope]");
    }
    Sha256 hash = Sha256.ofHex(words[0].substring(prefix.length()));
    Set<Scope> scopes = scopes(words[1]);
    attributes(Arrays.asList(words).subList(2, words.length));
    return new TokenLine(
        certificate ? Client.Kind.CERTIFICATE : Client.Kind.TOKEN,
        hash,
        scopes,
        name,
        until,
        from,
        devicePrefix,
        new LimitOverrides(readingsPerSecond, bytesPerSecond, concurrentRequests));
  }

  /** Reads scopes, separated by commas. */
  static Set<Scope> scopes(String names) {
    Set<Scope> scopes = EnumSet.noneOf(Scope.class);
    for (String name : names.split(",", -1)) {
      scopes.add(
          switch (name.toLowerCase(Locale.ROOT)) {
            case "write" -> Scope.WRITE;
            case "read" -> Scope.READ;
            case "admin" -> Scope.ADMIN;
            default ->
                throw new IllegalArgumentException(
                    "scope" + quoted(name) + " is unknown, allowed are write, read, admin");
          });
    }
    return scopes;
  }

  private void attributes(List<String> words) {
    Set<String> seen = new HashSet<>();
    for (String word : words) {
      int equals = word.indexOf('=');
      if (equals < 1 || equals == word.length() - 1) {
        throw new IllegalArgumentException(
            "after the scopes, every word must be attribute=value; attributes are "
                + String.join(", ", ATTRIBUTES));
      }
      String attribute = word.substring(0, equals);
      if (!seen.add(attribute)) {
        throw new IllegalArgumentException("attribute" + quoted(attribute) + " is there twice");
      }
      take(attribute, word.substring(equals + 1));
    }
  }

  private void take(String attribute, String value) {
    switch (attribute) {
      case "name" -> name = Optional.of(name(value));
      case "until" -> until = Optional.of(until(value));
      case "from" -> from = Arrays.stream(value.split(",", -1)).map(AddressRange::parse).toList();
      case "devices" -> devicePrefix = devicePrefix(value);
      case "readings-per-second" -> readingsPerSecond = OptionalLong.of(count(attribute, value));
      case "bytes-per-second" -> bytesPerSecond = OptionalLong.of(bytes(attribute, value));
      case "concurrent-requests" -> concurrentRequests = OptionalInt.of(count(attribute, value));
      default ->
          throw new IllegalArgumentException(
              "attribute"
                  + quoted(attribute)
                  + " is unknown, allowed are "
                  + String.join(", ", ATTRIBUTES));
    }
  }

  private static String name(String value) {
    if (!TokenLine.isName(value)) {
      throw new IllegalArgumentException(
          "name must begin with a letter, followed by at most 63 letters, digits, dots, hyphens or"
              + " underscores");
    }
    return value;
  }

  /** A day lasts until its end, in UTC. */
  private static Instant until(String value) {
    try {
      return value.indexOf('T') >= 0
          ? OffsetDateTime.parse(value).toInstant()
          : LocalDate.parse(value).plusDays(1).atStartOfDay(ZoneOffset.UTC).toInstant();
    } catch (DateTimeException e) {
      throw new IllegalArgumentException(
          "until must be a day such as 2027-12-31, or a time with an offset such as"
              + " 2027-12-31T12:00:00Z",
          e);
    }
  }

  private static String devicePrefix(String value) {
    int end = value.length() - 1;
    if (end < 1 || value.indexOf('*') != end) {
      throw new IllegalArgumentException(
          "devices must be the beginning of a name and one asterisk, such as fleet-1-*");
    }
    return value.substring(0, end);
  }

  private static int count(String attribute, String value) {
    return COUNT.parse().value(value).orElseThrow(() -> notAllowed(attribute, COUNT));
  }

  private static long bytes(String attribute, String value) {
    return BYTES.parse().value(value).orElseThrow(() -> notAllowed(attribute, BYTES));
  }

  private static IllegalArgumentException notAllowed(String attribute, ValueType<?> type) {
    return new IllegalArgumentException(
        attribute + " must be " + type.allowed() + "; 0 is no limit");
  }

  private static String quoted(String word) {
    return HARMLESS.matcher(word).matches() ? " " + word : "";
  }
}
