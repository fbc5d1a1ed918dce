import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;

/**
 * Where attackers go that are not to meet Sluice: takes what they send, and answers 400, as cheaply
 * as a server can. What attackers cost an honest fleet that sends to another port is what they take
 * of the machine for themselves. Prints its port, and runs until it is ended.
 */
public final class Elsewhere {
  /** As the largest body that Sluice reads. */
  private static final long MOST_BYTES = 16L << 20;

  /** From the first byte; as long as Sluice bears with a sender that is too slow. */
  private static final Duration PATIENCE = Duration.ofSeconds(10);

  private static final byte[] ANSWER =
      "HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
          .getBytes(StandardCharsets.US_ASCII);

  private Elsewhere() {}

  public static void main(String[] arguments) throws IOException {
    try (ServerSocket server = new ServerSocket(0, 4_096, InetAddress.getLoopbackAddress())) {
      System.out.println(server.getLocalPort());
      while (true) {
        Socket socket = server.accept();
        Thread.ofVirtual().start(() -> answer(socket));
      }
    }
  }

  private static void answer(Socket socket) {
    try (socket) {
      readAll(socket);
      socket.getOutputStream().write(ANSWER);
    } catch (IOException e) {
      // The attacker has gone, or has been silent for too long.
    }
  }

  /** Reads to the end, or as much and as long as anybody should. */
  private static void readAll(Socket socket) throws IOException {
    InputStream in = socket.getInputStream();
    byte[] bytes = new byte[16_384];
    long all = in.read(bytes);
    long end = System.nanoTime() + PATIENCE.toNanos();
    while (all > 0 && all < MOST_BYTES) {
      long left = Duration.ofNanos(end - System.nanoTime()).toMillis();
      if (left <= 0) {
        return;
      }
      socket.setSoTimeout((int) left);
      int count = in.read(bytes);
      if (count < 0) {
        return;
      }
      all += count;
    }
  }
}
