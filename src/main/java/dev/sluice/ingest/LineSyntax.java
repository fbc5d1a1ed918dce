package dev.sluice.ingest;

import java.util.Arrays;

/** The bytes that mean something in line protocol. */
final class LineSyntax {
  private static final byte PLAIN = 0;
  private static final byte WIDE = 1;
  private static final byte STOP = 2;

  /** STOP: what separates or escapes. WIDE: what a name may not hold, or is not ASCII. */
  private static final byte[] CLASS = new byte[256];

  static {
    Arrays.fill(CLASS, 0, 0x20, WIDE);
    Arrays.fill(CLASS, 0x7f, 256, WIDE);
    for (char c : new char[] {',', '=', ' ', '\\', '\n', '\r'}) {
      CLASS[c] = STOP;
    }
  }

  private LineSyntax() {}

  /** Whether this byte is printable ASCII that stands for itself everywhere. */
  static boolean isPlain(byte b) {
    return CLASS[b & 0xff] == PLAIN;
  }

  /** Whether the line ends here: behind the last byte, at a line feed, or at CR and line feed. */
  static boolean isLineEnd(byte[] body, int at, int to) {
    return at >= to
        || body[at] == '\n'
        || (body[at] == '\r' && (at + 1 == to || body[at + 1] == '\n'));
  }
}
