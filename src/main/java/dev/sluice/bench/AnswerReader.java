package dev.sluice.bench;

import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.ProtocolException;
import java.util.Arrays;

/**
 * Reads responses from one connection: parses the status, and of the headers only what says where
 * the body ends (RFC 9112, section 6.3); discards the body. Confined to the connection's thread.
 */
final class AnswerReader {
  private static final int USUAL_BYTES = 512;
  private static final int MOST_HEAD_BYTES = 64 << 10;
  private static final byte[] CONTENT_LENGTH = ascii("content-length:");
  private static final byte[] TRANSFER_ENCODING = ascii("transfer-encoding:");
  private static final byte[] CONNECTION = ascii("connection:");
  private static final byte[] CHUNKED = ascii("chunked");
  private static final byte[] CLOSE = ascii("close");
  private static final long UNTIL_CLOSE = -1;
  private static final long IN_CHUNKS = -2;

  private byte[] buffer = new byte[USUAL_BYTES];
  private int start;
  private int end;
  private long bodyBytes;
  private boolean keepAlive;

  /** Discards what is left of a connection that is gone. */
  void reset() {
    start = 0;
    end = 0;
  }

  /** Whether another request may follow on the same connection. */
  boolean keepAlive() {
    return keepAlive;
  }

  /**
   * Reads one response to its end.
   *
   * @return its status
   * @throws EOFException if the connection ends before the response does
   * @throws ProtocolException if this is not HTTP/1.x
   */
  int read(InputStream in) throws IOException {
    int status = head(in);
    while (status < 200) {
      status = head(in);
    }
    if (status == 204 || status == 304) {
      return status;
    }
    if (bodyBytes == IN_CHUNKS) {
      dropChunks(in);
    } else if (bodyBytes == UNTIL_CLOSE) {
      keepAlive = false;
      dropAll(in);
    } else {
      drop(in, bodyBytes);
    }
    return status;
  }

  private int head(InputStream in) throws IOException {
    int line = endOfLine(in, 0);
    int status = status(line);
    keepAlive = buffer[start + 7] != '0';
    bodyBytes = UNTIL_CLOSE;
    start = line + 1;
    line = endOfLine(in, 0);
    while (!isBlank(line)) {
      header(line);
      start = line + 1;
      line = endOfLine(in, 0);
    }
    start = line + 1;
    return status;
  }

  private int status(int line) throws ProtocolException {
    if (line - start < 12 || buffer[start] != 'H' || buffer[start + 4] != '/') {
      throw new ProtocolException("no status line of HTTP/1.x");
    }
    int status = 0;
    for (int i = start + 9; i < start + 12; i++) {
      status = status * 10 + (buffer[i] - '0');
    }
    if (status < 100 || status > 999) {
      throw new ProtocolException("no three-digit status");
    }
    return status;
  }

  private void header(int line) throws ProtocolException {
    switch (buffer[start] | 0x20) {
      case 'c' -> {
        if (begins(start, line, CONTENT_LENGTH)) {
          if (bodyBytes != IN_CHUNKS) {
            bodyBytes = number(start + CONTENT_LENGTH.length, line);
          }
        } else if (begins(start, line, CONNECTION)) {
          keepAlive &= !contains(line, CLOSE);
        }
      }
      case 't' -> {
        if (begins(start, line, TRANSFER_ENCODING) && contains(line, CHUNKED)) {
          bodyBytes = IN_CHUNKS;
        }
      }
      default -> {}
    }
  }

  private long number(int from, int line) throws ProtocolException {
    long number = 0;
    boolean any = false;
    for (int i = from; i < line; i++) {
      int digit = buffer[i] - '0';
      if (digit >= 0 && digit <= 9) {
        number = number * 10 + digit;
        any = true;
      }
    }
    if (!any || number < 0) {
      throw new ProtocolException("a Content-Length that is not a number");
    }
    return number;
  }

  private void dropChunks(InputStream in) throws IOException {
    long size = chunkSize(in);
    while (size > 0) {
      drop(in, size);
      start = endOfLine(in, 0) + 1;
      size = chunkSize(in);
    }
    int line = endOfLine(in, 0);
    while (!isBlank(line)) {
      start = line + 1;
      line = endOfLine(in, 0);
    }
    start = line + 1;
  }

  private long chunkSize(InputStream in) throws IOException {
    int line = endOfLine(in, 0);
    long size = 0;
    int i = start;
    for (; i < line && Character.digit(buffer[i], 16) >= 0; i++) {
      size = size << 4 | Character.digit(buffer[i], 16);
    }
    if (i == start || i - start > 15) {
      throw new ProtocolException("a chunk without a size");
    }
    start = line + 1;
    return size;
  }

  private void drop(InputStream in, long bytes) throws IOException {
    long left = bytes;
    while (left > end - start) {
      left -= end - start;
      reset();
      fill(in);
    }
    start += (int) left;
  }

  private void dropAll(InputStream in) throws IOException {
    int read = 0;
    while (read >= 0) {
      read = in.read(buffer, 0, buffer.length);
    }
    reset();
  }

  /**
   * Index of the next line feed; may move the buffer's contents, dropping what precedes {@code
   * start}.
   */
  private int endOfLine(InputStream in, int searched) throws IOException {
    for (int i = start + searched; i < end; i++) {
      if (buffer[i] == '\n') {
        return i;
      }
    }
    int seen = end - start;
    fill(in);
    return endOfLine(in, seen);
  }

  private void fill(InputStream in) throws IOException {
    if (start > 0) {
      System.arraycopy(buffer, start, buffer, 0, end - start);
      end -= start;
      start = 0;
    }
    if (end == buffer.length) {
      if (end >= MOST_HEAD_BYTES) {
        throw new ProtocolException("a line of more than " + MOST_HEAD_BYTES + " bytes");
      }
      buffer = Arrays.copyOf(buffer, 2 * end);
    }
    int read = in.read(buffer, end, buffer.length - end);
    if (read < 0) {
      throw new EOFException("the connection was closed before the answer was complete");
    }
    end += read;
  }

  private boolean isBlank(int line) {
    return line == start || (line == start + 1 && buffer[start] == '\r');
  }

  private boolean begins(int from, int line, byte[] lower) {
    if (line - from < lower.length) {
      return false;
    }
    for (int i = 0; i < lower.length; i++) {
      int c = buffer[from + i];
      if ((c >= 'A' && c <= 'Z' ? c | 0x20 : c) != lower[i]) {
        return false;
      }
    }
    return true;
  }

  private boolean contains(int line, byte[] lower) {
    for (int i = start; i < line; i++) {
      if (begins(i, line, lower)) {
        return true;
      }
    }
    return false;
  }

  private static byte[] ascii(String text) {
    return text.getBytes(java.nio.charset.StandardCharsets.US_ASCII);
  }
}
