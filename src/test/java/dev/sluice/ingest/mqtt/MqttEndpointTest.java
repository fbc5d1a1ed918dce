package dev.sluice.ingest.mqtt;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.sluice.http.connection.ListenerWatch;
import dev.sluice.http.limit.Limits;
import dev.sluice.http.limit.LimitsConfig;
import dev.sluice.http.limit.SteppedLimits;
import dev.sluice.ingest.format.IgnoredKind;
import dev.sluice.ingest.mqtt.RawMqtt.Packet;
import dev.sluice.reading.Micros;
import dev.sluice.reading.Reading;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What the port makes of packets, byte by byte, over a journal that does as it is told. */
@Tag("slow")
class MqttEndpointTest {
  private static final long NOW_MICROS = Micros.of(MqttPort.NOW);
  private static final Duration A_WHILE = Duration.ofMillis(200);

  /** A payload with readings of five days long ago. */
  private static final String FIVE_DAYS =
      IntStream.rangeClosed(1, 5)
          .mapToObj(
              day -> "{\"device\":\"old\",\"ts\":\"2020-01-0%dT00:00:00Z\",\"t\":1}".formatted(day))
          .toList()
          .toString();

  @ParameterizedTest
  @CsvSource({"false, 1", "false, 2", "true, 1", "true, 2"})
  void acknowledgesOnlyAfterTheAppend(boolean v5, int qos) {
    var mayAppend = new CountDownLatch(1);
    try (var port = new MqttPort();
        RawMqtt client = RawMqtt.connected(port.port(), v5)) {
      port.journal =
          buffer -> {
            awaitQuietly(mayAppend);
            return port.keep(buffer);
          };
      client.publish(qos, 7, "sensors/s-17/temp", "21.5");
      assertThat(client.isSilent(A_WHILE)).isTrue();
      client.ping();
      assertThat(client.read().type()).isEqualTo(RawMqtt.PINGRESP);

      mayAppend.countDown();

      Packet ack = client.read();
      assertThat(ack.type()).isEqualTo(qos == 1 ? RawMqtt.PUBACK : RawMqtt.PUBREC);
      assertThat(ack.packetId()).isEqualTo(7);
      assertThat(ack.rest()).hasSize(2);
      assertThat(port.kept).containsExactly(new Reading("s-17", "temp", NOW_MICROS, 21.5));
      if (qos == 2) {
        client.release(7);
        Packet complete = client.read();
        assertThat(complete.type()).isEqualTo(RawMqtt.PUBCOMP);
        assertThat(complete.packetId()).isEqualTo(7);
      }
    }
  }

