package dev.sluice.migration;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.reading.Reading;
import dev.sluice.reading.ReadingBatch;
import dev.sluice.store.WriteResult;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class MirrorSinkTest {
  private static final long HOUR = 3_600_000_000L;

  private final StoreInMemory store = new StoreInMemory("questdb");
  private final MirrorSink mirror = new MirrorSink(store, hours -> {}, 3);

  @Test
  void leavesOutOfAChunkWhatCameByTheMirrorSinceItWasOpened() {
    try (MirrorSink.Chunk chunk = mirror.openChunk(10, 20)) {
      mirror.write(batch(100, reading("a", 10, 1.5), reading("b", 21, 1.5)));

      WriteResult result =
          chunk.write(
              store, batch(0, reading("a", 10, 1), reading("a", 11, 1), reading("b", 20, 1)));

      assertThat(result).isInstanceOf(WriteResult.Written.class);
      assertThat(chunk.superseded()).isEqualTo(1);
    }
    assertThat(store.values)
        .containsEntry(reading("a", 10, 0).identity(), 1.5)
        .containsEntry(reading("a", 11, 0).identity(), 1.0)
        .containsEntry(reading("b", 20, 0).identity(), 1.0)
        .containsEntry(reading("b", 21, 0).identity(), 1.5)
        .hasSize(4);
  }

  @Test
  void recordsNeitherBeforeAChunkIsOpenedNorAfterItIsClosed() {
    mirror.write(batch(0, reading("a", 10, 1.5)));
    MirrorSink.Chunk chunk = mirror.openChunk(10, 20);
    chunk.close();
    mirror.write(batch(1, reading("b", 10, 1.5)));

    chunk.write(store, batch(0, reading("a", 10, 1), reading("b", 10, 1)));

    assertThat(chunk.superseded()).isZero();
    assertThat(store.values.values()).containsOnly(1.0);
  }

  /** As while the control topic does not answer. */
  @Test
  void writesNothingOfWhichTheHoursCannotBeRecorded() {
    HoursWritten unrecorded =
        hours -> {
          throw new UncheckedIOException("hour 3 is not recorded: no room", new IOException());
        };
    MirrorSink untold = new MirrorSink(store, unrecorded, 3);
    WriteResult refusal = new WriteResult.Unavailable("hour 3 is not recorded: no room");

    assertThat(untold.write(batch(0, reading("a", 10, 1)))).isEqualTo(refusal);
    try (MirrorSink.Chunk chunk = untold.openChunk(10, 20)) {
      assertThat(chunk.write(store, batch(0, reading("a", 10, 1)))).isEqualTo(refusal);
    }

    assertThat(store.values).isEmpty();
  }

  @Test
  void countsWhatIsLeftOutOnlyOnceItIsWritten() {
    try (MirrorSink.Chunk chunk = mirror.openChunk(10, 20)) {
      mirror.write(batch(0, reading("a", 10, 1.5)));
      store.answer = rows -> new WriteResult.Unavailable("away");
      ReadingBatch rows = batch(0, reading("a", 10, 1), reading("a", 11, 1));
      assertThat(chunk.write(store, rows)).isEqualTo(new WriteResult.Unavailable("away"));
      assertThat(chunk.superseded()).isZero();

      store.answer = batch -> WriteResult.Written.DURABLE;
      chunk.write(store, rows);

      assertThat(chunk.superseded()).isEqualTo(1);
      assertThat(store.values).hasSize(2);
    }
  }

  @Test
  void refusesAChunkIntoWhichMoreCameThanCanBeRecorded() {
    try (MirrorSink.Chunk chunk = mirror.openChunk(10, 20)) {
      for (int i = 0; i < 4; i++) {
        assertThat(chunk.overflowed()).isFalse();
        mirror.write(batch(i, reading("a", 10 + i, 1.5)));
      }

      assertThat(chunk.overflowed()).isTrue();
      assertThat(chunk.write(store, batch(0, reading("z", 12, 1))))
          .isInstanceOf(WriteResult.Busy.class);
      assertThat(store.values).doesNotContainKey(reading("z", 12, 0).identity());
    }
  }

  @Test
  void tellsEveryHourBeforeAndAfterTheWrite() {
    List<String> seen = new ArrayList<>();
    MirrorSink telling = new MirrorSink(store, hours -> seen.add("hours " + inHours(hours)));
    store.answer =
        batch -> {
          seen.add("write");
          return WriteResult.Written.DURABLE;
        };

    telling.write(batch(0, reading("a", 1, 1), reading("a", HOUR, 1), reading("b", 2, 1)));
    try (MirrorSink.Chunk chunk = telling.openChunk(0, 3 * HOUR)) {
      chunk.write(store, batch(0, reading("a", 3 * HOUR - 1, 1)));
    }

    assertThat(seen)
        .containsExactly(
            "hours [0, 1]", "write", "hours [0, 1]", "hours [2]", "write", "hours [2]");
  }

  @Test
  void tellsManyHoursOfOneBatchAtOnceInOrderOfTime() {
    List<String> seen = new ArrayList<>();
    MirrorSink telling = new MirrorSink(store, hours -> seen.add(inHours(hours)));
    Reading[] readings =
        IntStream.range(0, 1_000)
            .mapToObj(i -> reading("a", i * 7_919L % 50 * HOUR + i, 1))
            .toArray(Reading[]::new);

    telling.write(batch(0, readings));

    String all = IntStream.range(0, 50).boxed().toList().toString();
    assertThat(seen).containsExactly(all, all);
  }

  private static String inHours(long[] micros) {
    return Arrays.toString(Arrays.stream(micros).map(hour -> hour / HOUR).toArray());
  }

  @Test
  void opensAChunkWhileAWriteIsStuckAndLetsNobodyElseWriteMeanwhile() throws Exception {
    CountDownLatch stuck = new CountDownLatch(1);
    CountDownLatch goOn = new CountDownLatch(1);
    store.answer =
        batch -> {
          stuck.countDown();
          awaitUninterrupted(goOn);
          return WriteResult.Written.DURABLE;
        };
    Thread delivery =
        Thread.ofPlatform().start(() -> mirror.write(batch(5, reading("a", 10, 1.5))));
    stuck.await();

    MirrorSink.Chunk chunk = mirror.openChunk(10, 20);
    Thread other =
        Thread.ofPlatform()
            .start(() ->
                mirror.exclusively(() -> store.values.put(reading("x", 1, 1).identity(), 1.0)));
    assertThat(other.join(java.time.Duration.ofMillis(50))).isFalse();
    assertThat(store.values).isEmpty();

    goOn.countDown();
    delivery.join();
    other.join();
    assertThat(store.values).hasSize(2);
    chunk.close();
  }

  private static void awaitUninterrupted(CountDownLatch latch) {
    try {
      latch.await(120, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  private static Reading reading(String device, long ts, double value) {
    return new Reading(device, "temp", ts, value);
  }

  private static ReadingBatch batch(long offset, Reading... readings) {
    ReadingBatch batch = new ReadingBatch();
    batch.clear(offset);
    for (Reading reading : readings) {
      batch.add(reading);
    }
    return batch;
  }
}
