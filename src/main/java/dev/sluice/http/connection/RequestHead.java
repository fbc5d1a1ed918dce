package dev.sluice.http.connection;

import dev.sluice.http.origin.Origins;
import dev.sluice.http.origin.Provenance;
import dev.sluice.http.origin.Verdict;
import io.helidon.http.Status;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * The head of one request: where it ends, whether RFC 9110 and 9112 allow it, and how its body is
 * framed. Stricter than the server's own parser, but more lenient where that cannot make two
 * readers of one stream disagree: line ends without a carriage return, equal lengths stated twice,
 * an empty media type, a target that names its host (RFC 9112, section 3.2.2), HTTP/1.0 and
 * compressed transfer codings are rewritten into the one form that the server reads. A path that
 * another reader might take for a different one ({@code //}, {@code /./}, {@code %2f}, {@code ;})
 * is refused: a different spelling must not get past a rule of a proxy in front.
 *
 * <p>Confined to its connection's thread, and reused for each of its requests.
 */
final class RequestHead {
  static final int MOST_LINE_BYTES = 8 * 1024;
  static final int MOST_HEADER_BYTES = 16 * 1024;
  static final int MOST_BYTES = MOST_LINE_BYTES + MOST_HEADER_BYTES;

  /** Limited because each header becomes several objects, whatever its length. */
  private static final int MOST_HEADERS = 128;

  private static final int MOST_METHOD_BYTES = 32;
  private static final int MOST_LENGTH_DIGITS = 18;

  private static final byte TOKEN = 1;
  private static final byte VALUE = 2;
  private static final byte TARGET = 4;
  private static final byte HOST = 8;
  private static final byte[] KINDS = kinds();

  private static final byte[] CONNECTION_CLOSE = ascii("Connection: close\r\n");
  private static final byte[] ANY_HOST = ascii("Host: localhost\r\n");
  private static final byte[] VERSION = ascii(" HTTP/1.1\r\n");
  private static final byte[] LINE_END = {'\r', '\n'};

  private final List<String> transferCodings = new ArrayList<>(2);
  private final Provenance provenance = new Provenance();
  private int searched;
  private int headers;
  private int hosts;
  private int methodEnd;
  private int authorityStart;
  private int authorityEnd;
  private int targetStart;
  private int targetEnd;
  private boolean chunked;
  private boolean close;
  private boolean expects;
  private boolean http10;
  private boolean hasTransferEncoding;
  private boolean rewrite;
  private String contentCoding = "";
  private long contentLength;

  /** Prepares for the next request. */
  void reset() {
    searched = 0;
  }

  /**
   * Looks for the end of the head that starts at {@code from}; when called again with more bytes,
   * continues where it stopped.
   *
   * @return the index after its empty line, or -1 if that has not arrived yet
   */
  int end(byte[] bytes, int from, int to) {
    int i = from + searched;
    while (i < to) {
      if (bytes[i] == '\n') {
        if (i + 1 == to || (bytes[i + 1] == '\r' && i + 2 == to)) {
          break;
        }
        if (bytes[i + 1] == '\n') {
          return i + 2;
        }
        if (bytes[i + 1] == '\r' && bytes[i + 2] == '\n') {
          return i + 3;
        }
      }
      i++;
    }
    searched = i - from;
    if (to - from > MOST_LINE_BYTES) {
      requireLineEnd(bytes, from);
    }
    if (to - from > MOST_BYTES) {
      throw tooLarge();
    }
    return -1;
  }

  /**
   * Checks a complete head and extracts what frames the body.
   *
   * @throws io.helidon.http.RequestException if it is not allowed
   */
  void parse(byte[] bytes, int from, int end) {
    transferCodings.clear();
    headers = 0;
    hosts = 0;
    chunked = false;
    close = false;
    expects = false;
    http10 = false;
    hasTransferEncoding = false;
    rewrite = false;
    contentCoding = "";
    contentLength = -1;
    provenance.reset();
    if (end - from > MOST_LINE_BYTES) {
      requireLineEnd(bytes, from);
    }
    int at = requestLine(bytes, from);
    if (end - at > MOST_HEADER_BYTES) {
      throw tooLarge();
    }
    while (bytes[at] != '\r' && bytes[at] != '\n') {
      at = header(bytes, at);
    }
    if (bytes[at] == '\n') {
      rewrite = true;
    } else if (bytes[at + 1] != '\n') {
      throw Refusal.badRequest("a carriage return without a line feed in the headers");
    }
    checkFraming();
    provenance.method(from, methodEnd);
    provenance.target(targetStart, targetEnd);
    if (namesHost()) {
      provenance.host(authorityStart, authorityEnd);
    }
  }

  /**
   * Checks that the head just parsed is for a name of ours, and from no foreign page.
   *
   * @throws io.helidon.http.RequestException if it is not
   */
  void requireWelcome(Origins origins, byte[] bytes) {
    switch (origins.judge(bytes, provenance)) {
      case Verdict.Welcome.WELCOME -> {}
      case Verdict.Misdirected(String reason) ->
          throw Refusal.of(Status.MISDIRECTED_REQUEST_421, reason);
      case Verdict.Foreign(String reason) -> throw Refusal.of(Status.FORBIDDEN_403, reason);
    }
  }

  /** Length of the body in bytes, or -1 if none is announced. */
  long contentLength() {
    return contentLength;
  }

  boolean isChunked() {
    return chunked;
  }

  /** Whether the client waits to be asked for its body; it may still send it unasked. */
  boolean expectsToBeAsked() {
    return expects && (chunked || contentLength > 0);
  }

  /** Whether the client expects no further request on this connection. */
  boolean isLast() {
    return close || http10;
  }

  /** Approximate size of the server's own form of the headers, in bytes. */
  int objectBytes() {
    return headers * 200;
  }

  /** Whether {@link #rewritten} differs from the head as it was sent. */
  boolean needsRewriting() {
    return rewrite;
  }

  /** Returns the parsed head in the form that the server reads. */
  byte[] rewritten(byte[] bytes, int from, int end) {
    ByteArrayOutputStream out = new ByteArrayOutputStream(end - from + 128);
    out.write(bytes, from, methodEnd - from);
    out.write(' ');
    if (bytes[targetStart] != '/') {
      out.write('/');
    }
    out.write(bytes, targetStart, targetEnd - targetStart);
    out.writeBytes(VERSION);
    if (http10) {
      out.writeBytes(CONNECTION_CLOSE);
    }
    if (namesHost()) {
      out.writeBytes(ascii("Host: "));
      out.write(bytes, authorityStart, authorityEnd - authorityStart);
      out.writeBytes(LINE_END);
    } else if (hosts == 0) {
      out.writeBytes(ANY_HOST);
    }
    int at = lineEnd(bytes, targetEnd) + 1;
    while (bytes[at] != '\r' && bytes[at] != '\n') {
      int lineFeed = lineEnd(bytes, at);
      int stop = bytes[lineFeed - 1] == '\r' ? lineFeed - 1 : lineFeed;
      if (!isReplaced(bytes, at, stop)) {
        out.write(bytes, at, stop - at);
        out.writeBytes(LINE_END);
      }
      at = lineFeed + 1;
    }
    writeFraming(out);
    out.writeBytes(LINE_END);
    return out.toByteArray();
  }

  private void writeFraming(ByteArrayOutputStream out) {
    if (contentLength >= 0) {
      out.writeBytes(ascii("Content-Length: " + contentLength + "\r\n"));
    }
    if (chunked) {
      out.writeBytes(ascii("Transfer-Encoding: chunked\r\n"));
    }
    List<String> codings = new ArrayList<>();
    if (!contentCoding.isEmpty()) {
      codings.add(contentCoding);
    }
    // A transfer coding is applied after the content codings, and removed like one more of them.
    codings.addAll(transferCodings);
    if (!codings.isEmpty()) {
      out.writeBytes(ascii("Content-Encoding: " + String.join(", ", codings) + "\r\n"));
    }
  }

  private boolean isReplaced(byte[] bytes, int at, int stop) {
    int colon = at;
    while (bytes[colon] != ':') {
      colon++;
    }
    return is(bytes, at, colon, "content-length")
        || is(bytes, at, colon, "transfer-encoding")
        || is(bytes, at, colon, "content-encoding")
        || (http10 && is(bytes, at, colon, "connection"))
        || (namesHost() && is(bytes, at, colon, "host"))
        || (is(bytes, at, colon, "content-type") && isBlank(bytes, colon + 1, stop));
  }

  private int requestLine(byte[] bytes, int from) {
    int i = from;
    while ((KINDS[bytes[i] & 0xff] & TOKEN) != 0) {
      if (bytes[i] >= 'a' && bytes[i] <= 'z') {
        throw Refusal.badRequest(
            "the method has lower-case letters, and methods are case-sensitive");
      }
      i++;
    }
    if (i == from || i - from > MOST_METHOD_BYTES || bytes[i] != ' ') {
      throw Refusal.badRequest("the request does not start with a method and one space");
    }
    methodEnd = i;
    targetStart = i + 1;
    authorityStart = targetStart;
    authorityEnd = targetStart;
    if (bytes[targetStart] != '/') {
      if (is(bytes, from, i, "proxy")) {
        throw Refusal.badRequest(
            "this is a PROXY header, and http.proxy-protocol-from does not name your address");
      }
      authority(bytes);
    }
    i = path(bytes, targetStart);
    while ((KINDS[bytes[i] & 0xff] & TARGET) != 0) {
      if (bytes[i] == '%' && !isEscape(bytes, i)) {
        throw Refusal.badRequest(
            "the query has a percent sign without two hexadecimal digits after it: send %25 for"
                + " the sign itself");
      }
      i++;
    }
    targetEnd = i;
    if (bytes[i] != ' ') {
      throw Refusal.badRequest(
          "the request target has a byte that must be percent-encoded, or no version after it");
    }
    return version(bytes, i + 1);
  }

  /** Takes the scheme and host off a target in absolute form; the path after them may be empty. */
  private void authority(byte[] bytes) {
    int i = targetStart;
    while (bytes[i] != ':' && (KINDS[bytes[i] & 0xff] & TOKEN) != 0) {
      i++;
    }
    boolean http = is(bytes, targetStart, i, "http") || is(bytes, targetStart, i, "https");
    if (!http || bytes[i] != ':' || bytes[i + 1] != '/' || bytes[i + 2] != '/') {
      throw Refusal.badRequest(
          "the request target starts neither with a slash nor with http:// and a host");
    }
    authorityStart = i + 3;
    i = authorityStart;
    while ((KINDS[bytes[i] & 0xff] & HOST) != 0) {
      i++;
    }
    if (i == authorityStart || (bytes[i] != '/' && bytes[i] != '?' && bytes[i] != ' ')) {
      throw Refusal.badRequest("the request target names no host and port after http://");
    }
    authorityEnd = i;
    targetStart = i;
    rewrite = true;
  }

  private boolean namesHost() {
    return authorityEnd > authorityStart;
  }

  /** Returns where the path ends: at the query, or at a byte that cannot be part of a target. */
  private static int path(byte[] bytes, int from) {
    int i = from;
    while (true) {
      int c = bytes[i];
      if (c == '?' || (KINDS[c & 0xff] & TARGET) == 0) {
        return i;
      }
      boolean ambiguous =
          switch (c) {
            case '/' -> bytes[i + 1] == '/' || isDotSegment(bytes, i + 1);
            case '%' -> isNeedless(bytes, i);
            case ';', '\\' -> true;
            default -> false;
          };
      if (ambiguous) {
        throw Refusal.badRequest(
            "the path has an empty or dot segment, a parameter, a backslash, or an unnecessary"
                + " escape: send it as documented");
      }
      i++;
    }
  }

  private static boolean isDotSegment(byte[] bytes, int at) {
    int i = at;
    while (bytes[i] == '.' && i - at < 2) {
      i++;
    }
    return i > at && (bytes[i] == '/' || bytes[i] == '?' || bytes[i] == ' ');
  }

  private static boolean isEscape(byte[] bytes, int at) {
    return Character.digit(bytes[at + 1], 16) >= 0 && Character.digit(bytes[at + 2], 16) >= 0;
  }

  /**
   * Whether an escape is broken, stands for something that a path may contain plainly, or ends a
   * segment.
   */
  private static boolean isNeedless(byte[] bytes, int at) {
    if (!isEscape(bytes, at)) {
      return true;
    }
    int c = Character.digit(bytes[at + 1], 16) * 16 + Character.digit(bytes[at + 2], 16);
    return c < ' '
        || c == 0x7f
        || (Character.isLetterOrDigit(c) && c < 0x80)
        || "/\\;.-_~%".indexOf(c) >= 0;
  }

  private int version(byte[] bytes, int at) {
    int line = lineEnd(bytes, at);
    int stop = line;
    if (bytes[line - 1] == '\r') {
      stop--;
    } else {
      rewrite = true;
    }
    http10 = is(bytes, at, stop, "http/1.0") && bytes[at] == 'H';
    if (http10) {
      rewrite = true;
    } else if (!is(bytes, at, stop, "http/1.1") || bytes[at] != 'H') {
      throw Refusal.badRequest("the request line does not end with HTTP/1.1 or HTTP/1.0");
    }
    return line + 1;
  }

  /** Parses one header line; returns where the next one starts. */
  private int header(byte[] bytes, int from) {
    int colon = from;
    while ((KINDS[bytes[colon] & 0xff] & TOKEN) != 0) {
      colon++;
    }
    if (colon == from || bytes[colon] != ':') {
      throw Refusal.badRequest(
          "a header line does not start with a name directly followed by a colon");
    }
    if (++headers > MOST_HEADERS) {
      throw Refusal.badRequest("there are more than " + MOST_HEADERS + " headers");
    }
    int stop = colon + 1;
    while ((KINDS[bytes[stop] & 0xff] & VALUE) != 0) {
      stop++;
    }
    take(bytes, from, colon, stop);
    if (bytes[stop] == '\n') {
      rewrite = true;
      return stop + 1;
    }
    if (bytes[stop] != '\r' || bytes[stop + 1] != '\n') {
      throw Refusal.badRequest("a header has a control character in its value");
    }
    return stop + 2;
  }

  private void take(byte[] bytes, int from, int colon, int stop) {
    switch (colon - from) {
      case 4 -> {
        if (is(bytes, from, colon, "host")) {
          host(bytes, colon + 1, stop);
        }
      }
      case 6 -> {
        if (is(bytes, from, colon, "origin")) {
          provenance.origin(colon + 1, stop);
        } else {
          expects |= is(bytes, from, colon, "expect");
        }
      }
      case 10 -> {
        if (is(bytes, from, colon, "connection")) {
          close |= hasToken(text(bytes, colon + 1, stop), "close");
        }
      }
      case 12 -> {
        if (is(bytes, from, colon, "content-type") && isBlank(bytes, colon + 1, stop)) {
          rewrite = true;
        }
      }
      case 14 -> {
        if (is(bytes, from, colon, "content-length")) {
          length(bytes, colon + 1, stop);
        } else if (is(bytes, from, colon, "sec-fetch-site")) {
          provenance.site(colon + 1, stop);
        } else if (is(bytes, from, colon, "sec-fetch-dest")) {
          provenance.destination(colon + 1, stop);
        }
      }
      case 16 -> {
        if (is(bytes, from, colon, "content-encoding")) {
          contentCoding += (contentCoding.isEmpty() ? "" : ", ") + text(bytes, colon + 1, stop);
        }
      }
      case 17 -> {
        if (is(bytes, from, colon, "transfer-encoding")) {
          transferEncoding(text(bytes, colon + 1, stop));
        }
      }
      default -> {}
    }
  }

  private void host(byte[] bytes, int from, int stop) {
    if (++hosts > 1) {
      throw Refusal.badRequest("there are two Host headers");
    }
    int start = behindBlanks(bytes, from, stop);
    int i = start;
    while (i < stop && (KINDS[bytes[i] & 0xff] & HOST) != 0) {
      i++;
    }
    if (!isBlank(bytes, i, stop)) {
      throw Refusal.badRequest("the Host header is not a host and port");
    }
    provenance.host(start, i);
  }

  /**
   * Parses a length. Equal lengths count as one (RFC 9110, section 8.6), in a list or on several
   * lines.
   */
  private void length(byte[] bytes, int from, int stop) {
    int i = from;
    do {
      int first = behindBlanks(bytes, i, stop);
      long length = 0;
      i = first;
      while (i < stop && bytes[i] >= '0' && bytes[i] <= '9' && i - first <= MOST_LENGTH_DIGITS) {
        length = length * 10 + bytes[i] - '0';
        i++;
      }
      int digits = i - first;
      i = behindBlanks(bytes, i, stop);
      boolean atEnd = i == stop || bytes[i] == ',';
      if (digits == 0 || digits > MOST_LENGTH_DIGITS || !atEnd) {
        throw Refusal.badRequest("Content-Length is not a number of bytes");
      }
      if (contentLength >= 0 && contentLength != length) {
        throw Refusal.badRequest("there are two different Content-Lengths");
      }
      rewrite |= contentLength >= 0;
      contentLength = length;
    } while (i++ < stop);
  }

  private void transferEncoding(String list) {
    // Empty items in a list are allowed here, but not by the server.
    rewrite |= hasTransferEncoding || list.indexOf(',') >= 0;
    hasTransferEncoding = true;
    for (String text : list.split(",", -1)) {
      String coding = text.strip().toLowerCase(Locale.ROOT);
      if (coding.isEmpty()) {
        continue;
      }
      if (chunked) {
        throw Refusal.badRequest("chunked is not the last transfer coding, or appears twice");
      }
      if (coding.equals("chunked")) {
        chunked = true;
      } else {
        transferCodings.add(coding);
        rewrite = true;
      }
    }
  }

  private void checkFraming() {
    if (hasTransferEncoding) {
      if (contentLength >= 0) {
        throw Refusal.badRequest("there are both Transfer-Encoding and Content-Length");
      }
      if (!chunked) {
        throw Refusal.badRequest("the last transfer coding is not chunked");
      }
      if (http10) {
        throw Refusal.badRequest("HTTP/1.0 has no Transfer-Encoding");
      }
    }
    if (hosts == 0 && !http10) {
      throw Refusal.badRequest("there is no Host header");
    }
  }

  private static void requireLineEnd(byte[] bytes, int from) {
    for (int i = from; i <= from + MOST_LINE_BYTES; i++) {
      if (bytes[i] == '\n') {
        return;
      }
    }
    throw Refusal.of(
        Status.REQUEST_URI_TOO_LONG_414,
        "the request line has more than " + MOST_LINE_BYTES + " bytes");
  }

  private static io.helidon.http.RequestException tooLarge() {
    return Refusal.badRequest("the headers have more than " + MOST_HEADER_BYTES + " bytes");
  }

  private static boolean hasToken(String list, String token) {
    if (list.equalsIgnoreCase(token)) {
      return true;
    }
    for (String text : list.split(",", -1)) {
      if (text.strip().equalsIgnoreCase(token)) {
        return true;
      }
    }
    return false;
  }

  private static boolean isBlank(byte[] bytes, int from, int stop) {
    return behindBlanks(bytes, from, stop) == stop;
  }

  private static int behindBlanks(byte[] bytes, int from, int stop) {
    int i = from;
    while (i < stop && (bytes[i] == ' ' || bytes[i] == '\t')) {
      i++;
    }
    return i;
  }

  /** The value without the blanks around it. */
  private static String text(byte[] bytes, int from, int stop) {
    int start = from;
    int end = stop;
    while (start < end && (bytes[start] == ' ' || bytes[start] == '\t')) {
      start++;
    }
    while (end > start && (bytes[end - 1] == ' ' || bytes[end - 1] == '\t')) {
      end--;
    }
    return new String(bytes, start, end - start, StandardCharsets.ISO_8859_1);
  }

  /** Whether these bytes equal {@code word}, which must be lower case, in any case. */
  private static boolean is(byte[] bytes, int from, int stop, String word) {
    if (stop - from != word.length()) {
      return false;
    }
    for (int i = 0; i < word.length(); i++) {
      int c = bytes[from + i];
      if (c >= 'A' && c <= 'Z') {
        c += 'a' - 'A';
      }
      if (c != word.charAt(i)) {
        return false;
      }
    }
    return true;
  }

  private static int lineEnd(byte[] bytes, int from) {
    int i = from;
    while (bytes[i] != '\n') {
      i++;
    }
    return i;
  }

  private static byte[] kinds() {
    byte[] kinds = new byte[256];
    for (int c = 0; c < 256; c++) {
      boolean alphanumeric = c < 0x80 && Character.isLetterOrDigit(c);
      boolean visible = c > ' ' && c < 0x7f;
      if (alphanumeric || (visible && "!#$%&'*+-.^_`|~".indexOf(c) >= 0)) {
        kinds[c] |= TOKEN;
      }
      if (visible || c == ' ' || c == '\t' || c >= 0x80) {
        kinds[c] |= VALUE;
      }
      if (visible && c != '#') {
        kinds[c] |= TARGET;
      }
      if (alphanumeric || (visible && "-._~!$&'()*+,;=:[]%".indexOf(c) >= 0)) {
        kinds[c] |= HOST;
      }
    }
    return kinds;
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.ISO_8859_1);
  }
}
