package dev.sluice.journal.disk;

import static dev.sluice.journal.disk.Readings.append;
import static dev.sluice.journal.disk.Readings.numbers;
import static dev.sluice.journal.disk.Readings.readAll;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.sluice.journal.AppendResult;
import dev.sluice.journal.JournalConfig;
import dev.sluice.journal.JournalConfig.Ack;
import dev.sluice.journal.Progress;
import dev.sluice.journal.disk.FaultyDisk.Op;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Single failures of the disk, one branch each; {@link JournalModelTest} mixes them. */
@Timeout(600)
class JournalFaultTest {
  private static final Path DIRECTORY = Path.of("/journal");
  private static final Duration NEVER = Duration.ofDays(1);

  private final FaultyDisk disk = new FaultyDisk(1);
  private final AtomicReference<DiskJournal> opened = new AtomicReference<>();

  @AfterEach
  void close() {
    DiskJournal journal = opened.get();
    if (journal != null) {
      journal.close();
    }
  }

  @Test
  void keepsAcknowledgedReadingsThroughAPowerCutUnderFsync() throws IOException {
    DiskJournal journal = open(Ack.FSYNC, NEVER);
    append(journal, 0, 60_000);
    append(journal, 60_000, 60_001);

    assertThat(disk.clean(DIRECTORY)).isTrue();
    DiskJournal after = powerCutAndOpen(Ack.FSYNC);

    assertThat(readAll(after, 0)).isEqualTo(numbers(0, 60_001));
    assertThat(after.stats().lost()).isZero();
  }

  @Test
  void keepsAcknowledgedReadingsThroughAKillUnderOs() throws IOException {
    DiskJournal journal = open(Ack.OS, NEVER);
    append(journal, 0, 60_000);
    assertThat(disk.clean(DIRECTORY)).isFalse();

    disk.kill();
    journal.close();
    DiskJournal after = open(Ack.OS, NEVER);

    assertThat(readAll(after, 0)).isEqualTo(numbers(0, 60_000));
  }

  @Test
  void syncsInTheBackgroundUnderOs() throws IOException {
    DiskJournal journal = open(Ack.OS, Duration.ofMillis(1));
    append(journal, 0, 60_000);

    await().atMost(Duration.ofMinutes(2)).until(() -> disk.clean(DIRECTORY));
    int forces = disk.done(Op.FORCE);
    DiskJournal after = powerCutAndOpen(Ack.OS);

    assertThat(forces).isPositive();
    assertThat(readAll(after, 0)).isEqualTo(numbers(0, 60_000));
  }

  @Test
  void syncsOnClose() throws IOException {
    DiskJournal journal = open(Ack.OS, NEVER);
    append(journal, 0, 60_000);

    journal.close();

    assertThat(disk.clean(DIRECTORY)).isTrue();
  }

  @Test
  void syncsOnceForAGroupUnderFsync() throws Exception {
    DiskJournal journal = open(Ack.FSYNC, NEVER);
    int before = disk.done(Op.FORCE);

    append(journal, 0, 10);
    append(journal, 10, 20);

    assertThat(disk.done(Op.FORCE)).isEqualTo(before + 2);
  }

  @ParameterizedTest
  @EnumSource(
      value = Ack.class,
      names = {"OS", "FSYNC"})
  void refusesWhileTheDiskIsFullAndGoesOnByItself(Ack ack) throws IOException {
    DiskJournal journal = open(ack, Duration.ofMillis(5));
    append(journal, 0, 1000);
    long bytes = journal.stats().bytes();

    disk.freeBytes(3000);
    AppendResult refused = journal.append(Readings.buffer(1000, 2000));

    assertThat(((AppendResult.Full) refused).reason())
        .contains(DIRECTORY.toString(), "No space left on device");
    assertThat(journal.stats().full()).contains("No space left on device");
    assertThat(journal.stats().bytes()).isEqualTo(bytes);
    assertThat(disk.bytes(segment(0))).hasSize((int) bytes);
    assertThat(readAll(journal, 0)).isEqualTo(numbers(0, 1000));

    disk.heal();
    await().atMost(Duration.ofMinutes(2)).until(() -> journal.stats().full().isEmpty());
    append(journal, 1000, 2000);

    assertThat(readAll(journal, 0)).isEqualTo(numbers(0, 2000));
    assertThat(readAll(powerCutAndOpen(Ack.FSYNC), 0)).startsWith(0L);
  }

