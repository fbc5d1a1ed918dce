package dev.sluice.delivery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.journal.AppendResult;
import dev.sluice.journal.Feed;
import dev.sluice.journal.JournalConfig;
import dev.sluice.journal.Mark;
import dev.sluice.journal.disk.DiskJournal;
import dev.sluice.reading.Reading;
import dev.sluice.reading.ReadingBatch;
import dev.sluice.reading.ReadingBuffer;
import jakarta.json.Json;
import jakarta.json.JsonObject;
import java.io.IOException;
import java.io.StringReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DeliveryTest {
  @TempDir Path data;

  private final FakeSink sink = new FakeSink();
  private DiskJournal journal;
  private Delivery delivery;

  @BeforeEach
  void open() throws IOException {
    journal =
        DiskJournal.open(
            new JournalConfig(
                data.resolve("journal"),
                JournalConfig.Ack.OS,
                Duration.ofMillis(20),
                8 << 20,
                1 << 20),
            InstantSource.system());
    delivery = prepare();
  }

  @AfterEach
  void close() {
    delivery.close();
    journal.close();
  }

  @Test
  void deliversEverythingInOrderAndConserves() {
    delivery.start();
    List<Reading> readings = append(0, 1_000);

    awaitDelivered(1_000);
    assertThat(sink.stored).containsExactlyElementsOf(readings);
    DeliveryStatus status = delivery.status();
    assertThat(status.residue()).isZero();
    assertThat(status.lagReadings()).isZero();
    assertThat(status.lagSeconds()).isZero();
    assertThat(status.cursor()).isEqualTo(1_000);
    assertThat(status.state()).isEqualTo(DeliveryStatus.State.RUNNING);
  }

  @Test
  void fillsABatchFromManyAppendsWhileItLingers() {
    for (int i = 0; i < 250; i++) {
      append(i, i + 1);
    }

    delivery.start();

    awaitDelivered(250);
    assertThat(sink.batchSizes).containsExactly(100, 100, 50);
  }

  @Test
  void findsTheRefusedReadingsAndDeliversAllOthers() throws IOException {
    sink.refuses = reading -> reading.device().equals("s-37") || reading.device().equals("s-38");
    append(0, 500);

    delivery.start();

    awaitDelivered(498);
    DeliveryStatus status = delivery.status();
    assertThat(status.deadLetters()).isEqualTo(2);
    assertThat(status.cursor()).isEqualTo(500);
    assertThat(status.residue()).isZero();
    assertThat(status.lastError()).contains("cannot hold s-38");
    assertThat(status.trouble()).as("it delivers").isEmpty();
    assertThat(sink.stored).extracting(Reading::device).doesNotContain("s-37", "s-38");
    assertThat(sink.stored).hasSize(498).isSortedAccordingTo(BY_TS);
    List<String> lines = Files.readAllLines(data.resolve("dead/fake.ndjson"));
    assertThat(lines).hasSize(2);
    JsonObject letter = Json.createReader(new StringReader(lines.getFirst())).readObject();
    assertThat(letter.getString("device_id")).isEqualTo("s-37");
    assertThat(letter.getString("metric")).isEqualTo("temp");
    assertThat(letter.getString("ts")).isEqualTo("1970-01-01T00:00:00.000037Z");
    assertThat(letter.getJsonNumber("value").doubleValue()).isEqualTo(37.5);
    assertThat(letter.getString("reason")).isEqualTo("cannot hold s-37");
    assertThat(letter.getString("offset")).isEqualTo("37");
  }

  @Test
  void waitsForAnAbsentStoreAndTellsWhy() {
    sink.away = true;
    delivery.start();
    append(0, 10);

    await()
        .until(() ->
            delivery.status().state() == DeliveryStatus.State.RETRYING
                && delivery.status().lagSeconds() > 0.05);
    assertThat(delivery.status().lastError()).isEqualTo("the store is away");
    assertThat(delivery.status().lagReadings()).isEqualTo(10);
    assertThat(delivery.status().residue()).isZero();
    assertThat(delivery.status().cursor()).isZero();
    assertThat(delivery.status().trouble()).isEqualTo("the store is away");

    sink.away = false;
    awaitDelivered(10);
    assertThat(delivery.status().state()).isEqualTo(DeliveryStatus.State.RUNNING);
    assertThat(delivery.status().lastError()).isEmpty();
    assertThat(delivery.status().trouble()).isEmpty();
  }

  @Test
  void outlivesASinkThatThrows() {
    sink.broken = true;
    delivery.start();
    append(0, 10);
    await().until(() -> delivery.status().lastError().contains("broken"));

    sink.broken = false;

    awaitDelivered(10);
  }

  @Test
  void holdsTheCursorUntilTheStoreHasSynced() {
    sink.durableAfter = Duration.ofSeconds(2);
    delivery.start();
    append(0, 10);

    awaitDelivered(10);
    assertThat(delivery.status().cursor()).isZero();

    await().atMost(Duration.ofMinutes(2)).until(() -> delivery.status().cursor() == 10);
  }

  @Test
  void catchesUpWithAStoreThatBeganToSyncAtOnce() {
    sink.durableAfter = Duration.ofSeconds(1);
    delivery.start();
    append(0, 10);
    await().until(() -> delivery.status().delivered() == 10);
    sink.durableAfter = Duration.ZERO;
    append(10, 20);
    await().until(() -> delivery.status().delivered() == 20);
    assertThat(delivery.status().cursor()).isZero();

    await().until(() -> delivery.status().cursor() == 20);
  }

  @Test
  void writesAgainWhatAnAbsentStoreMayHaveLost() {
    Mark start = journal.end();
    sink.durableAfter = Duration.ofMinutes(10);
    delivery.start();
    List<Reading> first = append(0, 10);
    awaitDelivered(10);

    sink.stored.clear();
    sink.away = true;
    List<Reading> second = append(10, 20);
    await().until(() -> delivery.status().lastError().equals("the store is away"));
    await().until(() -> delivery.reached().equals(start));
    assertThat(delivery.handed()).as("it had them all the same").isEqualTo(journal.end());
    sink.away = false;

    await().until(() -> sink.stored.size() == 20);
    assertThat(sink.stored.subList(0, 10)).isEqualTo(first);
    assertThat(sink.stored.subList(10, 20)).isEqualTo(second);
    assertThat(delivery.status().residue()).isZero();
  }

  @Test
  void writesNothingAgainToAStoreThatIsOnlyBusy() {
    sink.durableAfter = Duration.ofMinutes(10);
    delivery.start();
    List<Reading> first = append(0, 10);
    awaitDelivered(10);

    sink.busy = true;
    List<Reading> second = append(10, 20);
    await().until(() -> delivery.status().lastError().equals("the store is behind"));
    assertThat(delivery.status().state()).isEqualTo(DeliveryStatus.State.RETRYING);
    sink.busy = false;

    awaitDelivered(20);
    assertThat(sink.stored.subList(0, 10)).isEqualTo(first);
    assertThat(sink.stored.subList(10, sink.stored.size())).isEqualTo(second);
  }

  @Test
  void goesOnFromItsCursorAfterARestart() throws IOException {
    delivery.start();
    append(0, 10);
    awaitDelivered(10);
    delivery.close();
    assertThat(delivery.status().state()).isEqualTo(DeliveryStatus.State.STOPPED);
    List<Reading> later = append(10, 20);
    journal.close();
    sink.stored.clear();

    open();
    delivery.start();

    awaitDelivered(20);
    assertThat(sink.stored).isEqualTo(later);
    assertThat(delivery.status().residue()).isZero();
  }

  @Test
  void stopsWhileTheStoreIsAwayAndLosesNothing() throws IOException {
    sink.away = true;
    delivery.start();
    List<Reading> readings = append(0, 10);
    await().until(() -> delivery.status().state() == DeliveryStatus.State.RETRYING);

    delivery.close();
    journal.close();
    sink.away = false;
    open();
    delivery.start();

    awaitDelivered(10);
    assertThat(sink.stored).isEqualTo(readings);
  }

  @Test
  void waitsUntilNothingIsLeftOrTheTimeIsOver() throws InterruptedException {
    delivery.start();
    append(0, 300);
    assertThat(delivery.awaitReached(journal.end(), Duration.ofSeconds(10))).isTrue();
    assertThat(sink.stored).hasSize(300);

    sink.away = true;
    append(300, 301);
    assertThat(delivery.awaitReached(journal.end(), Duration.ofMillis(50))).isFalse();
  }

  @Test
  void keepsTryingToWriteADeadLetterWhereItCannot() throws IOException {
    Path file = data.resolve("dead/fake.ndjson");
    Files.createDirectories(file);
    sink.refuses = reading -> true;
    delivery.start();
    append(0, 1);
    await().until(() -> delivery.status().lastError().contains("dead letter"));
    assertThat(delivery.status().deadLetters()).isZero();
    assertThat(delivery.status().cursor()).isZero();

    Files.delete(file);

    await().until(() -> delivery.status().deadLetters() == 1);
    await().until(() -> delivery.status().cursor() == 1);
    assertThat(Files.readAllLines(file)).hasSize(1);
    assertThat(delivery.status().state()).isEqualTo(DeliveryStatus.State.RUNNING);
  }

  @Test
  void startsADeadLetterOnALineOfItsOwnBehindOneThatACrashTore() throws IOException {
    Path file = data.resolve("dead/fake.ndjson");
    Files.createDirectories(file.getParent());
    Files.writeString(file, "{\"device_id\":\"s-");
    sink.refuses = reading -> true;
    delivery.start();
    append(0, 1);

    await().until(() -> delivery.status().deadLetters() == 1);
    List<String> lines = Files.readAllLines(file);
    assertThat(lines).hasSize(2);
    assertThat(Json.createReader(new StringReader(lines.get(1))).readObject().getString("sink"))
        .isEqualTo("fake");
  }

  @Test
  void bisectsALargeBatchWithoutCopyingItsNames() {
    sink.refuses = reading -> true;
    List<ReadingBatch> seen = new CopyOnWriteArrayList<>();
    sink.seen = seen::add;
    append(0, 64);

    delivery.start();

    await().until(() -> delivery.status().deadLetters() == 64);
    byte[] names = seen.getFirst().bytes();
    assertThat(seen)
        .hasSizeGreaterThan(64)
        .allSatisfy(part -> assertThat(part.bytes()).isSameAs(names));
  }

  @Test
  void waitsWhereTheDeadLetterFileIsAtItsLimit() throws IOException {
    Path file = data.resolve("dead/fake.ndjson");
    sink.refuses = reading -> true;
    delivery.start();
    append(0, 200);
    await().until(() -> delivery.status().lastError().contains("dead-letters.max-bytes"));
    long written = delivery.status().deadLetters();
    assertThat(Files.size(file)).isLessThanOrEqualTo(MAX_DEAD_LETTER_BYTES);
    assertThat(written).isBetween(1L, 199L);
    assertThat(delivery.status().state()).isEqualTo(DeliveryStatus.State.RETRYING);

    sink.refuses = reading -> false;

    await().until(() -> delivery.status().cursor() == 200);
    assertThat(delivery.status().residue()).isZero();
    assertThat(sink.stored).hasSize((int) (200 - written));
  }

  @Test
  void conservesExactlyWhenItJoinsWhileTheJournalTakesAppends() throws Exception {
    delivery.start();
    AtomicBoolean stop = new AtomicBoolean();
    Thread appends =
        Thread.ofPlatform()
            .start(() -> {
              for (int i = 0; !stop.get(); i += 50) {
                append(i, i + 50);
                LockSupport.parkNanos(500_000);
              }
            });
    await().until(() -> journal.stats().nextOffset() > 1_000);

    for (int round = 0; round < 10; round++) {
      FakeSink late = new FakeSink();
      try (Delivery joining = delivery(late, journal.feedAtEnd("late"))) {
        assertThat(joining.status().residue()).isZero();
        joining.start();
        await()
            .pollInterval(Duration.ofMillis(1))
            .until(() -> {
              assertThat(joining.status().residue()).isZero();
              return joining.status().delivered() > 500;
            });
        assertThat(joining.origin()).isPositive();
        assertThat(joining.status().lost()).isZero();
        assertThat(late.stored.getFirst().tsMicros()).isEqualTo(joining.origin());
      }
      journal.forgetCursor("late");
    }
    stop.set(true);
    appends.join();
    assertThat(delivery.status().residue()).isZero();
  }

  @Test
  void settlesWithoutLingeringWhileSomebodyWaits() throws Exception {
    delivery.close();
    delivery = delivery(Duration.ofHours(1));
    delivery.start();
    append(0, 10);
    assertThat(delivery.awaitReached(journal.end(), Duration.ZERO)).isFalse();

    assertThat(delivery.awaitReached(journal.end(), Duration.ofSeconds(20))).isTrue();

    assertThat(delivery.reached()).isEqualTo(journal.end());
    assertThat(sink.stored).hasSize(10);
  }

  @Test
  void lingersAgainOnceNobodyWaits() throws Exception {
    delivery.close();
    delivery = delivery(Duration.ofHours(1));
    delivery.start();
    append(0, 10);
    Mark ten = journal.end();
    assertThat(delivery.awaitReached(ten, Duration.ofSeconds(20))).isTrue();

    append(10, 20);

    await().during(Duration.ofMillis(300)).until(() -> delivery.reached().equals(ten));
  }

  @Test
  @Tag("slow")
  void lingersNoMoreForWhatHasWaitedThatLongAlready() throws Exception {
    delivery.close();
    Duration linger = Duration.ofSeconds(8);
    AtomicBoolean writing = new AtomicBoolean();
    AtomicBoolean goOn = new AtomicBoolean();
    sink.seen =
        batch -> {
          writing.set(true);
          await().until(goOn::get);
        };
    delivery = delivery(linger);
    delivery.start();
    append(0, sink.maxBatch()); // does not linger
    await().untilTrue(writing);
    append(sink.maxBatch(), 120);
    long appended = System.nanoTime();
    await().until(() -> System.nanoTime() - appended > linger.toNanos());

    long begin = System.nanoTime();
    goOn.set(true);
    awaitDelivered(120);

    assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(linger);
  }

  @Test
  void isNotSettledWithAStoreThatStaysAway() throws Exception {
    Mark start = journal.end();
    sink.away = true;
    delivery.start();
    append(0, 10);

    assertThat(delivery.awaitReached(journal.end(), Duration.ofMillis(100))).isFalse();
    assertThat(delivery.awaitReached(start, Duration.ZERO)).isTrue();
    assertThat(delivery.handed()).as("it may have got all of it").isEqualTo(journal.end());
  }

  @Test
  void wakesThoseWhoWaitWhenItEnds() throws Exception {
    sink.away = true;
    delivery.start();
    append(0, 10);
    FutureTask<Boolean> waiting =
        new FutureTask<>(() -> delivery.awaitReached(journal.end(), Duration.ofHours(1)));
    Thread.ofPlatform().start(waiting);
    await().until(() -> delivery.status().state() == DeliveryStatus.State.RETRYING);

    delivery.close();

    assertThat(waiting.get(120, TimeUnit.SECONDS)).isFalse();
    assertThat(delivery.awaitReached(journal.end(), Duration.ofHours(1))).isFalse();
  }

  @Test
  void letsTheWriteInFlightEndThoughTheCloserIsInterrupted() throws Exception {
    AtomicBoolean writing = new AtomicBoolean();
    AtomicBoolean goOn = new AtomicBoolean();
    sink.seen =
        batch -> {
          writing.set(true);
          await().until(goOn::get);
        };
    delivery.start();
    append(0, 10);
    await().untilTrue(writing);
    FutureTask<Boolean> closing =
        new FutureTask<>(() -> {
          delivery.close();
          return Thread.currentThread().isInterrupted();
        });
    Thread closer = Thread.ofPlatform().start(closing);
    closer.interrupt();
    await().during(Duration.ofMillis(300)).until(() -> !closing.isDone());

    goOn.set(true);

    assertThat(closing.get(120, TimeUnit.SECONDS)).as("the interrupt is kept").isTrue();
    assertThat(delivery.status().state()).isEqualTo(DeliveryStatus.State.STOPPED);
    assertThat(sink.stored).hasSize(10);
  }

  @Test
  void wakesThoseWhoWaitWhenItsLoopBreaks() throws Exception {
    sink.seen =
        batch -> {
          throw new AssertionError("broken invariant");
        };
    delivery.start();
    append(0, 10);

    assertThat(delivery.awaitReached(journal.end(), Duration.ofHours(1))).isFalse();
    assertThat(delivery.status().state()).isEqualTo(DeliveryStatus.State.FAILED);
  }

  @Test
  void beginsEachBatchOfABacklogWhereTheLastOneEnded() {
    sink.keepsTimeOrder = true;
    List<Reading> readings = appendOutOfOrder(5_000);

    delivery.start();

    awaitDelivered(5_000);
    assertThat(sink.stored).hasSameSizeAs(readings);
    assertThat(new HashSet<>(sink.stored)).isEqualTo(new HashSet<>(readings));
    assertThat(delivery.status().residue()).isZero();
    assertThat(sink.batchSizes).allMatch(size -> size <= sink.maxBatch);
    int inOrder = 0;
    for (int i = 1; i < sink.spans.size(); i++) {
      inOrder += sink.spans.get(i)[0] > sink.spans.get(i - 1)[1] ? 1 : 0;
    }
    assertThat(inOrder).as("of %d", sink.spans.size()).isGreaterThan(sink.spans.size() * 3 / 4);
  }

  @Test
  void keepsTheOrderOfReadingsOfOneIdentityThatWait() {
    sink.keepsTimeOrder = true;
    appendOutOfOrder(3_000);

    delivery.start();

    awaitDelivered(3_000);
    Map<Long, Double> last = new HashMap<>();
    assertThat(sink.stored)
        .allSatisfy(reading -> {
          Double before = last.put(reading.tsMicros(), reading.value());
          assertThat(before == null || before < reading.value()).isTrue();
        });
    assertThat(last).as("corrections were among them").hasSizeLessThan(3_000);
  }

  @Test
  void holdsNothingBackWhereSensorsAreLate() {
    sink.keepsTimeOrder = true;
    long late = Duration.ofMinutes(1).toNanos() / 1_000;
    List<Reading> readings =
        IntStream.range(0, 2_000)
            .mapToObj(i -> new Reading("s", "temp", late + i * 100L - (i % 50 == 0 ? late : 0), i))
            .toList();
    append(readings);

    delivery.start();

    awaitDelivered(2_000);
    assertThat(sink.stored).isEqualTo(readings);
  }

  @Test
  void deadLettersWhatIsRefusedWhileReadingsWait() throws IOException {
    sink.keepsTimeOrder = true;
    sink.refuses = reading -> reading.value() == 1_234;
    List<Reading> readings = appendOutOfOrder(3_000);

    delivery.start();

    await().until(() -> delivery.status().cursor() == 3_000);
    assertThat(delivery.status().deadLetters()).isEqualTo(1);
    assertThat(delivery.status().residue()).isZero();
    assertThat(new HashSet<>(sink.stored))
        .isEqualTo(
            readings.stream()
                .filter(reading -> reading.value() != 1_234)
                .collect(Collectors.toSet()));
    String line = Files.readAllLines(data.resolve("dead/fake.ndjson")).getFirst();
    assertThat(Json.createReader(new StringReader(line)).readObject().getString("offset"))
        .isEqualTo("1234");
  }

  @Test
  void losesNothingThatWaitsWhenTheStoreIsAwayAndAfterARestart() throws IOException {
    sink.keepsTimeOrder = true;
    List<Reading> readings = appendOutOfOrder(5_000);
    AtomicInteger writes = new AtomicInteger();
    List<Long> cursors = new CopyOnWriteArrayList<>();
    List<Set<Reading>> had = new CopyOnWriteArrayList<>();
    sink.seen =
        batch -> {
          cursors.add(delivery.status().cursor());
          had.add(new HashSet<>(sink.stored));
          sink.away = writes.incrementAndGet() % 3 == 0;
        };
    delivery.start();
    await().until(() -> delivery.status().delivered() > 2_000);
    delivery.close();
    journal.close();

    open();
    delivery.start();

    awaitDelivered(5_000);
    assertThat(new HashSet<>(sink.stored)).isEqualTo(new HashSet<>(readings));
    for (int i = 0; i < cursors.size(); i++) {
      int cursor = cursors.get(i).intValue();
      assertThat(had.get(i).containsAll(readings.subList(0, cursor)))
          .as("the store has all before cursor %d", cursor)
          .isTrue();
    }
  }

  private static final int MAX_DEAD_LETTER_BYTES = 16 << 10;

  private static final java.util.Comparator<Reading> BY_TS =
      java.util.Comparator.comparingLong(Reading::tsMicros);

  private Delivery prepare() throws IOException {
    return delivery(sink, journal.feed("fake"));
  }

  private Delivery delivery(FakeSink to, Feed feed) {
    return delivery(to, feed, Duration.ofMillis(5));
  }

  private Delivery delivery(Duration linger) throws IOException {
    return delivery(sink, journal.feed("fake"), linger);
  }

  private Delivery delivery(FakeSink to, Feed feed, Duration linger) {
    return new Delivery(
        to,
        feed,
        new DeliveryConfig(
            linger,
            Duration.ofMillis(1),
            Duration.ofMillis(20),
            data.resolve("dead/fake.ndjson"),
            MAX_DEAD_LETTER_BYTES),
        InstantSource.system());
  }

  /**
   * Appends a reading every 100 µs of one device, up to 1.5 ms late; some correct one of before.
   */
  private List<Reading> appendOutOfOrder(int count) {
    long seed = System.nanoTime();
    System.out.println("seed " + seed);
    SplittableRandom random = new SplittableRandom(seed);
    List<Reading> readings =
        IntStream.range(0, count)
            .mapToObj(i -> new Reading("s", "temp", 2_000 + 100 * (i - random.nextInt(15)), i))
            .toList();
    append(readings);
    return readings;
  }

  private List<Reading> append(int from, int to) {
    List<Reading> readings =
        IntStream.range(from, to).mapToObj(i -> new Reading("s-" + i, "temp", i, i + 0.5)).toList();
    append(readings);
    return readings;
  }

  private void append(List<Reading> readings) {
    ReadingBuffer buffer = new ReadingBuffer(1024, 1 << 20);
    readings.forEach(buffer::add);
    assertThat(journal.append(buffer)).isInstanceOf(AppendResult.Accepted.class);
  }

  private void awaitDelivered(long count) {
    await().until(() -> delivery.status().delivered() == count);
    await().until(() -> delivery.status().lagReadings() == 0);
    if (sink.durableAfter.isZero()) {
      await().until(() -> delivery.status().cursor() == journal.stats().nextOffset());
    }
  }
}
