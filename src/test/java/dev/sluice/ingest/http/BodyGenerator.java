package dev.sluice.ingest.http;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.random.RandomGenerator;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** Valid bodies of both formats at random, and mutations of them. */
final class BodyGenerator {
  private static final String[] NUMBERS = {
    "21.5",
    "-70",
    "0",
    "-0",
    "40",
    "1e3",
    "1E-3",
    "0.30000000000000004",
    "98.49246231155779",
    "1.7976931348623157e308",
    "4.9e-324",
    "2.2250738585072011e-308",
    "9007199254740993",
    "123456789012345678901234567890",
    "0.000000000000000000000000001",
    "1e400",
    "-1e400",
    "1e-400"
  };
  private static final String[] NAMES = {
    "temp",
    "humidity",
    "cpu_usage_idle",
    "value",
    "température",
    "温度",
    "x",
    "a b",
    "𝛑",
    "device",
    "metric",
    "metrics",
    "ts",
    "name",
    "n".repeat(128),
    "n".repeat(129),
    "n".repeat(255),
    "n".repeat(256),
    "values",
    "time",
    "timestamp",
    "é".repeat(64)
  };
  private static final String[] TIMES = {
    "1795300000000",
    "1795300000",
    "1795300000000000000",
    "946684799999.999",
    "946684800000",
    "1795386400000",
    "1795386400000.001",
    "1795300000000.123456789",
    "0",
    "1.7953e12",
    "-1",
    "253402300799999.999",
    "253402300800000",
    "\"2026-11-21T22:00:00.123456Z\"",
    "\"2024-02-29t00:00:00z\"",
    "\"2023-02-29T00:00:00Z\"",
    "\"2026-11-21T22:00+01:00\"",
    "\"2026-11-21T22:00:00-0730\"",
    "\"2026-11-21T22:00:00,5+02\"",
    "\"20261121T220000.123456Z\"",
    "\"20261121T2200-07\"",
    "\"20261121T22:00Z\"",
    "\"1970-01-01T00:30:00+01:00\"",
    "\"2016-12-31T23:59:60Z\"",
    "\"9999-12-31T23:59:59Z\""
  };
  private static final String[] LABELS = {
    "\"text\"",
    "true",
    "false",
    "null",
    "{}",
    "[]",
    "{\"a\":[1,{\"b\":null}]}",
    "\"\\ud83d\\ude00\""
  };
  private static final String[] JSON_PIECES = {
    "\"",
    "\\",
    ",",
    ":",
    "{",
    "}",
    "[",
    "]",
    "\\u0041",
    "\\ud800",
    "\\ud83d\\ude00",
    "\\u0000",
    "\\u0080",
    "\n",
    "\r\n",
    "\t",
    "\u0001",
    "\u007f",
    "é",
    "1e400",
    "01",
    "-",
    ".5",
    "1.",
    "1e",
    "tru",
    "null",
    "\"device_id\":\"d\"",
    "\"device\":\"e\",",
    "\"ts\":1,",
    "\"time\":1795300000000,",
    "\"timestamp\":1795300000,",
    "\"values\":{\"v\":1,\"v\":2},",
    "\"values\":3,",
    "true",
    "false",
    "\"metric\":\"m\",",
    "\"value\":1,",
    "\"metrics\":[{\"name\":\"p\",\"value\":1}],",
    "\"temp\":1,",
    "\ufeff",
    "/"
  };
  private static final String[] LINE_PIECES = {
    ",",
    "=",
    " ",
    "  ",
    "\\",
    "\\,",
    "\\=",
    "\\ ",
    "\\\\",
    "\\\n",
    "\\\r\n",
    "\\\\\n",
    "=\"",
    "=\"a\nb,device=e value=1\n\"",
    "\0",
    "\0\n",
    " \t",
    "\"",
    "\\\"",
    "\n",
    "\r\n",
    "\r",
    "#",
    "\t",
    "\u0001",
    "\u007f",
    "é",
    "\u0085",
    "i",
    "u",
    "t",
    "true",
    "FALSE",
    "NaN",
    "-inf",
    "1e400",
    "host=h",
    ",device=d",
    " value=1",
    ",f=\"a\nb\"",
    "9223372036854775807i",
    "-9223372036854775808i",
    "9223372036854775808i",
    "18446744073709551615u",
    "18446744073709551616u",
    "1.",
    ".5",
    "-",
    "1e",
    " 1795300000000000000",
    " -1"
  };

