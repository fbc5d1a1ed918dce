package dev.sluice.ingest.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.influxdb.client.InfluxDBClient;
import com.influxdb.client.InfluxDBClientFactory;
import com.influxdb.client.WriteApi;
import com.influxdb.client.WriteOptions;
import com.influxdb.client.domain.HealthCheck;
import com.influxdb.client.domain.WritePrecision;
import com.influxdb.exceptions.BadRequestException;
import dev.sluice.journal.AppendResult;
import dev.sluice.reading.Reading;
import io.questdb.client.Sender;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.influxdb.BatchOptions;
import org.influxdb.InfluxDB;
import org.influxdb.InfluxDBFactory;
import org.influxdb.dto.Point;
import org.influxdb.dto.Query;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Clients that people run, unmodified, over real sockets. */
class ClientsIT {
  private static final long MILLIS = IngestServer.NOW.toEpochMilli();
  private static final Duration LONG = Duration.ofMinutes(3);

  private final IngestServer server = new IngestServer();
  private final String url = "http://127.0.0.1:" + server.port();

  @AfterEach
  void stop() {
    server.close();
  }

  @Test
  void influxDbJavaGetsAnAnswerToWhatItAsksFirst() {
    try (InfluxDB client = InfluxDBFactory.connect(url)) {
      assertThat(client.ping().isGood()).isTrue();
      assertThat(client.version()).contains("sluice");
      assertThat(client.query(new Query("SHOW DATABASES")).getResults())
          .singleElement()
          .satisfies(result ->
              assertThat(result.getSeries().getFirst().getValues().getFirst())
                  .containsExactly("sluice"));
      assertThat(client.query(new Query("CREATE DATABASE x")).hasError()).isFalse();
      assertThat(client.query(new Query("SELECT * FROM x")).getResults().getFirst().hasError())
          .isTrue();
    }
  }

  /** Its retry buffer sends what it does not know to be hopeless again with every later batch. */
  @Test
  void influxDbJavaDropsWhatIsRefusedAndSendsNothingTwice() {
    try (InfluxDB client = InfluxDBFactory.connect(url)) {
      client.setDatabase("x");
      client.enableBatch(BatchOptions.DEFAULTS.actions(5).flushDuration(50).bufferLimit(10_000));
      for (int i = 0; i < 100; i++) {
        Point.Builder point =
            Point.measurement("temp")
                .time(MILLIS + i, TimeUnit.MILLISECONDS)
                .addField("value", 1.5);
        // Every tenth has no device, which refuses it and makes its whole batch a 400.
        client.write(i % 10 == 0 ? point.build() : point.tag("host", "h").build());
      }
      await().atMost(LONG).until(() -> server.kept.stream().distinct().count() == 90);
    }

    assertThat(server.admission.counters().partialRequests()).isPositive();
    assertThat(server.kept).doesNotHaveDuplicates().hasSize(90);
  }

  @Test
  @SuppressWarnings("deprecation") // health() is what older programs call
  void influxDbClientJavaWritesWhatItIsGiven() {
    try (InfluxDBClient client = InfluxDBClientFactory.create(url, "t".toCharArray(), "o", "b")) {
      assertThat(client.ping()).isTrue();
      assertThat(client.health().getStatus()).isEqualTo(HealthCheck.StatusEnum.PASS);

      client.getWriteApiBlocking().writeRecord(WritePrecision.MS, "temp,host=h value=1 " + MILLIS);
    }

    assertThat(server.kept).containsExactly(new Reading("h", "temp", MILLIS * 1_000, 1));
  }

  @Test
  void influxDbClientJavaFindsTheBucketAndTheOrganizationThatItLooksFor() {
    try (InfluxDBClient client = InfluxDBClientFactory.create(url, "t".toCharArray(), "o", "b")) {
      assertThat(client.getBucketsApi().findBucketByName("b").getName()).isEqualTo("b");
      assertThat(client.getOrganizationsApi().findOrganizations())
          .singleElement()
          .satisfies(one -> assertThat(one.getId()).hasSize(16));
      assertThat(client.isOnboardingAllowed()).isFalse();
      assertThatThrownBy(() -> client.getQueryApi().query("from(bucket:\"b\")"))
          .hasMessageContaining("read with GET /v1/readings");
    }
  }

