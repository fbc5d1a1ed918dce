package dev.sluice.delivery;

import dev.sluice.reading.Reading;
import dev.sluice.reading.ReadingBatch;
import dev.sluice.store.Sink;
import dev.sluice.store.WriteResult;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.LongSummaryStatistics;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import java.util.function.Predicate;

/** A store in memory that can be away, lose what it has not synced, and refuse readings. */
final class FakeSink implements Sink {
  final List<Reading> stored = new CopyOnWriteArrayList<>();
  final List<Integer> batchSizes = new CopyOnWriteArrayList<>();
  volatile Predicate<Reading> refuses = reading -> false;
  volatile boolean away;
  volatile boolean broken;
  volatile boolean busy;
  volatile Consumer<ReadingBatch> seen = batch -> {};
  volatile Duration durableAfter = Duration.ZERO;
  volatile int maxBatch = 100;
  volatile boolean keepsTimeOrder;

  /** Least and greatest ts of each batch stored. */
  final List<long[]> spans = new CopyOnWriteArrayList<>();

  @Override
  public String name() {
    return "fake";
  }

  @Override
  public int maxBatch() {
    return maxBatch;
  }

  @Override
  public boolean keepsTimeOrder() {
    return keepsTimeOrder;
  }

  @Override
  public WriteResult write(ReadingBatch batch) {
    seen.accept(batch);
    if (broken) {
      throw new IllegalStateException("broken");
    }
    if (busy) {
      return new WriteResult.Busy("the store is behind");
    }
    if (away) {
      return new WriteResult.Unavailable("the store is away");
    }
    List<Reading> readings = new ArrayList<>();
    for (int i = 0; i < batch.size(); i++) {
      Reading reading = batch.reading(i);
      if (refuses.test(reading)) {
        return new WriteResult.Refused("cannot hold " + reading.device());
      }
      readings.add(reading);
    }
    batchSizes.add(batch.size());
    LongSummaryStatistics ts = readings.stream().mapToLong(Reading::tsMicros).summaryStatistics();
    spans.add(new long[] {ts.getMin(), ts.getMax()});
    stored.addAll(readings);
    return new WriteResult.Written(durableAfter);
  }

  @Override
  public void close() {}
}