  private static final Pattern SERIES_END = Pattern.compile("(?<!\\\\) ");

  private final RandomGenerator random;

  BodyGenerator(RandomGenerator random) {
    this.random = random;
  }

  byte[] json() {
    int elements = random.nextInt(4);
    StringBuilder text = new StringBuilder();
    if (random.nextInt(3) == 0) {
      return bytes(object());
    }
    text.append(space()).append('[');
    for (int i = 0; i < elements; i++) {
      text.append(i == 0 ? "" : ",").append(space());
      text.append(random.nextInt(20) == 0 ? label() : object());
    }
    return bytes(text.append(space()).append(']').append(space()).toString());
  }

  byte[] ndjson() {
    StringBuilder text = new StringBuilder();
    for (int i = random.nextInt(5); i > 0; i--) {
      text.append(random.nextInt(20) == 0 ? label() : object());
      text.append(random.nextInt(5) == 0 ? " \r\n" : "\n");
      text.append(random.nextInt(8) == 0 ? "\n" : "");
    }
    return bytes(text.toString());
  }

  byte[] lines() {
    StringBuilder text = new StringBuilder();
    for (int i = random.nextInt(5); i > 0; i--) {
      text.append(line()).append(random.nextInt(5) == 0 ? "\r\n" : "\n");
      // The series of the line before once more: a case the parser takes a short way for.
      if (random.nextInt(4) == 0) {
        int last = text.substring(0, text.length() - 1).lastIndexOf('\n') + 1;
        text.append(SERIES_END.split(text.substring(last), 2)[0]).append(" again=1\n");
      }
    }
    return bytes(text.toString());
  }

  byte[] mutateJson(byte[] body) {
    return mutate(body, JSON_PIECES);
  }

  byte[] mutateLines(byte[] body) {
    return mutate(body, LINE_PIECES);
  }

  private byte[] mutate(byte[] body, String[] pieces) {
    byte[] mutated = body;
    for (int i = random.nextInt(4); i > 0; i--) {
      int at = random.nextInt(mutated.length + 1);
      int behind = Math.min(mutated.length, at + random.nextInt(6));
      mutated =
          switch (random.nextInt(5)) {
            case 0 -> splice(mutated, at, behind, new byte[0]);
            case 1 -> splice(mutated, at, at, bytes(pick(pieces)));
            case 2 -> splice(mutated, at, behind, bytes(pick(pieces)));
            case 3 -> splice(mutated, at, at, Arrays.copyOfRange(mutated, at, behind));
            default -> splice(mutated, at, behind, new byte[] {(byte) random.nextInt(256)});
          };
    }
    return mutated;
  }

