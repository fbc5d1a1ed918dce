package dev.sluice.ingest.format.json;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import dev.sluice.ingest.format.IgnoredKind;
import dev.sluice.ingest.format.TsWindow;
import dev.sluice.ingest.http.Parsing;
import dev.sluice.reading.Reading;
import java.io.IOException;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What {@link dev.sluice.ingest.format.json.JsonParser} must do, said slowly: Jackson reads a tree,
 * plain code over strings and BigDecimal interprets it.
 */
public final class JsonReference {
  /** Readings and refused positions; empty when the whole body is not JSON. */
  public record Result(
      List<Reading> readings,
      List<Integer> refused,
      Map<IgnoredKind, Integer> ignored,
      int restamped) {}

  /** A reading before its device is known. */
  private record Good(String metric, Time time, double value) {}

  /** A time, and whether it is the one of receipt in place of one that cannot be stored. */
  private record Time(long micros, boolean restamped) {}

  /** What cannot be a reading, by what it is. */
  private record Label(IgnoredKind kind) {}

  private record Member(String name, Object value) {}

  private record Obj(List<Member> members) {}

  private record Arr(List<Object> items) {}

  private record Num(String text, IgnoredKind kind) {}

  /** Private characters from here on stand for lone surrogates. */
  private static final int FIRST_MARK = 0xf0000;

  /** Group 1: a surrogate that is not one of a pair. */
  private static final Pattern ESCAPE =
      Pattern.compile(
          "\\\\u[dD][89abAB]\\p{XDigit}{2}\\\\u[dD][c-fC-F]\\p{XDigit}{2}"
              + "|\\\\u([dD][89a-fA-F]\\p{XDigit}{2})|\\\\.",
          Pattern.DOTALL);

  private static final Pattern ISO =
      Pattern.compile(
          "(\\d{4})(-?)(\\d\\d)\\2(\\d\\d)[Tt](\\d\\d)(:?)(\\d\\d)"
              + "(?:\\6(\\d\\d)(?:[.,](\\d{1,9}))?)?"
              + "(?:[Zz]|([+-])(\\d\\d)(?::?(\\d\\d))?)");

  private static final Set<String> TIMES = Set.of("ts", "timestamp", "time");

  private static final JsonFactory FACTORY =
      JsonFactory.builder()
          .streamReadConstraints(
              StreamReadConstraints.builder().maxNumberLength(Integer.MAX_VALUE).build())
          .build();
  private final TsWindow times;
  private final List<Reading> readings = new ArrayList<>();
  private final List<Integer> refused = new ArrayList<>();
  private final Map<IgnoredKind, Integer> ignored = new EnumMap<>(IgnoredKind.class);
  private int restamped;

  private JsonReference(TsWindow times) {
    this.times = times;
  }

  private Result result() {
    return new Result(readings, refused, ignored, restamped);
  }

  public static Optional<Result> document(byte[] body, TsWindow times) {
    JsonReference reference = new JsonReference(times);
    try {
      Object root = reference.read(body);
      List<Object> elements = root instanceof Arr array ? array.items() : List.of(root);
      for (int i = 0; i < elements.size(); i++) {
        reference.element(i, elements.get(i));
      }
      if (elements.isEmpty()) {
        reference.refused.add(0);
      }
    } catch (IOException notJson) {
      return Optional.empty();
    }
    return Optional.of(reference.result());
  }

  public static Result lines(byte[] body, TsWindow times) {
    JsonReference reference = new JsonReference(times);
    String[] lines = new String(body, StandardCharsets.ISO_8859_1).split("\n", -1);
    for (int i = 0; i < lines.length; i++) {
      if (lines[i].matches("[ \t\r]*")) {
        continue;
      }
      try {
        Object root = reference.read(lines[i].getBytes(StandardCharsets.ISO_8859_1));
        reference.element(i + 1, root);
      } catch (IOException notJson) {
        reference.refused.add(i + 1);
      }
    }
    if (reference.readings.isEmpty() && reference.refused.isEmpty()) {
      reference.refused.add(1);
    }
    return reference.result();
  }

