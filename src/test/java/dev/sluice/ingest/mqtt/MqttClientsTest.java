package dev.sluice.ingest.mqtt;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.reading.Reading;
import dev.sluice.testing.TightJournal;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.eclipse.paho.client.mqttv3.MqttConnectOptions;
import org.eclipse.paho.mqttv5.client.MqttClientException;
import org.eclipse.paho.mqttv5.client.MqttConnectionOptions;
import org.eclipse.paho.mqttv5.client.MqttToken;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What clients that people use make of the port: Eclipse Paho's, unmodified, and very many. */
class MqttClientsTest {
  private static final int MANY = 5_000;

  /** What fills a small journal twice. */
  private static final int SENDERS = 20;

  private static final int MESSAGES = 500;
  private static final int METRICS = 20;
  private static final long FIRST_MS = MqttPort.NOW.toEpochMilli();

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
      options.setMaxInflight(20); // it counts those that are acknowledged for a moment longer
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

  /** A client of Paho's, of either version. */
  private interface Publisher {
    void publish(String topic, byte[] payload, int qos, boolean retained) throws Exception;
  }

  /** Pings are answered while nothing is acknowledged, so each client stays connected. */
  @Test
  @Tag("long")
  void keepsItsClientsAndLosesNothingWhileARealJournalIsFull(@TempDir Path folder)
      throws Exception {
    try (var port = new MqttPort();
        TightJournal journal = new TightJournal(folder, port.kept);
        var v3 =
            new org.eclipse.paho.client.mqttv3.MqttClient(
                "tcp://127.0.0.1:" + port.port(),
                "paho-3",
                new org.eclipse.paho.client.mqttv3.persist.MemoryPersistence())) {
      var v5 =
          new org.eclipse.paho.mqttv5.client.MqttClient(
              "tcp://127.0.0.1:" + port.port(),
              "paho-5",
              new org.eclipse.paho.mqttv5.client.persist.MemoryPersistence());
      port.journal = journal::append;
      journal.stall();
      var options3 = new MqttConnectOptions();
      options3.setKeepAliveInterval(2);
      options3.setMaxInflight(10_000);
      v3.connect(options3);
      var options5 = new MqttConnectionOptions();
      options5.setKeepAliveInterval(2);
      v5.connect(options5);
      List<Publisher> clients = List.of(v3::publish, patient(v5));
      AtomicInteger acknowledged = new AtomicInteger();
      List<FutureTask<Integer>> senders = new ArrayList<>();
      for (int i = 0; i < SENDERS; i++) {
        Publisher client = clients.get(i % clients.size());
        String device = "s-" + i;
        int qos = 1 + i / clients.size() % 2;
        var sender = new FutureTask<>(() -> publish(client, device, qos, acknowledged));
        senders.add(sender);
        Thread.ofPlatform().daemon().start(sender);
      }
      await().until(() -> port.admission.counters().notNowRequests() > 0);
      int before = awaitStandstill(acknowledged);
      assertThat(before).isPositive().isLessThan(SENDERS * MESSAGES - SENDERS);
      long waits = port.endpoint.counters().waits();

      await()
          .during(Duration.ofSeconds(5))
          .until(() -> acknowledged.get() == before && v3.isConnected() && v5.isConnected());

      assertThat(port.endpoint.counters().waits()).isGreaterThan(waits);
      assertThat(port.kept).isEmpty();
      journal.resume();

      for (FutureTask<Integer> sender : senders) {
        assertThat(sender.get(2, TimeUnit.MINUTES)).isEqualTo(MESSAGES);
      }
      journal.awaitDelivered();
      assertThat(port.endpoint.counters().connects()).isEqualTo(clients.size());
      for (Closed why : Closed.values()) {
        assertThat(port.closed(why)).as(why.label()).isZero();
      }
      assertThat(port.kept).hasSize(SENDERS * MESSAGES * METRICS);
      assertThat(new HashSet<>(port.kept)).isEqualTo(sent());
      v3.disconnect();
      v5.disconnect();
      v5.close();
    }
  }

  /**
   * Paho of version 5 has a message in flight for a while after its publish has returned, and
   * refuses to send one more than the receive maximum.
   */
  private static Publisher patient(org.eclipse.paho.mqttv5.client.MqttClient client) {
    return (topic, payload, qos, retained) -> {
      while (true) {
        try {
          client.publish(topic, payload, qos, retained);
          return;
        } catch (org.eclipse.paho.mqttv5.common.MqttException e) {
          if (e.getReasonCode() != MqttClientException.REASON_CODE_MAX_INFLIGHT) {
            throw e;
          }
          LockSupport.parkNanos(1_000_000);
        }
      }
    };
  }

  /** Waits until a count has stood for longer than a message is put off; returns it. */
  private static int awaitStandstill(AtomicInteger count) {
    int[] last = {-1};
    await()
        .pollInterval(Duration.ofSeconds(3))
        .until(() -> {
          int before = last[0];
          last[0] = count.get();
          return last[0] == before;
        });
    return last[0];
  }

  /** Publishes the messages of a device; returns how many were acknowledged. */
  private static int publish(Publisher client, String device, int qos, AtomicInteger acknowledged)
      throws Exception {
    int done = 0;
    while (done < MESSAGES) {
      String metrics =
          IntStream.range(0, METRICS)
              .mapToObj(m -> "\"m" + m + "\":" + m)
              .collect(Collectors.joining(","));
      String payload = "{\"ts\":%s,%s}".formatted(FIRST_MS + done, metrics);
      client.publish("zigbee2mqtt/" + device, payload.getBytes(UTF_8), qos, false);
      done++;
      acknowledged.incrementAndGet();
    }
    return done;
  }

  private static Set<Reading> sent() {
    Set<Reading> sent = new HashSet<>();
    for (int s = 0; s < SENDERS; s++) {
      for (int i = 0; i < MESSAGES; i++) {
        for (int m = 0; m < METRICS; m++) {
          sent.add(new Reading("s-" + s, "m" + m, 1_000 * (FIRST_MS + i), m));
        }
      }
    }
    return sent;
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
