package dev.sluice.journal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.sluice.reading.Reading;
import dev.sluice.reading.ReadingBatch;
import dev.sluice.reading.ReadingBuffer;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/**
 * What a journal owes those who append and the sinks that read on, whichever it is. Every reading
 * of these tests has a number; those of one device come in the order of their numbers.
 */
public abstract class JournalContract {
  /** What a journal of {@link #openSmall} may hold. */
  protected static final long SMALL_BYTES = 8 << 20;

  private static final Duration PATIENCE = Duration.ofSeconds(60);

  /** By then a journal that reckons with readings under way knows how small they became. */
  private static final Duration STAYS_FULL = Duration.ofSeconds(1);

  private static final int DEVICES = 7;

  @SuppressWarnings("NullAway.Init") // opened by each test
  private Journal journal;

  /** Opens the journal of this test, or opens it again. */
  protected abstract Journal open() throws IOException;

  /** Likewise, with at most {@link #SMALL_BYTES}. */
  protected abstract Journal openSmall() throws IOException;

  /**
   * Makes the oldest readings unreadable, but not the latest append, while the journal is open and
   * nobody has read.
   */
  protected abstract void loseOldest() throws Exception;

  @AfterEach
  void closeJournal() {
    if (journal != null) {
      journal.close();
    }
  }

  @Test
  void givesBackWhatWasAppendedInTheOrderOfEachDevice() throws Exception {
    journal = open();
    append(0, 10);
    append(10, 60_000);

    assertThat(journal.stats().accepted()).isEqualTo(60_000);
    assertHolds(rest(feed("sink")), 0, 60_000);
  }

  @Test
  void givesBackWhatManyAppendedAtOnce() throws Exception {
    journal = open();
    Feed feed = feed("sink");
    List<Thread> threads = new ArrayList<>();
    AtomicInteger refused = new AtomicInteger();
    for (int device = 0; device < DEVICES; device++) {
      long first = device;
      threads.add(
          Thread.ofVirtual()
              .start(() -> {
                for (long n = first; n < 7_000; n += DEVICES) {
                  ReadingBuffer one = new ReadingBuffer(256, 256);
                  one.add(reading(n));
                  if (!(journal.append(one) instanceof AppendResult.Accepted)) {
                    refused.incrementAndGet();
                  }
                }
              }));
    }
    for (Thread thread : threads) {
      thread.join();
    }

    assertThat(refused).hasValue(0);
    assertHolds(rest(feed), 0, 7_000);
  }

  @Test
  void acceptsAnEmptyAppend() throws Exception {
    journal = open();

    AppendResult result = journal.append(new ReadingBuffer(16, 16));

    assertThat(result)
        .isInstanceOfSatisfying(
            AppendResult.Accepted.class, none -> assertThat(none.count()).isZero());
  }

  @Test
  void aMarkIsReachedByWhoHasReadEverythingBeforeIt() throws Exception {
    journal = open();
    Feed feed = feed("sink");
    Mark before = journal.end();
    Mark appended = append(0, 5_000).end();
    Mark start = feed.mark(feed.kept().offset());

    assertThat(before.reachedBy(start)).isTrue();
    assertThat(appended.reachedBy(start)).isFalse();
    assertThat(appended.reachedBy(journal.end())).isTrue();
    assertThat(start.reachedBy(appended)).isTrue();

    long offset = rest(feed).nextOffset;
    Mark all = feed.mark(offset);
    assertThat(appended.reachedBy(all)).isTrue();
    assertThat(journal.end().reachedBy(all)).isTrue();
    assertThat(appended.reachedBy(feed.mark(offset - 1))).isFalse();
    assertThat(start.and(all).reachedBy(all)).isTrue();
    assertThat(all.reachedBy(start.and(all))).isTrue();

    Mark more = append(5_000, 5_007).end();
    assertThat(more.reachedBy(all)).isFalse();
    assertThat(more.reachedBy(all.and(more))).isTrue();
  }