  @Test
  void acknowledgesInTheOrderOfTheMessages() {
    try (var port = new MqttPort();
        RawMqtt client = RawMqtt.connected(port.port(), false)) {
      Thread.startVirtualThread(() -> {
        for (int id = 1; id <= 5_000; id++) {
          client.publish(1, id, "sensors/s-17/n", String.valueOf(id));
        }
      });

      List<Integer> ids =
          IntStream.range(0, 5_000).map(i -> client.read().packetId()).boxed().toList();

      assertThat(ids).isEqualTo(IntStream.rangeClosed(1, 5_000).boxed().toList());
      assertThat(port.kept).extracting(Reading::value).hasSize(5_000).isSorted();
      assertThat(port.held.used()).isZero();
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "sensors/s-17/temp | 21.5 | s-17 temp 21.5",
        "sensors/s-17/temp | ' -2e1\n' | s-17 temp -20.0",
        "sensors/s-17/temp | {\"humidity\":40} | s-17 humidity 40.0",
        "sensors/s-17/temp | {\"device_id\":\"own\",\"humidity\":40} | own humidity 40.0",
        "zigbee2mqtt/küche | {\"temperature\":21.5,\"battery\":97} | küche temperature 21.5, küche battery 97.0",
        "zigbee2mqtt/a | [{\"t\":1},{\"device\":\"b\",\"t\":2}] | a t 1.0, b t 2.0",
        "raw/anything | {\"device_id\":\"j\",\"metrics\":[{\"name\":\"t\",\"value\":3}]} | j t 3.0",
        "raw/anything | cpu,host=h1 usage=3,idle=4 | h1 cpu_usage 3.0, h1 cpu_idle 4.0",
        "raw | 'cpu,host=h1 value=1\ncpu,host=h2 value=2' | h1 cpu 1.0, h2 cpu 2.0",
      })
  void storesEachKindOfPayload(String topic, String payload, String readings) {
    try (var port = new MqttPort();
        RawMqtt client = RawMqtt.connected(port.port(), true)) {
      client.publish(1, 1, topic, payload);

      assertThat(client.read().reasonCode()).isZero();
      assertThat(
              port.kept.stream().map(r -> r.device() + " " + r.metric() + " " + r.value()).toList())
          .isEqualTo(List.of(readings.split(", ")));
      assertThat(port.kept).allMatch(r -> r.tsMicros() == NOW_MICROS);
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "sensors/s-17/temp | ON | 0x99 | is neither JSON nor line protocol nor a number",
        "sensors/s-17/temp | 21,5 | 0x99 | is neither JSON nor line protocol nor a number",
        "sensors/s-17/temp | NaN | 0x99 | is neither JSON nor line protocol nor a number",
        "sensors/s-17/temp | 1e999 | 0x99 | the number is not finite",
        "sensors/s-17/temp | '' | 0x99 | the payload is empty",
        "sensors//temp | 1 | 0x99 | needs a topic that names device and metric",
        "zigbee2mqtt/a | 1 | 0x99 | needs a topic that names device and metric",
        "raw/a | {\"t\":1} | 0x99 | has no device_id",
        "raw/a | {\"t\": | 0x99 | line 1, column 6",
        "raw/a | '# = nothing' | 0x99 | the payload has no reading",
        "raw/a | cpu usage=3 | 0x99 | has no device",
        "elsewhere | {\"device_id\":\"j\",\"t\":1} | 0x90 | topic \"elsewhere\" fits none of mqtt.topics",
      })
  void tellsAClientOfVersion5WhatCanNeverBeStored(
      String topic, String payload, String code, String reason) {
    try (var port = new MqttPort();
        RawMqtt client = RawMqtt.connected(port.port(), true)) {
      client.publish(1, 1, topic, payload);
      client.publish(2, 2, topic, payload);

      for (int type : List.of(RawMqtt.PUBACK, RawMqtt.PUBREC)) {
        Packet answer = client.read();
        assertThat(answer.type()).isEqualTo(type);
        assertThat(answer.reasonCode()).isEqualTo(Integer.decode(code));
        assertThat(answer.text()).contains(reason);
      }
      assertThat(port.kept).isEmpty();
      assertThat(port.messages(code.equals("0x90") ? Fate.TOPIC : Fate.PAYLOAD)).isEqualTo(2);
    }
  }

  @Test
  void letsAClientOfVersion3DropWhatCanNeverBeStored() {
    try (var port = new MqttPort();
        RawMqtt client = RawMqtt.connected(port.port(), false)) {
      client.publish(1, 1, "sensors/s-17/temp", "ON");
      client.publish(2, 2, "nowhere", "1");

      Packet first = client.read();
      Packet second = client.read();

      assertThat(first.type()).isEqualTo(RawMqtt.PUBACK);
      assertThat(first.rest()).hasSize(2);
      assertThat(second.type()).isEqualTo(RawMqtt.PUBREC);
      assertThat(port.messages(Fate.PAYLOAD)).isOne();
      assertThat(port.messages(Fate.TOPIC)).isOne();
      assertThat(port.admission.counters().rejected()).isEqualTo(2);
    }
  }

  @Test
  void keepsWhatCanBeStoredOfAMessageAndOfItsNeighbours() {
    try (var port = new MqttPort();
        RawMqtt client = RawMqtt.connected(port.port(), true)) {
      client.publish(1, 1, "sensors/a/t", "1");
      client.publish(1, 2, "sensors/a/t", "no");
      client.publish(1, 3, "raw", "x,host=h a=1,b=2,\ny,host=h c=3\nz c=4");
      client.publish(1, 4, "sensors/b/t", "4");

      List<Packet> answers = IntStream.range(0, 4).mapToObj(i -> client.read()).toList();

      assertThat(answers).extracting(Packet::reasonCode).containsExactly(0, 0x99, 0x99, 0);
      assertThat(answers.get(2).text()).contains("kept 1, refused 2; the first: ");
      assertThat(port.kept)
          .extracting(reading -> reading.device() + " " + reading.metric())
          .containsExactly("a t", "h y_c", "b t");
    }
  }

