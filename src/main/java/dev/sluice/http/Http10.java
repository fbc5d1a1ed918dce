package dev.sluice.http;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Lets clients of HTTP/1.0 in (old sensors, and proxies that have not been told otherwise), which
 * the server would turn away unheard. Their first request is handed on as one of HTTP/1.1 that asks
 * for its connection to be closed: no chunked answer, no second request. Pure.
 */
final class Http10 {
  private static final int MOST_HEAD_BYTES = 20 * 1024;
  private static final byte[] VERSION = ascii("HTTP/1.0\r");
  private static final byte[] END = ascii("\r\n\r\n");
  private static final byte[] CLOSE = ascii("Connection: close\r\n");
  private static final byte[] CLOSE_AND_HOST = ascii("Connection: close\r\nHost: localhost\r\n");

  private Http10() {}

  /** Whether these first bytes of a connection are enough for {@link #asHttp11}. */
  static boolean isDecided(byte[] head) {
    int lineEnd = indexOf(head, (byte) '\n', 0);
    if (lineEnd < 0) {
      return head.length > MOST_HEAD_BYTES;
    }
    return !isHttp10(head, lineEnd) || endOfHeaders(head) >= 0 || head.length > MOST_HEAD_BYTES;
  }

  /** The bytes as they are, or a request of HTTP/1.0 as one of HTTP/1.1. */
  static byte[] asHttp11(byte[] head) {
    int lineEnd = indexOf(head, (byte) '\n', 0);
    if (lineEnd < 0 || !isHttp10(head, lineEnd)) {
      return head;
    }
    byte[] added = hasHost(head, lineEnd) ? CLOSE : CLOSE_AND_HOST;
    byte[] result = new byte[head.length + added.length];
    System.arraycopy(head, 0, result, 0, lineEnd + 1);
    result[lineEnd - 2] = '1';
    System.arraycopy(added, 0, result, lineEnd + 1, added.length);
    System.arraycopy(
        head, lineEnd + 1, result, lineEnd + 1 + added.length, head.length - lineEnd - 1);
    return result;
  }

  static byte[] concat(byte[] head, byte[] more) {
    byte[] both = Arrays.copyOf(head, head.length + more.length);
    System.arraycopy(more, 0, both, head.length, more.length);
    return both;
  }

  private static boolean isHttp10(byte[] head, int lineEnd) {
    int from = lineEnd - VERSION.length;
    return from >= 0 && Arrays.equals(head, from, lineEnd, VERSION, 0, VERSION.length);
  }

  private static boolean hasHost(byte[] head, int firstLineEnd) {
    int end = endOfHeaders(head);
    int line = firstLineEnd + 1;
    while (line > 0 && line < end) {
      if (head.length - line > 5
          && "host:".equalsIgnoreCase(new String(head, line, 5, StandardCharsets.ISO_8859_1))) {
        return true;
      }
      line = indexOf(head, (byte) '\n', line) + 1;
    }
    return false;
  }

  private static int endOfHeaders(byte[] head) {
    for (int i = 0; i + END.length <= head.length; i++) {
      if (Arrays.equals(head, i, i + END.length, END, 0, END.length)) {
        return i;
      }
    }
    return -1;
  }

  private static int indexOf(byte[] bytes, byte wanted, int from) {
    for (int i = from; i < bytes.length; i++) {
      if (bytes[i] == wanted) {
        return i;
      }
    }
    return -1;
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }
}
