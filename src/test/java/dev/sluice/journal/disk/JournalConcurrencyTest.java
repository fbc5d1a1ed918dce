package dev.sluice.journal.disk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.journal.AppendResult;
import dev.sluice.journal.JournalConfig;
import dev.sluice.journal.JournalConfig.Ack;
import dev.sluice.journal.ReadResult;
import dev.sluice.reading.ReadingBatch;
import dev.sluice.reading.ReadingBuffer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@Timeout(600)
class JournalConcurrencyTest {
  private static final int APPENDERS = 2000;
  private static final int APPENDS_EACH = 20;
  private static final int READINGS_EACH = 5;

  @TempDir Path directory;

  /**
   * The value of a reading is its appender's number, its ts says which of that appender's readings
   * it is; each must come once, in the order its appender gave, at the offset it was told.
   */
  @ParameterizedTest
  @EnumSource(
      value = Ack.class,
      names = {"OS", "FSYNC"})
  void givesAFollowingReaderEveryReadingOnceAndInOrder(Ack ack) throws Exception {
    long total = (long) APPENDERS * APPENDS_EACH * READINGS_EACH;
    long[] toldOffset = new long[APPENDERS * APPENDS_EACH];
    try (DiskJournal journal = open(ack)) {
      FutureTask<long[]> follower = new FutureTask<>(() -> follow(journal, total));
      Thread.ofPlatform().start(follower);
      List<Thread> appenders = new ArrayList<>();
      for (int i = 0; i < APPENDERS; i++) {
        int appender = i;
        appenders.add(Thread.startVirtualThread(() -> appendAll(journal, appender, toldOffset)));
      }
      for (Thread appender : appenders) {
        appender.join();
      }

      assertThat(follower.get()).isEqualTo(toldOffset);
      assertThat(journal.stats().accepted()).isEqualTo(total);
    }
    try (DiskJournal journal = open(ack)) {
      assertThat(follow(journal, total)).isEqualTo(toldOffset);
    }
  }