  @Test
  void influxDbClientJavaNamesTheLineThatIsRefused() {
    try (InfluxDBClient client = InfluxDBClientFactory.create(url, "t".toCharArray(), "o", "b")) {
      assertThatThrownBy(() ->
              client
                  .getWriteApiBlocking()
                  .writeRecord(WritePrecision.MS, "temp,host=h value=1 " + MILLIS + "\nbad"))
          .isInstanceOf(BadRequestException.class)
          .hasMessageContaining("unable to parse line 2");
    }

    assertThat(server.kept).containsExactly(new Reading("h", "temp", MILLIS * 1_000, 1));
  }

  @Test
  void questDbsClientOutlastsAFullJournal() {
    var keep = server.journal;
    AtomicLong tries = new AtomicLong();
    server.journal =
        readings ->
            tries.incrementAndGet() < 4
                ? new AppendResult.Full("journal takes 10 bytes of 10")
                : keep.append(readings);

    try (Sender sender =
        Sender.builder(Sender.Transport.HTTP).address("127.0.0.1:" + server.port()).build()) {
      sender.table("temp").symbol("host", "h").doubleColumn("value", 21.5);
      sender.at(MILLIS, ChronoUnit.MILLIS);
      sender.flush();
    }

    assertThat(server.kept).containsExactly(new Reading("h", "temp", MILLIS * 1_000, 21.5));
    assertThat(tries).hasValue(4);
  }

  @Test
  void influxDbJavaSendsABatchAgainOnceTheJournalHasRoom() {
    var keep = server.journal;
    AtomicLong tries = new AtomicLong();
    server.journal =
        readings ->
            tries.incrementAndGet() < 3
                ? new AppendResult.Full("journal takes 10 bytes of 10")
                : keep.append(readings);

    try (InfluxDB client = InfluxDBFactory.connect(url)) {
      client.setDatabase("x");
      client.enableBatch(BatchOptions.DEFAULTS.actions(5).flushDuration(50).bufferLimit(10_000));
      for (int i = 0; i < 20; i++) {
        client.write(
            Point.measurement("temp")
                .time(MILLIS + i, TimeUnit.MILLISECONDS)
                .tag("host", "h")
                .addField("value", 1.5)
                .build());
      }
      await().atMost(LONG).until(() -> server.kept.stream().distinct().count() == 20);
    }
  }

  /** It gives up after five tries, and does what Retry-After says between them. */
  @Test
  @Tag("long")
  void influxDbClientJavaLosesNothingInAnOutageOfTwentySeconds() {
    var keep = server.journal;
    AtomicLong begin = new AtomicLong();
    server.journal =
        readings -> {
          begin.compareAndSet(0, System.nanoTime() | 1);
          return System.nanoTime() - begin.get() < Duration.ofSeconds(20).toNanos()
              ? new AppendResult.Full("journal takes 10 bytes of 10")
              : keep.append(readings);
        };

    try (InfluxDBClient client = InfluxDBClientFactory.create(url, "t".toCharArray(), "o", "b");
        WriteApi writes = client.makeWriteApi(WriteOptions.builder().flushInterval(100).build())) {
      for (int i = 0; i < 20; i++) {
        writes.writeRecord(WritePrecision.MS, "temp,host=h value=1 " + (MILLIS + i));
      }
      await().atMost(LONG).until(() -> server.kept.size() >= 20);
    }

    assertThat(server.kept).doesNotHaveDuplicates().hasSize(20);
    assertThat(server.admission.counters().notNowRequests()).isPositive();
  }

  @Test
  void questDbsClientAsksForSettingsAndWrites() {
    try (Sender sender =
        Sender.builder(Sender.Transport.HTTP).address("127.0.0.1:" + server.port()).build()) {
      sender.table("temp").symbol("host", "h").doubleColumn("value", 21.5);
      sender.at(MILLIS, ChronoUnit.MILLIS);
      sender.flush();
    }

    assertThat(server.kept).containsExactly(new Reading("h", "temp", MILLIS * 1_000, 21.5));
  }
}
