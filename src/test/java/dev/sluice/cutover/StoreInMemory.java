package dev.sluice.cutover;

import dev.sluice.reading.Identity;
import dev.sluice.reading.Reading;
import dev.sluice.reading.ReadingBatch;
import dev.sluice.sink.Sink;
import dev.sluice.sink.WriteResult;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.function.Function;

/** A store in memory that upserts by identity, in the order it is written to. */
final class StoreInMemory implements Sink {
  private static final java.util.Comparator<Identity> BY_TIME =
      java.util.Comparator.comparingLong(Identity::tsMicros)
          .thenComparing(Identity::device)
          .thenComparing(Identity::metric);

  final Map<Identity, Double> values = new ConcurrentSkipListMap<>(BY_TIME);

  /** Asked before each write; what it returns instead of writing, if not Written. */
  volatile Function<ReadingBatch, WriteResult> answer = batch -> WriteResult.Written.DURABLE;

  private final String name;

  StoreInMemory(String name) {
    this.name = name;
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public int maxBatch() {
    return 64;
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

  void put(Reading reading) {
    values.put(reading.identity(), reading.value());
  }

  @Override
  public void close() {}
}
