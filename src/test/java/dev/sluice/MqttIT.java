package dev.sluice;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.reading.Reading;
import dev.sluice.testing.Ledger;
import dev.sluice.testing.Mosquitto;
import dev.sluice.testing.ServeFixture;
import dev.sluice.testing.SluiceProcess;
import dev.sluice.testing.Stores;
import dev.sluice.testing.TestPorts;
import dev.sluice.testing.TokenFiles;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicLong;
import org.eclipse.paho.client.mqttv3.MqttClient;
import org.eclipse.paho.client.mqttv3.MqttConnectOptions;
import org.eclipse.paho.client.mqttv3.MqttException;
import org.eclipse.paho.client.mqttv3.persist.MemoryPersistence;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** MQTT into the whole jar: real clients, a real broker's bridge, and kills. */
@Tag("mysql")
class MqttIT {
  private static final int KILLS = Integer.getInteger("sluice.test.kills", 2);
  private static final int CLIENTS = 4;
  private static final AtomicLong NEXT_TS = new AtomicLong(1_795_400_000_000_000L);

  @TempDir Path directory;

  @Test
  void losesNothingThatAPahoClientSawAcknowledgedWhenItIsKilled() throws Exception {
    long seed = System.nanoTime();
    System.out.println("seed " + seed);
    SplittableRandom random = new SplittableRandom(seed);
    ServeFixture fixture = ServeFixture.migrated(directory);
    Ledger ledger = new Ledger();

    for (int kill = 0; kill < KILLS; kill++) {
      int acknowledged = ledger.acknowledgedCount();
      try (SluiceProcess sluice =
          fixture.start("mqtt.enabled=true", "mqtt.port=0", "mqtt.topics=devices/{device}")) {
        int port = sluice.url("mqtt").getPort();
        List<Thread> clients = new ArrayList<>();
        for (int i = 0; i < CLIENTS; i++) {
          String device = "mqtt-" + kill + "-" + i;
          int qos = 1 + i % 2;
          clients.add(
              Thread.ofVirtual().start(() -> publishUntilCutOff(port, device, qos, ledger)));
        }
        int enough = 100 + random.nextInt(3_000);
        await()
            .dontCatchUncaughtExceptions()
            .until(() ->
                ledger.acknowledgedCount() > acknowledged + enough
                    || clients.stream().noneMatch(Thread::isAlive));
        assertThat(clients).allMatch(Thread::isAlive);
        sluice.kill();
        for (Thread client : clients) {
          client.join();
        }
      }
    }

    try (SluiceProcess sluice = fixture.start()) {
      sluice.awaitCaughtUp("mysql");
      sluice.awaitCaughtUp("questdb");
      ledger.assertKeptBy("MySQL", Stores.mysql(fixture.mysql()));
      ledger.assertKeptBy("QuestDB", Stores.questDb(fixture.pg()));
      assertThat(sluice.out()).doesNotContain("mqtt=");
      assertThat(sluice.terminate(Duration.ofMinutes(2))).isZero();
    }
    System.out.println("kept " + ledger.acknowledgedCount() + " acknowledged readings");
  }

  private static void publishUntilCutOff(int port, String device, int qos, Ledger ledger) {
    try (MqttClient client =
        new MqttClient("tcp://127.0.0.1:" + port, device, new MemoryPersistence())) {
      client.setTimeToWait(20_000);
      MqttConnectOptions options = new MqttConnectOptions();
      // Paho counts a message as in flight until a thread of its own has looked at the answer,
      // which
      // on a busy machine is long after publish() has returned: with ten, its default, it gives up.
      options.setMaxInflight(10_000);
      client.connect(options);
      while (true) {
        Reading reading = new Reading(device, "n", NEXT_TS.getAndIncrement(), 21.5);
        String payload =
            "{\"ts\":%d.%03d,\"n\":21.5}"
                .formatted(reading.tsMicros() / 1_000, reading.tsMicros() % 1_000);
        try {
          client.publish("devices/" + device, payload.getBytes(UTF_8), qos, false);
          ledger.acknowledged(reading);
        } catch (MqttException e) {
          ledger.unknown(reading);
          client.disconnectForcibly(0, 1_000, false);
          return;
        }
      }
    } catch (MqttException e) {
      // The connection is gone: that is what this waits for.
    }
  }

