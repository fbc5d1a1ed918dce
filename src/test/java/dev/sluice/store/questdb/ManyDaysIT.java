package dev.sluice.store.questdb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.sluice.reading.Reading;
import dev.sluice.store.ReadingQuery;
import dev.sluice.store.ReadingQuery.Position;
import dev.sluice.store.ReadingSource.UnavailableException;
import dev.sluice.store.ReadingStream;
import dev.sluice.store.StoreContract;
import dev.sluice.store.WriteResult;
import dev.sluice.store.questdb.engine.EmbeddedQuestDb;
import dev.sluice.store.questdb.engine.QuestDbSink;
import io.questdb.std.Os;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/** Three years of history, a partition a day, one reading each. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class ManyDaysIT {
  private static final long DAY = 86_400_000_000L;
  private static final int DAYS = 1_100;
  private static final int AT_ONCE = 12;
  private static final List<Reading> ALL =
      IntStream.range(0, DAYS).mapToObj(day -> new Reading("d", "m", day * DAY, day)).toList();

  private EmbeddedQuestDb database;

  @BeforeAll
  void writeAllDays(@TempDir Path directory) throws Exception {
    QuestDbConfig config = TestConfigs.embedded(directory);
    database = EmbeddedQuestDb.open(config);
    new QuestDbSchema(database.sql()::execute, database.sql()::query).migrate();
    try (QuestDbSink sink = new QuestDbSink(database, config)) {
      assertThat(sink.write(StoreContract.batch(ALL))).isInstanceOf(WriteResult.Written.class);
    }
    await()
        .atMost(Duration.ofMinutes(2))
        .until(() -> database.status().orElseThrow().visibleLag() == 0);
  }

  @AfterAll
  void close() {
    database.close();
  }

  @Test
  void answersManyReadsAtOnceWithinItsMappings() throws Exception {
    assumeTrue(Os.isLinux(), "mappings are counted in /proc");
    int before = mappings();

    int most =
        mostMappingsWhile(() -> {
          try (ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor()) {
            List<Future<List<Reading>>> answers = new ArrayList<>();
            for (int i = 0; i < AT_ONCE; i++) {
              boolean descending = i % 2 == 0;
              answers.add(clients.submit(() -> pageInTheEnd(descending)));
            }
            for (int i = 0; i < AT_ONCE; i++) {
              assertThat(answers.get(i).get()).isEqualTo(i % 2 == 0 ? ALL.reversed() : ALL);
            }
          }
          return null;
        });

    // One cursor over all days maps more than 4,700.
    assertThat(most - before).isLessThan(8_000);
  }

  @Test
  void walksPagesOverAllDaysEitherWay() throws Exception {
    for (boolean descending : new boolean[] {false, true}) {
      List<Reading> found = new ArrayList<>();
      Optional<Position> after = Optional.empty();
      List<Reading> page;
      do {
        page = page(descending, after, 97);
        found.addAll(page);
        after =
            page.isEmpty()
                ? after
                : Optional.of(new Position(page.getLast().tsMicros(), page.getLast().metric()));
      } while (!page.isEmpty() && found.size() <= DAYS);

      assertThat(found).isEqualTo(descending ? ALL.reversed() : ALL);
    }
  }

  @Test
  void scansAllDaysWithFewMapped() throws Exception {
    assumeTrue(Os.isLinux(), "mappings are counted in /proc");
    int before = mappings();
    List<Reading> found = new ArrayList<>();

    int most =
        mostMappingsWhile(() -> {
          try (ReadingStream stream = database.scan().scan(0, Long.MAX_VALUE)) {
            while (stream.next()) {
              found.add(
                  new Reading(stream.device(), stream.metric(), stream.tsMicros(), stream.value()));
            }
          }
          return null;
        });

    assertThat(found).isEqualTo(ALL);
    assertThat(most - before).isLessThan(1_000);
    assertThat(database.scan().firstFrom(17 * DAY + 1)).isEqualTo(OptionalLong.of(18 * DAY));
    assertThat(database.scan().firstFrom(DAYS * DAY)).isEmpty();
  }

  /** Whoever finds no turn is told so, and comes again. */
  private List<Reading> pageInTheEnd(boolean descending) {
    List<Reading> page = new ArrayList<>();
    await()
        .atMost(Duration.ofMinutes(3))
        .until(() -> {
          try {
            page.addAll(page(descending, Optional.empty(), DAYS));
            return true;
          } catch (UnavailableException e) {
            assertThat(e).hasMessageContaining("questdb.max-readers");
            return false;
          }
        });
    return page;
  }

  private List<Reading> page(boolean descending, Optional<Position> after, int limit)
      throws UnavailableException {
    List<Reading> page = new ArrayList<>();
    database
        .readings()
        .read(
            new ReadingQuery("d", Optional.empty(), 0, Long.MAX_VALUE, descending, after, limit),
            page::add);
    return page;
  }

  private static int mostMappingsWhile(Callable<Void> work) throws Exception {
    AtomicInteger most = new AtomicInteger(mappings());
    try (ScheduledExecutorService counting = Executors.newSingleThreadScheduledExecutor()) {
      Runnable count = () -> most.accumulateAndGet(mappings(), Math::max);
      Future<?> running = counting.scheduleWithFixedDelay(count, 0, 10, TimeUnit.MILLISECONDS);
      work.call();
      count.run();
      running.cancel(false);
    }
    return most.get();
  }

  private static int mappings() {
    try {
      return Files.readAllLines(Path.of("/proc/self/maps")).size();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }
}
