package dev.sluice.admin;

import java.nio.file.Path;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * An answer as a golden file holds it: one member per line, in the order served, with every name,
 * string and number spelt as served. Pure.
 *
 * <p>Only what differs from run to run is replaced:
 *
 * <ul>
 *   <li>the data directory by {@code <data>};
 *   <li>the four random digits that end the id of a report or a backfill by {@code <hex>};
 *   <li>a SHA-256, which covers such an id, by {@code <sha-256>};
 *   <li>the canary's random value, the time it took and the free disk space by {@code <number>};
 *   <li>a measured number by 4321, or by 4321.5 if it has a fraction. Which members are measured is
 *       said where the answer is recorded; no other number is touched.
 * </ul>
 *
 * Times are not replaced: they come from a clock that stands still.
 */
final class GoldenJson {
  private static final Pattern ID = Pattern.compile("(\\d{8}T\\d{6}(?:\\.\\d{3})?Z)-[0-9a-f]{4}");
  private static final Pattern SHA_256 = Pattern.compile("\"[0-9a-f]{64}\"");
  private static final Pattern CANARY = Pattern.compile("(, value=)\\d+\\.\\d+(?=])");
  private static final Pattern READ_BACK = Pattern.compile("(\"read back after )\\d+(?= ms\")");
  private static final Pattern FREE = Pattern.compile("\"\\d+\\.\\d(?= GiB free\")");

  private GoldenJson() {}

  /**
   * The golden text of a body.
   *
   * @param data the data directory
   * @param measured names of members whose number differs from run to run
   */
  static String of(String body, Path data, String... measured) {
    String text = pretty(body.replace(data.toString(), "<data>"));
    text = ID.matcher(text).replaceAll("$1-<hex>");
    text = SHA_256.matcher(text).replaceAll("\"<sha-256>\"");
    text = CANARY.matcher(text).replaceAll("$1<number>");
    text = READ_BACK.matcher(text).replaceAll("$1<number>");
    text = FREE.matcher(text).replaceAll("\"<number>");
    for (String name : measured) {
      text = number(name).matcher(text).replaceAll(GoldenJson::sameType);
    }
    return text;
  }

  private static Pattern number(String name) {
    return Pattern.compile("(\"" + name + "\": )-?\\d+(\\.\\d+)?(?:[eE][-+]?\\d+)?");
  }

  private static String sameType(MatchResult found) {
    return Matcher.quoteReplacement(found.group(1) + (found.group(2) == null ? "4321" : "4321.5"));
  }

  /** Adds line breaks and indentation to compact JSON, and changes nothing else. */
  private static String pretty(String body) {
    StringBuilder out = new StringBuilder();
    int depth = 0;
    boolean quoted = false;
    for (int i = 0; i < body.length(); i++) {
      char c = body.charAt(i);
      if (quoted) {
        out.append(c);
        if (c == '\\') {
          out.append(body.charAt(++i));
        }
        quoted = c != '"';
        continue;
      }
      switch (c) {
        case '{', '[' -> {
          boolean empty = body.charAt(i + 1) == c + 2; // as ASCII has both pairs
          depth += empty ? 0 : 1;
          out.append(c).append(empty ? "" : newLine(depth));
          if (empty) {
            out.append(body.charAt(++i));
          }
        }
        case '}', ']' -> out.append(newLine(--depth)).append(c);
        case ',' -> out.append(c).append(newLine(depth));
        case ':' -> out.append(": ");
        case '"' -> {
          quoted = true;
          out.append(c);
        }
        default -> {
          if (Character.isWhitespace(c)) {
            throw new AssertionError("white space at " + i + " of " + body);
          }
          out.append(c);
        }
      }
    }
    return out.append('\n').toString();
  }

  private static String newLine(int depth) {
    return "\n" + "  ".repeat(depth);
  }
}