  private Object read(byte[] body) throws IOException {
    String text;
    try {
      text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(body)).toString();
    } catch (CharacterCodingException notUtf8) {
      throw new IOException(notUtf8);
    }
    try (JsonParser parser = FACTORY.createParser(markLoneSurrogates(text))) {
      if (parser.nextToken() == null) {
        throw new IOException("empty");
      }
      Object root = value(parser, 0);
      if (parser.nextToken() != null) {
        throw new IOException("more than one value");
      }
      return root;
    }
  }

  /**
   * Jackson refuses a lone surrogate in a name; RFC 8259 leaves it open, and here it is a name that
   * cannot be stored. So each becomes a private character, which {@link #isName} refuses.
   */
  private static String markLoneSurrogates(String text) {
    if (text.indexOf('\\') < 0) {
      return text;
    }
    return ESCAPE
        .matcher(text)
        .replaceAll(escape ->
            Matcher.quoteReplacement(
                escape.group(1) == null
                    ? escape.group()
                    : Character.toString(
                        FIRST_MARK + Integer.parseInt(escape.group(1), 16) - 0xd800)));
  }

  private static Object value(JsonParser parser, int depth) throws IOException {
    if (depth == 64 && parser.currentToken().isStructStart()) {
      throw new IOException("too deep");
    }
    return switch (parser.currentToken()) {
      case START_OBJECT -> {
        List<Member> members = new ArrayList<>();
        while (parser.nextToken() != JsonToken.END_OBJECT) {
          String name = parser.currentName();
          parser.nextToken();
          members.add(new Member(name, value(parser, depth + 1)));
        }
        yield new Obj(members);
      }
      case START_ARRAY -> {
        List<Object> items = new ArrayList<>();
        while (parser.nextToken() != JsonToken.END_ARRAY) {
          items.add(value(parser, depth + 1));
        }
        yield new Arr(items);
      }
      case VALUE_STRING -> parser.getText();
      case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT -> new Num(parser.getText(), IgnoredKind.NUMBER);
      case VALUE_TRUE -> new Num("1", IgnoredKind.BOOLEAN);
      case VALUE_FALSE -> new Num("0", IgnoredKind.BOOLEAN);
      default -> new Label(IgnoredKind.NULL);
    };
  }

  private void element(int index, Object node) {
    if (!(node instanceof Obj object) || !keep(index, object)) {
      refused.add(index);
    }
  }

  /** False when the element as a whole is refused; then nothing was kept or refused of it. */
  private boolean keep(int index, Obj object) {
    Set<String> names = new HashSet<>();
    String device = null;
    String metric = null;
    Member value = null;
    Optional<Time> ts = Optional.of(new Time(Parsing.NOW, false));
    List<Good> good = new ArrayList<>();
    List<Object> labels = new ArrayList<>();
    int bad = 0;
    int timesSeen = 0;
    for (Member member : object.members()) {
      if (!names.add(member.name())) {
        return false;
      }
      if (TIMES.contains(member.name())) {
        ts = ts(member.value());
        if (ts.isEmpty() || ++timesSeen > 1) {
          return false;
        }
      }
    }
    for (Member member : object.members()) {
      switch (member.name()) {
        case "ts", "timestamp", "time" -> {}
        case "device", "device_id" -> {
          if (device != null || !(member.value() instanceof String text) || !isName(text, 128)) {
            return false;
          }
          device = text;
        }
        case "metric" -> {
          if (!(member.value() instanceof String text)) {
            return false;
          }
          metric = text;
        }
        case "value" -> value = member;
        case "metrics" -> {
          if (!(member.value() instanceof Arr entries)) {
            return false;
          }
          for (Object entry : entries.items()) {
            bad += entry(entry, ts.get(), good, labels) ? 0 : 1;
          }
        }
        case "values" -> {
          if (member.value() instanceof Obj values) {
            Set<String> inner = new HashSet<>();
            for (Member each : values.members()) {
              if (!inner.add(each.name())) {
                return false;
              }
              bad += readingOrLabel(each, ts.get(), good, labels) ? 0 : 1;
            }
          } else if (member.value() instanceof Num number) {
            bad += add(member.name(), number, ts.get(), good) ? 0 : 1;
          } else {
            return false;
          }
        }
        default -> bad += readingOrLabel(member, ts.get(), good, labels) ? 0 : 1;
      }
    }
    if (metric != null) {
      boolean added =
          value != null
              && value.value() instanceof Num number
              && add(metric, number, ts.get(), good);
      bad += added ? 0 : 1;
    } else if (value != null) {
      bad += readingOrLabel(value, ts.get(), good, labels) ? 0 : 1;
    }
    if (device == null || good.size() + bad == 0) {
      return false;
    }
    for (Good reading : good) {
      readings.add(new Reading(device, reading.metric(), reading.time().micros(), reading.value()));
      restamped += reading.time().restamped() ? 1 : 0;
    }
    for (int i = 0; i < bad; i++) {
      refused.add(index);
    }
    labels.forEach(label -> ignored.merge(kind(label), 1, Integer::sum));
    return true;
  }

  private static IgnoredKind kind(Object node) {
    return switch (node) {
      case String text -> IgnoredKind.TEXT;
      case Num number -> number.kind();
      case Obj object -> IgnoredKind.OBJECT;
      case Arr array -> IgnoredKind.ARRAY;
      case Label label -> label.kind();
      default -> throw new AssertionError(node);
    };
  }

  /** False when it is a reading that cannot be stored. */
  private static boolean readingOrLabel(
      Member member, Time ts, List<Good> good, List<Object> labels) {
    if (member.value() instanceof Num number) {
      return add(member.name(), number, ts, good);
    }
    labels.add(member.value());
    return true;
  }

  private boolean entry(Object node, Time elementTs, List<Good> good, List<Object> labels) {
    if (!(node instanceof Obj object)) {
      return false;
    }
    String name = null;
    Num value = null;
    Optional<Time> ts = Optional.of(elementTs);
    Set<String> names = new HashSet<>();
    boolean fine = true;
    for (Member member : object.members()) {
      String role = TIMES.contains(member.name()) ? "ts" : member.name();
      if (!Set.of("name", "value", "ts").contains(role)) {
        labels.add(member.value());
        continue;
      }
      fine &= names.add(role);
      switch (role) {
        case "name" -> name = member.value() instanceof String text ? text : null;
        case "value" -> value = member.value() instanceof Num number ? number : null;
        default -> {
          ts = ts(member.value());
          fine &= ts.isPresent();
        }
      }
    }
    return fine && name != null && value != null && add(name, value, ts.orElseThrow(), good);
  }

  private static boolean add(String name, Num number, Time ts, List<Good> good) {
    double value = Double.parseDouble(number.text());
    if (!isName(name, 255) || !Double.isFinite(value)) {
      return false;
    }
    good.add(new Good(name, ts, value));
    return true;
  }

  /** Empty for what refuses its element or entry. */
  private Optional<Time> ts(Object node) {
    if (node instanceof Num number && number.kind() == IgnoredKind.NUMBER) {
      return windowed(millis(number.text()));
    }
    return node instanceof String text && ISO.matcher(text).matches() && isTime(text)
        ? windowed(iso(text))
        : Optional.empty();
  }

  private Optional<Time> windowed(OptionalLong micros) {
    if (micros.isPresent() && times.holds(micros.getAsLong())) {
      return Optional.of(new Time(micros.getAsLong(), false));
    }
    return times.restamps() ? Optional.of(new Time(Parsing.NOW, true)) : Optional.empty();
  }

  public static boolean isName(String name, int maxBytes) {
    int bytes = name.getBytes(StandardCharsets.UTF_8).length;
    return bytes >= 1
        && bytes <= maxBytes
        && name.codePoints()
            .noneMatch(
                c -> Character.isISOControl(c) || (c >= FIRST_MARK && c < FIRST_MARK + 0x800));
  }

  private static OptionalLong millis(String text) {
    String mantissa = text.split("[eE]", 2)[0];
    if (new BigDecimal(mantissa).signum() == 0) {
      return OptionalLong.of(0);
    }
    if (text.startsWith("-")) {
      return OptionalLong.empty();
    }
    BigDecimal millis;
    try {
      millis = new BigDecimal(text);
    } catch (NumberFormatException hugeExponent) {
      return text.matches(".*[eE]-.*") ? OptionalLong.of(0) : OptionalLong.empty();
    }
    long magnitude = (long) millis.precision() - millis.scale();
    if (magnitude > 30 || magnitude < -30) {
      return magnitude < 0 ? OptionalLong.of(0) : OptionalLong.empty();
    }
    BigDecimal micros = millis.movePointRight(3).setScale(0, RoundingMode.FLOOR);
    return micros.compareTo(BigDecimal.valueOf(Reading.MAX_TS_MICROS)) > 0
        ? OptionalLong.empty()
        : OptionalLong.of(micros.longValueExact());
  }

  private static boolean isTime(String text) {
    return instant(text).isPresent();
  }

  static OptionalLong iso(String text) {
    Optional<Instant> instant = instant(text);
    if (instant.isEmpty()) {
      return OptionalLong.empty();
    }
    Instant at = instant.get();
    long micros = at.getEpochSecond() * 1_000_000 + at.getNano() / 1_000;
    return micros < 0 || micros > Reading.MAX_TS_MICROS
        ? OptionalLong.empty()
        : OptionalLong.of(micros);
  }

  private static Optional<Instant> instant(String text) {
    Matcher parts = ISO.matcher(text);
    // Date and time are in the same format, basic or extended.
    if (!parts.matches() || parts.group(2).isEmpty() != parts.group(6).isEmpty()) {
      return Optional.empty();
    }
    try {
      int second = parts.group(8) == null ? 0 : Integer.parseInt(parts.group(8));
      String fraction = parts.group(9) == null ? "" : parts.group(9);
      LocalDateTime local =
          LocalDateTime.of(
              Integer.parseInt(parts.group(1)),
              Integer.parseInt(parts.group(3)),
              Integer.parseInt(parts.group(4)),
              Integer.parseInt(parts.group(5)),
              Integer.parseInt(parts.group(7)),
              second,
              Integer.parseInt((fraction + "000000000").substring(0, 9)));
      int sign = "-".equals(parts.group(10)) ? -1 : 1;
      ZoneOffset offset =
          parts.group(10) == null
              ? ZoneOffset.UTC
              : ZoneOffset.ofHoursMinutes(
                  sign * Integer.parseInt(parts.group(11)),
                  parts.group(12) == null ? 0 : sign * Integer.parseInt(parts.group(12)));
      return Optional.of(local.toInstant(offset));
    } catch (DateTimeException noSuchTime) {
      return Optional.empty();
    }
  }
}
