package dev.sluice.http;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/** A client that sends exactly the bytes it is told to, on one connection. For tests. */
public final class RawHttp implements AutoCloseable {
  private static final int READ_TIMEOUT_MS = 20_000;

  /** One answer: header names in lower case, the body without its framing. */
  public record Answer(int status, Map<String, String> headers, String body) {
    /** The value of a header, or the empty string. */
    public String header(String name) {
      return headers.getOrDefault(name.toLowerCase(Locale.ROOT), "");
    }
  }

  private final Socket socket;
  private final InputStream in;
  private final OutputStream out;

  /** Connects to a port of this machine. */
  public RawHttp(int port) {
    this(connected(port));
  }

  /** Uses a connection, and closes it in the end. */
  public RawHttp(Socket socket) {
    try {
      this.socket = socket;
      socket.setSoTimeout(READ_TIMEOUT_MS);
      socket.setTcpNoDelay(true);
      this.in = new BufferedInputStream(socket.getInputStream());
      this.out = socket.getOutputStream();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static Socket connected(int port) {
    try {
      return new Socket(InetAddress.getLoopbackAddress(), port);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Sends text as it is. */
  public RawHttp send(String text) {
    return send(text.getBytes(StandardCharsets.UTF_8));
  }

  /** Sends bytes as they are. */
  public RawHttp send(byte[] bytes) {
    try {
      out.write(bytes);
      out.flush();
      return this;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Tells the server that nothing more will come; answers can still be read. */
  public RawHttp sendNoMore() {
    try {
      socket.shutdownOutput();
      return this;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Sends a request with a body; {@code headers} are whole lines, each with its CRLF. */
  public Answer post(String target, String headers, byte[] body) {
    send(head("POST", target, headers + "Content-Length: " + body.length + "\r\n"));
    send(body);
    return answer();
  }

  public Answer post(String target, String headers, String body) {
    return post(target, headers, body.getBytes(StandardCharsets.UTF_8));
  }

  public Answer get(String target, String headers) {
    return send(head("GET", target, headers)).answer();
  }

  /** The head of a request. */
  public static String head(String method, String target, String headers) {
    return method + " " + target + " HTTP/1.1\r\nHost: localhost\r\n" + headers + "\r\n";
  }

  /** One chunk of a chunked body; an empty one ends it. */
  public static byte[] chunk(byte[] data) {
    var chunk = new ByteArrayOutputStream();
    chunk.writeBytes((Integer.toHexString(data.length) + "\r\n").getBytes(StandardCharsets.UTF_8));
    chunk.writeBytes(data);
    chunk.writeBytes("\r\n".getBytes(StandardCharsets.UTF_8));
    return chunk.toByteArray();
  }

  /** The next answer on this connection. */
  public Answer answer() {
    return answer(true);
  }

  /** The next answer, to a HEAD request: it has no body whatever its headers say. */
  public Answer answerWithoutBody() {
    return answer(false);
  }

  /** Whether the server ends the connection without another byte. */
  public boolean isClosedByServer() {
    try {
      return in.read() < 0;
    } catch (IOException e) {
      return !(e instanceof java.net.SocketTimeoutException);
    }
  }

  @Override
  public void close() {
    try {
      socket.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private Answer answer(boolean withBody) {
    try {
      int status = Integer.parseInt(line().split(" ", 3)[1]);
      Map<String, String> headers = new TreeMap<>();
      for (String line = line(); !line.isEmpty(); line = line()) {
        int colon = line.indexOf(':');
        headers.put(
            line.substring(0, colon).toLowerCase(Locale.ROOT), line.substring(colon + 1).strip());
      }
      byte[] body = withBody ? body(headers) : new byte[0];
      return new Answer(status, headers, new String(body, StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private byte[] body(Map<String, String> headers) throws IOException {
    if (!headers.getOrDefault("transfer-encoding", "").equals("chunked")) {
      return in.readNBytes(Integer.parseInt(headers.getOrDefault("content-length", "0")));
    }
    var body = new ByteArrayOutputStream();
    for (int size = chunkSize(); size > 0; size = chunkSize()) {
      body.writeBytes(in.readNBytes(size));
      line();
    }
    line();
    return body.toByteArray();
  }

  private int chunkSize() throws IOException {
    return Integer.parseInt(line(), 16);
  }

  private String line() throws IOException {
    var line = new ByteArrayOutputStream();
    for (int c = in.read(); c != '\n'; c = in.read()) {
      if (c < 0) {
        throw new EOFException("the server closed the connection after: " + line);
      }
      if (c != '\r') {
        line.write(c);
      }
    }
    return line.toString(StandardCharsets.UTF_8);
  }
}
