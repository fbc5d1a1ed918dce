package dev.sluice.ingest.http;

import dev.sluice.http.ByteBudget;
import dev.sluice.http.Gate;
import dev.sluice.http.RawHttp;
import dev.sluice.http.auth.AuthConfig;
import dev.sluice.http.auth.TokenAuth;
import dev.sluice.http.connection.ConnectionLimits;
import dev.sluice.http.connection.ConnectionRules;
import dev.sluice.http.connection.ListenAddress;
import dev.sluice.http.connection.Listeners;
import dev.sluice.http.connection.StallWatch;
import dev.sluice.http.limit.Limits;
import dev.sluice.http.origin.OriginConfig;
import dev.sluice.http.origin.Origins;
import dev.sluice.http.proxy.Proxies;
import dev.sluice.ingest.Admission;
import dev.sluice.ingest.FakeJournal;
import dev.sluice.ingest.IngestConfig;
import dev.sluice.journal.AppendResult;
import dev.sluice.reading.Reading;
import dev.sluice.reading.ReadingBatch;
import dev.sluice.reading.ReadingBuffer;
import io.helidon.webserver.WebServer;
import io.helidon.webserver.WebServerConfig;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;

/** The ingest routes on a real server with a real socket, over a journal that is a list. */
public final class IngestServer implements AutoCloseable {
  public static final Instant NOW = Instant.parse("2026-11-21T22:00:00Z");

  public final List<Reading> kept = new CopyOnWriteArrayList<>();
  final Gate gate = new Gate();
  final ByteBudget budget;
  final ByteBudget connections = new ByteBudget(16 << 20);
  final StallWatch watch;
  final Admission admission;
  public volatile FakeJournal journal = this::keep;
  volatile InstantSource clock = () -> NOW;
  volatile Optional<String> refusal = Optional.empty();

  private final WebServer server;

  public IngestServer() {
    this(1 << 20, 16 << 20, Duration.ofSeconds(30));
  }

  public IngestServer(int maxBodyBytes, long maxInflightBytes, Duration bodyTimeout) {
    this(maxBodyBytes, maxInflightBytes, bodyTimeout, TokenAuth.everybody());
  }

  public IngestServer(
      int maxBodyBytes, long maxInflightBytes, Duration bodyTimeout, TokenAuth auth) {
    this(
        maxBodyBytes,
        maxInflightBytes,
        bodyTimeout,
        auth,
        Limits.none(),
        IngestConfig.TextFields.IGNORE,
        IngestConfig.BadTs.REFUSE);
  }

  /** With clients that have limits. */
  IngestServer(int maxBodyBytes, long maxInflightBytes, TokenAuth auth, Limits limits) {
    this(
        maxBodyBytes,
        maxInflightBytes,
        Duration.ofSeconds(30),
        auth,
        limits,
        IngestConfig.TextFields.IGNORE,
        IngestConfig.BadTs.REFUSE);
  }

  public IngestServer(IngestConfig.TextFields textFields, IngestConfig.BadTs badTs) {
    this(
        1 << 20,
        16 << 20,
        Duration.ofSeconds(30),
        TokenAuth.everybody(),
        Limits.none(),
        textFields,
        badTs);
  }

  private IngestServer(
      int maxBodyBytes,
      long maxInflightBytes,
      Duration bodyTimeout,
      TokenAuth auth,
      Limits limits,
      IngestConfig.TextFields textFields,
      IngestConfig.BadTs badTs) {
    var config =
        new IngestConfig(
            "127.0.0.1",
            0,
            128,
            maxBodyBytes,
            maxInflightBytes,
            bodyTimeout,
            Parsing.DEVICE_TAGS,
            textFields,
            Instant.parse("2000-01-01T00:00:00Z"),
            Duration.ofDays(1),
            badTs,
            new IngestConfig.Otlp(0, Parsing.DEVICE_ATTRIBUTES));
    this.budget = new ByteBudget(maxInflightBytes);
    this.watch = new StallWatch(bodyTimeout);
    this.admission =
        new Admission(config, (FakeJournal) b -> journal.append(b), gate, () -> clock.instant());
    IngestRoutes routes = new IngestRoutes(config, budget, admission, auth, limits);
    WebServerConfig.Builder builder = WebServer.builder();
    Listeners.configure(
        builder,
        new ListenAddress(config.host(), 0, config.backlog()),
        new ConnectionRules(
            ConnectionLimits.of(1_000),
            Proxies.none(),
            null,
            Origins.of(OriginConfig.NONE),
            watch,
            connections,
            maxBodyBytes));
    var questions = new FirstQuestions(auth, () -> refusal);
    this.server = builder.routing(r -> r.register(routes).register(questions)).build().start();
    watch.start();
    gate.open();
  }

  static TokenAuth tokens(java.nio.file.Path file) throws IOException {
    return TokenAuth.of(new AuthConfig(AuthConfig.Mode.TOKENS, Optional.of(file)));
  }

  int port() {
    return server.port();
  }

  public RawHttp connect() {
    return new RawHttp(server.port());
  }

  @Override
  public void close() {
    server.stop();
    watch.close();
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
    synchronized (kept) {
      kept.addAll(readings);
      return new AppendResult.Accepted(FakeJournal.END, readings.size());
    }
  }
}