  @Test
  void readsNoMoreThanTheLimitAndMovesBehindIt() throws Exception {
    journal = open();
    append(0, 1_000);
    Feed feed = feed("sink");
    ReadingBatch batch = new ReadingBatch();
    List<Reading> readings = new ArrayList<>();
    long offset = feed.kept().offset();
    while (readings.size() < 1_000) {
      if (read(feed, batch, 7) instanceof ReadResult.Filled(long appendedMicros)) {
        assertThat(appendedMicros).isPositive();
        assertThat(batch.size()).isBetween(1, 7);
        assertThat(batch.firstOffset()).isEqualTo(offset);
        offset = batch.nextOffset();
        add(batch, readings);
      }
    }

    assertThat(feed.read(batch, 7)).isEqualTo(new ReadResult.Empty());
    assertThat(feed.end()).isEqualTo(offset);
    assertInOrder(readings, 0, 1_000);
    assertThatThrownBy(() -> feed.read(batch, 0)).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void readsFrameByFrame() throws Exception {
    journal = open();
    append(0, 3);
    append(3, 8);
    Feed feed = feed("sink");
    ReadingBatch batch = new ReadingBatch();
    List<Reading> readings = new ArrayList<>();
    while (readings.size() < 8) {
      feed.await(1, Duration.ofMillis(50), () -> false);
      if (feed.readFrame(batch) instanceof ReadResult.Filled) {
        assertThat(batch.size()).isLessThanOrEqualTo(5);
        add(batch, readings);
      }
    }

    assertInOrder(readings, 0, 8);
  }

  @Test
  void findsTheCursorAgainInTheMiddleOfAFrame() throws Exception {
    journal = open();
    append(0, 1_000);
    Feed feed = feed("sink");
    ReadingBatch batch = new ReadingBatch();
    List<Reading> settled = new ArrayList<>();
    Progress progress = feed.kept();
    while (settled.size() < 500) {
      if (read(feed, batch, 9) instanceof ReadResult.Filled) {
        add(batch, settled);
        progress = progress.plusDelivered(batch.size() - 1).plusDeadLettered(1);
      }
    }
    feed.keep(progress);
    assertThat(feed.kept()).isEqualTo(progress);
    feed.close();
    journal.close();

    journal = open();
    Feed again = feed("sink");
    assertThat(again.kept()).isEqualTo(progress);
    Rest rest = rest(again);
    assertThat(rest.firstOffset).isEqualTo(progress.offset());
    settled.addAll(rest.readings);
    assertInOrder(settled, 0, 1_000);
  }

  /** Delivered, refused and lost readings are what the cursor has passed, over many restarts. */
  @Test
  void keepsTheCountsOfConservation() throws Exception {
    long seed = System.nanoTime();
    System.out.println("keepsTheCountsOfConservation: seed " + seed);
    SplittableRandom random = new SplittableRandom(seed);
    List<Reading> settled = new ArrayList<>();
    Progress progress = null;
    for (int round = 0; round < 5; round++) {
      journal = open();
      append(round * 400L, round * 400L + 400);
      Feed feed = feed("sink");
      if (progress != null) {
        assertThat(feed.kept()).isEqualTo(progress);
      }
      progress = feed.kept();
      ReadingBatch batch = new ReadingBatch();
      int reads = random.nextInt(12);
      for (int i = 0; i < reads; i++) {
        if (read(feed, batch, 1 + random.nextInt(120)) instanceof ReadResult.Filled) {
          add(batch, settled);
          int refused = random.nextInt(batch.size() + 1);
          progress = progress.plusDeadLettered(refused).plusDelivered(batch.size() - refused);
          if (random.nextBoolean()) {
            feed.keep(progress);
          }
        }
      }
      if (progress.offset() > feed.kept().offset()) {
        feed.keep(progress);
      }
      feed.close();
      journal.close();
    }

    journal = open();
    Feed feed = feed("sink");
    assertThat(feed.kept()).isEqualTo(progress);
    settled.addAll(rest(feed).readings);
    assertInOrder(settled, 0, 2_000);
  }

  @Test
  void adoptsASinkOfAnotherJournalAtAMark() throws Exception {
    journal = open();
    append(0, 700);
    Mark here = journal.end();
    append(700, 1_000);
    Progress before = new Progress(5_000, 5_100, 90, 7, 3);

    journal.adopt("sink", before, journal.mark(here.toString()));

    Feed feed = feed("sink");
    assertThat(feed.kept()).isEqualTo(before);
    assertThat(here.reachedBy(feed.mark(5_100))).isTrue();
    ReadingBatch batch = new ReadingBatch();
    List<Reading> readings = new ArrayList<>();
    assertThat(read(feed, batch, 100)).isInstanceOf(ReadResult.Filled.class);
    assertThat(batch.firstOffset()).isEqualTo(5_100);
    add(batch, readings);
    feed.keep(before.plusDelivered(batch.size()));
    Progress kept = feed.kept();
    assertThat(read(feed, batch, 100)).isInstanceOf(ReadResult.Filled.class);
    feed.back();
    feed.close();
    journal.close();

    journal = open();
    Feed again = feed("sink");
    assertThat(again.kept()).isEqualTo(kept);
    Rest rest = rest(again);
    assertThat(rest.firstOffset).isEqualTo(kept.offset());
    readings.addAll(rest.readings);
    assertInOrder(readings, 700, 1_000);
    assertThat(again.end()).isEqualTo(5_400);
    again.keep(kept.plusDelivered(rest.readings.size()));
    assertThat(journal.end().reachedBy(again.mark(5_400))).isTrue();
  }

  @Test
  void countsWhatWasAppendedBehindAMark() throws Exception {
    journal = open();
    append(0, 700);
    Mark here = journal.end();
    append(700, 1_000);

    assertThat(journal.readingsBehind(here)).isEqualTo(300);
    assertThat(journal.readingsBehind(journal.end())).isZero();
  }

  @Test
  void takesNoMarkOfAnotherKindOfJournal() throws Exception {
    journal = open();

    assertThatThrownBy(() -> journal.mark("elsewhere"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("elsewhere");
  }

  /** Whatever it is broken off at. */
  @Test
  void whatRemainsIsWhatSomeSinkHasNotPassed() throws Exception {
    long seed = System.nanoTime();
    System.out.println("whatRemainsIsWhatSomeSinkHasNotPassed: seed " + seed);
    SplittableRandom random = new SplittableRandom(seed);
    journal = open();
    for (int i = 0; i < 50; i++) {
      append(i * 20L, i * 20L + 20);
    }
    List<Reading> one = new ArrayList<>();
    List<Reading> two = new ArrayList<>();
    Progress oneKept = deliver("one", random.nextInt(1, 600), one);
    Progress twoKept = deliver("two", random.nextInt(1, 600), two);

    Remains remains = journal.remains(List.of("one", "two"), List.of("none"));
    assertThat(remains.sinks()).isEqualTo(Map.of("one", oneKept, "two", twoKept));
    while (!remains.isOver()) {
      ReadingBatch batch = new ReadingBatch();
      if (remains.read(batch) instanceof ReadResult.Filled) {
        assertThat(remains.passed("none")).isZero();
        addFrom(batch, remains.passed("one"), one);
        addFrom(batch, remains.passed("two"), two);
        assertThat(Math.min(remains.passed("one"), remains.passed("two"))).isLessThan(batch.size());
      }
      if (random.nextInt(5) == 0) {
        String place = remains.place();
        remains.close();
        remains = journal.remains(List.of("one", "two"), List.of());
        remains.goTo(place);
      }
    }
    assertThat(remains.left()).isZero();
    remains.close();
    assertInOrder(one, 0, 1_000);
    assertInOrder(two, 0, 1_000);
    assertThat(feed("one").kept()).isEqualTo(oneKept);
  }

  private Progress deliver(String sink, int readings, List<Reading> delivered) throws Exception {
    ReadingBatch batch = new ReadingBatch();
    try (Feed feed = feed(sink)) {
      while (delivered.size() < readings) {
        if (read(feed, batch, readings - delivered.size()) instanceof ReadResult.Filled) {
          add(batch, delivered);
        }
      }
      feed.keep(feed.kept().plusDelivered(delivered.size()));
      return feed.kept();
    }
  }

  private static void addFrom(ReadingBatch batch, int from, List<Reading> readings) {
    for (int i = from; i < batch.size(); i++) {
      readings.add(batch.reading(i));
    }
  }

  @Test
  void goesBackToTheCursor() throws Exception {
    journal = open();
    append(0, 600);
    Feed feed = feed("sink");
    ReadingBatch batch = new ReadingBatch();
    List<Reading> settled = new ArrayList<>();
    assertThat(read(feed, batch, 40)).isInstanceOf(ReadResult.Filled.class);
    add(batch, settled);
    Progress progress = feed.kept().plusDelivered(batch.size());
    feed.keep(progress);
    assertThat(read(feed, batch, 50)).isInstanceOf(ReadResult.Filled.class);

    feed.back();

    Rest rest = rest(feed);
    assertThat(rest.firstOffset).isEqualTo(progress.offset());
    settled.addAll(rest.readings);
    assertInOrder(settled, 0, 600);
    feed.keep(progress.plusDelivered(rest.readings.size()));
    assertThat(journal.end().reachedBy(feed.mark(feed.kept().offset()))).isTrue();
  }

  @Test
  void passesOverWhatAReaderHasAlready() throws Exception {
    journal = open();
    append(0, 100);
    Feed feed = feed("reader");
    long start = feed.kept().offset();

    feed.seek(start + 60);

    Rest rest = rest(feed);
    assertThat(rest.firstOffset).isEqualTo(start + 60);
    assertThat(rest.readings).hasSize(40);
    feed.keep(feed.kept().plusDelivered(100));
  }

  @Test
  void refusesToMoveACursorBackOrBeyondWhatWasAppended() throws Exception {
    journal = open();
    append(0, 10);
    Feed feed = feed("sink");
    Progress start = feed.kept();
    assertThat(rest(feed).readings).hasSize(10);
    Progress there = start.plusDelivered(5);
    feed.keep(there);

    assertThatThrownBy(() -> feed.keep(start)).isInstanceOf(AssertionError.class);
    assertThatThrownBy(() -> feed.keep(there.plusDelivered(6))).isInstanceOf(AssertionError.class);
    assertThat(feed.kept()).isEqualTo(there);
  }

  @Test
  void saysOnceWhatIsLostAndGoesOn() throws Exception {
    journal = open();
    append(0, 50_000);
    Feed feed = feed("sink");
    Progress progress = feed.kept();
    append(50_000, 50_007);
    loseOldest();

    ReadingBatch batch = new ReadingBatch();
    List<Reading> readings = new ArrayList<>();
    while (readings.size() < 7 || readings.getLast().tsMicros() < 50_000) {
      long offset = progress.offset();
      switch (read(feed, batch, 1_000)) {
        case ReadResult.Lost(long from, long to) -> {
          assertThat(from).isEqualTo(offset);
          assertThat(to).isGreaterThan(from);
          progress = progress.plusLost(to - from);
        }
        case ReadResult.Filled filled -> {
          assertThat(batch.firstOffset()).isEqualTo(offset);
          add(batch, readings);
          progress = progress.plusDelivered(batch.size());
        }
        case ReadResult.Empty none -> {}
      }
    }
    assertThat(progress.lost()).isPositive();
    assertThat(feed.read(batch, 10)).isEqualTo(new ReadResult.Empty());
    feed.keep(progress);
    feed.close();
    journal.close();

    journal = open();
    assertThat(feed("sink").kept()).isEqualTo(progress);
  }

  @Test
  void refusesAppendsWhenFullAndGoesOnWhenEverySinkHasPassed() throws Exception {
    journal = openSmall();
    Feed one = feed("one");
    Feed two = feed("two");
    long next = fill(0);
    assertThat(journal.append(buffer(next, next + 1_000)))
        .isInstanceOfSatisfying(
            AppendResult.Full.class,
            full -> assertThat(full.reason()).contains("journal.max-bytes " + SMALL_BYTES));
    assertThat(journal.stats().full()).isNotEmpty();
    assertThat(journal.stats().maxBytes()).isEqualTo(SMALL_BYTES);

    passAll(one);
    assertThat(journal.append(buffer(next, next + 1_000))).isInstanceOf(AppendResult.Full.class);
    passAll(two);

    await().atMost(PATIENCE).until(() -> journal.stats().full().isEmpty());
    append(next, next + 1_000);
    assertHolds(rest(one), next, next + 1_000);
    assertHolds(rest(two), next, next + 1_000);
  }

  @Test
  void keepsNothingForAReaderThatYieldsWhenItIsMoreThanHalfFull() throws Exception {
    journal = openSmall();
    Feed store = feed("store");
    Feed reader = journal.yieldingFeed("reader");
    append(0, 100);
    fill(100);
    passAll(store);
    await().atMost(PATIENCE).until(() -> journal.stats().full().isEmpty());

    ReadingBatch batch = new ReadingBatch();
    await()
        .atMost(PATIENCE)
        .until(() -> {
          reader.back();
          return read(reader, batch, 10) instanceof ReadResult.Lost;
        });
    assertThat(journal.stats().lost()).as("lost by the journal").isZero();
    reader.close();
  }

  @Test
  void keepsForAReaderThatYieldsWhatFitsIntoHalfOfIt() throws Exception {
    journal = openSmall();
    Feed store = feed("store");
    Feed reader = journal.yieldingFeed("reader");
    append(0, 20_000);
    passAll(store);

    assertHolds(rest(reader), 0, 20_000);
    reader.close();
  }

  @Test
  void beginsAtTheEndInThePlaceOfAnOlderCursor() throws Exception {
    journal = open();
    append(0, 100);
    Feed older = feed("sink");
    long origin = older.kept().origin();
    assertThat(rest(older).readings).hasSize(100);
    Feed feed = journal.feedAtEnd("sink");
    append(100, 200);

    assertThatThrownBy(() -> older.keep(older.kept().plusDelivered(100)))
        .isInstanceOf(IOException.class);
    assertThat(feed.kept()).isEqualTo(Progress.at(feed.kept().origin()));
    assertThat(feed.kept().origin()).isGreaterThan(origin);
    assertHolds(rest(feed), 100, 200);
    older.close();
    feed.close();
    journal.close();

    journal = open();
    assertHolds(rest(feed("sink")), 100, 200);
  }

  @Test
  void beginsAtTheOldestReadingAfterACursorWasForgotten() throws Exception {
    journal = open();
    append(0, 100);
    Feed other = feed("other");
    Feed feed = feed("sink");
    passAll(feed);
    feed.close();
    journal.forgetCursor("sink");
    journal.forgetCursor("never-there");

    assertThatThrownBy(() -> feed.keep(feed.kept())).isInstanceOf(IOException.class);
    assertHolds(rest(feed("sink")), 0, 100);
    assertHolds(rest(other), 0, 100);
  }

  @Test
  void refusesANameThatIsNone() throws Exception {
    journal = open();

    assertThatThrownBy(() -> journal.feed("../up"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("../up");
  }

  @Test
  void refusesAppendsOnceStoppedAndReadsOn() throws Exception {
    journal = open();
    append(0, 100);
    Feed feed = feed("sink");

    journal.stopAppends();

    assertThat(journal.append(buffer(100, 101))).isInstanceOf(AppendResult.Closed.class);
    assertThat(journal.stats().full()).isNotEmpty();
    passAll(feed);
    assertThat(feed.kept().delivered()).isEqualTo(100);
    assertThat(journal.failed().toCompletableFuture()).isNotDone();
  }

  @Test
  void refusesEverythingOnceClosed() throws Exception {
    journal = open();
    append(0, 100);
    Feed feed = feed("sink");
    journal.close();
    journal.close();

    assertThat(journal.append(buffer(100, 101))).isInstanceOf(AppendResult.Closed.class);
    assertThatThrownBy(() -> feed.read(new ReadingBatch(), 10)).isInstanceOf(IOException.class);
    assertThatThrownBy(() -> feed.keep(feed.kept())).isInstanceOf(IOException.class);
    assertThatThrownBy(() -> journal.feed("sink")).isInstanceOf(IOException.class);
    assertThatThrownBy(() -> journal.feedAtEnd("sink")).isInstanceOf(IOException.class);
    feed.close();
  }

  @Test
  void waitsUntilThereIsEnoughToRead() throws Exception {
    journal = open();
    Feed feed = feed("sink");
    assertThat(feed.await(1, Duration.ofMillis(1), () -> false)).isFalse();
    assertThat(feed.await(1, Duration.ofDays(1), () -> true)).isFalse();

    Thread appender = Thread.ofVirtual().start(() -> append(0, 3));
    assertThat(feed.await(3, Duration.ofSeconds(30), () -> false)).isTrue();
    appender.join();
    assertThat(feed.await(3, Duration.ZERO, () -> false)).isTrue();
    assertThat(feed.await(4, Duration.ofMillis(1), () -> false)).isFalse();
  }

  @Test
  void isWokenWhileItWaits() throws Exception {
    journal = open();
    Feed feed = feed("sink");
    CountDownLatch asked = new CountDownLatch(1);
    AtomicInteger times = new AtomicInteger();
    Thread waker =
        Thread.ofVirtual()
            .start(() -> {
              try {
                asked.await();
              } catch (InterruptedException e) {
                throw new AssertionError(e);
              }
              feed.wake();
            });

    boolean there =
        feed.await(
            1,
            Duration.ofMinutes(5),
            () -> {
              asked.countDown();
              return times.incrementAndGet() > 1;
            });

    assertThat(there).isFalse();
    waker.join();
    append(0, 1);
    assertHolds(rest(feed), 0, 1);
  }

  /** Appends until the journal refuses for good; the next number. */
  private long fill(long from) {
    long next = from;
    long deadline = System.nanoTime() + PATIENCE.toNanos();
    long fullSince = 0;
    while (fullSince == 0 || System.nanoTime() - fullSince < STAYS_FULL.toNanos()) {
      if (journal.append(buffer(next, next + 1_000)) instanceof AppendResult.Accepted) {
        next += 1_000;
        fullSince = 0;
        assertThat(System.nanoTime()).as("never full").isLessThan(deadline);
      } else {
        fullSince = fullSince == 0 ? System.nanoTime() : fullSince;
        LockSupport.parkNanos(10_000_000);
      }
    }
    return next;
  }

  private Feed feed(String sink) throws IOException {
    return journal.feed(sink);
  }

  private static void passAll(Feed feed) throws Exception {
    feed.keep(feed.kept().plusDelivered(rest(feed).readings.size()));
  }

  private record Rest(long firstOffset, long nextOffset, List<Reading> readings) {}

  /** All there is to read. */
  private static Rest rest(Feed feed) throws Exception {
    ReadingBatch batch = new ReadingBatch();
    List<Reading> readings = new ArrayList<>();
    long first = -1;
    long next = -1;
    while (read(feed, batch, 10_000) instanceof ReadResult.Filled) {
      first = first < 0 ? batch.firstOffset() : first;
      assertThat(batch.firstOffset()).isEqualTo(next < 0 ? first : next);
      next = batch.nextOffset();
      add(batch, readings);
    }
    return new Rest(first, next, readings);
  }

  /** Waits for what is not read yet, if there is any. */
  private static ReadResult read(Feed feed, ReadingBatch batch, int limit) throws Exception {
    long position = Math.max(batch.nextOffset(), feed.kept().offset());
    Duration patience = feed.end() > position ? Duration.ofSeconds(5) : Duration.ZERO;
    feed.await(1, patience, () -> false);
    return feed.read(batch, limit);
  }

  private static void add(ReadingBatch batch, List<Reading> readings) {
    for (int i = 0; i < batch.size(); i++) {
      readings.add(batch.reading(i));
    }
  }

  private static void assertHolds(Rest rest, long from, long to) {
    assertInOrder(rest.readings, from, to);
  }

  /** Exactly the readings [from, to), those of each device in order. */
  private static void assertInOrder(List<Reading> readings, long from, long to) {
    assertThat(readings.stream().map(Reading::tsMicros).sorted().toList())
        .isEqualTo(LongStream.range(from, to).boxed().toList());
    for (int device = 0; device < DEVICES; device++) {
      String name = "device-" + device;
      assertThat(readings.stream().filter(reading -> reading.device().equals(name)).toList())
          .isSortedAccordingTo(Comparator.comparingLong(Reading::tsMicros))
          .allSatisfy(reading -> assertThat(reading).isEqualTo(reading(reading.tsMicros())));
    }
  }

  private static Reading reading(long number) {
    return new Reading("device-" + number % DEVICES, "metric-" + number % 3, number, number);
  }

  private static ReadingBuffer buffer(long from, long to) {
    ReadingBuffer buffer = new ReadingBuffer(256, 64 << 20);
    for (long i = from; i < to; i++) {
      buffer.add(reading(i));
    }
    return buffer;
  }

  private AppendResult.Accepted append(long from, long to) {
    AppendResult result = journal.append(buffer(from, to));
    assertThat(result).isInstanceOf(AppendResult.Accepted.class);
    AppendResult.Accepted accepted = (AppendResult.Accepted) result;
    assertThat(accepted.count()).isEqualTo((int) (to - from));
    return accepted;
  }
}