  @Test
  void takesBackTheSegmentsThatAFailedAppendHadBegun() throws IOException {
    DiskJournal journal = open(Ack.OS, NEVER);
    append(journal, 0, 1000);

    disk.freeBytes(1_500_000);
    AppendResult refused = journal.append(Readings.buffer(1000, 80_000));

    assertThat(refused).isInstanceOf(AppendResult.Full.class);
    assertThat(disk.list(DIRECTORY)).containsExactly(SegmentHeader.fileName(0));
    disk.heal();
    await().atMost(Duration.ofMinutes(2)).until(() -> journal.stats().full().isEmpty());
    append(journal, 1000, 80_000);
    assertThat(readAll(journal, 0)).isEqualTo(numbers(0, 80_000));
  }

  @Test
  void leavesNoRefusedReadingForAPowerCutToBringBack() throws IOException {
    DiskJournal journal = open(Ack.OS, NEVER);
    disk.freeBytes(3000);
    assertThat(journal.append(Readings.buffer(0, 1000))).isInstanceOf(AppendResult.Full.class);

    assertThat(disk.clean(DIRECTORY)).isTrue();
  }

  @Test
  void leavesNoTraceOfASegmentThatCouldNotBeStarted() throws IOException {
    DiskJournal journal = open(Ack.OS, NEVER);
    int frame = Readings.buffer(0, 1000).length() + Frame.HEADER_BYTES;
    int frames = ((1 << 20) - SegmentHeader.BYTES) / frame;
    for (int i = 0; i < frames; i++) {
      append(journal, i * 1000L, (i + 1) * 1000L);
    }
    disk.fail(Op.WRITE, 1);

    AppendResult refused = journal.append(Readings.buffer(frames * 1000L, (frames + 1) * 1000L));

    assertThat(refused).isInstanceOf(AppendResult.Full.class);
    assertThat(disk.list(DIRECTORY)).containsExactly(SegmentHeader.fileName(0));
    assertThat(disk.unsynced(DIRECTORY)).noneMatch(change -> change.startsWith("name"));
    await().atMost(Duration.ofMinutes(2)).until(() -> journal.stats().full().isEmpty());
    append(journal, frames * 1000L, (frames + 1) * 1000L);
    assertThat(readAll(journal, 0)).isEqualTo(numbers(0, (frames + 1) * 1000L));
  }

  @Test
  void failsForGoodWhenASyncFailsUnderFsync() throws IOException {
    DiskJournal journal = open(Ack.FSYNC, NEVER);
    append(journal, 0, 10);
    AtomicReference<String> told = new AtomicReference<>();
    journal.failed().thenAccept(told::set);

    disk.failAndForget(1);
    AppendResult refused = journal.append(Readings.buffer(10, 20));

    assertThat(((AppendResult.Closed) refused).reason()).contains("planned failure of FORCE");
    assertThat(journal.append(Readings.buffer(20, 30))).isInstanceOf(AppendResult.Closed.class);
    assertThat(journal.failure()).hasValueSatisfying(r -> assertThat(r).contains("restart"));
    await().atMost(Duration.ofMinutes(2)).until(() -> told.get() != null);
    assertThat(journal.stats().full()).isEqualTo(told.get());
    assertThat(readAll(journal, 0)).isEqualTo(numbers(0, 10));
    int forces = disk.done(Op.FORCE);
    journal.close();
    assertThat(disk.done(Op.FORCE)).as("a failed sync is not tried again").isEqualTo(forces);
  }

  @Test
  void failsForGoodWhenTheBackgroundSyncFailsUnderOs() throws IOException {
    DiskJournal journal = open(Ack.OS, Duration.ofMillis(1));
    disk.failAndForget(1);
    append(journal, 0, 10);

    await().atMost(Duration.ofMinutes(2)).until(() -> journal.failure().isPresent());

    assertThat(journal.append(Readings.buffer(10, 20))).isInstanceOf(AppendResult.Closed.class);
  }

