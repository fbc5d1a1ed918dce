package dev.sluice.admin;

import static dev.sluice.migration.ParityWorld.HOUR;
import static org.awaitility.Awaitility.await;

import dev.sluice.api.Status;
import dev.sluice.cli.text.StatusText;
import dev.sluice.delivery.Delivery;
import dev.sluice.delivery.DeliveryConfig;
import dev.sluice.delivery.DeliveryStatus;
import dev.sluice.http.auth.TokenAuth;
import dev.sluice.journal.AppendResult;
import dev.sluice.journal.JournalConfig;
import dev.sluice.journal.disk.DiskJournal;
import dev.sluice.migration.ParityWorld;
import dev.sluice.migration.SteppedClock;
import dev.sluice.migration.StoreNames;
import dev.sluice.migration.Successor;
import dev.sluice.migration.backfill.Backfill;
import dev.sluice.migration.cutover.ProvenTables;
import dev.sluice.migration.phase.Phase;
import dev.sluice.migration.phase.PhaseRecord;
import dev.sluice.migration.verify.Verify;
import dev.sluice.reading.Reading;
import dev.sluice.reading.ReadingBatch;
import dev.sluice.reading.ReadingBuffer;
import dev.sluice.store.Sink;
import dev.sluice.store.WriteResult;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** {@code /v1/status} of a real journal and real deliveries in each phase, and the health. */
final class StatusAnswers {
  private final GoldenAnswers answers;

  StatusAnswers(GoldenAnswers answers) {
    this.answers = answers;
  }

  void all() throws Exception {
    health();
    starting();
    mysqlOnly();
    mirrorAfterABackfill();
    questDbWithTrouble();
    retired();
    endedDeliveries();
    fullJournal();
  }

  /** What a sink makes of a batch. */
  private record Store(String name, Function<ReadingBatch, WriteResult> takes) implements Sink {
    @Override
    public int maxBatch() {
      return 100;
    }

    @Override
    public WriteResult write(ReadingBatch batch) {
      return takes.apply(batch);
    }

    @Override
    public void close() {}
  }

  /** A process as the status sees it; a test sets what differs from a fresh one. */
  private static final class Running implements AutoCloseable {
    final SteppedClock clock = new SteppedClock();
    final DiskJournal journal;
    final Map<String, Delivery> deliveries = new HashMap<>();
    PhaseRecord phase =
        new PhaseRecord(
            Phase.MYSQL,
            1,
            "configuration",
            clock.instant(),
            "cutover.initial-phase of a new data directory",
            "",
            "");
    JournalConfig.Ack ack = JournalConfig.Ack.FSYNC;
    Optional<LocalDate> newestDay = Optional.empty();
    long accepted;
    long rejected;
    long restamped;
    final Map<String, Long> ignored = new LinkedHashMap<>();
    Optional<Backfill> backfill = Optional.empty();
    Optional<Verify> verify = Optional.empty();
    List<String> warnings = List.of();
    @Nullable List<Status.Table> tables;
    private final Path data;

    Running(Path data) throws IOException {
      this.data = Files.createDirectories(data);
      this.journal =
          DiskJournal.open(
              new JournalConfig(
                  data.resolve("journal"),
                  JournalConfig.Ack.OS,
                  Duration.ofMillis(20),
                  2 << 20,
                  1 << 20),
              clock);
      for (String kind : List.of("text", "number", "boolean", "null", "object", "array")) {
        ignored.put(kind, 0L);
      }
    }

    void in(Phase now, long epoch) {
      phase = new PhaseRecord(now, epoch, "ann", clock.instant(), "because", "", "");
    }

    void deliver(String sink, Function<ReadingBatch, WriteResult> takes) throws IOException {
      Delivery delivery =
          new Delivery(
              new Store(sink, takes),
              journal.feed(sink),
              new DeliveryConfig(
                  Duration.ZERO,
                  Duration.ofMillis(1),
                  Duration.ofMillis(5),
                  data.resolve("dead-letters/" + sink + ".ndjson"),
                  1 << 20),
              clock);
      deliveries.put(sink, delivery);
      delivery.start();
    }

