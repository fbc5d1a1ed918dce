package dev.sluice.store.memory;

import dev.sluice.reading.Identity;
import dev.sluice.reading.Reading;
import dev.sluice.reading.ReadingBatch;
import dev.sluice.store.ReadingQuery;
import dev.sluice.store.ReadingSource;
import dev.sluice.store.Sink;
import dev.sluice.store.StoreContract;
import dev.sluice.store.WriteResult;
import java.util.Comparator;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * The least that is a store: what one that takes no part in the migration has to bring.
 * Thread-safe.
 */
final class MemoryStore implements Sink, ReadingSource {
  private final Map<Identity, Reading> readings = new ConcurrentHashMap<>();

  @Override
  public String name() {
    return "memory";
  }

  @Override
  public int maxBatch() {
    return 1_000;
  }

  @Override
  public WriteResult write(ReadingBatch batch) {
    for (int i = 0; i < batch.size(); i++) {
      Reading reading = batch.reading(i);
      readings.put(reading.identity(), reading);
    }
    return WriteResult.Written.DURABLE;
  }

  @Override
  public void read(ReadingQuery query, Consumer<Reading> each) {
    Comparator<Reading> order =
        query.descending() ? StoreContract.ORDER.reversed() : StoreContract.ORDER;
    Stream<Reading> page =
        readings.values().stream()
            .filter(reading -> reading.device().equals(query.device()))
            .filter(reading -> query.metric().map(reading.metric()::equals).orElse(true))
            .filter(reading -> reading.tsMicros() >= query.fromMicros())
            .filter(reading -> reading.tsMicros() < query.toMicros())
            .filter(reading ->
                query
                    .after()
                    .map(at -> new Reading(query.device(), at.metric(), at.tsMicros(), 0))
                    .map(at -> order.compare(reading, at) > 0)
                    .orElse(true));
    page.sorted(order).limit(query.limit()).forEach(each);
  }

  @Override
  public void close() {}
}
