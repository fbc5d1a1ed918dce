package dev.sluice.ingest.format.line;

import dev.sluice.ingest.format.BodyText;
import dev.sluice.reading.MemoryClaim;
import java.util.Arrays;

/**
 * The names of a line: finds where each one ends, and removes the escapes. Confined to its parser.
 *
 * <p>A backslash escapes a comma, a space and, outside a measurement, an equals sign; before
 * anything else it stands for itself. As in InfluxDB, a line feed after a backslash does not end
 * the line, unless that backslash itself follows one; it becomes part of a name, which is refused
 * for it.
 */
final class LineText extends BodyText {
  private static final byte PLAIN = 0;
  private static final byte WIDE = 1;
  private static final byte STOP = 2;

  /**
   * STOP: separators and the backslash. WIDE: control characters, and anything that is not ASCII.
   */
  private static final byte[] CLASS = new byte[256];

  static {
    Arrays.fill(CLASS, 0, 0x20, WIDE);
    Arrays.fill(CLASS, 0x7f, 256, WIDE);
    for (char c : new char[] {',', '=', ' ', '\\', '\n', '\r'}) {
      CLASS[c] = STOP;
    }
  }

  private boolean wide;
  private int lineFeeds;

  /**
   * @param memory called with the number of additional bytes before memory grows; may throw
   */
  LineText(MemoryClaim memory) {
    super(memory);
  }

  @Override
  public void start(byte[] bytes, int to) {
    super.start(bytes, to);
    lineFeeds = 0;
  }

  /** Whether the last name contains anything but printable ASCII. */
  boolean wide() {
    return wide;
  }

  /** Line feeds in all names since {@link #start}. */
  int lineFeeds() {
    return lineFeeds;
  }

  /**
   * Whether the line ends here: after the last byte, at a line feed, or at a carriage return before
   * one of those.
   */
  static boolean isLineEnd(byte[] bytes, int at, int to) {
    return at >= to
        || bytes[at] == '\n'
        || (bytes[at] == '\r' && (at + 1 == to || bytes[at + 1] == '\n'));
  }

  /** Length in bytes of the line feed, or carriage return and line feed, that starts here; or 0. */
  static int lineFeedBytes(byte[] bytes, int at, int to) {
    if (at < to && bytes[at] == '\n') {
      return 1;
    }
    return at + 1 < to && bytes[at] == '\r' && bytes[at + 1] == '\n' ? 2 : 0;
  }

  /** Whether this byte counts as blank between the parts of a line and around them. */
  static boolean isBlank(byte b) {
    return b == ' ' || b == '\t' || b == 0;
  }

  /** Reads a measurement; returns the offset of the comma, space or line end after it. */
  int readMeasurement(int from) {
    return read(from, true);
  }

  /** Reads a key or tag value; returns the offset of the comma, equals sign, space or line end. */
  int readName(int from) {
    return read(from, false);
  }

  private int read(int from, boolean measurement) {
    int i = from;
    while (i < end && CLASS[body[i] & 0xff] == PLAIN) {
      i++;
    }
    at = from;
    length = i - from;
    wide = false;
    if (i == end || (body[i] == '=' && !measurement) || body[i] == ',' || body[i] == ' ') {
      return i;
    }
    return readOn(from, i, measurement);
  }

  /** Continues where {@link #read} met an escape, a byte that is not ASCII, or a rarer end. */
  private int readOn(int from, int stop, boolean measurement) {
    boolean escaped = false;
    int backslashes = 0;
    int i = stop;
    while (!isLineEnd(body, i, end)) {
      byte b = body[i];
      if (b == ',' || b == ' ' || (b == '=' && !measurement)) {
        break;
      }
      wide |= CLASS[b & 0xff] == WIDE || b == '\r';
      backslashes = b == '\\' ? backslashes + 1 : 0;
      int feed = (backslashes & 1) == 1 ? lineFeedBytes(body, i + 1, end) : 0;
      if (feed > 0) {
        lineFeeds++;
        wide = true;
        backslashes = 0;
        i += 1 + feed;
        continue;
      }
      boolean escape = b == '\\' && i + 1 < end && isEscapable(body[i + 1], measurement);
      escaped |= escape;
      backslashes = escape ? 0 : backslashes;
      i += escape ? 2 : 1;
    }
    length = i - from;
    if (escaped) {
      decode(from, i, measurement);
    }
    return i;
  }

  private void decode(int from, int to, boolean measurement) {
    room(to - from);
    at = ~scratchLength;
    int out = scratchLength;
    for (int i = from; i < to; i++) {
      if (body[i] == '\\' && i + 1 < to && isEscapable(body[i + 1], measurement)) {
        i++;
      }
      scratch[out++] = body[i];
    }
    length = out - scratchLength;
    scratchLength = out;
  }

  private static boolean isEscapable(byte b, boolean measurement) {
    return b == ',' || b == ' ' || (b == '=' && !measurement);
  }
}
