package dev.sluice.ingest.mqtt;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Which topics are taken, and which of their levels name something. Levels are separated by {@code
 * /}; each is a text, {@code +} for any, <code>{device}</code> or <code>{metric}</code>, and the
 * last may be {@code #} for whatever follows, as in a subscription. As there, {@code +} and {@code
 * #} at the beginning fit no topic that begins with {@code $}. Immutable.
 */
final class TopicPattern {
  private static final String DEVICE = "{device}";
  private static final String METRIC = "{metric}";
  private static final String ANY = "+";
  private static final String REST = "#";

  private enum Kind {
    TEXT,
    ANY,
    DEVICE,
    METRIC,
    REST
  }

  private record Level(Kind kind, String text) {
    static Level of(String text) {
      return new Level(
          switch (text) {
            case DEVICE -> Kind.DEVICE;
            case METRIC -> Kind.METRIC;
            case ANY -> Kind.ANY;
            case REST -> Kind.REST;
            default -> Kind.TEXT;
          },
          text);
    }
  }

  private final List<Level> levels;
  private final byte[][] texts;

  private TopicPattern(List<Level> levels) {
    this.levels = levels;
    this.texts = levels.stream().map(level -> level.text.getBytes(UTF_8)).toArray(byte[][]::new);
  }

  /** The pattern that is written so; {@link #problem} must have found none. */
  static TopicPattern of(String pattern) {
    String problem = problem(pattern);
    if (!problem.isEmpty()) {
      throw new IllegalArgumentException("mqtt.topics: " + pattern + " is not " + problem);
    }
    return new TopicPattern(levels(pattern));
  }

  private static List<Level> levels(String pattern) {
    List<Level> levels = new ArrayList<>();
    for (String text : pattern.split("/", -1)) {
      levels.add(Level.of(text));
    }
    return List.copyOf(levels);
  }

  /** What a pattern must be that this text is not; empty if it is one. */
  static String problem(String pattern) {
    List<Level> levels = levels(pattern);
    for (Level level : levels) {
      if (level.kind == Kind.TEXT && level.text.matches(".*[+#{}\\x00].*")) {
        return "levels that are a text, +, {device}, {metric}, or # at the end, such as"
            + " sensors/{device}/{metric}; found "
            + level.text;
      }
    }
    if (levels.subList(0, levels.size() - 1).stream().anyMatch(l -> l.kind == Kind.REST)) {
      return "patterns with # as their last level only; found " + pattern;
    }
    return count(levels, Kind.DEVICE) > 1 || count(levels, Kind.METRIC) > 1
        ? "patterns with {device} and {metric} at most once; found " + pattern
        : "";
  }

  private static long count(List<Level> levels, Kind kind) {
    return levels.stream().filter(level -> level.kind == kind).count();
  }

  /**
   * What the topic in bytes [from, to) names.
   *
   * @return null if it does not fit
   */
  @Nullable TopicNames fit(byte[] bytes, int from, int to) {
    boolean ofServer = from < to && bytes[from] == '$';
    TopicNames names = TopicNames.NONE;
    int at = from;
    for (int i = 0; i < texts.length; i++) {
      Kind kind = levels.get(i).kind;
      if (i == 0 && ofServer && kind != Kind.TEXT) {
        return null;
      }
      if (kind == Kind.REST) {
        return names;
      }
      if (at > to) {
        return null;
      }
      int end = endOfLevel(bytes, at, to);
      switch (kind) {
        case TEXT -> {
          if (!Arrays.equals(bytes, at, end, texts[i], 0, texts[i].length)) {
            return null;
          }
        }
        case DEVICE -> names = names.withDevice(at, end - at);
        case METRIC -> names = names.withMetric(at, end - at);
        case ANY, REST -> {}
      }
      at = end + 1;
    }
    return at == to + 1 ? names : null;
  }

  private static int endOfLevel(byte[] bytes, int from, int to) {
    int at = from;
    while (at < to && bytes[at] != '/') {
      at++;
    }
    return at;
  }
}