    AppendResult append(int from, int to) {
      ReadingBuffer buffer = new ReadingBuffer(64, 1 << 20);
      for (int i = from; i < to; i++) {
        buffer.add(new Reading("s-" + i, "temp", i, i));
      }
      return journal.append(buffer);
    }

    void awaitCursor(String sink, long offset) {
      await().until(() -> status(sink).cursor() == offset && status(sink).lagReadings() == 0);
    }

    void awaitState(String sink, DeliveryStatus.State state) {
      await().until(() -> status(sink).state() == state);
    }

    private DeliveryStatus status(String sink) {
      return Objects.requireNonNull(deliveries.get(sink)).status();
    }

    StatusRoutes routes(Optional<String> refusal) {
      return new StatusRoutes(
          new StatusReport(
              () -> Optional.of(phase),
              journal::stats,
              ack,
              new StoreNames("mysql", "questdb"),
              () -> deliveries,
              () -> newestDay,
              () -> accepted,
              () -> rejected,
              () -> ignored,
              () -> restamped,
              Map::of,
              () -> backfill,
              () -> verify,
              () -> warnings,
              () -> tables,
              Optional.empty(),
              List::of,
              Map::of),
          new PrometheusMeterRegistry(PrometheusConfig.DEFAULT),
          TokenAuth.everybody(),
          () -> refusal);
    }

    @Override
    public void close() {
      deliveries.values().forEach(Delivery::close);
      journal.close();
    }
  }

  private Path data(String name) {
    return answers.data().resolve("status-" + name);
  }

  private void add(String name, Running running) {
    try (AdminPort port = new AdminPort(running.routes(Optional.empty()))) {
      answers.add(
          "status-" + name,
          200,
          port.get("/v1/status"),
          GoldenAnswers.text(Status.class, StatusText::of));
    }
  }

  private void health() throws IOException {
    try (Running running = new Running(data("health"))) {
      try (AdminPort port = new AdminPort(running.routes(Optional.empty()))) {
        answers.add("health-live", 200, port.get("/health/live"));
        answers.add("health-ready", 200, port.get("/health/ready"));
      }
      try (AdminPort port = new AdminPort(running.routes(Optional.of("Sluice is starting")))) {
        answers.add("health-not-ready", 503, port.get("/health/ready"));
      }
    }
  }

  private void starting() throws IOException {
    try (Running running = new Running(data("starting"))) {
      add("starting", running);
      running.in(Phase.MIRROR, 2);
      add("starting-both", running);
    }
  }

  private void mysqlOnly() throws IOException {
    try (Running running = new Running(data("mysql"));
        BackfillWorld backfill = new BackfillWorld(data("mysql-backfill"));
        ParityWorld parity = new ParityWorld(data("mysql-parity"))) {
      running.ack = JournalConfig.Ack.OS;
      running.deliver("mysql", StatusAnswers::takesAll);
      running.append(0, 3);
      running.accepted = 3;
      running.awaitCursor("mysql", 3);
      running.backfill = Optional.of(backfill.backfill);
      running.verify = Optional.of(parity.verify);
      add("mysql", running);
    }
  }

  private void mirrorAfterABackfill() throws IOException {
    try (Running running = new Running(data("mirror"));
        BackfillWorld backfill = new BackfillWorld(data("mirror-backfill"));
        ParityWorld parity = new ParityWorld(data("mirror-parity"))) {
      backfill.act("start");
      backfill.awaitEnd("complete");
      parity.both("s-1", HOUR, 1);
      parity.mysql.put("s-2", HOUR, 1);
      parity.run();
      running.in(Phase.MIRROR, 2);
      running.deliver("mysql", StatusAnswers::takesAll);
      running.deliver("questdb", StatusAnswers::takesAll);
      running.append(0, 1_234);
      running.accepted = 1_234;
      running.awaitCursor("mysql", 1_234);
      running.awaitCursor("questdb", 1_234);
      running.newestDay = Optional.of(LocalDate.parse("2026-11-22"));
      running.backfill = Optional.of(backfill.backfill);
      running.verify = Optional.of(parity.verify);
      add("mirror", running);
    }
  }

