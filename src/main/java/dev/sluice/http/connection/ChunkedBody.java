package dev.sluice.http.connection;

import java.util.Arrays;

/**
 * Reads the chunked framing of a body exactly (RFC 9112, section 7.1), and puts new framing around
 * what has arrived. The server buffers a chunk until it is complete, and the sender decides how
 * large a chunk is; here each read becomes a chunk, so that nothing has to be kept. Chunk
 * extensions, trailers, and zeros and blanks around a size are dropped. A line must end with a
 * carriage return and a line feed, because readers differ in what else they accept.
 *
 * <p>Confined to its connection's thread, and reused for each chunked body.
 */
final class ChunkedBody {
  private static final int MOST_SIZE_DIGITS = 15;
  private static final int MOST_LINE_BYTES = 256;
  private static final int MOST_TRAILER_BYTES = 8 * 1024;
  private static final byte[] LAST = {'0', '\r', '\n', '\r', '\n'};

  private enum Part {
    SIZE,
    BLANKS,
    EXTENSION,
    SIZE_LF,
    DATA,
    DATA_CR,
    DATA_LF,
    TRAILER_START,
    TRAILER,
    TRAILER_LF,
    LAST_LF,
    END
  }

  private Part part = Part.END;
  private long size;
  private int digits;
  private int lineBytes;
  private byte[] out = new byte[0];
  private int length;
  private int consumed;

  /** Prepares for the first chunk of a body. */
  void begin() {
    part = Part.SIZE;
    size = 0;
    digits = 0;
    lineBytes = 0;
  }

  /** Whether the body has been read to its end. */
  boolean isComplete() {
    return part == Part.END;
  }

  /** How many bytes the last {@link #read} took; any after them are not part of the body. */
  int consumed() {
    return consumed;
  }

  /**
   * Takes the bytes from {@code from}, up to the end of the body.
   *
   * @param head what to put in front; often empty
   * @return {@code head} and what has arrived, with new framing; empty if that is nothing yet
   * @throws io.helidon.http.RequestException if the framing is broken
   */
  byte[] read(byte[] head, byte[] bytes, int from, int to) {
    out = new byte[head.length + to - from + 32];
    length = 0;
    append(head, 0, head.length);
    int i = from;
    while (i < to && part != Part.END) {
      if (part == Part.DATA) {
        int run = (int) Math.min(size, to - i);
        frame(bytes, i, run);
        i += run;
        size -= run;
        if (size == 0) {
          part = Part.DATA_CR;
        }
      } else {
        part = next(bytes[i++]);
      }
    }
    consumed = i - from;
    if (part == Part.END) {
      append(LAST, 0, LAST.length);
    }
    byte[] result = length == out.length ? out : Arrays.copyOf(out, length);
    out = new byte[0];
    return result;
  }

  private Part next(byte b) {
    return switch (part) {
      case SIZE -> inSize(b);
      case BLANKS -> inBlanks(b);
      case EXTENSION -> inExtension(b);
      case SIZE_LF -> {
        require(b == '\n', "a chunk's size does not end with a line end");
        yield size == 0 ? Part.TRAILER_START : Part.DATA;
      }
      case DATA_CR -> {
        require(b == '\r', "a chunk is longer than its size");
        yield Part.DATA_LF;
      }
      case DATA_LF -> {
        require(b == '\n', "a chunk is longer than its size");
        begin();
        yield Part.SIZE;
      }
      case TRAILER_START -> b == '\r' ? Part.LAST_LF : inTrailer(b);
      case TRAILER -> b == '\r' ? Part.TRAILER_LF : inTrailer(b);
      case TRAILER_LF -> {
        require(b == '\n', "a trailer has a control character");
        yield Part.TRAILER_START;
      }
      case LAST_LF -> {
        require(b == '\n', "the body does not end with an empty line");
        yield Part.END;
      }
      case DATA, END -> throw new AssertionError("a byte of framing in " + part);
    };
  }

  private Part inSize(byte b) {
    int digit = Character.digit(b, 16);
    if (digit >= 0) {
      size = size * 16 + digit;
      if (digits > 0 || digit > 0) {
        digits++;
      }
      require(digits <= MOST_SIZE_DIGITS, "a chunk's size is too large");
      countLineByte();
      return Part.SIZE;
    }
    require(lineBytes > 0, "a chunk's size is not a hexadecimal number");
    return inBlanks(b);
  }

  private Part inBlanks(byte b) {
    countLineByte();
    return switch (b) {
      case ' ', '\t' -> Part.BLANKS;
      case ';' -> Part.EXTENSION;
      case '\r' -> Part.SIZE_LF;
      default -> throw Refusal.badRequest("a chunk's size is not a hexadecimal number");
    };
  }

  private Part inExtension(byte b) {
    countLineByte();
    if (b == '\r') {
      return Part.SIZE_LF;
    }
    require(isText(b), "a chunk extension has a control character");
    return Part.EXTENSION;
  }

  private Part inTrailer(byte b) {
    require(isText(b), "a trailer has a control character");
    require(++lineBytes <= MOST_TRAILER_BYTES, "the trailers are too large");
    return Part.TRAILER;
  }

  private void countLineByte() {
    require(++lineBytes <= MOST_LINE_BYTES, "a chunk's size line is too long");
  }

  private static boolean isText(byte b) {
    return b < 0 || b == '\t' || (b >= ' ' && b != 0x7f);
  }

  private static void require(boolean holds, String otherwise) {
    if (!holds) {
      throw Refusal.badRequest(otherwise);
    }
  }

  private void frame(byte[] bytes, int from, int run) {
    String hex = Integer.toHexString(run);
    byte[] line = (hex + "\r\n").getBytes(java.nio.charset.StandardCharsets.US_ASCII);
    append(line, 0, line.length);
    append(bytes, from, run);
    append(LAST, 1, 2);
  }

  private void append(byte[] bytes, int from, int count) {
    if (length + count > out.length) {
      out = Arrays.copyOf(out, Math.max(2 * out.length, length + count));
    }
    System.arraycopy(bytes, from, out, length, count);
    length += count;
  }
}
