import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * Opens keep-alive connections, sends one reading over each, and leaves them idle. Arguments: port,
 * connections, seconds to stay.
 */
public final class IdleConnections {
  private IdleConnections() {}

  public static void main(String[] args) throws Exception {
    int port = Integer.parseInt(args[0]);
    int connections = Integer.parseInt(args[1]);
    List<Socket> open = new ArrayList<>();
    for (int i = 0; i < connections; i++) {
      Socket socket = new Socket();
      socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 10_000);
      socket.setSoTimeout(10_000);
      open.add(socket);
      post(socket, "{\"device_id\":\"idle-" + i + "\",\"temp\":" + i + "}");
    }
    System.out.println("open " + open.size());
    Thread.sleep(1_000L * Integer.parseInt(args[2]));
    for (Socket socket : open) {
      socket.close();
    }
  }

  private static void post(Socket socket, String body) throws Exception {
    String request =
        "POST /v1/readings HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            + "Content-Length: "
            + body.length()
            + "\r\n\r\n"
            + body;
    socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
    InputStream in = socket.getInputStream();
    StringBuilder head = new StringBuilder();
    while (head.indexOf("\r\n\r\n") < 0) {
      int next = in.read();
      if (next < 0) {
        throw new IllegalStateException("closed after: " + head);
      }
      head.append((char) next);
    }
    if (!head.toString().startsWith("HTTP/1.1 204")) {
      throw new IllegalStateException("answered: " + head);
    }
  }
}
