package dev.sluice.migration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.delivery.Delivery;
import dev.sluice.delivery.DeliveryConfig;
import dev.sluice.journal.AppendResult;
import dev.sluice.journal.JournalConfig;
import dev.sluice.journal.Mark;
import dev.sluice.journal.disk.DiskJournal;
import dev.sluice.migration.parity.ParityMap;
import dev.sluice.migration.phase.Role;
import dev.sluice.reading.Reading;
import dev.sluice.reading.ReadingBatch;
import dev.sluice.reading.ReadingBuffer;
import dev.sluice.store.History;
import dev.sluice.store.MirrorStore;
import dev.sluice.store.ReadingQuery;
import dev.sluice.store.ReadingScan;
import dev.sluice.store.ReadingSource;
import dev.sluice.store.Sink;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Optional;
import java.util.function.Consumer;

/** A real journal and real deliveries to whichever two stores, as the process has them. */
public final class LiveStores implements Stores, AutoCloseable {
  volatile boolean joined = true;

  private final DiskJournal journal;
  private final Delivery toMysql;
  private final Delivery toQuestDb;
  private final Pair pair;

  /**
   * The stores as verify uses them; none is closed here.
   *
   * @param chunkSink a second writer of QuestDB
   */
  public record Ports(
      Sink mysql,
      ReadingScan mysqlScan,
      Sink questDb,
      Sink chunkSink,
      ReadingScan questDbScan,
      MirrorStore questDbStore) {}

  public LiveStores(Path data, Ports ports, ParityMap parity, InstantSource clock)
      throws IOException {
    this(data, ports, new Unused(), parity, clock);
  }

  /** With the legacy table as a backfill reads it. */
  public LiveStores(Path data, Ports ports, History history, ParityMap parity, InstantSource clock)
      throws IOException {
    journal =
        DiskJournal.open(
            new JournalConfig(
                data.resolve("journal"),
                JournalConfig.Ack.OS,
                Duration.ofMillis(20),
                8 << 20,
                1 << 20),
            InstantSource.system());
    MirrorSink mirror = new MirrorSink(ports.questDb(), parity);
    toMysql = delivery(ports.mysql(), data, clock);
    toQuestDb = delivery(mirror, data, clock);
    pair =
        new Pair(
            new Pair.Legacy(toMysql, new Unused(), ports.mysqlScan(), history),
            new Pair.Next(
                toQuestDb,
                new Unused(),
                ports.questDbScan(),
                ports.questDbStore(),
                mirror,
                ports.chunkSink()));
    toMysql.start();
    toQuestDb.start();
  }

  private Delivery delivery(Sink sink, Path data, InstantSource clock) throws IOException {
    return new Delivery(
        sink,
        journal.feed(sink.name()),
        new DeliveryConfig(
            Duration.ofMillis(1),
            Duration.ofMillis(1),
            Duration.ofMillis(5),
            data.resolve(sink.name() + ".ndjson"),
            1 << 20),
        clock);
  }

  public void awaitDelivered() {
    Duration patience = Duration.ofSeconds(30);
    await().atMost(patience).until(() -> journalEnd().reachedBy(toMysql.reached()));
    await().atMost(patience).until(() -> journalEnd().reachedBy(toQuestDb.reached()));
  }

  @Override
  public StoreNames names() {
    return new StoreNames("mysql", "questdb");
  }

  @Override
  public Optional<Pair> pair() {
    return joined ? Optional.of(pair) : Optional.empty();
  }

  @Override
  public Mark journalEnd() {
    return journal.end();
  }

  @Override
  public Mark append(Reading reading) {
    ReadingBuffer buffer = new ReadingBuffer(1024, 1 << 20);
    buffer.add(reading);
    AppendResult result = journal.append(buffer);
    assertThat(result).isInstanceOf(AppendResult.Accepted.class);
    return ((AppendResult.Accepted) result).end();
  }

  @Override
  public void joinNext() {
    joined = true;
  }

  @Override
  public void leave(Role role) {
    joined = false;
  }

  @Override
  public Optional<String> schemaProblem() {
    return Optional.empty();
  }

  @Override
  public Optional<String> schemaProblem(Role role) {
    return Optional.empty();
  }

  @Override
  public void close() {
    toMysql.close();
    toQuestDb.close();
    journal.close();
  }

  /** Verify neither looks at the table as a backfill does, nor reads as a query does. */
  private static final class Unused implements History, ReadingSource {
    @Override
    public String name() {
      throw new UnsupportedOperationException();
    }

    @Override
    public void read(ReadingQuery query, Consumer<Reading> each) {
      throw new UnsupportedOperationException();
    }

    @Override
    public long lastId() {
      throw new UnsupportedOperationException();
    }

    @Override
    public boolean idsFollowTime(long lastId) {
      throw new UnsupportedOperationException();
    }

    @Override
    public void foresee(long lastId, Consumer<Finding> each) {
      throw new UnsupportedOperationException();
    }

    @Override
    public Step step(
        long afterId, long lastId, int rows, ReadingBatch into, Consumer<Finding> each) {
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
    public void inspect(long lastId, Consumer<Finding> each, History.Inspected progress) {
      throw new UnsupportedOperationException();
    }

    @Override
    public int threadsRunning() {
      throw new UnsupportedOperationException();
    }
  }
}
