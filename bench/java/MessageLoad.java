import java.io.EOFException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * Sends readings by MQTT and UDP as lua/load.lua sends them by HTTP: every one unique in (device,
 * ts), timestamps close to now and rising, messages prepared once and only fixed-width digits
 * filled in.
 *
 * <pre>
 * MessageLoad mqtt PORT READINGS DEVICES SECONDS FROM_MS THREADS CONNECTIONS
 * MessageLoad udp  PORT READINGS DEVICES SECONDS FROM_MS
 * </pre>
 *
 * {@code mqtt} publishes with QoS 1 as fast as it is acknowledged; each connection has one message
 * under way, as one of {@code wrk} has one request. A message of one reading is JSON, of more it is
 * line protocol. {@code udp} sends datagrams of line protocol as fast as it can. READINGS is how
 * many a message has, and DEVICES a multiple of THREADS.
 *
 * <p>Prints what load.lua prints: {@code LOAD messages_a_second messages failed p99_us last_ms}.
 */
class MessageLoad {
  private static final long SECOND_NANOS = 1_000_000_000L;

  public static void main(String[] arguments) throws Exception {
    InetSocketAddress to =
        new InetSocketAddress(InetAddress.getLoopbackAddress(), Integer.parseInt(arguments[1]));
    int readings = Integer.parseInt(arguments[2]);
    int devices = Integer.parseInt(arguments[3]);
    long nanos = Long.parseLong(arguments[4]) * SECOND_NANOS;
    long fromMs = Long.parseLong(arguments[5]);
    switch (arguments[0]) {
      case "mqtt" -> {
        int threads = Integer.parseInt(arguments[6]);
        int connections = Integer.parseInt(arguments[7]);
        List<Publisher> publishers = new ArrayList<>();
        for (int id = 0; id < threads; id++) {
          Fleet fleet = new Fleet(id, threads, devices, fromMs);
          publishers.add(new Publisher(fleet, readings, to, connections / threads));
        }
        publish(publishers, nanos);
      }
      case "udp" -> send(new Fleet(0, 1, devices, fromMs), readings, to, nanos);
      default -> throw new IllegalArgumentException("no command " + arguments[0]);
    }
  }

  private static void publish(List<Publisher> publishers, long nanos) throws InterruptedException {
    long begin = System.nanoTime();
    List<Thread> threads = new ArrayList<>();
    for (Publisher publisher : publishers) {
      threads.add(Thread.ofPlatform().start(() -> publisher.run(begin + nanos)));
    }
    for (Thread thread : threads) {
      thread.join();
    }
    long elapsed = System.nanoTime() - begin;
    long messages = 0;
    long failed = 0;
    long lastMs = 0;
    long[] latencies = new long[Publisher.BUCKETS];
    for (Publisher publisher : publishers) {
      messages += publisher.acknowledged;
      failed += publisher.failed;
      lastMs = Math.max(lastMs, publisher.fleet.lastMs());
      for (int i = 0; i < latencies.length; i++) {
        latencies[i] += publisher.latencies[i];
      }
    }
    print(messages, elapsed, failed, p99Micros(latencies, messages), lastMs);
  }

  private static long p99Micros(long[] latencies, long all) {
    long left = all * 99 / 100;
    int bucket = 0;
    while (bucket < latencies.length - 1 && left >= latencies[bucket]) {
      left -= latencies[bucket++];
    }
    return (long) bucket * Publisher.BUCKET_MICROS;
  }

  private static void send(Fleet fleet, int readings, InetSocketAddress to, long nanos)
      throws IOException {
    Message message = new Message("", Message.LINE, readings, "");
    message.warmUp(fleet);
    ByteBuffer datagram = ByteBuffer.allocateDirect(message.bytes.length);
    long sent = 0;
    long begin = System.nanoTime();
    try (DatagramChannel channel = DatagramChannel.open().connect(to)) {
      for (; System.nanoTime() - begin < nanos; sent++) {
        message.fill(fleet);
        channel.write(datagram.clear().put(message.bytes).flip());
      }
    }
    print(sent, System.nanoTime() - begin, 0, 0, fleet.lastMs());
  }

