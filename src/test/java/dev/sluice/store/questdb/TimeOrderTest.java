package dev.sluice.store.questdb;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.reading.Reading;
import dev.sluice.reading.ReadingBatch;
import java.util.Arrays;
import java.util.Comparator;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class TimeOrderTest {
  @Test
  void sortsByTsAndKeepsJournalOrderWithinOne() {
    long seed = System.nanoTime();
    System.out.println("seed " + seed);
    SplittableRandom random = new SplittableRandom(seed);
    TimeOrder order = new TimeOrder();
    for (int round = 0; round < 300; round++) {
      int size = random.nextInt(400);
      long range =
          1L << random.nextInt(Long.SIZE - Long.numberOfLeadingZeros(Reading.MAX_TS_MICROS));
      long instants = 1 + random.nextLong(range);
      long earliest = random.nextLong(Reading.MAX_TS_MICROS - instants + 2);
      ReadingBatch batch = new ReadingBatch();
      batch.clear(0);
      for (int i = 0; i < size; i++) {
        batch.add(new Reading("d", "m", earliest + random.nextLong(instants), i));
      }

      int[] rows = Arrays.copyOf(order.of(batch), size);

      assertThat(rows)
          .as("seed %d", seed)
          .containsExactly(
              IntStream.range(0, size)
                  .boxed()
                  .sorted(Comparator.comparingLong(batch::tsMicros))
                  .mapToInt(Integer::intValue)
                  .toArray());
    }
  }
}