  @Test
  void failsForGoodWhenAFailedWriteCannotBeTakenBack() throws IOException {
    DiskJournal journal = open(Ack.OS, NEVER);
    append(journal, 0, 10);

    disk.fail(Op.WRITE, 1);
    disk.fail(Op.TRUNCATE, 1);
    AppendResult refused = journal.append(Readings.buffer(10, 20));

    assertThat(((AppendResult.Closed) refused).reason()).contains("could not be undone");
    assertThat(journal.failure()).isPresent();
  }

  @ParameterizedTest
  @EnumSource(
      value = Ack.class,
      names = {"OS", "FSYNC"})
  void keepsNothingOfAGroupWhoseWriteEndsInAnError(Ack ack) throws IOException {
    DiskJournal journal = open(ack, NEVER);
    append(journal, 0, 10);
    AtomicReference<String> told = new AtomicReference<>();
    journal.failed().thenAccept(told::set);
    int writes = disk.done(Op.WRITE);

    disk.runOutOfMemoryAt(Op.WRITE, 2);
    AppendResult refused = journal.append(Readings.buffer(10, 60_000));

    assertThat(disk.done(Op.WRITE) - writes).as("a part of it was written").isEqualTo(2);
    assertThat(((AppendResult.Closed) refused).reason()).contains("OutOfMemoryError");
    await().atMost(Duration.ofMinutes(2)).until(() -> told.get() != null);
    journal.close();
    assertThat(readAll(open(ack, NEVER), 0)).isEqualTo(numbers(0, 10));
  }

  @Test
  void takesAFailedWriteBackForAnInterruptedAppender() throws Exception {
    DiskJournal journal = open(Ack.OS, NEVER);
    append(journal, 0, 10);
    disk.fail(Op.WRITE, 1);
    AtomicReference<AppendResult> result = new AtomicReference<>();

    Thread appender =
        Thread.startVirtualThread(() -> {
          Thread.currentThread().interrupt();
          result.set(journal.append(Readings.buffer(10, 20)));
        });
    appender.join();

    assertThat(result.get()).isInstanceOf(AppendResult.Full.class);
    assertThat(journal.failure()).isEmpty();
    await().atMost(Duration.ofMinutes(2)).until(() -> journal.stats().full().isEmpty());
    append(journal, 10, 20);
    assertThat(readAll(journal, 0)).isEqualTo(numbers(0, 20));
  }

  /** Those who offer while one writes find nobody to wake: it must look again. */
  @ParameterizedTest
  @CsvSource({"NONE,Accepted", "FAIL,Accepted", "ERROR,Closed"})
  void answersAllWhoOfferedWhileOneWrote(String fault, String expected) throws Exception {
    DiskJournal journal = open(Ack.OS, NEVER);
    append(journal, 0, 10);
    CountDownLatch writes = new CountDownLatch(1);
    CountDownLatch goOn = new CountDownLatch(1);
    disk.beforeWrites(() -> {
      writes.countDown();
      Uninterrupted.join(Thread.ofPlatform().start(() -> awaitQuietly(goOn)));
    });
    switch (fault) {
      case "FAIL" -> disk.fail(Op.WRITE, 1);
      case "ERROR" -> disk.runOutOfMemoryAt(Op.WRITE, 1);
      default -> {}
    }
    FutureTask<AppendResult> first = appending(journal, 10);
    writes.await();
    List<FutureTask<AppendResult>> others = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      others.add(appending(journal, 20 + 10 * i));
    }

    goOn.countDown();

