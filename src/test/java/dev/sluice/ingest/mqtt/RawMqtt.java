package dev.sluice.ingest.mqtt;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.time.Duration;
import java.util.Arrays;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLSocket;

/** A client that sends and shows bytes, as MQTT 3.1.1 and 5 have them. Confined to one thread. */
final class RawMqtt implements AutoCloseable {
  static final int CONNACK = 2;
  static final int PUBACK = 4;
  static final int PUBREC = 5;
  static final int PUBCOMP = 7;
  static final int SUBACK = 9;
  static final int UNSUBACK = 11;
  static final int PINGRESP = 13;
  static final int DISCONNECT = 14;

  /** A packet: its type, and what follows its length. */
  static final class Packet {
    private final int type;
    private final byte[] rest;

    Packet(int type, byte[] rest) {
      this.type = type;
      this.rest = rest;
    }

    int type() {
      return type;
    }

    byte[] rest() {
      return rest;
    }

    int packetId() {
      return (rest[0] & 0xff) << 8 | (rest[1] & 0xff);
    }

    /** Of a PUBACK or PUBREC in MQTT 5; it may be left out. */
    int reasonCode() {
      return rest.length > 2 ? rest[2] & 0xff : 0;
    }

    /** All that is text in it. */
    String text() {
      return new String(rest, UTF_8);
    }
  }

  private final Socket socket;
  private final DataInputStream in;
  private final boolean v5;

  RawMqtt(Socket socket, boolean v5) {
    try {
      this.socket = socket;
      this.in = new DataInputStream(socket.getInputStream());
      this.v5 = v5;
      socket.setSoTimeout(20_000);
      socket.setTcpNoDelay(true);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static RawMqtt to(int port, boolean v5) {
    try {
      return new RawMqtt(new Socket(InetAddress.getLoopbackAddress(), port), v5);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Connected, with no token and no keep-alive. */
  static RawMqtt connected(int port, boolean v5) {
    RawMqtt client = to(port, v5);
    Packet answer = client.connect(0, "");
    if (answer.type() != CONNACK || answer.rest()[1] != 0) {
      throw new AssertionError("not connected: " + Arrays.toString(answer.rest()));
    }
    return client;
  }

  Packet connect(int keepAlive, String token) {
    sendConnect(keepAlive, token, false);
    return read();
  }

  void sendConnect(int keepAlive, String token, boolean will) {
    int flags = 0x02 | (token.isEmpty() ? 0 : 0xc0) | (will ? 0x24 : 0);
    send(
        0x10,
        packet -> {
          text(packet, "MQTT");
          packet.writeByte(v5 ? 5 : 4);
          packet.writeByte(flags);
          packet.writeShort(keepAlive);
          properties(packet);
          text(packet, "raw");
          if (will) {
            properties(packet);
            text(packet, "sensors/s-17/alive");
            text(packet, "0");
          }
          if (!token.isEmpty()) {
            text(packet, "anybody");
            text(packet, token);
          }
        });
  }

  void publish(int qos, int packetId, String topic, String payload) {
    publish(0x30 | qos << 1, qos, packetId, topic.getBytes(UTF_8), payload.getBytes(UTF_8));
  }

  void publishRetained(int packetId, String topic, String payload) {
    publish(0x33, 1, packetId, topic.getBytes(UTF_8), payload.getBytes(UTF_8));
  }

  void publish(int head, int qos, int packetId, byte[] topic, byte[] payload) {
    send(
        head,
        packet -> {
          packet.writeShort(topic.length);
          packet.write(topic);
          if (qos > 0) {
            packet.writeShort(packetId);
          }
          properties(packet);
          packet.write(payload);
        });
  }

  void release(int packetId) {
    send(0x62, packet -> packet.writeShort(packetId));
  }

  void ping() {
    sendRaw(0xc0, 0);
  }

  void disconnect() {
    sendRaw(0xe0, 0);
  }

  void subscribe(int packetId, String... filters) {
    send(
        0x82,
        packet -> {
          packet.writeShort(packetId);
          properties(packet);
          for (String filter : filters) {
            text(packet, filter);
            packet.writeByte(1);
          }
        });
  }

  void unsubscribe(int packetId, String filter) {
    send(
        0xa2,
        packet -> {
          packet.writeShort(packetId);
          properties(packet);
          text(packet, filter);
        });
  }

  /** Writes what follows a packet's length. */
  private interface Body {
    void writeTo(DataOutputStream packet) throws IOException;
  }

  private void send(int head, Body body) {
    try {
      ByteArrayOutputStream rest = new ByteArrayOutputStream();
      body.writeTo(new DataOutputStream(rest));
      ByteArrayOutputStream packet = new ByteArrayOutputStream();
      packet.write(head);
      int left = rest.size();
      do {
        packet.write((left & 0x7f) | (left > 0x7f ? 0x80 : 0));
        left >>= 7;
      } while (left > 0);
      packet.writeBytes(rest.toByteArray());
      sendRaw(packet.toByteArray());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  void sendRaw(int... bytes) {
    byte[] all = new byte[bytes.length];
    for (int i = 0; i < bytes.length; i++) {
      all[i] = (byte) bytes[i];
    }
    sendRaw(all);
  }

  void sendRaw(byte[] bytes) {
    try {
      socket.getOutputStream().write(bytes);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void text(DataOutputStream packet, String text) throws IOException {
    byte[] bytes = text.getBytes(UTF_8);
    packet.writeShort(bytes.length);
    packet.write(bytes);
  }

  private void properties(DataOutputStream packet) throws IOException {
    if (v5) {
      packet.writeByte(0);
    }
  }

  /** The next packet, within 20 s. */
  Packet read() {
    try {
      int head = in.readUnsignedByte();
      int length = 0;
      for (int shift = 0; ; shift += 7) {
        int next = in.readUnsignedByte();
        length |= (next & 0x7f) << shift;
        if (next < 0x80) {
          break;
        }
      }
      byte[] rest = new byte[length];
      in.readFully(rest);
      return new Packet(head >> 4, rest);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Whether nothing comes for this long. */
  boolean isSilent(Duration time) {
    try {
      socket.setSoTimeout((int) time.toMillis());
      int next = in.read();
      if (next >= 0) {
        throw new AssertionError("came: " + next);
      }
      return false;
    } catch (SocketTimeoutException e) {
      return true;
    } catch (IOException e) {
      return false;
    } finally {
      restoreTimeout();
    }
  }

  private void restoreTimeout() {
    try {
      socket.setSoTimeout(20_000);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Waits until the other side has closed the connection, whatever comes before. */
  void awaitClosed() {
    try {
      while (in.read() >= 0) {
        // Answers to what was sent before.
      }
    } catch (SocketTimeoutException e) {
      throw new AssertionError("still open", e);
    } catch (IOException e) {
      // Reset: closed as well.
    }
  }

  /** The name in the certificate that the server has shown. */
  String server() {
    try {
      return ((SSLSocket) socket).getSession().getPeerPrincipal().getName();
    } catch (SSLPeerUnverifiedException e) {
      throw new UncheckedIOException(e);
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
}
