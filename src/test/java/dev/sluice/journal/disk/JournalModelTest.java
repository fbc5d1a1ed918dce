package dev.sluice.journal.disk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.fail;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import dev.sluice.journal.AppendResult;
import dev.sluice.journal.JournalConfig;
import dev.sluice.journal.JournalConfig.Ack;
import dev.sluice.journal.JournalStats;
import dev.sluice.journal.Progress;
import dev.sluice.journal.ReadResult;
import dev.sluice.journal.disk.FaultyDisk.Op;
import dev.sluice.reading.ReadingBatch;
import dev.sluice.reading.ReadingBuffer;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.FutureTask;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.slf4j.LoggerFactory;

/**
 * Thousands of random steps on a disk that fails at random, against a queue: what is acknowledged
 * goes in at one end, what the cursor passes leaves at the other, and whatever happened, the
 * journal holds exactly that. Prints its seed; decisions repeat with it, the threads' timing does
 * not.
 */
@Tag("slow")
class JournalModelTest {
  private static final Logger LOG = (Logger) LoggerFactory.getLogger("dev.sluice.journal");
  private static final int STEPS = 4000;
  private static final int SEEDS = Integer.getInteger("sluice.test.seeds", 2);

  @BeforeAll
  static void silenceExpectedFailures() {
    LOG.setLevel(Level.OFF);
  }

  @AfterAll
  static void speakAgain() {
    LOG.setLevel(null);
  }

  static Stream<Arguments> seeds() {
    return LongStream.concat(LongStream.range(1, SEEDS), LongStream.of(System.nanoTime()))
        .boxed()
        .flatMap(seed -> Stream.of(Ack.OS, Ack.FSYNC).map(ack -> Arguments.of(ack, seed)));
  }

  @ParameterizedTest
  @MethodSource("seeds")
  void keepsWhatItAcknowledgedWhateverHappens(Ack ack, long seed) throws Exception {
    System.out.println("journal model, ack " + ack + ", seed " + seed);
    Model model = new Model(ack, seed);
    try {
      for (int step = 0; step < STEPS; step++) {
        model.step();
      }
      model.restartCleanly();
      model.close();
    } catch (Throwable e) {
      throw new AssertionError("seed " + seed + ", last steps " + model.history, e);
    }
    System.out.println(model.counts);
    assertThat(model.counts)
        .containsKeys(
            "Accepted", "Full", "Closed", "power cut", "segment deleted", "joined", "left");
  }

  private record Entry(long offset, long number) {}

  private static final class Model {
    private static final Path DIRECTORY = Path.of("/journal");
    private static final long MAX_BYTES = 4 << 20;

    private final Ack ack;
    private final SplittableRandom random;
    private final FaultyDisk disk;
    private final JournalConfig config;
    private final ArrayDeque<Entry> backlog = new ArrayDeque<>();

    /** Readings of appends that were never answered: each may turn up, once. */
    private final Set<Long> inDoubt = new HashSet<>();

    private final ArrayDeque<String> history = new ArrayDeque<>();
    private final Map<String, Integer> counts = new HashMap<>();
    private DiskJournal journal;
    private Cursor cursor;
    private int process;
    private long nextNumber;

    /** Offsets below survive a power cut. */
    private long syncedOffset;

    /** A second cursor that comes and goes; null while there is none. */
    private @Nullable Cursor late;

    /** What the second cursor's file may hold, while there is one. */
    private final Set<Progress> lateStates = new HashSet<>();

    private Progress persisted = Progress.at(0);

    /** Later states whose write failed: each may be what a recovery finds. */
    private final Set<Progress> attempted = new HashSet<>();

    private boolean mayForget;
    private boolean powerWasCut;

    Model(Ack ack, long seed) {
      this.ack = ack;
      random = new SplittableRandom(seed);
      disk = new FaultyDisk(seed);
      config = new JournalConfig(DIRECTORY, ack, Duration.ofMillis(2), MAX_BYTES, 1 << 20);
      journal = openJournal();
      cursor = openCursor("sink");
    }

