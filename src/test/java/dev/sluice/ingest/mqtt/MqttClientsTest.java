package dev.sluice.ingest.mqtt;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.reading.Reading;
import java.util.ArrayList;
import java.util.List;
import org.eclipse.paho.client.mqttv3.MqttConnectOptions;
import org.eclipse.paho.mqttv5.client.MqttConnectionOptions;
import org.eclipse.paho.mqttv5.client.MqttToken;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What clients that people use make of the port: Eclipse Paho's, unmodified, and very many. */
class MqttClientsTest {
  private static final int MANY = 5_000;

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2})
  void pahoOfVersion3PublishesWithEveryQuality(int qos) throws Exception {
    try (var port = new MqttPort();
        var client =
            new org.eclipse.paho.client.mqttv3.MqttClient(
                "tcp://127.0.0.1:" + port.port(),
                "paho-3",
                new org.eclipse.paho.client.mqttv3.persist.MemoryPersistence())) {
      var options = new MqttConnectOptions();
      options.setWill("sensors/s-17/alive", "0".getBytes(UTF_8), 1, true);
      client.connect(options);
      for (int i = 0; i < 20; i++) {
        client.publish("sensors/s-17/n", String.valueOf(i).getBytes(UTF_8), qos, i % 2 == 0);
      }
      client.disconnect();

      await().until(() -> port.kept.size() == 20);
      assertThat(port.kept).extracting(Reading::value).isSorted();
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2})
  void pahoOfVersion5PublishesWithEveryQuality(int qos) throws Exception {
    try (var port = new MqttPort()) {
      var client =
          new org.eclipse.paho.mqttv5.client.MqttClient(
              "tcp://127.0.0.1:" + port.port(),
              "",
              new org.eclipse.paho.mqttv5.client.persist.MemoryPersistence());
      client.connect(new MqttConnectionOptions());
      for (int i = 0; i < 20; i++) {
        client.publish("sensors/s-17/n", String.valueOf(i).getBytes(UTF_8), qos, i % 2 == 0);
      }
      client.disconnect();
      client.close();

      await().until(() -> port.kept.size() == 20);
      assertThat(port.kept).extracting(Reading::value).isSorted();
    }
  }

  @Test
  void pahoOfVersion5LearnsWhatCanNeverBeStored() throws Exception {
    try (var port = new MqttPort()) {
      var client =
          new org.eclipse.paho.mqttv5.client.MqttAsyncClient(
              "tcp://127.0.0.1:" + port.port(),
              "paho-5",
              new org.eclipse.paho.mqttv5.client.persist.MemoryPersistence());
      client.connect().waitForCompletion();
      var sent = client.publish("sensors/s-17/temp", "ON".getBytes(UTF_8), 1, false);
      sent.waitForCompletion();

      assertThat(((MqttToken) sent).getReasonCodes()).containsExactly(0x99);
      client.disconnect().waitForCompletion();
      client.close();
    }
  }

  @Test
  @Tag("long")
  void servesFiveThousandClientsAtOnce() throws Exception {
    var setup = new MqttPort.Setup();
    setup.maxConnections = MANY;
    List<RawMqtt> clients = new ArrayList<>();
    try (var port = new MqttPort(setup)) {
      int threads = Thread.activeCount();
      for (int i = 0; i < MANY; i++) {
        clients.add(RawMqtt.to(port.port(), i % 2 == 0));
        assertThat(clients.getLast().connect(600, "").rest()[1]).isZero();
      }
      assertThat(port.endpoint.connections()).isEqualTo(MANY);
      for (int round = 0; round < 3; round++) {
        for (int i = 0; i < MANY; i++) {
          clients.get(i).publish(1 + i % 2, 1 + round, "sensors/s-" + i + "/n", "1");
        }
        for (RawMqtt client : clients) {
          assertThat(client.read().packetId()).isEqualTo(1 + round);
        }
      }
      assertThat(port.kept).hasSize(3 * MANY);
      assertThat(Thread.activeCount() - threads).isLessThan(10);
      assertThat(port.held.used()).isZero();
    } finally {
      clients.forEach(RawMqtt::close);
    }
  }
}
