package dev.sluice.ingest.mqtt;

import dev.sluice.config.Check;
import dev.sluice.config.Key;
import dev.sluice.config.ValueType;
import java.util.List;

/** The keys of {@link MqttConfig}. */
public final class MqttKeys {
  public static final Key<Boolean> ENABLED =
      Key.of("mqtt.enabled", "false", ValueType.flag(), "Whether readings may come by MQTT.");
  public static final Key<String> HOST =
      Key.of("mqtt.host", "127.0.0.1", ValueType.name(), "Address that takes MQTT.");
  public static final Key<Integer> PORT =
      Key.of("mqtt.port", "1883", ValueType.port(), "Port that takes MQTT; with tls.*, encrypted.");
  public static final Key<List<String>> TOPICS =
      Key.of(
          "mqtt.topics",
          "sensors/{device}/{metric},#",
          ValueType.names(),
          "Topics that are taken, and what they name; the first that fits counts.");
  public static final Key<Integer> MAX_CONNECTIONS =
      Key.of(
          "mqtt.max-connections",
          "10000",
          ValueType.integer(1, 1_000_000),
          "Connections of the MQTT port; fewer if heap and open files do not allow them.");
  public static final Key<Long> MAX_PACKET_BYTES =
      Key.of(
          "mqtt.max-packet-bytes",
          "256KiB",
          ValueType.bytes("1KiB", "256MiB"),
          "Largest MQTT packet; a client that sends more is disconnected.");
  public static final Key<Integer> MAX_INFLIGHT =
      Key.of(
          "mqtt.max-inflight",
          "100",
          ValueType.integer(1, 10_000),
          "Messages of one MQTT connection that wait for their acknowledgement.");

  /** All of them, in the order of the reference. */
  public static final List<Key<?>> ALL =
      List.of(ENABLED, HOST, PORT, TOPICS, MAX_CONNECTIONS, MAX_PACKET_BYTES, MAX_INFLIGHT);

  private MqttKeys() {}

  /**
   * Refuses patterns that fit no topic, and packets that no request may be as large as.
   *
   * @param maxBodyBytes {@code ingest.max-body-bytes}
   */
  public static void check(Check settings, long maxBodyBytes) {
    for (String pattern : settings.required(TOPICS)) {
      String problem = TopicPattern.problem(pattern);
      if (!problem.isEmpty()) {
        settings.refuse(TOPICS, problem);
      }
    }
    if (settings.required(ENABLED) && settings.required(MAX_PACKET_BYTES) > maxBodyBytes) {
      settings.refuse(MAX_PACKET_BYTES, "at most ingest.max-body-bytes (" + maxBodyBytes + ")");
    }
  }
}