    void step() throws Exception {
      int choice = random.nextInt(100);
      if (choice < 40) {
        say("append");
        appendAll(1, random.nextInt(20) == 0 ? 2500 : 40);
      } else if (choice < 55) {
        say("burst");
        appendAll(2 + random.nextInt(6), 60);
      } else if (choice < 70) {
        say("read");
        readSome();
      } else if (choice < 80) {
        say("advance");
        advance();
      } else if (choice < 84) {
        changeLate();
      } else if (choice < 90) {
        planFault();
      } else if (choice < 93) {
        say("disk is nearly full");
        disk.freeBytes(random.nextInt(20_000));
      } else if (choice < 96) {
        say("heal");
        heal();
      } else if (choice < 97) {
        say("await sync");
        awaitSync();
      } else if (choice < 98) {
        say("restart");
        restartCleanly();
      } else if (choice < 99) {
        say("kill");
        disk.kill();
      } else {
        say("power cut");
        powerCut();
      }
      if (disk.process() != process || disk.forgot() || journal.failure().isPresent()) {
        say("recover");
        journal.close();
        disk.kill();
        reopen();
      }
      checkBounds();
    }

    private void reopen() throws IOException {
      if (disk.forgot()) {
        say("power cut after a forgotten sync");
        powerCut();
      }
      if (mayForget || random.nextBoolean()) {
        heal();
      }
      journal = openJournal();
      cursor = openCursor("sink");
      reopenLate();
      checkRecovered();
    }

    private DiskJournal openJournal() {
      while (true) {
        process = disk.process();
        try {
          return DiskJournal.open(config, InstantSource.system(), disk);
        } catch (IOException e) {
          disk.heal();
          disk.kill();
        }
      }
    }

    private Cursor openCursor(String name) {
      while (true) {
        try {
          return journal.cursor(name);
        } catch (IOException e) {
          journal.close();
          disk.heal();
          disk.kill();
          journal = openJournal();
        }
      }
    }

    void close() {
      journal.close();
      assertThat(disk.clean(DIRECTORY)).isTrue();
    }

    void restartCleanly() throws IOException {
      heal();
      journal.close();
      if (journal.failure().isEmpty()) {
        syncedOffset = journal.stats().nextOffset();
      }
      reopen();
    }

    private void appendAll(int threads, int most) throws Exception {
      List<ReadingBuffer> buffers = new ArrayList<>();
      List<Long> firsts = new ArrayList<>();
      List<FutureTask<AppendResult>> answers = new ArrayList<>();
      for (int i = 0; i < threads; i++) {
        int count = 1 + random.nextInt(most);
        ReadingBuffer buffer = Readings.longBuffer(nextNumber, nextNumber + count);
        buffers.add(buffer);
        firsts.add(nextNumber);
        answers.add(new FutureTask<>(() -> journal.append(buffer)));
        nextNumber += count;
      }
      answers.forEach(Thread::startVirtualThread);
      List<Entry> accepted = new ArrayList<>();
      for (int i = 0; i < threads; i++) {
        settle(answers.get(i).get(), firsts.get(i), buffers.get(i).count(), accepted);
      }
      accepted.sort(Comparator.comparingLong(Entry::offset));
      long next = journal.stats().nextOffset() - accepted.size();
      for (Entry entry : accepted) {
        assertThat(entry.offset).isEqualTo(next++);
        backlog.addLast(entry);
      }
      if (ack == Ack.FSYNC && !accepted.isEmpty()) {
        syncedOffset = next;
      }
    }

    private void settle(AppendResult answer, long first, int count, List<Entry> accepted) {
      counts.merge(answer.getClass().getSimpleName(), 1, Integer::sum);
      switch (answer) {
        case AppendResult.Accepted appended -> {
          assertThat(appended.count()).isEqualTo(count);
          long offset = Readings.firstOffset(appended);
          for (int i = 0; i < count; i++) {
            accepted.add(new Entry(offset + i, first + i));
          }
        }
        case AppendResult.Full full -> assertThat(full.reason()).isNotEmpty();
        case AppendResult.Closed closed -> {
          assertThat(closed.reason()).isNotEmpty();
          for (int i = 0; i < count; i++) {
            inDoubt.add(first + i);
          }
        }
      }
    }