  private void questDbWithTrouble() throws IOException {
    try (Running running = new Running(data("questdb"));
        BackfillWorld backfill = new BackfillWorld(data("questdb-backfill"));
        ParityWorld parity = new ParityWorld(data("questdb-parity"))) {
      running.in(Phase.QUESTDB, 3);
      running.deliver("mysql", batch -> new WriteResult.Unavailable("no connection to MySQL"));
      running.deliver("questdb", StatusAnswers::refusesOne);
      running.append(0, 10);
      running.clock.step(Duration.ofMillis(7_250));
      running.awaitState("mysql", DeliveryStatus.State.RETRYING);
      running.awaitCursor("questdb", 10);
      running.accepted = 10;
      running.rejected = 2;
      running.restamped = 1;
      running.ignored.put("text", 5L);
      running.ignored.put("array", 1_000L);
      running.warnings = List.of("mysql.url has no TLS", "a \"quoted\" warning, with ünïcode");
      running.tables = departed(running.clock.instant());
      running.backfill = Optional.of(backfill.backfill);
      running.verify = Optional.of(parity.verify);
      add("questdb-trouble", running);
    }
  }

  private static WriteResult takesAll(ReadingBatch batch) {
    return WriteResult.Written.DURABLE;
  }

  private static WriteResult refusesOne(ReadingBatch batch) {
    for (int i = 0; i < batch.size(); i++) {
      if (batch.reading(i).device().equals("s-4")) {
        return new WriteResult.Refused("value out of range");
      }
    }
    return WriteResult.Written.DURABLE;
  }

  /** What is told of two tables that are others now, as it was kept by the process before. */
  private @Nullable List<Status.Table> departed(Instant now) throws IOException {
    Path folder = Files.createDirectories(data("tables"));
    String each =
        "{\"store\":\"%s\",\"why\":\"another table\",\"at\":\"" + now + "\",\"told\":true}";
    Files.writeString(
        folder.resolve("tables.json"),
        "{\"origin\":0,\"marks\":{},\"departures\":[%s,%s]}"
            .formatted(each.formatted("mysql"), each.formatted("questdb")));
    try (ProvenTables tables =
        new ProvenTables(
            folder,
            new StoreNames("mysql", "questdb"),
            Duration.ZERO,
            Successor.NOBODY,
            () -> now)) {
      return tables.replaced();
    }
  }

  private void retired() throws IOException {
    try (Running running = new Running(data("retired"));
        BackfillWorld backfill = new BackfillWorld(data("retired-backfill"));
        ParityWorld parity = new ParityWorld(data("retired-parity"))) {
      running.in(Phase.RETIRED, 4);
      running.deliver("questdb", StatusAnswers::takesAll);
      running.append(0, 2);
      running.accepted = 2;
      running.awaitCursor("questdb", 2);
      running.newestDay = Optional.of(LocalDate.parse("2027-01-01"));
      running.backfill = Optional.of(backfill.backfill);
      running.verify = Optional.of(parity.verify);
      add("retired", running);
    }
  }

  private void endedDeliveries() throws IOException {
    try (Running running = new Running(data("ended"))) {
      running.in(Phase.MIRROR, 2);
      running.deliver(
          "mysql",
          batch -> {
            throw new AssertionError("broken");
          });
      running.deliver("questdb", StatusAnswers::takesAll);
      running.append(0, 5);
      running.awaitState("mysql", DeliveryStatus.State.FAILED);
      running.awaitCursor("questdb", 5);
      running.deliveries.values().forEach(Delivery::close);
      add("ended", running);
    }
  }

  private void fullJournal() throws IOException {
    try (Running running = new Running(data("full"))) {
      running.deliver("mysql", batch -> new WriteResult.Busy("MySQL is behind"));
      while (running.append(0, 1_000) instanceof AppendResult.Accepted) {
        running.accepted += 1_000;
      }
      running.awaitState("mysql", DeliveryStatus.State.RETRYING);
      add("full", running);
    }
  }
}
