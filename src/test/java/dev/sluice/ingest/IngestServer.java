package dev.sluice.ingest;

import dev.sluice.http.AuthConfig;
import dev.sluice.http.ByteBudget;
import dev.sluice.http.Gate;
import dev.sluice.http.Listeners;
import dev.sluice.http.RawHttp;
import dev.sluice.http.StallWatch;
import dev.sluice.http.TokenAuth;
import dev.sluice.journal.AppendResult;
import dev.sluice.reading.Reading;
import dev.sluice.reading.ReadingBatch;
import dev.sluice.reading.ReadingBuffer;
import io.helidon.webserver.WebServer;
import io.helidon.webserver.WebServerConfig;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Function;

/** The ingest routes on a real server with a real socket, over a journal that is a list. */
final class IngestServer implements AutoCloseable {
  static final Instant NOW = Instant.parse("2026-11-21T22:00:00Z");

  final List<Reading> kept = new CopyOnWriteArrayList<>();
  final Gate gate = new Gate();
  final ByteBudget budget;
  final ByteBudget connections = new ByteBudget(16 << 20);
  final StallWatch watch;
  final IngestRoutes routes;
  volatile Function<ReadingBuffer, AppendResult> journal = this::keep;

  private final WebServer server;

  IngestServer() {
    this(1 << 20, 16 << 20, Duration.ofSeconds(30));
  }

  IngestServer(int maxBodyBytes, long maxInflightBytes, Duration bodyTimeout) {
    this(maxBodyBytes, maxInflightBytes, bodyTimeout, TokenAuth.everybody());
  }

  IngestServer(int maxBodyBytes, long maxInflightBytes, Duration bodyTimeout, TokenAuth auth) {
    var config =
        new IngestConfig(
            "127.0.0.1",
            0,
            maxBodyBytes,
            maxInflightBytes,
            bodyTimeout,
            List.of("device_id", "device", "host"));
    this.budget = new ByteBudget(maxInflightBytes);
    this.watch = new StallWatch(bodyTimeout);
    this.routes = new IngestRoutes(config, budget, b -> journal.apply(b), gate, auth, () -> NOW);
    WebServerConfig.Builder builder = WebServer.builder();
    Listeners.configure(builder, config.host(), 0, maxBodyBytes, 1_000, watch, connections);
    this.server = builder.routing(r -> r.register(routes)).build().start();
    watch.start();
    gate.open();
  }

  static TokenAuth tokens(java.nio.file.Path file) throws IOException {
    return TokenAuth.of(new AuthConfig(AuthConfig.Mode.TOKENS, java.util.Optional.of(file)));
  }

  int port() {
    return server.port();
  }

  RawHttp connect() {
    return new RawHttp(server.port());
  }

  @Override
  public void close() {
    server.stop();
    watch.close();
  }

  private AppendResult keep(ReadingBuffer buffer) {
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
    synchronized (kept) {
      kept.addAll(readings);
      return new AppendResult.Accepted(kept.size() - readings.size(), readings.size());
    }
  }
}