    private void readSome() throws IOException {
      long skip = random.nextLong(backlog.size() + 1);
      long from = cursor.state().offset() + skip;
      List<Entry> found = new ArrayList<>();
      try {
        read(from, 1 + random.nextInt(500), 1 + random.nextInt(300), found);
      } catch (IOException e) {
        assertThat(disk.process()).isNotEqualTo(process);
        return;
      }
      long to = found.isEmpty() ? from : found.get(found.size() - 1).offset + 1;
      assertThat(backlog.stream().filter(e -> e.offset >= from && e.offset < to).toList())
          .isEqualTo(found);
    }

    private void advance() throws IOException {
      long end = journal.stats().nextOffset();
      Progress now = cursor.state();
      long by = random.nextLong(end - now.offset() + 1);
      Progress next = random.nextBoolean() ? now.plusDelivered(by) : now.plusDeadLettered(by);
      attempted.add(next);
      long first = journal.stats().firstOffset();
      try {
        cursor.advance(next);
      } catch (IOException e) {
        assertThat(cursor.state()).isEqualTo(now);
        return;
      }
      settleCursor(next);
      if (journal.stats().firstOffset() > first) {
        counts.merge("segment deleted", 1, Integer::sum);
      }
      assertThat(journal.stats().firstOffset()).isLessThanOrEqualTo(next.offset());
    }

    private void changeLate() throws IOException {
      Cursor open = late;
      if (open == null) {
        say("join");
        join();
      } else if (random.nextInt(3) > 0) {
        say("advance the second cursor");
        advanceLate(open);
      } else {
        say("leave");
        leave();
      }
    }

    private void join() {
      Progress start = Progress.at(journal.stats().nextOffset());
      try {
        Cursor joined = journal.cursorAtEnd("late");
        assertThat(joined.state()).isEqualTo(start);
        late = joined;
        lateStates.clear();
        lateStates.add(start);
        counts.merge("joined", 1, Integer::sum);
      } catch (IOException e) {
        counts.merge("not joined", 1, Integer::sum); // nobody opens what may be there
      }
    }

    private void advanceLate(Cursor open) {
      Progress now = open.state();
      Progress next = now.plusDelivered(journal.stats().nextOffset() - now.offset());
      lateStates.add(next);
      try {
        open.advance(next);
        lateStates.removeIf(state -> !state.equals(next));
      } catch (IOException e) {
        assertThat(open.state()).isEqualTo(now);
      }
    }

    private void leave() {
      late = null;
      try {
        journal.forgetCursor("late");
        assertThat(disk.list(DIRECTORY.resolve("cursors"))).doesNotContain("late.cursor");
        counts.merge("left", 1, Integer::sum);
      } catch (IOException e) {
        counts.merge("left a file", 1, Integer::sum); // nobody opens that either
      }
    }

    /** As a start does in a phase that writes to it. */
    private void reopenLate() {
      if (late == null) {
        return;
      }
      Cursor found = openCursor("late");
      assertThat(found.state()).isIn(lateStates);
      lateStates.removeIf(state -> !state.equals(found.state()));
      late = found;
      // The journal may have been opened once more for it.
      cursor = openCursor("sink");
    }

    private void settleCursor(Progress state) {
      persisted = state;
      attempted.clear();
      while (!backlog.isEmpty() && backlog.getFirst().offset < state.offset()) {
        backlog.removeFirst();
      }
    }