    assertThat(first.get().getClass().getSimpleName())
        .isEqualTo(fault.equals("FAIL") ? "Full" : expected);
    for (FutureTask<AppendResult> other : others) {
      // After a failed write the disk is tried first, and refuses what comes before that.
      assertThat(other.get().getClass().getSimpleName())
          .isIn(fault.equals("FAIL") ? List.of("Accepted", "Full") : List.of(expected));
    }
  }

  private static FutureTask<AppendResult> appending(DiskJournal journal, long from) {
    FutureTask<AppendResult> task =
        new FutureTask<>(() -> journal.append(Readings.buffer(from, from + 10)));
    Thread.startVirtualThread(task);
    return task;
  }

  private static void awaitQuietly(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void failsForGoodWhenANewSegmentsNameCannotBeSynced() throws IOException {
    DiskJournal journal = open(Ack.FSYNC, NEVER);
    disk.fail(Op.SYNC_DIRECTORY, 1);

    AppendResult refused = journal.append(Readings.buffer(0, 60_000));

    assertThat(refused).isInstanceOf(AppendResult.Closed.class);
  }

  @Test
  void keepsASegmentThatCannotBeDeletedAndTriesAgain() throws IOException {
    DiskJournal journal = open(Ack.OS, NEVER);
    append(journal, 0, 100_000);
    Cursor cursor = journal.cursor("sink");
    disk.fail(Op.DELETE, 1);

    cursor.advance(cursor.state().plusDelivered(90_000));
    assertThat(journal.stats().firstOffset()).isZero();

    cursor.advance(cursor.state().plusDelivered(1));
    assertThat(journal.stats().firstOffset()).isPositive();
    assertThat(disk.clean(DIRECTORY)).isFalse();
    assertThat(readAll(journal, 90_001)).isEqualTo(numbers(90_001, 100_000));
  }

  @Test
  void keepsTheLastStateWhenACursorCannotBeWritten() throws IOException {
    DiskJournal journal = open(Ack.OS, NEVER);
    append(journal, 0, 100);
    Cursor cursor = journal.cursor("sink");
    cursor.advance(cursor.state().plusDelivered(10));
    Progress before = cursor.state();

    disk.fail(Op.FORCE, 1);
    assertThatThrownBy(() -> cursor.advance(before.plusDelivered(10)))
        .isInstanceOf(IOException.class);
    assertThat(cursor.state()).isEqualTo(before);
    disk.fail(Op.WRITE, 1);
    assertThatThrownBy(() -> cursor.advance(before.plusDelivered(10)))
        .isInstanceOf(IOException.class);

    cursor.advance(before.plusDelivered(20));
    DiskJournal after = powerCutAndOpen(Ack.OS);
    assertThat(after.cursor("sink").state()).isEqualTo(before.plusDelivered(20));
  }

  @Test
  void givesNoOffsetOutAgainThatACursorHasPassed() throws IOException {
    DiskJournal journal = open(Ack.OS, NEVER);
    append(journal, 0, 10);
    disk.kill();
    journal.close();
    journal = open(Ack.OS, NEVER);
    journal.cursor("slow");
    Cursor fast = journal.cursor("fast");
    append(journal, 10, 30);
    fast.advance(fast.state().plusDelivered(30));
    byte[] withoutTail = java.util.Arrays.copyOf(disk.bytes(segment(0)), 300);
    disk.kill();
    journal.close();
    disk.damage(segment(0), withoutTail);

    DiskJournal after = open(Ack.OS, NEVER);
    long end = after.stats().nextOffset();
    AppendResult.Accepted accepted = append(after, 30, 40);

    assertThat(end).isEqualTo(30);
    assertThat(Readings.firstOffset(accepted)).isEqualTo(30);
    assertThat(readAll(after, 30)).isEqualTo(numbers(30, 40));
    long lost = after.stats().lost();
    assertThat(lost).isBetween(1L, 30L);
    assertThat(readAll(after, 0)).contains(-lost).endsWith(38L, 39L);
    after.close();
    DiskJournal again = open(Ack.OS, NEVER);
    assertThat(again.stats().lost()).isEqualTo(lost);
  }

  @Test
  void cannotBeOpenedWhileTheDiskFailsAndLetsGoOfItsLock() throws IOException {
    disk.fail(Op.FORCE, 1);
    assertThatThrownBy(() -> open(Ack.OS, NEVER)).isInstanceOf(IOException.class);

    append(open(Ack.OS, NEVER), 0, 1);
  }

  private DiskJournal powerCutAndOpen(Ack ack) throws IOException {
    disk.powerCut();
    close();
    return open(ack, NEVER);
  }

  private DiskJournal open(Ack ack, Duration syncInterval) throws IOException {
    DiskJournal journal =
        DiskJournal.open(
            new JournalConfig(DIRECTORY, ack, syncInterval, 64 << 20, 1 << 20),
            InstantSource.system(),
            disk);
    opened.set(journal);
    return journal;
  }

  private static Path segment(long baseOffset) {
    return DIRECTORY.resolve(SegmentHeader.fileName(baseOffset));
  }
}
