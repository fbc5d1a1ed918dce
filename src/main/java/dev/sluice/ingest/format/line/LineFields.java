package dev.sluice.ingest.format.line;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.sluice.ingest.format.Decimal;
import dev.sluice.ingest.format.IgnoredKind;
import dev.sluice.ingest.format.NameCheck;
import dev.sluice.ingest.format.PendingReadings;
import dev.sluice.ingest.format.Rejections;
import dev.sluice.ingest.format.Remarks;
import dev.sluice.reading.MemoryClaim;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;

/**
 * The fields of a line. Numbers, integers ({@code i}), unsigned integers ({@code u}) and booleans
 * become doubles. A number that is not finite, or an integer of more than 64 bits, refuses only its
 * field. A text is either ignored and counted, or refuses its field. Confined to its parser, which
 * reuses it for every line.
 */
final class LineFields {
  private static final byte[] MAX_POSITIVE = ascii("9223372036854775807");
  private static final byte[] MAX_NEGATIVE = ascii("9223372036854775808");
  private static final byte[] MAX_UNSIGNED = ascii("18446744073709551615");
  private static final List<byte[]> TRUE = words("t", "T", "true", "True", "TRUE");
  private static final List<byte[]> FALSE = words("f", "F", "false", "False", "FALSE");
  private static final List<byte[]> NOT_FINITE = words("nan", "inf", "infinity");

  private final boolean refusesTexts;
  private final Remarks remarks;
  private final LineText text;
  private final Decimal decimal = new Decimal();
  private final PendingReadings pending;

  private byte[] body = new byte[0];
  private int end;
  private int line;
  private Rejections rejections = new Rejections();
  private boolean wide;
  private int lineFeeds;

  /**
   * @param refusesTexts whether a text refuses its field
   * @param remarks counts texts that do not
   * @param memory called with the number of additional bytes before memory grows; may throw
   */
  LineFields(boolean refusesTexts, Remarks remarks, MemoryClaim memory) {
    this.refusesTexts = refusesTexts;
    this.remarks = remarks;
    this.text = new LineText(memory);
    this.pending = new PendingReadings(memory);
  }

  /**
   * Reads the fields of a line; adds a field that is refused to {@code refused}, at line {@code
   * number}.
   *
   * @return the offset of the space or line end after them, or {@link LineText#FAILED} if they are
   *     malformed
   */
  int read(byte[] bytes, int at, int to, int number, Rejections refused) {
    body = bytes;
    end = to;
    line = number;
    rejections = refused;
    wide = false;
    lineFeeds = 0;
    text.start(bytes, to);
    pending.clear();
    int i = readField(at);
    while (i < end && i != LineText.FAILED && body[i] == ',') {
      i = readField(i + 1);
    }
    if (i == LineText.FAILED || LineText.isLineEnd(body, i, end) || body[i] == ' ') {
      return i;
    }
    return text.fail("has a malformed value" + ofField());
  }

  /** The fields that are not refused; their names refer to {@link #text}. */
  PendingReadings pending() {
    return pending;
  }

  LineText text() {
    return text;
  }

  /** Whether they contain anything but printable ASCII. */
  boolean wide() {
    return wide;
  }

  /** Line feeds inside text values and, after backslashes, in names. */
  int lineFeeds() {
    return lineFeeds + text.lineFeeds();
  }

  /** Drops memory held for an unusually long line. */
  void release() {
    text.release();
    pending.release();
  }

  private int readField(int at) {
    int i = text.readName(at);
    wide |= text.wide();
    if (text.length() == 0) {
      return text.fail("has a field without a name");
    }
    if (i >= end || body[i] != '=') {
      return text.fail("has no value" + ofField());
    }
    i++;
    if (i < end && body[i] == '"') {
      return readText(i + 1);
    }
    int behind = decimal.scan(body, i, end);
    return decimal.isNumber() ? readNumber(behind) : readWord(i);
  }

  private int readNumber(int behind) {
    byte suffix = behind < end ? body[behind] : 0;
    if (suffix != 'i' && suffix != 'u') {
      add(decimal.toDouble());
      return behind;
    }
    boolean unsigned = suffix == 'u';
    if (!decimal.isInteger() || (unsigned && decimal.isNegative())) {
      return text.fail("has a malformed integer" + ofField());
    }
    byte[] greatest = unsigned ? MAX_UNSIGNED : decimal.isNegative() ? MAX_NEGATIVE : MAX_POSITIVE;
    if (decimal.isAtMost(greatest)) {
      // An integer has no negative zero.
      add(decimal.toDouble() + 0.0);
    } else {
      refuse("needs more than 64 bits");
    }
    return behind + 1;
  }

  private int readWord(int at) {
    int i = at;
    while (!LineText.isLineEnd(body, i, end) && body[i] != ',' && body[i] != ' ') {
      i++;
    }
    if (isAny(TRUE, at, i)) {
      add(1);
    } else if (isAny(FALSE, at, i)) {
      add(0);
    } else if (isNotFinite(at, i)) {
      refuse("is not finite");
    } else {
      return text.fail("has a malformed value" + ofField());
    }
    return i;
  }

  /** Reads a text to its closing quote, even across line feeds. */
  private int readText(int at) {
    int i = at;
    while (i < end && body[i] != '"') {
      byte b = body[i];
      boolean escape = b == '\\' && i + 1 < end && (body[i + 1] == '"' || body[i + 1] == '\\');
      wide |= b < 0;
      lineFeeds += b == '\n' ? 1 : 0;
      i += escape ? 2 : 1;
    }
    if (i >= end) {
      return text.fail("has a string without a closing quote" + ofField());
    }
    if (refusesTexts) {
      refuse("is text, which cannot be stored (ingest.text-fields=ignore leaves it out)");
    } else {
      remarks.ignore(IgnoredKind.TEXT);
    }
    return i + 1;
  }

  private void add(double value) {
    if (Double.isFinite(value)) {
      pending.add(text.at(), text.length(), !text.wide(), value, PendingReadings.NO_TS);
    } else {
      refuse("is not finite");
    }
  }

  private boolean isNotFinite(int from, int to) {
    int at = from < to && (body[from] == '-' || body[from] == '+') ? from + 1 : from;
    for (byte[] word : NOT_FINITE) {
      boolean same = to - at == word.length;
      for (int i = 0; same && i < word.length; i++) {
        same = (body[at + i] | 0x20) == word[i];
      }
      if (same) {
        return true;
      }
    }
    return false;
  }

  private boolean isAny(List<byte[]> words, int from, int to) {
    for (int i = 0; i < words.size(); i++) {
      byte[] word = words.get(i);
      if (Arrays.equals(body, from, to, word, 0, word.length)) {
        return true;
      }
    }
    return false;
  }

  private void refuse(String why) {
    rejections.add(line, rejections.wantsReason() ? "field " + name() + " " + why : "");
  }

  private String ofField() {
    return rejections.wantsReason() ? " of field " + name() : "";
  }

  private String name() {
    return NameCheck.excerpt(text.bytesOf(text.at()), LineText.offsetOf(text.at()), text.length());
  }

  private static List<byte[]> words(String... words) {
    return Stream.of(words).map(LineFields::ascii).toList();
  }

  private static byte[] ascii(String word) {
    return word.getBytes(US_ASCII);
  }
}
