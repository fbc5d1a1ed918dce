package dev.sluice.reading;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class ReadingBufferTest {
  @Test
  void givesBackEveryReadingChunkByChunk() {
    long seed = System.nanoTime();
    System.out.println("seed " + seed);
    SplittableRandom random = new SplittableRandom(seed);
    List<Reading> readings = new ArrayList<>();
    ReadingBuffer buffer = new ReadingBuffer(64, 16 << 20);
    for (int i = 0; i < 50_000; i++) {
      Reading reading =
          new Reading(
              "d".repeat(1 + random.nextInt(128)),
              "m" + random.nextInt(3),
              random.nextLong(Reading.MAX_TS_MICROS),
              random.nextDouble());
      readings.add(reading);
      assertThat(buffer.add(reading)).isTrue();
    }

    ReadingBatch batch = new ReadingBatch();
    batch.clear(7);
    for (int c = 0; c < buffer.chunks(); c++) {
      assertThat(buffer.chunkEnd(c) - buffer.chunkStart(c))
          .isLessThanOrEqualTo(ReadingBuffer.CHUNK_BYTES);
      int count = buffer.chunkCount(c);
      batch.decode(
          buffer.array(), buffer.chunkStart(c), buffer.chunkEnd(c), count, 0, Integer.MAX_VALUE);
    }

    assertThat(buffer.chunks()).isGreaterThan(5);
    assertThat(batch.size()).isEqualTo(readings.size());
    assertThat(batch.nextOffset()).isEqualTo(7 + readings.size());
    for (int i = 0; i < readings.size(); i++) {
      assertThat(batch.reading(i)).isEqualTo(readings.get(i));
    }
  }

  @Test
  void takesAllReadingsOfOthers() {
    long seed = System.nanoTime();
    System.out.println("seed " + seed);
    SplittableRandom random = new SplittableRandom(seed);
    ReadingBuffer whole = new ReadingBuffer(64, 16 << 20);
    ReadingBuffer parts = new ReadingBuffer(64, 16 << 20);
    ReadingBuffer part = new ReadingBuffer(64, 16 << 20);
    for (int i = 0; i < 30_000; i++) {
      Reading reading =
          new Reading("d".repeat(1 + random.nextInt(3)), "m" + random.nextInt(2), i, i);
      whole.add(reading);
      part.add(reading);
      if (random.nextInt(4) == 0) {
        assertThat(parts.addAll(part)).isTrue();
        part.clear();
      }
    }
    assertThat(parts.addAll(part)).isTrue();

    assertThat(parts.count()).isEqualTo(30_000);
    assertThat(parts.chunks()).isEqualTo(whole.chunks()).isGreaterThan(1);
    assertThat(parts.array()).startsWith(java.util.Arrays.copyOf(whole.array(), whole.length()));
    assertThat(new ReadingBuffer(16, 60).addAll(whole)).isFalse();
  }

  @Test
  void refusesWhatWouldPassItsMaximumAndKeepsTheRest() {
    ReadingBuffer buffer = new ReadingBuffer(16, 60);
    Reading reading = new Reading("device", "metric", 1, 2);

    assertThat(buffer.add(reading)).isTrue();
    assertThat(buffer.add(reading)).isTrue();
    assertThat(buffer.add(new Reading("other-device", "metric", 1, 2))).isFalse();

    assertThat(buffer.count()).isEqualTo(2);
    assertThat(buffer.length()).isEqualTo(30 + 18);
  }

  @Test
  void appendsAllOfAnotherBufferAcrossChunks() {
    ReadingBuffer all = new ReadingBuffer(16, 16 << 20);
    List<Reading> readings = new ArrayList<>();
    for (int b = 0; b < 40; b++) {
      ReadingBuffer other = new ReadingBuffer(16, 1 << 20);
      for (int i = 0; i < 500; i++) {
        Reading reading = new Reading("d".repeat(1 + b * 3), "m" + i / 250, b * 500 + i, i);
        readings.add(reading);
        other.add(reading);
      }
      assertThat(all.addAll(other)).isTrue();
    }

    assertThat(all.chunks()).isGreaterThan(1);
    assertThat(all.leastTsMicros()).isZero();
    assertThat(all.greatestTsMicros()).isEqualTo(readings.size() - 1);
    ReadingBatch batch = new ReadingBatch();
    for (int c = 0; c < all.chunks(); c++) {
      int count = all.chunkCount(c);
      batch.decode(all.array(), all.chunkStart(c), all.chunkEnd(c), count, 0, count);
    }
    assertThat(batch.size()).isEqualTo(readings.size());
    for (int i = 0; i < readings.size(); i++) {
      assertThat(batch.reading(i)).isEqualTo(readings.get(i));
    }
  }

  @Test
  void passesReadingsUntilThereAreEnough() {
    ReadingBuffer buffer = new ReadingBuffer(16, 1 << 10);
    for (int i = 0; i < 5; i++) {
      buffer.add(new Reading("device", "metric", i, 2));
    }
    List<Long> passed = new ArrayList<>();

    boolean all =
        buffer.forEach((bytes, device, deviceBytes, metric, metricBytes, tsMicros, value) -> {
          passed.add(tsMicros);
          return tsMicros < 2;
        });

    assertThat(passed).containsExactly(0L, 1L, 2L);
    assertThat(all).isFalse();
  }

  @Test
  void saysThatAnotherBufferDoesNotFit() {
    ReadingBuffer small = new ReadingBuffer(16, 60);
    ReadingBuffer other = new ReadingBuffer(16, 1 << 10);
    for (int i = 0; i < 3; i++) {
      other.add(new Reading("device", "metric", i, 2));
    }

    assertThat(small.addAll(other)).isFalse();
  }

  @Test
  void takesAPartOfAChunk() {
    ReadingBuffer buffer = new ReadingBuffer(16, 1 << 20);
    for (int i = 0; i < 10; i++) {
      buffer.add(new Reading("d", "m" + i / 5, i, i));
    }

    ReadingBatch batch = new ReadingBatch();
    batch.clear(3);
    int taken = batch.decode(buffer.array(), 0, buffer.length(), 10, 3, 4);

    assertThat(taken).isEqualTo(4);
    assertThat(batch.reading(0)).isEqualTo(new Reading("d", "m0", 3, 3));
    assertThat(batch.reading(3)).isEqualTo(new Reading("d", "m1", 6, 6));
  }
}
