package dev.sluice.migration;

import dev.sluice.delivery.Delivery;
import dev.sluice.delivery.DeliveryConfig;
import dev.sluice.journal.AppendResult;
import dev.sluice.journal.JournalConfig;
import dev.sluice.journal.Mark;
import dev.sluice.journal.disk.DiskJournal;
import dev.sluice.migration.phase.Role;
import dev.sluice.reading.Identity;
import dev.sluice.reading.Reading;
import dev.sluice.reading.ReadingBuffer;
import dev.sluice.store.ReadingQuery;
import dev.sluice.store.ReadingScan;
import dev.sluice.store.ReadingSource;
import dev.sluice.store.ReadingStream;
import dev.sluice.store.Sink;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Consumer;

/**
 * A journal and its two deliveries, real, on stores in memory. May be stopped and opened again on
 * the same directory, as a process would be; the stores live on.
 */
public final class MigrationRig implements Stores, AutoCloseable {
  public final LegacyTable mysql = new LegacyTable();
  public final StoreInMemory questDb = new StoreInMemory("questdb");
  public volatile Optional<Pair> pair = Optional.empty();

  /** How far the clock of the deliveries is ahead, which makes readings look old. */
  public volatile Duration ahead = Duration.ZERO;

  private final Path data;
  private DiskJournal journal;
  private Delivery toMysql;
  private Delivery toQuestDb;

  public MigrationRig(Path data) {
    this.data = data;
    this.journal = journal();
    this.toMysql = delivery(mysql);
    MirrorSink mirror = mirror();
    this.toQuestDb = delivery(mirror);
    pair = Optional.of(pair(mirror));
  }

  /** Leaves the mirror and joins it again: at the journal's end, where nothing else is written. */
  public void rejoin() {
    pair = Optional.empty();
    toQuestDb.close();
    try {
      journal.forgetCursor("questdb");
      journal.feedAtEnd("questdb");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    MirrorSink mirror = mirror();
    toQuestDb = delivery(mirror);
    toQuestDb.start();
    pair = Optional.of(pair(mirror));
  }

  public void start() {
    toMysql.start();
    toQuestDb.start();
  }

  public void stop() {
    pair = Optional.empty();
    toMysql.close();
    toQuestDb.close();
    journal.close();
  }

  /** What a new process would do; call {@link #start} then. */
  public void reopen() {
    journal = journal();
    toMysql = delivery(mysql);
    MirrorSink mirror = mirror();
    toQuestDb = delivery(mirror);
    pair = Optional.of(pair(mirror));
  }

  @Override
  public void close() {
    stop();
  }

  @Override
  public StoreNames names() {
    return new StoreNames("mysql", "questdb");
  }

  @Override
  public Optional<Pair> pair() {
    return pair;
  }

  @Override
  public Mark journalEnd() {
    return journal.end();
  }

  @Override
  public Mark append(Reading reading) {
    ReadingBuffer buffer = new ReadingBuffer(512, 4096);
    buffer.add(reading);
    if (!(journal.append(buffer) instanceof AppendResult.Accepted accepted)) {
      throw new AssertionError("the journal is full");
    }
    return accepted.end();
  }

  @Override
  public void joinNext() {
    throw new UnsupportedOperationException();
  }

  @Override
  public void leave(Role role) {
    throw new UnsupportedOperationException();
  }

  @Override
  public Optional<String> schemaProblem() {
    return Optional.empty();
  }

  @Override
  public Optional<String> schemaProblem(Role role) {
    return Optional.empty();
  }

  public boolean settled() {
    Mark end = journalEnd();
    return end.reachedBy(toMysql.reached()) && end.reachedBy(toQuestDb.reached());
  }

  private MirrorSink mirror() {
    return new MirrorSink(questDb, hour -> {});
  }

  private Pair pair(MirrorSink mirror) {
    return new Pair(
        new Pair.Legacy(toMysql, new Unread("mysql", questDb), new Unread("mysql", questDb), mysql),
        new Pair.Next(
            toQuestDb,
            new Unread("questdb", questDb),
            new Unread("questdb", questDb),
            questDb,
            mirror,
            new ChunkSink(questDb)));
  }

  private DiskJournal journal() {
    try {
      return DiskJournal.open(
          new JournalConfig(
              data.resolve("journal"),
              JournalConfig.Ack.OS,
              Duration.ofMillis(20),
              64 << 20,
              1 << 20),
          InstantSource.system());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private Delivery delivery(Sink sink) {
    try {
      return new Delivery(
          sink,
          journal.feed(sink.name()),
          new DeliveryConfig(
              Duration.ZERO,
              Duration.ofMillis(1),
              Duration.ofMillis(5),
              data.resolve("dead/" + sink.name() + ".ndjson"),
              1 << 20),
          () -> Instant.now().plus(ahead));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The second writer of the store, with faults of its own. */
  public static final class ChunkSink implements Sink {
    private final StoreInMemory store;
    public volatile LegacyTable.Fault fault = step -> {};

    ChunkSink(StoreInMemory store) {
      this.store = store;
    }

    @Override
    public String name() {
      return store.name();
    }

    @Override
    public int maxBatch() {
      return 1_000_000;
    }

    @Override
    public dev.sluice.store.WriteResult write(dev.sluice.reading.ReadingBatch batch) {
      fault.at("write chunk");
      dev.sluice.store.WriteResult result = store.write(batch);
      fault.at("written chunk");
      return result;
    }

    @Override
    public void close() {}
  }

  /** What a backfill reads nothing of, but for single readings of QuestDB. */
  private record Unread(String name, StoreInMemory store) implements ReadingScan, ReadingSource {
    @Override
    public ReadingStream scan(long fromMicros, long toMicros) {
      throw new UnsupportedOperationException();
    }

    @Override
    public OptionalLong firstFrom(long micros) {
      throw new UnsupportedOperationException();
    }

    @Override
    public List<Reading> find(Collection<Identity> identities) {
      return identities.stream()
          .filter(store.values::containsKey)
          .map(key -> new Reading(key.device(), key.metric(), key.tsMicros(), value(key)))
          .toList();
    }

    private double value(Identity key) {
      return Objects.requireNonNull(store.values.get(key));
    }

    @Override
    public void read(ReadingQuery query, Consumer<Reading> each) {
      throw new UnsupportedOperationException();
    }
  }
}
