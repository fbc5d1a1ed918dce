package dev.sluice.journal.disk;

import static dev.sluice.journal.disk.Readings.append;
import static dev.sluice.journal.disk.Readings.numbers;
import static dev.sluice.journal.disk.Readings.readAll;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.journal.AppendResult;
import dev.sluice.journal.Feed;
import dev.sluice.journal.JournalConfig;
import dev.sluice.journal.JournalConfig.Ack;
import dev.sluice.journal.Progress;
import dev.sluice.journal.ReadResult;
import dev.sluice.reading.ReadingBatch;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class JournalTest {
  private static final InstantSource CLOCK =
      InstantSource.fixed(Instant.parse("2026-11-21T22:00:00.123456Z"));

  @TempDir Path directory;

  @ParameterizedTest
  @EnumSource(Ack.class)
  void givesBackWhatWasAppendedInOrder(Ack ack) throws IOException {
    try (DiskJournal journal = open(ack)) {
      AppendResult.Accepted first = append(journal, 0, 10);
      AppendResult.Accepted second = append(journal, 10, 60_000);

      assertThat(first).isEqualTo(new AppendResult.Accepted(new OffsetMark(10), 10));
      assertThat(second).isEqualTo(new AppendResult.Accepted(new OffsetMark(60_000), 59_990));
      assertThat(readAll(journal, 0)).isEqualTo(numbers(0, 60_000));
      assertThat(readAll(journal, 12_345)).isEqualTo(numbers(12_345, 60_000));
    }
  }

  @ParameterizedTest
  @EnumSource(Ack.class)
  void findsEverythingAgainAfterARestart(Ack ack) throws IOException {
    try (DiskJournal journal = open(ack)) {
      append(journal, 0, 60_000);
      append(journal, 60_000, 60_001);
    }

    try (DiskJournal journal = open(ack)) {
      append(journal, 60_001, 60_002);

      assertThat(readAll(journal, 0)).isEqualTo(numbers(0, 60_002));
      assertThat(journal.stats().lost()).isZero();
      assertThat(journal.stats().accepted()).isEqualTo(1);
    }
  }

  @Test
  void deletesSegmentsThatEveryCursorHasPassed() throws IOException {
    try (DiskJournal journal = open(Ack.OS)) {
      append(journal, 0, 200_000);
      Cursor one = journal.cursor("one");
      Cursor two = journal.cursor("two");
      long before = journal.stats().bytes();

      one.advance(one.state().plusDelivered(150_000));
      assertThat(journal.stats().bytes()).isEqualTo(before);

      two.advance(two.state().plusDelivered(160_000));
      assertThat(journal.stats().bytes()).isLessThan(before);
      assertThat(journal.stats().firstOffset()).isPositive().isLessThanOrEqualTo(150_000);
      assertThat(readAll(journal, 150_000)).isEqualTo(numbers(150_000, 200_000));
    }

    try (DiskJournal journal = open(Ack.OS)) {
      assertThat(journal.cursor("two").state().offset()).isEqualTo(160_000);
      assertThat(journal.cursor("new").state())
          .isEqualTo(Progress.at(journal.stats().firstOffset()));
    }
  }

  @Test
  void refusesAppendsWhenFullAndGoesOnWhenSegmentsAreDeleted() throws IOException {
    try (DiskJournal journal = open(Ack.OS, 4 << 20)) {
      long next = 0;
      AppendResult result = journal.append(Readings.buffer(next, next + 1000));
      while (result instanceof AppendResult.Accepted) {
        next += 1000;
        result = journal.append(Readings.buffer(next, next + 1000));
      }
      assertThat(((AppendResult.Full) result).reason())
          .contains("journal.max-bytes " + (4 << 20), directory.toString());
      assertThat(journal.stats().full()).isNotEmpty();
      assertThat(journal.stats().bytes()).isLessThanOrEqualTo(4 << 20);
      assertThat(readAll(journal, 0)).isEqualTo(numbers(0, next));

      Cursor cursor = journal.cursor("sink");
      cursor.advance(cursor.state().plusDelivered(next));

      assertThat(journal.stats().full()).isEmpty();
      append(journal, next, next + 1000);
      assertThat(readAll(journal, next)).isEqualTo(numbers(next, next + 1000));
    }
  }

  /** Half full is 4 of 8 segments; a store's cursor is at the end all the time. */
  @Test
  void keepsWhatAYieldingCursorHasNotReadWhileItIsAtMostHalfFull() throws IOException {
    try (DiskJournal journal = open(Ack.OS, 8 << 20);
        Feed store = journal.feed("store");
        Feed ledger = journal.yieldingFeed("ledger")) {
      long next = 0;
      while (journal.stats().bytes() <= 3 << 20) {
        append(journal, next, next + 1000);
        next += 1000;
        store.keep(Progress.at(0).plusDelivered(next));
      }

      assertThat(journal.stats().firstOffset()).isZero();
      assertThat(numbersOf(ledger)).isEqualTo(numbers(0, next));

      ledger.keep(Progress.at(0).plusDelivered(next));
      assertThat(journal.stats().firstOffset()).isPositive();
    }
  }

  @Test
  void deletesUnderAYieldingCursorBeyondThatAndSaysHowMuchItSkipped() throws IOException {
    try (DiskJournal journal = open(Ack.OS, 8 << 20);
        Feed store = journal.feed("store");
        Feed ledger = journal.yieldingFeed("ledger")) {
      append(journal, 0, 1000);
      ReadingBatch batch = new ReadingBatch();
      assertThat(ledger.readFrame(batch)).isInstanceOf(ReadResult.Filled.class);
      long next = 1000;
      // Three times what it may hold: never full, as what the store has goes.
      while (next * 30 < 24L << 20) {
        append(journal, next, next + 1000);
        next += 1000;
        store.keep(Progress.at(0).plusDelivered(next));
        assertThat(journal.stats().full()).isEmpty();
        assertThat(journal.stats().bytes()).isLessThanOrEqualTo(4 << 20);
      }
      long oldest = journal.stats().firstOffset();

      assertThat(oldest).isGreaterThan(1000);
      assertThat(ledger.readFrame(batch)).isEqualTo(new ReadResult.Lost(1000, oldest));
      assertThat(numbersOf(ledger)).as("once, and then goes on").isEqualTo(numbers(oldest, next));
      assertThat(journal.stats().lost()).as("lost by the journal").isZero();
    }
  }

  /** It is the store that holds on here, and the journal is full all the same. */
  @Test
  void keepsForAStoreWhatItDoesNotKeepForAYieldingCursor() throws IOException {
    try (DiskJournal journal = open(Ack.OS, 4 << 20);
        Feed store = journal.feed("store");
        Feed ledger = journal.yieldingFeed("ledger")) {
      long next = 0;
      while (journal.append(Readings.buffer(next, next + 1000)) instanceof AppendResult.Accepted) {
        next += 1000;
      }

      ledger.keep(Progress.at(0).plusDelivered(next));

      assertThat(journal.stats().firstOffset()).isZero();
      assertThat(numbersOf(store)).isEqualTo(numbers(0, next));
    }
  }

  /** All that the feed gives from where it is, without a gap. */
  private static List<Long> numbersOf(Feed feed) throws IOException {
    List<Long> numbers = new ArrayList<>();
    ReadingBatch batch = new ReadingBatch();
    while (feed.readFrame(batch) instanceof ReadResult.Filled) {
      for (int i = 0; i < batch.size(); i++) {
        numbers.add(batch.tsMicros(i));
      }
    }
    assertThat(numbers).isSorted();
    return numbers;
  }

  @Test
  void refusesToMoveACursorBackOrBeyondTheEnd() throws IOException {
    try (DiskJournal journal = open(Ack.OS)) {
      append(journal, 0, 10);
      Cursor cursor = journal.cursor("sink");
      Progress start = cursor.state();
      Progress there = start.plusDelivered(5);
      cursor.advance(there);

      assertThatThrownBy(() -> cursor.advance(start)).isInstanceOf(AssertionError.class);
      assertThatThrownBy(() -> cursor.advance(there.plusDelivered(6)))
          .isInstanceOf(AssertionError.class);
      assertThat(cursor.state()).isEqualTo(there);
      assertThat(journal.cursor("sink")).isSameAs(cursor);
    }
  }

  @Test
  void refusesASecondJournalOnItsDirectory() throws IOException {
    try (DiskJournal journal = open(Ack.OS)) {
      assertThatThrownBy(() -> open(Ack.OS))
          .isInstanceOf(IOException.class)
          .hasMessageContaining(directory.toString())
          .hasMessageContaining("this process");
      append(journal, 0, 1);
    }
    open(Ack.OS).close();
  }

  @Test
  void refusesAppendsOnceClosed() throws IOException {
    DiskJournal journal = open(Ack.OS);
    append(journal, 0, 1);
    journal.close();

    assertThat(journal.append(Readings.buffer(1, 2))).isInstanceOf(AppendResult.Closed.class);
    journal.close();
  }

  @Test
  void waitsUntilSomethingIsAppended() throws Exception {
    try (DiskJournal journal = open(Ack.OS)) {
      assertThat(journal.awaitBeyond(0, Duration.ofMillis(1), () -> false)).isFalse();
      Thread appender = Thread.ofVirtual().start(() -> append(journal, 0, 3));
      assertThat(journal.awaitBeyond(2, Duration.ofSeconds(30), () -> false)).isTrue();
      appender.join();
      assertThat(journal.awaitBeyond(3, Duration.ZERO, () -> false)).isFalse();
    }
  }

  private DiskJournal open(Ack ack) throws IOException {
    return open(ack, 64 << 20);
  }

  private DiskJournal open(Ack ack, long maxBytes) throws IOException {
    return DiskJournal.open(
        new JournalConfig(
            directory.resolve("journal"), ack, Duration.ofMillis(20), maxBytes, 1 << 20),
        CLOCK);
  }
}
