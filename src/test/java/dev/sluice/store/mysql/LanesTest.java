package dev.sluice.store.mysql;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.reading.Reading;
import dev.sluice.reading.ReadingBatch;
import java.util.HashMap;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class LanesTest {
  @Test
  void keepsADeviceInOneLaneAndItsReadingsInOrder() {
    long seed = System.nanoTime();
    System.out.println("seed " + seed);
    SplittableRandom random = new SplittableRandom(seed);
    ReadingBatch batch = new ReadingBatch();
    batch.clear(0);
    for (int i = 0; i < 2000; i++) {
      batch.add(new Reading("s-" + random.nextInt(200), "m", random.nextInt(3), i));
    }
    Lanes lanes = new Lanes();

    lanes.split(batch, 4);

    Map<String, Integer> laneOf = new HashMap<>();
    for (int lane = 0; lane < 4; lane++) {
      int last = -1;
      assertThat(lanes.start(lane + 1) - lanes.start(lane))
          .as("readings in lane " + lane)
          .isBetween(200, 800);
      for (int at = lanes.start(lane); at < lanes.start(lane + 1); at++) {
        int row = lanes.rows()[at];
        assertThat(row).isGreaterThan(last);
        last = row;
        assertThat(laneOf.putIfAbsent(batch.reading(row).device(), lane)).isIn(null, lane);
      }
    }
    assertThat(lanes.start(4)).isEqualTo(2000);
  }

  @Test
  void forgetsTheBatchBefore() {
    Lanes lanes = new Lanes();
    lanes.split(UpsertTest.batch(new Reading("a", "m", 0, 1), new Reading("b", "m", 0, 1)), 3);

    lanes.split(UpsertTest.batch(new Reading("c", "m", 0, 1)), 1);

    assertThat(lanes.count()).isEqualTo(1);
    assertThat(lanes.start(1)).isEqualTo(1);
    assertThat(lanes.rows()[0]).isZero();
  }
}
