package dev.sluice.ingest.format.json;

import dev.sluice.ingest.format.Decimal;
import dev.sluice.reading.MemoryClaim;

/**
 * Walks through one JSON text of a body in a single pass and checks it strictly against RFC 8259.
 * The caller asks for what it expects next; a step that finds the text is not JSON returns {@link
 * #FAILED} (or false), and {@link #error} and {@link #errorAt} say why and where. After that, the
 * text cannot be read any further. Confined to its parser.
 *
 * <p>Nesting is handled by recursion, limited to {@link #MAX_DEPTH} levels.
 */
public final class JsonCursor {
  public static final int FAILED = -1;
  public static final int END = 0;
  public static final int ONE_MORE = 1;

  /** Returned by {@link #peek} after the last byte. */
  public static final int NOTHING = -1;

  /** Deepest nesting of objects and arrays accepted. */
  public static final int MAX_DEPTH = 64;

  private final Decimal decimal = new Decimal();
  private final JsonText text;

  private byte[] body = new byte[0];
  private int at;
  private int end;
  private boolean oneLine;
  private int depth;
  private double scalar;

  /**
   * @param memory called with the number of additional bytes before memory grows; may throw
   */
  public JsonCursor(MemoryClaim memory) {
    this.text = new JsonText(memory);
  }

  /**
   * Starts before the first byte of [from, to).
   *
   * @param line whether the text ends at the first line feed
   */
  public void start(byte[] bytes, int from, int to, boolean line) {
    body = bytes;
    at = from;
    end = to;
    oneLine = line;
    depth = 0;
    text.start(bytes, to);
  }

  /**
   * Goes on at this offset, where a value starts that was skipped before in the object just left.
   */
  public void goTo(int offset) {
    at = offset;
  }

  /** Offset of the next byte. */
  public int at() {
    return at;
  }

  byte[] body() {
    return body;
  }

  public String error() {
    return text.error();
  }

  public int errorAt() {
    return text.errorAt();
  }

  /** The last number taken. */
  public Decimal decimal() {
    return decimal;
  }

  /** The last string or name taken. */
  public JsonText text() {
    return text;
  }

  /** Returns the next byte that is not white space, or {@link #NOTHING}, without taking it. */
  public int peek() {
    while (at < end) {
      byte b = body[at];
      boolean space = b == ' ' || b == '\t' || b == '\r' || (b == '\n' && !oneLine);
      if (!space) {
        return b == '\n' ? NOTHING : b & 0xff;
      }
      at++;
    }
    return NOTHING;
  }

  /** Whether a number or a boolean is next, the two kinds a reading's value may have. */
  boolean peekScalar() {
    int next = peek();
    return next == '-' || (next >= '0' && next <= '9') || next == 't' || next == 'f';
  }

  /** Takes the number or boolean that is next into {@link #scalar()}. */
  public boolean takeScalar() {
    int next = peek();
    if (next == 't' || next == 'f') {
      scalar = next == 't' ? 1 : 0;
      return takeWord(next == 't' ? "true" : "false");
    }
    if (!takeNumber()) {
      return false;
    }
    scalar = decimal.toDouble();
    return true;
  }

  /**
   * The last number or boolean taken, with a boolean as 1 or 0; infinite if the number is too
   * large.
   */
  public double scalar() {
    return scalar;
  }

  /** Whether a number is next. */
  public boolean peekNumber() {
    int next = peek();
    return next == '-' || (next >= '0' && next <= '9');
  }

  /** Describes what is next in words, for a value of the wrong kind. */
  String kind() {
    return switch (peek()) {
      case '{' -> "an object";
      case '[' -> "an array";
      case '"' -> "text";
      case 't', 'f' -> "a boolean";
      case 'n' -> "null";
      default -> "a number";
    };
  }

  /** Takes the opening brace and, if there is one, the first member's name and colon. */
  public int enterObject() {
    if (!descend()) {
      return FAILED;
    }
    return peek() == '}' ? leave() : takeName();
  }

  /** After a member's value: takes the next member's name and colon, or the closing brace. */
  public int nextMember() {
    int next = peek();
    if (next == ',') {
      at++;
      return takeName();
    }
    return next == '}' ? leave() : fail("expected ',' or '}' after a member");
  }

  /** Takes the opening bracket; the first item, if there is one, comes next. */
  public int enterArray() {
    if (!descend()) {
      return FAILED;
    }
    return peek() == ']' ? leave() : ONE_MORE;
  }

  /** After an item: takes the comma or the closing bracket. */
  public int nextItem() {
    int next = peek();
    if (next == ',') {
      at++;
      return ONE_MORE;
    }
    return next == ']' ? leave() : fail("expected ',' or ']' after an item");
  }

  /** Takes the number that is next into {@link #decimal()}. */
  public boolean takeNumber() {
    int behind = decimal.scan(body, at, end);
    if (!decimal.isJson()) {
      return refuse("malformed number");
    }
    at = behind;
    return true;
  }

  /** Takes the string that is next into {@link #text()}. */
  public boolean takeText() {
    int behind = text.read(at);
    if (behind == JsonText.FAILED) {
      return false;
    }
    at = behind;
    return true;
  }

  /** Takes and discards the next value, whatever it is. */
  public boolean skip() {
    return switch (peek()) {
      case '{' -> skipObject();
      case '[' -> skipArray();
      case '"' -> skipText();
      case '-', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9' -> takeNumber();
      case 't' -> takeWord("true");
      case 'f' -> takeWord("false");
      case 'n' -> takeWord("null");
      default -> refuse("expected a value");
    };
  }

  /** Whether only white space is left of the text; anything else is an error. */
  public boolean atEnd() {
    return peek() == NOTHING || refuse("expected nothing more after the JSON text");
  }

  /**
   * The first line feed from here on, or from the error if there was one; the end if there is none.
   */
  int atLineEnd() {
    int i = error().isEmpty() ? at : errorAt();
    while (i < end && body[i] != '\n') {
      i++;
    }
    return i;
  }

  private boolean skipObject() {
    int member = enterObject();
    while (member == ONE_MORE) {
      member = skip() ? nextMember() : FAILED;
    }
    return member == END;
  }

  private boolean skipArray() {
    int item = enterArray();
    while (item == ONE_MORE) {
      item = skip() ? nextItem() : FAILED;
    }
    return item == END;
  }

  private boolean skipText() {
    int held = text.held();
    boolean good = takeText();
    text.forget(held);
    return good;
  }

  private boolean takeWord(String word) {
    for (int i = 0; i < word.length(); i++) {
      if (at + i >= end || body[at + i] != word.charAt(i)) {
        return refuse("expected a value");
      }
    }
    at += word.length();
    return true;
  }

  private int takeName() {
    if (peek() != '"') {
      return fail("expected a member's name in quotes");
    }
    if (!takeText()) {
      return FAILED;
    }
    if (peek() != ':') {
      return fail("expected ':' after a member's name");
    }
    at++;
    return ONE_MORE;
  }

  private boolean descend() {
    if (depth == MAX_DEPTH) {
      return refuse("nested deeper than " + MAX_DEPTH + " levels");
    }
    depth++;
    at++;
    return true;
  }

  private int leave() {
    at++;
    depth--;
    return END;
  }

  private int fail(String reason) {
    return text.fail(at, reason);
  }

  /** Same as {@link #fail}, for the steps that return false. */
  private boolean refuse(String reason) {
    return fail(reason) != FAILED;
  }
}
