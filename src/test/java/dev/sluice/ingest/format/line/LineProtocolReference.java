package dev.sluice.ingest.format.line;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import dev.sluice.ingest.format.Precision;
import dev.sluice.ingest.format.TsWindow;
import dev.sluice.ingest.format.json.JsonReference;
import dev.sluice.ingest.http.Parsing;
import dev.sluice.reading.Reading;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What {@link LineProtocolParser} must do, said slowly: strings (one character a byte), exceptions,
 * regular expressions and sorted maps.
 */
public final class LineProtocolReference {
  public record Result(
      List<Reading> readings, List<Integer> refused, int ignoredTexts, int restamped) {}

  /** The line is malformed: skip to the next line feed. */
  private static final class Malformed extends Exception {
    private static final long serialVersionUID = 1;

    private Malformed() {
      super("", null, false, false);
    }
  }

  /** The line is well-formed but cannot be stored as a whole. */
  private static final class Unstorable extends Exception {
    private static final long serialVersionUID = 1;

    private Unstorable() {
      super("", null, false, false);
    }
  }

  private record Field(String name, Optional<Double> value, boolean text) {}

  /**
   * A line up to the line feed that ends it, of which there may be none: a backslash takes the
   * character behind it along, and a quote behind an equals sign everything up to the next, once a
   * space has ended the series.
   */
  private static final Pattern LINE =
      Pattern.compile(
          "(?:\\\\.|\\\\\\z|[^\\\\\n ])*+"
              + "(?: (?:=\"(?:\\\\.|\\\\\\z|[^\"\\\\])*+(?:\"|\\z)|\\\\.|\\\\\\z|[^\\\\\n])*+)?+",
          Pattern.DOTALL);

  private static final Pattern NUMBER =
      Pattern.compile("-?([0-9]+\\.?[0-9]*|\\.[0-9]+)([eE][+-]?[0-9]+)?");

  /** At the end; those that stand behind an escaped character count for themselves. */
  private static final Pattern ODD_BACKSLASHES = Pattern.compile("(?<!\\\\)(\\\\\\\\)*\\\\\\z");

  private static final Pattern INTEGER = Pattern.compile("-?[0-9]+i");
  private static final Pattern UNSIGNED = Pattern.compile("[0-9]+u");
  private static final Pattern NOT_FINITE = Pattern.compile("(?i)[+-]?(nan|inf|infinity)");
  private static final String BLANKS = " \t\0";
  private static final BigInteger MIN_INTEGER = BigInteger.valueOf(Long.MIN_VALUE);
  private static final BigInteger MAX_INTEGER = BigInteger.valueOf(Long.MAX_VALUE);
  private static final BigInteger MAX_UNSIGNED =
      BigInteger.ONE.shiftLeft(64).subtract(BigInteger.ONE);

  private final String text;
  private final Precision precision;
  private final TsWindow times;
  private final boolean refusesTexts;
  private int ignoredTexts;
  private int restamped;
  private int at;
  private final List<Reading> readings = new ArrayList<>();
  private final List<Integer> refused = new ArrayList<>();

  private LineProtocolReference(
      String text, Precision precision, TsWindow times, boolean refusesTexts) {
    this.text = text;
    this.precision = precision;
    this.times = times;
    this.refusesTexts = refusesTexts;
  }

  public static Result parse(
      byte[] body, Precision precision, TsWindow times, boolean refusesTexts) {
    // A text value is never stored, so what this does to line ends inside one does not matter.
    String text = new String(body, ISO_8859_1).replaceAll("\0*\\z", "").replace("\r\n", "\n");
    if (text.endsWith("\r")) {
      text = text.substring(0, text.length() - 1);
    }
    var reference = new LineProtocolReference(text, precision, times, refusesTexts);
    reference.parse();
    return new Result(
        reference.readings, reference.refused, reference.ignoredTexts, reference.restamped);
  }

  private void parse() {
    while (at < text.length()) {
      int line = 1 + (int) text.substring(0, at).chars().filter(c -> c == '\n').count();
      skip(BLANKS);
      if (here() != '\n' && here() != '#') {
        line(line);
      }
      int feed = text.indexOf('\n', at);
      at = feed < 0 ? text.length() : feed + 1;
    }
  }