    private void planFault() {
      List<Op> ops = List.of(Op.values());
      Op op = ops.get(random.nextInt(ops.size()));
      int nth = 1 + random.nextInt(4);
      switch (random.nextInt(3)) {
        case 0 -> {
          say("fail " + op + " " + nth);
          disk.fail(op, nth);
        }
        case 1 -> {
          say("die at " + op + " " + nth);
          disk.dieAt(op, nth);
        }
        default -> {
          say("fail and forget " + nth);
          disk.failAndForget(nth);
          mayForget = true;
        }
      }
    }

    private void awaitSync() {
      heal();
      if (ack == Ack.FSYNC || disk.forgot()) {
        return;
      }
      Awaitility.await()
          .pollDelay(Duration.ZERO)
          .pollInterval(Duration.ofMillis(1))
          .atMost(Duration.ofMinutes(2))
          .untilAsserted(() -> {
            if (journal.failure().isEmpty()) {
              assertThat(disk.unsynced(DIRECTORY)).isEmpty();
            }
          });
      if (journal.failure().isEmpty() && disk.process() == process) {
        syncedOffset = journal.stats().nextOffset();
      }
    }

    private void powerCut() {
      counts.merge("power cut", 1, Integer::sum);
      disk.powerCut();
      mayForget = false;
      powerWasCut = true;
    }

    /** What a recovered journal holds against what it must hold; then that is the new truth. */
    private void checkRecovered() throws IOException {
      attempted.add(persisted);
      assertThat(cursor.state()).isIn(attempted);
      settleCursor(cursor.state());
      boolean powerCut = powerWasCut;
      powerWasCut = false;
      List<Entry> found = new ArrayList<>();
      read(cursor.state().offset(), Integer.MAX_VALUE, 1000, found);
      Map<Long, Long> numberAt = new HashMap<>();
      found.forEach(entry -> numberAt.put(entry.offset, entry.number));
      for (Entry entry : backlog) {
        Long number = numberAt.remove(entry.offset);
        boolean mayBeLost = powerCut && entry.offset >= syncedOffset;
        if (number == null ? !mayBeLost : number != entry.number) {
          fail("acknowledged " + entry + " came back as " + number + ", synced " + syncedOffset);
        }
      }
      numberAt.forEach((offset, number) -> {
        assertThat(inDoubt.remove(number)).as(number + " at " + offset).isTrue();
      });
      backlog.clear();
      backlog.addAll(found);
      syncedOffset = journal.stats().nextOffset();
      assertThat(syncedOffset).isGreaterThanOrEqualTo(cursor.state().offset());
    }

    private void read(long from, long most, int limit, List<Entry> found) throws IOException {
      ReadingBatch batch = new ReadingBatch();
      try (JournalReader reader = journal.reader(from)) {
        ReadResult result = reader.read(batch, limit);
        while (!(result instanceof ReadResult.Empty) && found.size() < most) {
          if (result instanceof ReadResult.Filled) {
            for (int i = 0; i < batch.size(); i++) {
              long number = batch.tsMicros(i);
              assertThat(batch.reading(i)).isEqualTo(Readings.longReading(number));
              found.add(new Entry(batch.firstOffset() + i, number));
            }
          }
          result = reader.read(batch, limit);
        }
      }
    }

    private void checkBounds() {
      JournalStats stats = journal.stats();
      assertThat(stats.bytes()).isBetween(0L, MAX_BYTES);
      assertThat(stats.firstOffset()).isLessThanOrEqualTo(cursor.state().offset());
      if (late != null) {
        assertThat(stats.firstOffset()).isLessThanOrEqualTo(late.state().offset());
      }
      assertThat(stats.nextOffset()).isGreaterThanOrEqualTo(cursor.state().offset());
    }

    private void heal() {
      disk.heal();
      mayForget = false;
      Awaitility.await()
          .pollDelay(Duration.ZERO)
          .pollInterval(Duration.ofMillis(1))
          .atMost(Duration.ofMinutes(2))
          .until(() -> !journal.stats().full().contains("cannot be written"));
    }

    private void say(String step) {
      history.addLast(step);
      if (history.size() > 30) {
        history.removeFirst();
      }
    }
  }
}
