package dev.sluice.ingest.mqtt;

import dev.sluice.http.ByteBudget;
import dev.sluice.http.ConnectionsByAddress;
import dev.sluice.http.Gate;
import dev.sluice.http.auth.TokenAuth;
import dev.sluice.http.limit.Limits;
import dev.sluice.http.proxy.Proxies;
import dev.sluice.http.tls.TlsDoor;
import dev.sluice.ingest.Admission;
import dev.sluice.ingest.FakeJournal;
import dev.sluice.ingest.IngestConfig;
import dev.sluice.ingest.NewDays;
import dev.sluice.journal.AppendResult;
import dev.sluice.reading.Reading;
import dev.sluice.reading.ReadingBatch;
import dev.sluice.reading.ReadingBuffer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;

/** The MQTT port with a real socket, over a journal that is a list. */
final class MqttPort implements AutoCloseable {
  static final Instant NOW = Instant.parse("2026-11-21T22:00:00Z");
  static final int MAX_PACKET_BYTES = 64 << 10;
  static final int MAX_INFLIGHT = 50;
  private static final AppendResult FULL =
      new AppendResult.Full("the journal of this test is full");

  /** What differs from one test to another. */
  static final class Setup {
    List<String> topics = List.of("sensors/{device}/{metric}", "zigbee2mqtt/{device}", "raw/#");
    int maxConnections = 1_000;
    ConnectionsByAddress addresses = ConnectionsByAddress.unlimited();
    int maxNewDays = 1_000;
    long heldBytes = 16 << 20;
    Duration patience = Duration.ofSeconds(30);
    TokenAuth auth = TokenAuth.everybody();
    Limits limits = Limits.none();
    Proxies proxies = Proxies.none();
    @Nullable TlsDoor tls;
  }

  final List<Reading> kept = new CopyOnWriteArrayList<>();
  final Gate gate = new Gate();
  final ByteBudget held;
  final Admission admission;
  final MqttEndpoint endpoint;
  volatile FakeJournal journal = this::keep;

  MqttPort() {
    this(new Setup());
  }

  MqttPort(Setup setup) {
    held = new ByteBudget(setup.heldBytes);
    var ingest =
        new IngestConfig(
            "127.0.0.1",
            0,
            1024,
            1 << 20,
            16 << 20,
            setup.patience,
            List.of("device_id", "host"),
            IngestConfig.TextFields.IGNORE,
            Instant.parse("2000-01-01T00:00:00Z"),
            Duration.ofDays(1),
            IngestConfig.BadTs.REFUSE,
            new IngestConfig.Otlp(0, List.of("host.name")));
    InstantSource clock = () -> NOW;
    var newDays = new NewDays(setup.maxNewDays, clock);
    admission =
        new Admission(ingest, newDays.before((FakeJournal) b -> journal.append(b)), gate, clock);
    endpoint =
        new MqttEndpoint(
            new MqttConfig(
                true,
                "127.0.0.1",
                0,
                setup.topics,
                setup.maxConnections,
                MAX_PACKET_BYTES,
                MAX_INFLIGHT),
            ingest,
            new MqttEndpoint.Connections(setup.maxConnections, setup.addresses),
            held,
            new ByteBudget(16 << 20),
            admission,
            setup.auth,
            setup.limits,
            clock,
            setup.proxies,
            setup.tls);
    try {
      endpoint.open();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    gate.open();
  }

  /** From now on the journal has no room; until {@link #makeRoom}. */
  void fill() {
    journal = buffer -> FULL;
  }

  void makeRoom() {
    journal = this::keep;
  }

  int port() {
    return endpoint.port();
  }

  long messages(Fate fate) {
    return endpoint.counters().messages(fate);
  }

  long closed(Closed why) {
    return endpoint.counters().closed(why);
  }

  AppendResult keep(ReadingBuffer buffer) {
    List<Reading> readings = new ArrayList<>();
    for (int chunk = 0; chunk < buffer.chunks(); chunk++) {
      var batch = new ReadingBatch();
      int count = buffer.chunkCount(chunk);
      batch.decode(
          buffer.array(), buffer.chunkStart(chunk), buffer.chunkEnd(chunk), count, 0, count);
      for (int i = 0; i < count; i++) {
        readings.add(batch.reading(i));
      }
    }
    kept.addAll(readings);
    return new AppendResult.Accepted(FakeJournal.END, readings.size());
  }

  @Override
  public void close() {
    endpoint.close();
  }
}