  private static void print(long messages, long nanos, long failed, long p99Micros, long lastMs) {
    System.out.printf(
        "LOAD %d %d %d %d %d%n",
        messages * SECOND_NANOS / nanos, messages, failed, p99Micros, lastMs);
  }

  /** The devices of one thread, those whose number modulo the threads is its own, and its clock. */
  private static final class Fleet {
    private final int own;
    private final byte[] devices;
    private long readings;
    private long stamp;

    Fleet(int id, int threads, int devices, long fromMs) {
      this.own = devices / threads;
      this.stamp = fromMs * 1_000;
      StringBuilder digits = new StringBuilder();
      for (int device = id; device < devices; device += threads) {
        digits.append("%07d".formatted(device));
      }
      this.devices = digits.toString().getBytes(StandardCharsets.ISO_8859_1);
    }

    /** Puts the seven digits of the next reading's device there. */
    void putDevice(byte[] to, int at) {
      int device = (int) (readings++ * 617 % own);
      System.arraycopy(devices, device * 7, to, at, 7);
    }

    /** A time in microseconds that was not given out yet. */
    long tick() {
      stamp = Math.max(System.currentTimeMillis() * 1_000, stamp + 1);
      return stamp;
    }

    long lastMs() {
      return stamp / 1_000 + 1;
    }
  }

  /** A message that is sent again and again with other devices, times and values. */
  private static final class Message {
    static final String JSON =
        "{\"device_id\":\"sensor-DDDDDDD\",\"ts\":MMMMMMMMMMMMM.UUU,\"temp\":2V.V}";
    static final String LINE = "temp,device_id=sensor-DDDDDDD value=2V.V MMMMMMMMMMMMMUUU000\n";

    private final byte[] bytes;
    private final int first;
    private final int each;
    private final int readings;
    private final int device;
    private final int millis;
    private final int micros;
    private final int value;

    Message(String head, String reading, int readings, String tail) {
      this.bytes = (head + reading.repeat(readings) + tail).getBytes(StandardCharsets.ISO_8859_1);
      this.first = head.length();
      this.each = reading.length();
      this.readings = readings;
      this.device = reading.indexOf("DDDDDDD");
      this.millis = reading.indexOf("MMMMMMMMMMMMM");
      this.micros = reading.indexOf("UUU");
      this.value = reading.indexOf("V.V");
    }

    void fill(Fleet fleet) {
      long stamp = fleet.tick();
      for (int i = 0, at = first; i < readings; i++, at += each) {
        fleet.putDevice(bytes, at + device);
        if (i == 0) {
          digits(at + millis, 13, stamp / 1_000);
          digits(at + micros, 3, stamp % 1_000);
        } else {
          System.arraycopy(bytes, first + millis, bytes, at + millis, 13);
          System.arraycopy(bytes, first + micros, bytes, at + micros, 3);
        }
        int tenth = (int) ((stamp + i * 7L) % 100);
        bytes[at + value] = (byte) ('0' + tenth / 10);
        bytes[at + value + 2] = (byte) ('0' + tenth % 10);
      }
    }

    /** Lets the compiler see it before time counts. */
    void warmUp(Fleet fleet) {
      for (int i = 0; i < 100_000; i += readings) {
        fill(fleet);
      }
    }

    private void digits(int at, int width, long number) {
      long rest = number;
      for (int i = at + width - 1; i >= at; i--) {
        bytes[i] = (byte) ('0' + rest % 10);
        rest /= 10;
      }
    }
  }

  /** A thread's connections. */
  private static final class Publisher {
    static final int BUCKET_MICROS = 10;
    static final int BUCKETS = 1_000_000;

    private final Fleet fleet;
    private final Selector selector = Selector.open();
    private final List<Connection> connections = new ArrayList<>();
    private final long[] latencies = new long[BUCKETS];
    private long acknowledged;
    private long failed;
    private int underWay;
    private long end;

    Publisher(Fleet fleet, int readings, InetSocketAddress to, int count) throws IOException {
      this.fleet = fleet;
      for (int i = 0; i < count; i++) {
        connections.add(new Connection(to, selector, readings));
      }
      connections.getFirst().message.warmUp(fleet);
    }

