package dev.sluice.cutover;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.delivery.Delivery;
import dev.sluice.delivery.DeliveryConfig;
import dev.sluice.journal.AppendResult;
import dev.sluice.journal.Journal;
import dev.sluice.journal.JournalConfig;
import dev.sluice.reading.Reading;
import dev.sluice.reading.ReadingBatch;
import dev.sluice.reading.ReadingBuffer;
import dev.sluice.sink.History;
import dev.sluice.sink.Sink;
import jakarta.json.Json;
import jakarta.json.JsonObject;
import jakarta.json.JsonReader;
import java.io.IOException;
import java.io.StringReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/** Two stores in memory behind a real journal and real deliveries, and verify over them. */
final class ParityWorld implements Stores, AutoCloseable {
  /** An hour to put readings into. */
  static final long HOUR = Hours.parse("2026-11-20T10");

  final SteppedClock clock = new SteppedClock();
  final TableInMemory mysql = new TableInMemory("mysql", 1);
  final TableInMemory questDb = new TableInMemory("questdb", 2);
  final Path directory;
  final ParityMap parity;
  final VerifyConfig config;
  final StoreVerify verify;
  volatile boolean joined = true;
  volatile boolean legacyIsTruth = true;

  private final Journal journal;
  private final Delivery toMysql;
  private final Delivery toQuestDb;
  private final MirrorSink mirror;

  ParityWorld(Path data) throws IOException {
    this(data, 1 << 20, 100);
  }

  ParityWorld(Path data, long maxMismatchBytes, int maxOfOneTs) throws IOException {
    directory = data.resolve("verify");
    parity = ParityMap.open(directory, clock);
    journal =
        Journal.open(
            new JournalConfig(
                data.resolve("journal"),
                JournalConfig.Ack.OS,
                Duration.ofMillis(20),
                8 << 20,
                1 << 20),
            InstantSource.system());
    mirror = new MirrorSink(questDb, parity::hourWritten);
    toMysql = delivery(mysql, data);
    toQuestDb = delivery(mirror, data);
    toMysql.start();
    toQuestDb.start();
    config =
        new VerifyConfig(
            directory, maxMismatchBytes, Duration.ofSeconds(5), Duration.ofMinutes(15));
    verify = new StoreVerify(config, parity, this, clock, () -> legacyIsTruth, maxOfOneTs);
  }

  private Delivery delivery(Sink sink, Path data) throws IOException {
    return new Delivery(
        sink,
        journal,
        journal.cursor(sink.name()),
        new DeliveryConfig(
            Duration.ofMillis(1),
            Duration.ofMillis(1),
            Duration.ofMillis(5),
            data.resolve(sink.name() + ".ndjson"),
            1 << 20),
        clock);
  }

  /** Puts it into both stores, as if it had long been there. */
  void both(String device, long ts, double value) {
    mysql.put(device, ts, value);
    questDb.put(device, ts, value);
  }

  /** Acknowledges it. */
  void ingest(String device, long ts, double value) {
    append(new Reading(device, "temp", ts, value));
  }

  void awaitDelivered() {
    await().until(() -> toMysql.position() >= journalEnd());
    await().until(() -> toQuestDb.position() >= journalEnd());
  }

  /** Runs to the end, whichever. */
  JsonObject run(Verify.Scope scope) {
    try {
      verify.start(scope);
    } catch (RefusedException e) {
      throw new AssertionError(e);
    }
    return awaitEnd();
  }

  JsonObject awaitEnd() {
    await()
        .atMost(Duration.ofSeconds(30))
        .until(() -> !verify.json().getString("state").equals("running"));
    return verify.json();
  }

  JsonObject run() {
    return run(Verify.Scope.NEEDED);
  }

  /** {@code class device ts-within-the-day} of every mismatch in the files, ordered. */
  List<String> mismatches() {
    List<String> found = new ArrayList<>();
    eachMismatch(line ->
        found.add(
            line.getString("class")
                + " "
                + line.getString("device_id")
                + " "
                + line.getString("ts")));
    return found.stream().sorted().toList();
  }

  void eachMismatch(Consumer<JsonObject> each) {
    for (Path file : mismatchFiles()) {
      try {
        for (String line : Files.readAllLines(file)) {
          try (JsonReader reader = Json.createReader(new StringReader(line))) {
            each.accept(reader.readObject());
          }
        }
      } catch (IOException e) {
        throw new AssertionError(e);
      }
    }
  }

  List<Path> mismatchFiles() {
    Path mismatches = directory.resolve("mismatches");
    if (!Files.exists(mismatches)) {
      return List.of();
    }
    try (var files = Files.list(mismatches)) {
      return files.sorted().toList();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  String state(long hour) {
    return parity.hour(hour).map(HourParity::state).orElse("unknown");
  }

  @Override
  public Optional<Sides> sides() {
    return joined ? Optional.of(present()) : Optional.empty();
  }

  private Sides present() {
    return new Sides(
        toMysql,
        toQuestDb,
        mirror,
        questDb,
        new NoHistory(),
        mysql,
        questDb,
        mysql,
        questDb,
        questDb);
  }

  @Override
  public long journalEnd() {
    return journal.stats().nextOffset();
  }

  @Override
  public void append(Reading reading) {
    ReadingBuffer buffer = new ReadingBuffer(1024, 1 << 20);
    buffer.add(reading);
    assertThat(journal.append(buffer)).isInstanceOf(AppendResult.Accepted.class);
  }

  @Override
  public void joinQuestDb() {
    joined = true;
  }

  @Override
  public void leave(String sink) {
    joined = false;
  }

  @Override
  public Optional<String> schemaProblem() {
    return Optional.empty();
  }

  @Override
  public Optional<String> schemaProblem(String sink) {
    return Optional.empty();
  }

  Instant now() {
    return clock.instant();
  }

  @Override
  public void close() {
    try {
      assertThat(verify.stopAndWait(Duration.ofSeconds(10))).isTrue();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
    mysql.behind = false;
    questDb.behind = false;
    toMysql.close();
    toQuestDb.close();
    journal.close();
  }

  /** Verify never looks at the table as a backfill does. */
  private static final class NoHistory implements History {
    @Override
    public long lastId() {
      throw new UnsupportedOperationException();
    }

    @Override
    public long count(long lastId) {
      throw new UnsupportedOperationException();
    }

    @Override
    public Optional<Position> chunkEnd(Position after, long lastId, int rows) {
      throw new UnsupportedOperationException();
    }

    @Override
    public long read(Position after, Position end, long lastId, ReadingBatch into) {
      throw new UnsupportedOperationException();
    }

    @Override
    public void inspect(long lastId, Consumer<Finding> each, Consumer<Long> progress) {
      throw new UnsupportedOperationException();
    }

    @Override
    public int threadsRunning() {
      throw new UnsupportedOperationException();
    }
  }
}
