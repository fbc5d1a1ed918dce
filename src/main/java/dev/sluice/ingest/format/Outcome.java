package dev.sluice.ingest.format;

/** The outcome of parsing one request body. */
public sealed interface Outcome {
  /**
   * The body was read to its end: its good readings are in the buffer, and anything refused is in
   * the {@link Rejections} (often nothing).
   */
  record Parsed() implements Outcome {
    public static final Parsed INSTANCE = new Parsed();
  }

  /**
   * The body has no bytes, and a body of this format must have some. Buffer and rejections are as
   * they were.
   */
  record Empty() implements Outcome {
    public static final Empty INSTANCE = new Empty();
  }

  /**
   * The body is not JSON. Nothing of it is kept: buffer and rejections are empty.
   *
   * @param line 1-based
   * @param column 1-based, in bytes
   * @param reason what was found there, and what was expected
   */
  record Malformed(int line, int column, String reason) implements Outcome {
    /** Creates one for an error at {@code at} in the body that starts at {@code from}. */
    public static Malformed at(byte[] body, int from, int at, String reason) {
      int line = 1;
      int lineStart = from;
      for (int i = from; i < at; i++) {
        if (body[i] == '\n') {
          line++;
          lineStart = i + 1;
        }
      }
      return new Malformed(line, at - lineStart + 1, reason);
    }
  }

  /**
   * The body is not of a binary format. Nothing of it is kept: buffer and rejections are empty.
   *
   * @param at offset in the body, in bytes
   * @param reason what was found there, and what was expected
   */
  record Undecodable(int at, String reason) implements Outcome {}

  /**
   * The readings do not fit into the buffer. Nothing of the body is kept: buffer and rejections are
   * empty.
   */
  record TooLarge() implements Outcome {
    public static final TooLarge INSTANCE = new TooLarge();
  }
}