    /** Publishes until the end, then waits for what is under way, ten seconds at most. */
    void run(long end) {
      this.end = end;
      for (Connection connection : connections) {
        underWay++;
        attempt(connection, () -> connection.publish(fleet));
      }
      try {
        while (underWay > 0 && System.nanoTime() - end < 10 * SECOND_NANOS) {
          selector.select(
              key -> {
                Connection connection = (Connection) key.attachment();
                attempt(connection, () -> handle(connection));
              },
              100);
        }
        failed += underWay;
        for (Connection connection : connections) {
          connection.channel.close();
        }
        selector.close();
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }

    private void handle(Connection connection) throws IOException {
      connection.write();
      if (!connection.acknowledged()) {
        return;
      }
      long now = System.nanoTime();
      acknowledged++;
      long bucket = (now - connection.sentNanos) / 1_000 / BUCKET_MICROS;
      latencies[(int) Math.min(bucket, BUCKETS - 1)]++;
      if (now - end < 0) {
        connection.publish(fleet);
      } else {
        underWay--;
      }
    }

    private interface Step {
      void run() throws IOException;
    }

    /** A connection on which a step fails is not used again. */
    private void attempt(Connection connection, Step step) {
      try {
        step.run();
      } catch (IOException e) {
        System.err.println("MessageLoad: " + e);
        failed++;
        underWay--;
        connection.key.cancel();
      }
    }
  }

  /** One MQTT 3.1.1 connection, with at most one message under way. */
  private static final class Connection {
    private static final byte[] CONNECT = {0x10, 12, 0, 4, 'M', 'Q', 'T', 'T', 4, 2, 0, 0, 0, 0};
    private static final String TOPIC = "readings";

    private final SocketChannel channel;
    private final SelectionKey key;
    private final Message message;
    private final ByteBuffer out;
    private final ByteBuffer in = ByteBuffer.allocateDirect(4);
    private long sentNanos;

    Connection(InetSocketAddress to, Selector selector, int readings) throws IOException {
      String reading = readings == 1 ? Message.JSON : Message.LINE;
      this.message = new Message(head(reading.length() * readings), reading, readings, "");
      this.out = ByteBuffer.allocateDirect(message.bytes.length).limit(0);
      this.channel = SocketChannel.open(to);
      channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
      channel.write(ByteBuffer.wrap(CONNECT));
      while (in.hasRemaining()) {
        read();
      }
      if (in.get(0) != 0x20 || in.get(3) != 0) {
        throw new IOException("the connection was refused with code " + in.get(3));
      }
      in.clear();
      channel.configureBlocking(false);
      this.key = channel.register(selector, SelectionKey.OP_READ, this);
    }

    /** Of a PUBLISH with QoS 1, packet 1: the packet before is always acknowledged by then. */
    private static String head(int payload) {
      StringBuilder head = new StringBuilder().append((char) 0x32);
      int left = payload + TOPIC.length() + 4;
      for (; left > 127; left >>= 7) {
        head.append((char) (left & 127 | 128));
      }
      head.append((char) left).append('\0').append((char) TOPIC.length()).append(TOPIC);
      return head.append("\0\1").toString();
    }

    void publish(Fleet fleet) throws IOException {
      message.fill(fleet);
      out.clear().put(message.bytes).flip();
      sentNanos = System.nanoTime();
      write();
    }

    /**
     * Writes what is left of the message; the selector calls again if the socket does not take it
     * all.
     */
    void write() throws IOException {
      if (out.hasRemaining()) {
        channel.write(out);
        key.interestOps(
            out.hasRemaining()
                ? SelectionKey.OP_READ | SelectionKey.OP_WRITE
                : SelectionKey.OP_READ);
      }
    }

    /** Whether the PUBACK is here. */
    boolean acknowledged() throws IOException {
      read();
      if (in.hasRemaining()) {
        return false;
      }
      if (in.get(0) != 0x40 || in.get(3) != 1) {
        throw new IOException("not a PUBACK of packet 1: it begins with " + in.get(0));
      }
      in.clear();
      return true;
    }

    private void read() throws IOException {
      if (channel.read(in) < 0) {
        throw new EOFException("the connection was closed");
      }
    }
  }
}
