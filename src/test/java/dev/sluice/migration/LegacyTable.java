package dev.sluice.migration;

import dev.sluice.reading.Identity;
import dev.sluice.reading.Reading;
import dev.sluice.reading.ReadingBatch;
import dev.sluice.store.History;
import dev.sluice.store.ReadingSource.UnavailableException;
import dev.sluice.store.Sink;
import dev.sluice.store.WriteResult;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.Function;

/** The legacy table in memory: what delivery writes, and what a backfill reads. */
public final class LegacyTable implements Sink, History {
  private static final long DAY_MICROS = 86_400_000_000L;

  /** Runs around every call of the ports; may stall, or throw what a crash would leave. */
  public interface Fault {
    void at(String step);
  }

  private final NavigableMap<Position, Optional<Reading>> rows = new TreeMap<>();
  private final Map<Identity, Position> ids = new HashMap<>();
  private long lastId;

  public volatile Function<ReadingBatch, WriteResult> answer = batch -> WriteResult.Written.DURABLE;
  public volatile Fault fault = step -> {};
  public volatile List<Finding> findings = List.of();
  public volatile int threadsRunning = 1;
  public volatile boolean away;

  /** Whether that it is away is told as something that waiting does not heal. */
  public volatile boolean lasting;

  /** Whether it is copied in the order of ids. */
  public volatile boolean byId;

  public volatile Position lastRead = Position.START;
  public final java.util.concurrent.atomic.AtomicInteger inspections =
      new java.util.concurrent.atomic.AtomicInteger();

  public synchronized void put(Reading reading) {
    Position at =
        ids.computeIfAbsent(
            reading.identity(), identity -> new Position(identity.tsMicros(), ++lastId));
    rows.put(at, Optional.of(reading));
  }

  /** A row that is no reading. */
  public synchronized void putIncomplete(long ts) {
    rows.put(new Position(ts, ++lastId), Optional.empty());
  }

  public synchronized Map<Identity, Double> values() {
    Map<Identity, Double> values = new HashMap<>();
    rows.values().forEach(row -> row.ifPresent(each -> values.put(each.identity(), each.value())));
    return values;
  }

  @Override
  public String name() {
    return "mysql";
  }

  @Override
  public int maxBatch() {
    return 16;
  }

  @Override
  public WriteResult write(ReadingBatch batch) {
    WriteResult result = answer.apply(batch);
    if (result instanceof WriteResult.Written) {
      for (int i = 0; i < batch.size(); i++) {
        put(batch.reading(i));
      }
    }
    return result;
  }

  @Override
  public void close() {}

  @Override
  public long lastId() throws UnavailableException {
    step("lastId");
    synchronized (this) {
      return lastId;
    }
  }

  @Override
  public long count(long lastId) throws UnavailableException {
    step("count");
    synchronized (this) {
      return rows.keySet().stream().filter(at -> at.id() <= lastId).count();
    }
  }

  @Override
  public Optional<Position> chunkEnd(Position after, long lastId, int limit)
      throws UnavailableException {
    step("chunkEnd");
    synchronized (this) {
      List<Position> chunk =
          rows.tailMap(after, false).keySet().stream()
              .filter(at -> at.id() <= lastId)
              .limit(limit)
              .toList();
      return chunk.stream()
          .filter(at -> at.tsMicros() / DAY_MICROS == chunk.getFirst().tsMicros() / DAY_MICROS)
          .max(Position::compareTo);
    }
  }

  @Override
  public long read(Position after, Position end, long lastId, ReadingBatch into)
      throws UnavailableException {
    step("read");
    lastRead = end;
    long skipped = 0;
    List<Reading> seen = new ArrayList<>();
    synchronized (this) {
      for (var row : rows.subMap(after, false, end, true).entrySet()) {
        if (row.getKey().id() <= lastId) {
          row.getValue().ifPresent(seen::add);
          skipped += row.getValue().isPresent() ? 0 : 1;
        }
      }
    }
    step("have read");
    seen.forEach(into::add);
    return skipped;
  }

  @Override
  public boolean idsFollowTime(long lastId) throws UnavailableException {
    step("idsFollowTime");
    return byId;
  }

  @Override
  public void foresee(long lastId, Consumer<Finding> each) throws UnavailableException {
    step("foresee");
    findings.stream().filter(LegacyTable::isForeseen).forEach(each);
  }

  private static boolean isForeseen(Finding finding) {
    return finding.rowClass() == RowClass.SIMILAR_DEVICES
        || finding.rowClass() == RowClass.FAR_FUTURE;
  }

  /** A finding belongs to the row it names by its id, which is left out. */
  @Override
  public Step step(long afterId, long lastId, int limit, ReadingBatch into, Consumer<Finding> each)
      throws UnavailableException {
    step("read");
    List<Map.Entry<Position, Optional<Reading>>> seen = new ArrayList<>();
    synchronized (this) {
      rows.entrySet().stream()
          .filter(row -> row.getKey().id() > afterId && row.getKey().id() <= lastId)
          .sorted(java.util.Comparator.comparingLong(row -> row.getKey().id()))
          .limit(limit)
          .forEach(row -> seen.add(Map.entry(row.getKey(), row.getValue())));
    }
    if (seen.isEmpty()) {
      return new Step(0, 0, 0, 0, Long.MAX_VALUE, Long.MIN_VALUE);
    }
    lastRead = seen.getLast().getKey();
    step("have read");
    long from = Long.MAX_VALUE;
    long to = Long.MIN_VALUE;
    long skipped = 0;
    for (Map.Entry<Position, Optional<Reading>> row : seen) {
      String key = "id=" + row.getKey().id();
      findings.stream().filter(found -> found.key().equals(key)).forEach(each);
      skipped += row.getValue().isPresent() ? 0 : 1;
      if (row.getValue().isPresent()) {
        into.add(row.getValue().orElseThrow());
        from = Math.min(from, row.getKey().tsMicros());
        to = Math.max(to, row.getKey().tsMicros());
      }
    }
    return new Step(
        seen.size(),
        seen.getFirst().getKey().id(),
        seen.getLast().getKey().id(),
        skipped,
        from,
        to);
  }

  @Override
  public void inspect(long lastId, Consumer<Finding> each, History.Inspected progress)
      throws UnavailableException {
    step("inspect");
    inspections.incrementAndGet();
    findings.forEach(each);
    for (long id = 0; id <= lastId; id += 100) {
      progress.upTo(id, id);
      step("inspected");
    }
  }

  @Override
  public int threadsRunning() throws UnavailableException {
    step("threadsRunning");
    return threadsRunning;
  }

  private void step(String name) throws UnavailableException {
    fault.at(name);
    if (away && !(lasting && name.equals("threadsRunning"))) {
      throw new UnavailableException("no connection to MySQL", null, lasting);
    }
  }
}
