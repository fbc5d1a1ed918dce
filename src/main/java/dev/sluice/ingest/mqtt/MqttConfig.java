package dev.sluice.ingest.mqtt;

import java.util.List;

/**
 * Settings {@code mqtt.*}.
 *
 * @param enabled {@code mqtt.enabled}
 * @param host {@code mqtt.host}
 * @param port {@code mqtt.port}; 0 for any free port
 * @param topics {@code mqtt.topics}, the patterns as they are written
 * @param maxConnections {@code mqtt.max-connections}
 * @param maxPacketBytes {@code mqtt.max-packet-bytes}: largest packet that a client may send
 * @param maxInflight {@code mqtt.max-inflight}: most messages of one connection that wait for their
 *     acknowledgement
 */
public record MqttConfig(
    boolean enabled,
    String host,
    int port,
    List<String> topics,
    int maxConnections,
    int maxPacketBytes,
    int maxInflight) {
  /** Copies the list. */
  public MqttConfig {
    topics = List.copyOf(topics);
  }
}
