package dev.sluice.ingest.mqtt;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.netty.handler.codec.mqtt.MqttPublishMessage;

/**
 * One PUBLISH, copied out of the connection's memory, and what its client was debited for it. All
 * but that is immutable, and that is changed only by the one thread that takes the message in.
 */
final class Message {
  /** Memory that a message takes beside its bytes; rounded up. */
  private static final int OBJECT_BYTES = 160;

  private static final int TEXT_BYTES = 120;

  private final int qos;
  private final int packetId;
  private final byte[] topic;
  private final byte[] payload;
  private final long receivedMicros;
  private boolean bytesDebited;
  private boolean readingsDebited;

  private Message(int qos, int packetId, byte[] topic, byte[] payload, long receivedMicros) {
    this.qos = qos;
    this.packetId = packetId;
    this.topic = topic;
    this.payload = payload;
    this.receivedMicros = receivedMicros;
  }

  /**
   * A copy; the packet may be released.
   *
   * @param receivedMicros time of its readings that bring none, in microseconds since the epoch
   */
  static Message of(MqttPublishMessage packet, long receivedMicros) {
    byte[] payload = new byte[packet.payload().readableBytes()];
    packet.payload().getBytes(packet.payload().readerIndex(), payload);
    return new Message(
        packet.fixedHeader().qosLevel().value(),
        packet.variableHeader().packetId(),
        packet.variableHeader().topicName().getBytes(UTF_8),
        payload,
        receivedMicros);
  }

  /** 0, 1 or 2. */
  int qos() {
    return qos;
  }

  /** What an acknowledgement refers to; counts with QoS 1 and 2 only. */
  int packetId() {
    return packetId;
  }

  byte[] topic() {
    return topic;
  }

  /** The topic for a log line: of moderate length, and without control characters. */
  String topicText() {
    String text = new String(topic, 0, Math.min(topic.length, TEXT_BYTES), UTF_8);
    return text.replaceAll("\\p{Cntrl}", "?");
  }

  long receivedMicros() {
    return receivedMicros;
  }

  byte[] payload() {
    return payload;
  }

  boolean areBytesDebited() {
    return bytesDebited;
  }

  /** Its client need not be debited for its bytes again. */
  void bytesDebited() {
    bytesDebited = true;
  }

  boolean areReadingsDebited() {
    return readingsDebited;
  }

  /** Its client need not be debited for its readings again. */
  void readingsDebited() {
    readingsDebited = true;
  }

  /** Memory that it takes. */
  int bytes() {
    return OBJECT_BYTES + topic.length + payload.length;
  }
}