  private void line(int number) {
    int start = at;
    List<Reading> good = new ArrayList<>();
    int bad = 0;
    int texts = 0;
    int stamped = 0;
    try {
      String measurement = name(", ");
      require(!measurement.isEmpty());
      Map<String, String> tags = new TreeMap<>();
      int tagCount = 0;
      while (here() == ',') {
        at++;
        String key = name(",= ");
        require(!key.isEmpty() && here() == '=');
        at++;
        String value = name(",= ");
        require(!value.isEmpty() && here() != '=');
        tags.put(key, value);
        tagCount++;
      }
      require(here() == ' ');
      skip(BLANKS);
      List<Field> fields = new ArrayList<>();
      fields.add(field());
      while (here() == ',') {
        at++;
        fields.add(field());
      }
      require(here() == ' ' || here() == '\n');
      skip(BLANKS);
      int time = at;
      while (BLANKS.indexOf(here()) < 0 && here() != '\n') {
        at++;
      }
      String timestamp = text.substring(time, at);
      skip(BLANKS);
      require(here() == '\n' && timestamp.matches("(-?[0-9]+)?"));

      utf8(text.substring(start, at));
      storable(tagCount == tags.size() && tagCount <= 64);
      storable(fields.stream().noneMatch(field -> field.name().contains("\n")));
      boolean ownTime = timestamp.isEmpty() || times.holds(micros(timestamp));
      storable(ownTime || times.restamps());
      long ts = timestamp.isEmpty() || !ownTime ? Parsing.NOW : micros(timestamp);
      String device = device(tags);
      String suffix = suffix(tags);
      storable(isName(device, 128) && !hasControl(measurement) && !hasControl(suffix));
      for (Field field : fields) {
        String metric =
            measurement + (field.name().equals("value") ? "" : "_" + field.name()) + suffix;
        if (field.value().isPresent() && isName(metric, 255)) {
          good.add(new Reading(utf8(device), utf8(metric), ts, field.value().get()));
          stamped += ownTime ? 0 : 1;
        } else if (field.text() && !refusesTexts) {
          texts++;
        } else {
          bad++;
        }
      }
    } catch (Unstorable refusedLine) {
      refused.add(number);
      return;
    } catch (Malformed refusedLine) {
      refused.add(number);
      Matcher line = LINE.matcher(text).region(start, text.length());
      at = line.lookingAt() ? line.end() : start;
      return;
    }
    ignoredTexts += texts;
    restamped += stamped;
    readings.addAll(good);
    for (int i = 0; i < bad; i++) {
      refused.add(number);
    }
  }

  /** Empty value: well-formed, but refused. */
  private Field field() throws Malformed {
    String name = name(",= ");
    require(!name.isEmpty() && here() == '=');
    at++;
    if (here() == '"') {
      skipText();
      return new Field(name, Optional.empty(), true);
    }
    int start = at;
    while (here() != ',' && here() != ' ' && here() != '\n') {
      at++;
    }
    String token = text.substring(start, at);
    if (NUMBER.matcher(token).matches()) {
      return new Field(
          name, Optional.of(Double.parseDouble(token)).filter(Double::isFinite), false);
    }
    if (INTEGER.matcher(token).matches()) {
      return new Field(name, integer(token, MIN_INTEGER, MAX_INTEGER), false);
    }
    if (UNSIGNED.matcher(token).matches()) {
      return new Field(name, integer(token, BigInteger.ZERO, MAX_UNSIGNED), false);
    }
    if (List.of("t", "T", "true", "True", "TRUE").contains(token)) {
      return new Field(name, Optional.of(1.0), false);
    }
    if (List.of("f", "F", "false", "False", "FALSE").contains(token)) {
      return new Field(name, Optional.of(0.0), false);
    }
    require(NOT_FINITE.matcher(token).matches());
    return new Field(name, Optional.empty(), false);
  }

  private static Optional<Double> integer(String token, BigInteger least, BigInteger greatest) {
    BigInteger value = new BigInteger(token.substring(0, token.length() - 1));
    return value.compareTo(least) < 0 || value.compareTo(greatest) > 0
        ? Optional.empty()
        : Optional.of(value.doubleValue());
  }