  @Test
  void countsTheReadingsOfEachMessageOnce() {
    try (var port = new MqttPort();
        RawMqtt client = RawMqtt.connected(port.port(), true)) {
      for (int id = 1; id <= 3; id++) {
        client.publish(1, id, "zigbee2mqtt/a", "{\"t\":1,\"note\":\"text\",\"u\":2}");
      }
      IntStream.range(0, 3).forEach(i -> client.read());

      assertThat(port.admission.counters().accepted()).isEqualTo(6);
      assertThat(port.admission.counters().ignored(IgnoredKind.TEXT)).isEqualTo(3);
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void keepsTheConnectionAndAnswersPingsWhileTheJournalIsFull(boolean v5) {
    try (var port = new MqttPort();
        RawMqtt client = RawMqtt.connected(port.port(), v5)) {
      port.fill();
      for (int id = 1; id <= 10; id++) {
        client.publish(id % 3, id, "sensors/s-17/n", String.valueOf(id));
      }
      await().until(() -> port.endpoint.counters().waits() > 2);
      for (int i = 0; i < 5; i++) {
        client.ping();
        assertThat(client.read().type()).isEqualTo(RawMqtt.PINGRESP);
      }
      assertThat(client.isSilent(A_WHILE)).isTrue();

      port.makeRoom();

      List<Integer> acknowledged =
          IntStream.range(0, 7).map(i -> client.read().packetId()).boxed().toList();
      assertThat(acknowledged).containsExactly(1, 2, 4, 5, 7, 8, 10);
      assertThat(port.kept).extracting(Reading::value).hasSize(10).isSorted();
      assertThat(port.endpoint.counters().connects()).isOne();
      assertThat(port.held.used()).isZero();
    }
  }

  @Test
  void keepsEveryReadingWithoutATimeOfItsOwnThoughTheyWaitedTogether() {
    try (var port = new MqttPort();
        RawMqtt client = RawMqtt.connected(port.port(), false)) {
      port.fill();
      for (int id = 1; id <= 3; id++) {
        client.publish(1, id, "sensors/s-17/temp", "2" + id);
      }
      await().until(() -> port.endpoint.counters().waits() > 1);

      port.makeRoom();

      for (int id = 1; id <= 3; id++) {
        assertThat(client.read().packetId()).isEqualTo(id);
      }
      assertThat(port.kept).extracting(Reading::value).containsExactly(21.0, 22.0, 23.0);
      assertThat(port.kept)
          .extracting(Reading::tsMicros)
          .containsExactly(NOW_MICROS, NOW_MICROS + 1, NOW_MICROS + 2);
    }
  }

  @Test
  void disconnectsNobodyHoweverLongTheJournalIsFull() {
    var setup = new MqttPort.Setup();
    setup.patience = Duration.ofSeconds(1);
    int messages = 3 * MqttPort.MAX_INFLIGHT;
    try (var port = new MqttPort(setup);
        RawMqtt client = RawMqtt.connected(port.port(), false)) {
      port.fill();
      for (int id = 1; id <= messages; id++) {
        client.publish(1, id, "sensors/s-17/n", String.valueOf(id));
      }
      assertThat(client.isSilent(setup.patience.multipliedBy(3))).isTrue();

      port.makeRoom();

      for (int id = 1; id <= messages; id++) {
        assertThat(client.read().packetId()).isEqualTo(id);
      }
      assertThat(port.closed(Closed.STALLED)).isZero();
    }
  }

  @Test
  void keepsNothingOfPacketsThatAlwaysEndInTheNextWrite() {
    int messages = 1_500;
    byte[] packet = new byte[60_000];
    Arrays.fill(packet, (byte) 'x');
    int rest = packet.length - 4;
    byte[] head = {
      0x30,
      (byte) ((rest & 0x7f) | 0x80),
      (byte) (((rest >> 7) & 0x7f) | 0x80),
      (byte) (rest >> 14),
      0,
      1
    };
    System.arraycopy(head, 0, packet, 0, head.length);
    byte[] tailAndNext = new byte[packet.length];
    tailAndNext[0] = packet[packet.length - 1];
    System.arraycopy(packet, 0, tailAndNext, 1, packet.length - 1);
    var setup = new MqttPort.Setup();
    setup.topics = List.of("sensors/{device}/{metric}");
    try (var port = new MqttPort(setup);
        RawMqtt client = RawMqtt.connected(port.port(), false)) {
      client.sendRaw(Arrays.copyOf(packet, packet.length - 1));
      long before = liveBytes();
      for (int i = 0; i < messages; i++) {
        client.sendRaw(tailAndNext);
      }
      await().until(() -> port.messages(Fate.TOPIC) == messages);

      assertThat(liveBytes() - before).isLessThan(messages * (long) packet.length / 3);
    }
  }

  private static long liveBytes() {
    System.gc();
    Runtime runtime = Runtime.getRuntime();
    return runtime.totalMemory() - runtime.freeMemory();
  }

  @Test
  void readsNoMoreThanMayWaitWhileTheJournalIsFull() {
    int messages = 20_000;
    String payload = "{\"device_id\":\"s-17\",\"n\":%d,\"pad\":\"" + "x".repeat(1_000) + "\"}";
    try (var port = new MqttPort();
        RawMqtt client = RawMqtt.connected(port.port(), false)) {
      port.fill();
      var sent = new AtomicInteger();
      Thread.startVirtualThread(() -> {
        for (int id = 1; id <= messages; id++) {
          client.publish(1, 1 + id % 60_000, "raw", payload.formatted(id));
          sent.set(id);
        }
      });
      int[] before = {-1};
      await()
          .pollInterval(Duration.ofMillis(300))
          .until(() -> {
            boolean stands = sent.get() > 0 && sent.get() == before[0];
            before[0] = sent.get();
            return stands;
          });
      assertThat(sent.get()).isLessThan(messages);
      assertThat(port.held.used()).isPositive().isLessThan(512 * 1024);

      port.makeRoom();

      for (int id = 1; id <= messages; id++) {
        assertThat(client.read().packetId()).isEqualTo(1 + id % 60_000);
      }
      assertThat(port.kept).hasSize(messages);
      await().until(() -> port.held.used() == 0);
    }
  }

  @Test
  void forgetsAClientThatGaveUpWhileNothingWasReadFromIt() {
    try (var port = new MqttPort()) {
      port.fill();
      try (RawMqtt client = RawMqtt.to(port.port(), false)) {
        client.connect(1, "");
        for (int id = 1; id <= 2 * MqttPort.MAX_INFLIGHT; id++) {
          client.publish(1, id, "sensors/s-17/n", "1");
        }
        await().until(() -> port.endpoint.counters().waits() > 0);
      }

      await().until(() -> port.endpoint.connections() == 0);
      assertThat(port.closed(Closed.KEEP_ALIVE)).isOne();
      await().until(() -> port.held.used() == 0);
      assertThat(port.kept).isEmpty();
    }
  }

  @Test
  void acknowledgesNothingWhileSluiceStartsOrStops() {
    try (var port = new MqttPort();
        RawMqtt client = RawMqtt.connected(port.port(), true)) {
      port.gate.drain();
      client.publish(1, 1, "sensors/s-17/temp", "21.5");
      await().until(() -> port.endpoint.counters().waits() > 1);
      assertThat(client.isSilent(A_WHILE)).isTrue();

      port.endpoint.close();

      Packet goodbye = client.read();
      assertThat(goodbye.type()).isEqualTo(RawMqtt.DISCONNECT);
      assertThat(goodbye.rest()[0] & 0xff).isEqualTo(0x8b);
      client.awaitClosed();
      assertThat(port.kept).isEmpty();
    }
  }

  @Test
  void keepsWhatAClientSendsWithQos0RightBeforeItLeaves() {
    try (var port = new MqttPort()) {
      for (int i = 0; i < 50; i++) {
        try (RawMqtt client = RawMqtt.connected(port.port(), false)) {
          client.publish(0, 0, "sensors/s-17/n", String.valueOf(i));
          client.disconnect();
        }
      }

      await().untilAsserted(() -> assertThat(port.kept).hasSize(50));
      await().until(() -> port.endpoint.connections() == 0);
      assertThat(port.held.used()).isZero();
    }
  }

  @Test
  void countsWhatWasSentWithQos0AndLostBecauseItsClientLeftWhileTheJournalWasFull() {
    try (var port = new MqttPort()) {
      port.fill();
      try (RawMqtt client = RawMqtt.connected(port.port(), false)) {
        client.publish(0, 0, "sensors/s-17/n", "1");
        client.publish(1, 1, "sensors/s-17/n", "2");
        await().until(() -> port.endpoint.counters().waits() > 0);
      }

      await().until(() -> port.messages(Fate.LOST) == 1);
      await().until(() -> port.held.used() == 0);
      assertThat(port.kept).isEmpty();
    }
  }

  @Test
  void storesARetainedMessageLikeAnyOtherAndIgnoresWills() {
    try (var port = new MqttPort()) {
      try (RawMqtt client = RawMqtt.to(port.port(), true)) {
        client.sendConnect(0, "", true);
        assertThat(client.read().rest()[1]).isZero();
        client.publishRetained(1, "sensors/s-17/temp", "21.5");
        assertThat(client.read().reasonCode()).isZero();
      }

      await().until(() -> port.endpoint.connections() == 0);
      assertThat(port.kept).containsExactly(new Reading("s-17", "temp", NOW_MICROS, 21.5));
    }
  }

  @ParameterizedTest
  @CsvSource({"false, 0x80", "true, 0x83"})
  void refusesEverySubscription(boolean v5, String code) {
    try (var port = new MqttPort();
        RawMqtt client = RawMqtt.connected(port.port(), v5)) {
      client.subscribe(9, "sensors/#", "+/a");
      Packet answer = client.read();
      client.unsubscribe(10, "sensors/#");
      Packet end = client.read();
      client.publish(1, 11, "sensors/s-17/temp", "1");

      assertThat(answer.type()).isEqualTo(RawMqtt.SUBACK);
      assertThat(answer.packetId()).isEqualTo(9);
      int last = answer.rest().length;
      assertThat(answer.rest()[last - 2] & 0xff).isEqualTo(Integer.decode(code));
      assertThat(answer.rest()[last - 1] & 0xff).isEqualTo(Integer.decode(code));
      assertThat(answer.text().contains("is no broker")).isEqualTo(v5);
      assertThat(end.type()).isEqualTo(RawMqtt.UNSUBACK);
      assertThat(client.read().packetId()).isEqualTo(11);
    }
  }

  @Test
  void tellsAClientOfVersion5WhatItMayDo() {
    try (var port = new MqttPort();
        RawMqtt client = RawMqtt.to(port.port(), true)) {
      byte[] rest = client.connect(0, "").rest();

      assertThat(rest[0]).as("session present").isZero();
      assertThat(indexOf(rest, 0x21, 0, MqttPort.MAX_INFLIGHT)).as("receive maximum").isPositive();
      assertThat(indexOf(rest, 0x27, 0, 1, 0, 0)).as("maximum packet size").isPositive();
      assertThat(indexOf(rest, 0x28, 0)).as("no wildcard subscriptions").isPositive();
    }
  }

  @Test
  void letsAClientOverItsLimitWait() {
    var setup = new MqttPort.Setup();
    setup.limits = new Limits(new LimitsConfig(10, 0, 0, 0, 0, 0));
    try (var port = new MqttPort(setup);
        RawMqtt client = RawMqtt.connected(port.port(), true)) {
      client.publish(
          1, 1, "raw", ("[" + "{\"device\":\"a\",\"t\":1},".repeat(30)).replaceAll(",$", "]"));
      assertThat(client.read().reasonCode()).isZero();
      client.publish(1, 2, "sensors/a/t", "2");

      assertThat(client.isSilent(A_WHILE)).isTrue();
      Packet answer = client.read();

      assertThat(answer.packetId()).isEqualTo(2);
      assertThat(answer.reasonCode()).isZero();
      assertThat(port.kept).hasSize(31);
      assertThat(port.admission.counters().overLimitRequests()).isPositive();
    }
  }

  @Test
  void refusesNoMessageForWhatItsNeighboursAsk() {
    var setup = new MqttPort.Setup();
    setup.maxNewDays = 3;
    try (var port = new MqttPort(setup);
        RawMqtt client = RawMqtt.connected(port.port(), true)) {
      var mayAppend = new CountDownLatch(1);
      port.journal =
          buffer -> {
            awaitQuietly(mayAppend);
            return port.keep(buffer);
          };
      client.publish(1, 1, "sensors/a/t", "1");
      client.publish(1, 2, "sensors/a/t", "2");
      client.publish(1, 3, "raw", FIVE_DAYS);
      client.publish(1, 4, "sensors/a/t", "4");
      mayAppend.countDown();

      List<Packet> answers = IntStream.range(0, 4).mapToObj(i -> client.read()).toList();

      assertThat(answers).extracting(Packet::reasonCode).containsExactly(0, 0, 0x97, 0);
      assertThat(answers.get(2).text()).contains("allowed are 3 per minute (ingest.max-new-days)");
      assertThat(port.kept).extracting(Reading::value).containsExactly(1.0, 2.0, 4.0);
    }
  }

  /** Together they are too many days, so each is tried again on its own, and the third in vain. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void debitsAClientOnceForABatchThatIsTakenInPieces(boolean bytes) {
    List<String> topics = List.of("sensors/a/t", "sensors/a/t", "raw", "sensors/a/t");
    List<String> payloads = List.of("1", "2", FIVE_DAYS, "4");
    int readings = 8;
    int length = String.join("", topics).length() + String.join("", payloads).length();
    // One more than has been sent: the next message passes, and the one after it does not.
    var limited =
        new SteppedLimits(
            new LimitsConfig(bytes ? 0 : readings + 1, bytes ? length + 1 : 0, 0, 0, 0, 0));
    var setup = new MqttPort.Setup();
    setup.maxNewDays = 3;
    setup.limits = limited.limits;
    try (var port = new MqttPort(setup);
        RawMqtt client = RawMqtt.connected(port.port(), true)) {
      var mayAppend = new CountDownLatch(1);
      port.journal =
          buffer -> {
            awaitQuietly(mayAppend);
            return port.keep(buffer);
          };
      for (int i = 0; i < topics.size(); i++) {
        client.publish(1, 1 + i, topics.get(i), payloads.get(i));
      }
      mayAppend.countDown();
      List<Packet> answers = IntStream.range(0, 4).mapToObj(i -> client.read()).toList();
      assertThat(answers).extracting(Packet::reasonCode).containsExactly(0, 0, 0x97, 0);

      client.publish(1, 5, "sensors/a/t", "5");
      assertThat(client.read().packetId()).isEqualTo(5);

      client.publish(1, 6, "sensors/a/t", "6");
      assertThat(client.isSilent(A_WHILE)).isTrue();
      assertThat(port.admission.counters().overLimitRequests()).isPositive();
      limited.pass(Duration.ofSeconds(1));
      assertThat(client.read().packetId()).isEqualTo(6);
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void debitsAClientOnceForMessagesThatWaitForRoom(boolean bytes) {
    int length = "sensors/a/t1".length();
    var limited =
        new SteppedLimits(new LimitsConfig(bytes ? 0 : 2, bytes ? 2L * length : 0, 0, 0, 0, 0));
    var setup = new MqttPort.Setup();
    setup.limits = limited.limits;
    try (var port = new MqttPort(setup);
        RawMqtt client = RawMqtt.connected(port.port(), true)) {
      port.fill();
      client.publish(1, 1, "sensors/a/t", "1");
      await().until(() -> port.endpoint.counters().waits() > 3);
      assertThat(port.admission.counters().overLimitRequests()).isZero();

      port.makeRoom();

      assertThat(client.read().packetId()).isEqualTo(1);
      client.publish(1, 2, "sensors/a/t", "2");
      assertThat(client.read().packetId()).isEqualTo(2);
      client.publish(1, 3, "sensors/a/t", "3");
      assertThat(client.isSilent(A_WHILE)).isTrue();
    }
  }

  // ---- what clients may do to it

  @Test
  void closesAConnectionThatSendsNoConnect() {
    var setup = new MqttPort.Setup();
    setup.patience = Duration.ofMillis(500);
    try (var port = new MqttPort(setup);
        RawMqtt client = RawMqtt.to(port.port(), false)) {
      client.awaitClosed();

      assertThat(port.closed(Closed.SILENT)).isOne();
    }
  }

  @Test
  void closesAConnectionWhosePacketDoesNotArrive() {
    var setup = new MqttPort.Setup();
    setup.patience = Duration.ofMillis(500);
    try (var port = new MqttPort(setup);
        RawMqtt client = RawMqtt.connected(port.port(), false)) {
      client.sendRaw(0x30, 0x80, 0x10, 0, 1, 'a');
      client.awaitClosed();

      assertThat(port.closed(Closed.STALLED)).isOne();
      await().until(() -> port.held.used() == 0);
    }
  }

  @Test
  void closesAConnectionThatDoesNotReadItsAnswers() {
    var setup = new MqttPort.Setup();
    setup.patience = Duration.ofMillis(500);
    try (var port = new MqttPort(setup);
        RawMqtt client = RawMqtt.connected(port.port(), false)) {
      byte[] pings = new byte[64 * 1024];
      for (int i = 0; i < pings.length; i += 2) {
        pings[i] = (byte) 0xc0;
      }
      assertThatThrownBy(
              () -> {
                while (true) {
                  client.sendRaw(pings);
                }
              })
          .hasCauseInstanceOf(IOException.class);

      assertThat(port.closed(Closed.STALLED)).isOne();
      await().until(() -> port.endpoint.connections() == 0);
    }
  }

  @Test
  void closesAConnectionAfterOneAndAHalfTimesItsKeepAlive() {
    try (var port = new MqttPort();
        RawMqtt client = RawMqtt.to(port.port(), true)) {
      client.connect(1, "");
      Packet goodbye = client.read();

      assertThat(goodbye.type()).isEqualTo(RawMqtt.DISCONNECT);
      assertThat(goodbye.rest()[0] & 0xff).isEqualTo(0x8d);
      client.awaitClosed();
      assertThat(port.closed(Closed.KEEP_ALIVE)).isOne();
    }
  }

  @Test
  void refusesAPacketThatIsTooLargeBeforeItArrives() {
    try (var port = new MqttPort();
        RawMqtt client = RawMqtt.connected(port.port(), true)) {
      client.sendRaw(0x30, 0xff, 0xff, 0xff, 0x7f);

      Packet goodbye = client.read();
      assertThat(goodbye.rest()[0] & 0xff).isEqualTo(0x95);
      assertThat(goodbye.text()).contains("allowed are 65536 (mqtt.max-packet-bytes)");
      client.awaitClosed();
      assertThat(port.closed(Closed.TOO_LARGE)).isOne();
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "3080808080", // a length of five bytes
        "3003000961", // a topic that is longer than its packet
        "30050003c3286131", // a topic that is no UTF-8
        "3006000361230031", // a topic with a wildcard and U+0000
        "3605000161000a", // QoS 3
        "32050001610000", // QoS 1 without a packet id
        "20020000", // a CONNACK
        "4002000a", // a PUBACK
        "f000", // AUTH, in version 3
        "0000", // no packet type
        "100d00044d51545404020000000141", // CONNECT, once more
      })
  void closesAConnectionThatSendsNonsenseAndNoOther(String hex) {
    try (var port = new MqttPort();
        RawMqtt good = RawMqtt.connected(port.port(), false);
        RawMqtt bad = RawMqtt.connected(port.port(), false)) {
      bad.sendRaw(HexFormat.of().parseHex(hex));
      bad.awaitClosed();

      good.publish(1, 5, "sensors/s-17/temp", "21.5");
      assertThat(good.read().packetId()).isEqualTo(5);
      assertThat(port.closed(Closed.PROTOCOL)).isOne();
      assertThat(port.kept).hasSize(1);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"GET / HTTP/1.1\r\n\r\n", "\u0016\u0003\u0001", "0\u0005\u0000\u0001a12"})
  void closesAConnectionThatDoesNotBeginWithConnect(String text) {
    var setup = new MqttPort.Setup();
    setup.patience = Duration.ofMillis(500);
    try (var port = new MqttPort(setup);
        RawMqtt client = RawMqtt.to(port.port(), false)) {
      client.sendRaw(text.getBytes(UTF_8));
      client.awaitClosed();

      assertThat(port.endpoint.counters().connects()).isZero();
      assertThat(port.kept).isEmpty();
    }
  }

  @Test
  void refusesAVersionThatItDoesNotSpeak() {
    try (var port = new MqttPort();
        RawMqtt client = RawMqtt.to(port.port(), false)) {
      client.sendRaw(0x10, 0x0d, 0, 4, 'M', 'Q', 'T', 'T', 9, 2, 0, 0, 0, 1, 'a');

      Packet answer = client.read();
      assertThat(answer.type()).isEqualTo(RawMqtt.CONNACK);
      assertThat(answer.rest()[1]).isEqualTo((byte) 1);
      client.awaitClosed();
    }
  }

  @Test
  void isWatchedLikeTheOtherPortsAndCountsNothingForIt() {
    try (var port = new MqttPort()) {
      try (ListenerWatch watch = new ListenerWatch()) {
        watch.start(
            List.of(
                new ListenerWatch.Door(
                    "mqtt",
                    new InetSocketAddress(InetAddress.getLoopbackAddress(), port.port()),
                    port.endpoint::accepted)));

        await().until(() -> port.endpoint.accepted() > 2);

        assertThat(watch.refusal()).isEmpty();
      }
      await().until(() -> port.endpoint.connections() == 0);
      for (Closed why : Closed.values()) {
        assertThat(port.closed(why)).as(why.label()).isZero();
      }
      assertThat(port.endpoint.counters().connects()).isZero();
    }
  }

  @Test
  void letsInNoMoreConnectionsThanMayBe() {
    var setup = new MqttPort.Setup();
    setup.maxConnections = 3;
    try (var port = new MqttPort(setup)) {
      List<RawMqtt> clients = new ArrayList<>();
      for (int i = 0; i < 3; i++) {
        clients.add(RawMqtt.connected(port.port(), false));
      }
      try (RawMqtt oneMore = RawMqtt.to(port.port(), false)) {
        oneMore.awaitClosed();
      }
      await().until(() -> port.closed(Closed.FULL) == 1);

      clients.forEach(RawMqtt::close);
      await().until(() -> port.endpoint.connections() == 0);
      RawMqtt.connected(port.port(), false).close();
    }
  }

  @Test
  void boundsWhatUnfinishedPacketsOfAllConnectionsTake() {
    var setup = new MqttPort.Setup();
    setup.heldBytes = 512 * 1024;
    setup.patience = Duration.ofSeconds(2);
    byte[] begin = new byte[48 * 1000];
    begin[0] = 0x30;
    begin[1] = (byte) 0xff;
    begin[2] = (byte) 0xff;
    begin[3] = 0x02;
    try (var port = new MqttPort(setup);
        RawMqtt good = RawMqtt.connected(port.port(), false)) {
      List<RawMqtt> greedy = new ArrayList<>();
      for (int i = 0; i < 40; i++) {
        RawMqtt client = RawMqtt.connected(port.port(), false);
        client.sendRaw(begin);
        greedy.add(client);
      }
      await().until(() -> port.held.used() > setup.heldBytes / 2);
      assertThat(port.held.used()).isLessThanOrEqualTo(setup.heldBytes);

      good.publish(1, 1, "sensors/s-17/temp", "1");
      assertThat(good.read().packetId()).isEqualTo(1);

      greedy.forEach(RawMqtt::awaitClosed);
      await().until(() -> port.held.used() == 0);
      greedy.forEach(RawMqtt::close);
    }
  }

  private static int indexOf(byte[] bytes, int... wanted) {
    for (int i = 0; i + wanted.length <= bytes.length; i++) {
      int at = i;
      if (IntStream.range(0, wanted.length).allMatch(k -> (bytes[at + k] & 0xff) == wanted[k])) {
        return i;
      }
    }
    return -1;
  }

  private static void awaitQuietly(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