  @Test
  void takesWhatMosquittoPublishesAndWhatItsBridgeHasKeptWhileSluiceWasDown() {
    Mosquitto mosquitto = Mosquitto.fetched();
    ServeFixture fixture = ServeFixture.migrated(directory);
    String token = "the-token-of-the-bridge";
    Path tokens =
        TokenFiles.write(
            directory.resolve("tokens"), TokenFiles.line(token, "write,read,admin name=bridge"));
    int port = TestPorts.free();
    String[] settings = {
      "mqtt.enabled=true",
      "mqtt.port=" + port,
      "mqtt.topics=sensors/{device}/{metric},zigbee2mqtt/{device}",
      "auth.tokens-file=" + tokens
    };
    List<String> expected = new ArrayList<>();
    try (SluiceProcess sluice = fixture.start(settings).withToken(token)) {
      for (String version : List.of("311", "5")) {
        for (String qos : List.of("0", "1", "2")) {
          String device = "pub-" + version + "-" + qos;
          assertThat(
                  publish(mosquitto, port, version, qos, token, "sensors/" + device + "/t", "21.5"))
              .isEqualTo(new Mosquitto.Ended(0, ""));
          expected.add(device + " t 21.5");
        }
        // mosquitto_pub says so, and ends well: a message refused for good is no failure of its
        // own.
        assertThat(publish(mosquitto, port, version, "1", token, "sensors/x/t", "ON").said())
            .matches(said -> version.equals("311") || said.contains("Payload format invalid"));
        assertThat(publish(mosquitto, port, version, "1", "wrong", "sensors/x/t", "1").exit())
            .isNotZero();
      }
      await().until(() -> sluice.status().getJsonObject("ingest").getInt("accepted") == 6);
    }

    try (Mosquitto.Broker broker =
        mosquitto.broker(
            directory,
            "connection sluice",
            "address 127.0.0.1:" + port,
            "bridge_protocol_version mqttv311",
            "cleansession false",
            "notifications false",
            "try_private false",
            "restart_timeout 1",
            "remote_username bridge",
            "remote_password " + token,
            "topic zigbee2mqtt/# out 1",
            "topic sensors/# out 1")) {
      for (int i = 0; i < 50; i++) {
        assertThat(
                mosquitto.publish(
                    directory,
                    broker.port(),
                    "-q",
                    "1",
                    "-t",
                    "zigbee2mqtt/kept-" + i,
                    "-m",
                    "{\"temperature\":" + i + "}"))
            .isEqualTo(new Mosquitto.Ended(0, ""));
        expected.add("kept-" + i + " temperature " + (double) i);
      }
      try (SluiceProcess sluice = fixture.start(settings).withToken(token)) {
        assertThat(
                mosquitto.publish(
                    directory, broker.port(), "-q", "1", "-t", "sensors/live/t", "-m", "1"))
            .isEqualTo(new Mosquitto.Ended(0, ""));
        expected.add("live t 1.0");
        await()
            .atMost(Duration.ofMinutes(1))
            .until(() -> sluice.status().getJsonObject("ingest").getInt("accepted") >= 51);
        sluice.awaitCaughtUp("mysql");
        assertThat(Stores.mysql(fixture.mysql()))
            .extracting(r -> r.device() + " " + r.metric() + " " + r.value())
            .containsExactlyInAnyOrderElementsOf(expected);
        assertThat(sluice.terminate(Duration.ofMinutes(2))).isZero();
      }
    }
  }

  private Mosquitto.Ended publish(
      Mosquitto mosquitto,
      int port,
      String version,
      String qos,
      String token,
      String topic,
      String payload) {
    return mosquitto.publish(
        directory, port, "-V", version, "-q", qos, "-u", "any", "-P", token, "-t", topic, "-m",
        payload);
  }
}