  private void skipText() throws Malformed {
    at++;
    while (at < text.length() && text.charAt(at) != '"') {
      boolean escape = text.startsWith("\\\"", at) || text.startsWith("\\\\", at);
      at += escape ? 2 : 1;
    }
    require(at < text.length());
    at++;
  }

  private String name(String stops) {
    StringBuilder name = new StringBuilder();
    while (here() != '\n' && stops.indexOf(here()) < 0) {
      if (text.startsWith("\\\n", at) && !ODD_BACKSLASHES.matcher(name).find()) {
        name.append("\\\n");
        at += 2;
        continue;
      }
      if (here() == '\\' && at + 1 < text.length() && stops.indexOf(text.charAt(at + 1)) >= 0) {
        at++;
      }
      name.append(here());
      at++;
    }
    return name.toString();
  }

  /** Negative for what no window holds. */
  private long micros(String timestamp) {
    BigInteger units = new BigInteger(timestamp);
    BigInteger nanos =
        switch (precision) {
          case AUTO -> guessed(units);
          case NANOSECONDS -> BigInteger.ONE;
          case MICROSECONDS -> BigInteger.valueOf(1_000);
          case MILLISECONDS -> BigInteger.valueOf(1_000_000);
          case SECONDS -> BigInteger.valueOf(1_000_000_000);
          case MINUTES -> BigInteger.valueOf(60_000_000_000L);
          case HOURS -> BigInteger.valueOf(3_600_000_000_000L);
        };
    BigInteger micros = units.multiply(nanos).divide(BigInteger.valueOf(1_000));
    // The parser reads 64 bits of a timestamp, whatever its unit.
    boolean possible =
        units.signum() >= 0
            && micros.compareTo(BigInteger.valueOf(Reading.MAX_TS_MICROS)) <= 0
            && units.bitLength() < 64;
    return possible ? micros.longValueExact() : -1;
  }

  /**
   * A number of seconds has one digit before the last nine, one of milliseconds four, and so on.
   */
  private static BigInteger guessed(BigInteger units) {
    BigInteger billions = units.abs().divide(BigInteger.TEN.pow(9));
    for (int unit = 3; unit > 0; unit--) {
      if (billions.compareTo(BigInteger.valueOf(5).multiply(BigInteger.TEN.pow(9 - 3 * unit)))
          < 0) {
        return BigInteger.TEN.pow(3 * unit);
      }
    }
    return BigInteger.ONE;
  }

  private static String device(Map<String, String> tags) throws Unstorable {
    for (String tag : Parsing.DEVICE_TAGS) {
      String device = tags.remove(tag);
      if (device != null) {
        return device;
      }
    }
    throw new Unstorable();
  }

  private static String suffix(Map<String, String> tags) {
    List<String> pairs = new ArrayList<>();
    tags.forEach((key, value) ->
        pairs.add(key + "=\"" + value.replace("\\", "\\\\").replace("\"", "\\\"") + '"'));
    return pairs.isEmpty() ? "" : "{" + String.join(",", pairs) + "}";
  }

  private static boolean isName(String bytes, int maxBytes) throws Unstorable {
    return JsonReference.isName(utf8(bytes), maxBytes);
  }

  private static boolean hasControl(String bytes) throws Unstorable {
    return utf8(bytes).chars().anyMatch(c -> c < 0x20 || (c >= 0x7f && c < 0xa0));
  }

  private static String utf8(String bytes) throws Unstorable {
    try {
      return UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes.getBytes(ISO_8859_1))).toString();
    } catch (CharacterCodingException invalid) {
      throw new Unstorable();
    }
  }

  /** A line feed behind the last character. */
  private char here() {
    return at < text.length() ? text.charAt(at) : '\n';
  }

  private void skip(String characters) {
    while (at < text.length() && characters.indexOf(text.charAt(at)) >= 0) {
      at++;
    }
  }

  private static void require(boolean wellFormed) throws Malformed {
    if (!wellFormed) {
      throw new Malformed();
    }
  }

  private static void storable(boolean condition) throws Unstorable {
    if (!condition) {
      throw new Unstorable();
    }
  }
}