  private static byte[] splice(byte[] body, int from, int to, byte[] with) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.write(body, 0, from);
    out.writeBytes(with);
    out.write(body, to, body.length - to);
    return out.toByteArray();
  }

  private String object() {
    List<String> members = new ArrayList<>();
    members.add(quote(random.nextInt(6) == 0 ? "device" : "device_id") + ":" + quote(device()));
    if (random.nextInt(2) == 0) {
      members.add(pick("\"ts\":", "\"ts\":", "\"time\":", "\"timestamp\":") + pick(TIMES));
    }
    switch (random.nextInt(4)) {
      case 2 -> members.add("\"values\":" + values());
      case 0 -> {
        members.add("\"metric\":" + quote(pick(NAMES)));
        members.add("\"value\":" + number());
      }
      case 1 -> members.add("\"metrics\":[" + entries() + "]");
      default -> {}
    }
    int more = random.nextInt(30) == 0 ? 40 : random.nextInt(4);
    for (int i = 0; i < more; i++) {
      String name = random.nextInt(4) == 0 ? pick(NAMES) : "m" + random.nextInt(1000);
      members.add(
          quote(name) + space() + ":" + space() + (random.nextInt(4) == 0 ? label() : number()));
    }
    Collections.shuffle(members, new Random(random.nextLong()));
    return "{" + space() + String.join(space() + ",", members) + "}";
  }

  private String values() {
    return IntStream.range(0, random.nextInt(4))
        .mapToObj(i -> quote(pick(NAMES)) + ":" + (random.nextInt(4) == 0 ? label() : number()))
        .collect(Collectors.joining(",", "{", "}"));
  }

  private String entries() {
    return String.join(
        ",",
        IntStream.range(0, random.nextInt(3))
            .mapToObj(i ->
                "{\"name\":%s,\"value\":%s%s%s}"
                    .formatted(
                        quote(pick(NAMES)),
                        random.nextInt(8) == 0 ? "true" : number(),
                        random.nextBoolean() ? "" : ",\"ts\":" + pick(TIMES),
                        random.nextInt(4) == 0 ? ",\"unit\":" + label() : ""))
            .toList());
  }

  private String quote(String text) {
    if (random.nextInt(8) != 0) {
      return '"' + text + '"';
    }
    int at = random.nextInt(text.length());
    if (Character.isSurrogate(text.charAt(at))) {
      return '"' + text + '"';
    }
    return '"'
        + text.substring(0, at)
        + "\\u%04x".formatted((int) text.charAt(at))
        + text.substring(at + 1)
        + '"';
  }

  private String line() {
    if (random.nextInt(15) == 0) {
      return random.nextBoolean() ? "# a comment" : "  ";
    }
    StringBuilder line = new StringBuilder(escape(pick(NAMES), ", "));
    if (random.nextInt(10) != 0) {
      line.append(pick(",device_id=", ",host=", ",device=")).append(escape(device(), ",= "));
    }
    for (int i = random.nextInt(3); i > 0; i--) {
      line.append(',').append(escape(pick("cpu", "mode", "a=b", "host", "z\\", "tag key"), ",= "));
      line.append('=')
          .append(escape(pick("cpu0", "idle", "a\"b", "x,y", "c\\d", "ü", "e\\"), ",= "));
      if (random.nextInt(20) == 0) {
        line.append("\\\nb,device=d v=1 1795300000000000000");
      }
    }
    boolean first = true;
    for (int i = random.nextInt(3); i >= 0; i--) {
      line.append(first ? ' ' : ',');
      first = false;
      line.append(escape(pick(NAMES), ",= ")).append('=').append(fieldValue());
    }
    if (random.nextInt(4) != 0) {
      line.append(' ')
          .append(
              pick(
                  "1795300000000000000",
                  "1795300000",
                  "1795300000000",
                  "1795300000000000",
                  "1795386400",
                  "1795386401",
                  "946684799",
                  "946684800",
                  "0",
                  "1",
                  "9223372036854775807",
                  "99999999999999999999",
                  "7039"));
    }
    return line.append(random.nextInt(10) == 0 ? "  " : "").toString();
  }

  private String fieldValue() {
    return switch (random.nextInt(6)) {
      case 0 -> random.nextInt() + "i";
      case 1 -> random.nextInt(1 << 30) + "u";
      case 2 -> pick("t", "true", "F", "FALSE", "NaN", "-Inf");
      case 3 -> pick("\"text\"", "\"a \\\" b\"", "\"a\nb\"", "\"c\\\\\"");
      default -> number();
    };
  }

  private static String escape(String name, String characters) {
    StringBuilder escaped = new StringBuilder();
    for (int i = 0; i < name.length(); i++) {
      char c = name.charAt(i);
      escaped.append(characters.indexOf(c) >= 0 ? "\\" : "").append(c);
    }
    return escaped.toString();
  }

  private String number() {
    return switch (random.nextInt(4)) {
      case 0 -> pick(NUMBERS);
      case 1 -> Double.toString(random.nextDouble() * 100);
      case 2 -> {
        double any = Double.longBitsToDouble(random.nextLong());
        yield Double.isFinite(any) ? Double.toString(any) : "7";
      }
      default -> Integer.toString(random.nextInt(1000) - 200);
    };
  }

  private String device() {
    return random.nextInt(6) == 0 ? pick(NAMES) : "s-" + random.nextInt(100);
  }

  private String label() {
    return pick(LABELS);
  }

  private String space() {
    return random.nextInt(5) == 0 ? pick(" ", "\t", "  ") : "";
  }

  private String pick(String... from) {
    return from[random.nextInt(from.length)];
  }

  private static byte[] bytes(String text) {
    return text.getBytes(UTF_8);
  }

  /** A body as a test message shows it: ASCII as it is, the rest as hexadecimal escapes. */
  static String show(byte[] body) {
    StringBuilder text = new StringBuilder();
    for (char c : new String(body, ISO_8859_1).toCharArray()) {
      text.append(c >= 0x20 && c < 0x7f ? "" + c : "\\x%02x".formatted((int) c));
    }
    return text.toString();
  }
}