  @Test
  void answersEveryAppendThatRacesWithClose() throws Exception {
    for (int round = 0; round < 30; round++) {
      DiskJournal journal = open(Ack.OS);
      long before = journal.stats().nextOffset();
      AtomicLong accepted = new AtomicLong();
      AtomicLong closed = new AtomicLong();
      CountDownLatch begun = new CountDownLatch(50);
      List<Thread> appenders = new ArrayList<>();
      for (int i = 0; i < 50; i++) {
        appenders.add(
            Thread.startVirtualThread(() -> {
              ReadingBuffer buffer = Readings.buffer(0, 3);
              AppendResult result = journal.append(buffer);
              begun.countDown();
              while (result instanceof AppendResult.Accepted) {
                accepted.addAndGet(3);
                result = journal.append(buffer);
              }
              closed.incrementAndGet();
            }));
      }
      begun.await();
      journal.close();
      for (Thread appender : appenders) {
        appender.join();
      }
      try (DiskJournal again = open(Ack.OS)) {
        assertThat(closed.get()).isEqualTo(50);
        assertThat(again.stats().nextOffset() - before).isEqualTo(accepted.get());
      }
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = Ack.class,
      names = {"OS", "FSYNC"})
  void tellsTheTruthToAnInterruptedAppenderAndKeepsItsInterrupt(Ack ack) throws Exception {
    try (DiskJournal journal = open(ack)) {
      AtomicReference<AppendResult> result = new AtomicReference<>();
      AtomicReference<Boolean> interrupted = new AtomicReference<>();
      Thread appender =
          Thread.ofVirtual()
              .start(() -> {
                Thread.currentThread().interrupt();
                result.set(journal.append(Readings.buffer(0, 10)));
                interrupted.set(Thread.currentThread().isInterrupted());
              });
      appender.join();

      assertThat(result.get()).isEqualTo(new AppendResult.Accepted(new OffsetMark(10), 10));
      assertThat(interrupted.get()).isTrue();
      assertThat(Readings.firstOffset(Readings.append(journal, 10, 20))).isEqualTo(10);
    }
  }

  @Test
  void doesNotTakeASegmentThatCannotBeOpenedForOneThatIsGone() throws Exception {
    try (DiskJournal journal = open(Ack.OS)) {
      Readings.append(journal, 0, 10);
      Path segment = directory.resolve("journal").resolve(SegmentHeader.fileName(0));
      Path aside = directory.resolve("aside");
      Files.move(segment, aside);
      Files.createSymbolicLink(segment, segment);

      assertThatThrownBy(() -> journal.reader(0).read(new ReadingBatch(), 10))
          .isInstanceOf(IOException.class);

      Files.move(aside, segment, StandardCopyOption.REPLACE_EXISTING);
      assertThat(Readings.readAll(journal, 0)).isEqualTo(Readings.numbers(0, 10));
      assertThat(journal.stats().lost()).isZero();
    }
  }

  @Test
  void readsOnAfterAReadersThreadWasInterrupted() throws Exception {
    try (DiskJournal journal = open(Ack.OS)) {
      Readings.append(journal, 0, 10);
      JournalReader reader = journal.reader(0);
      ReadingBatch batch = new ReadingBatch();
      AtomicReference<Exception> failure = new AtomicReference<>();
      Thread interrupted =
          new Thread(() -> {
            Thread.currentThread().interrupt();
            try {
              reader.read(batch, 10);
            } catch (IOException e) {
              failure.set(e);
            }
          });
      interrupted.start();
      interrupted.join();

      assertThat(failure.get()).isNotNull();
      assertThat(reader.position()).isZero();
      assertThat(reader.read(batch, 10)).isInstanceOf(ReadResult.Filled.class);
      assertThat(batch.size()).isEqualTo(10);
      Readings.append(journal, 10, 20);
      reader.close();
    }
  }

  @Test
  void wakesAWaiterOnlyWhenItsOffsetIsPassedOrTheJournalCloses() throws Exception {
    DiskJournal journal = open(Ack.OS);
    FutureTask<Boolean> waiter =
        new FutureTask<>(() -> journal.awaitBeyond(1_000, Duration.ofSeconds(60), () -> false));
    Thread.startVirtualThread(waiter);
    Readings.append(journal, 0, 1000);
    LockSupport.parkNanos(1_000_000);
    assertThat(waiter.isDone()).isFalse();
    Readings.append(journal, 1000, 1001);
    assertThat(waiter.get()).isTrue();

    FutureTask<Boolean> last =
        new FutureTask<>(() -> journal.awaitBeyond(5_000, Duration.ofSeconds(60), () -> false));
    Thread.startVirtualThread(last);
    journal.close();
    assertThat(last.get()).isFalse();
  }

  private static void appendAll(DiskJournal journal, int appender, long[] toldOffset) {
    ReadingBuffer buffer = new ReadingBuffer(256, 1 << 20);
    byte[] name = {'n'};
    for (int i = 0; i < APPENDS_EACH; i++) {
      buffer.clear();
      for (int j = 0; j < READINGS_EACH; j++) {
        buffer.add(name, 0, 1, name, 0, 1, (long) i * READINGS_EACH + j, appender);
      }
      AppendResult result = journal.append(buffer);
      if (!(result instanceof AppendResult.Accepted accepted)) {
        throw new AssertionError(result);
      }
      toldOffset[appender * APPENDS_EACH + i] = Readings.firstOffset(accepted);
    }
  }

  /** Reads this many readings and tells at which offset each append's first one was found. */
  private static long[] follow(DiskJournal journal, long total)
      throws IOException, InterruptedException {
    long[] foundOffset = new long[APPENDERS * APPENDS_EACH];
    Arrays.fill(foundOffset, -1);
    int[] next = new int[APPENDERS];
    ReadingBatch batch = new ReadingBatch();
    try (JournalReader reader = journal.reader(0)) {
      while (reader.position() < total) {
        assertThat(journal.awaitBeyond(reader.position(), Duration.ofSeconds(60), () -> false))
            .isTrue();
        assertThat(reader.read(batch, 777)).isInstanceOf(ReadResult.Filled.class);
        for (int i = 0; i < batch.size(); i++) {
          int appender = (int) batch.value(i);
          assertThat(batch.tsMicros(i)).isEqualTo(next[appender]);
          if (next[appender] % READINGS_EACH == 0) {
            foundOffset[appender * APPENDS_EACH + next[appender] / READINGS_EACH] =
                batch.firstOffset() + i;
          }
          next[appender]++;
        }
      }
      assertThat(reader.read(batch, 1)).isInstanceOf(ReadResult.Empty.class);
    }
    return foundOffset;
  }

  private DiskJournal open(Ack ack) throws IOException {
    return DiskJournal.open(
        new JournalConfig(
            directory.resolve("journal"), ack, Duration.ofMillis(20), 256 << 20, 1 << 20),
        InstantSource.system());
  }
}
