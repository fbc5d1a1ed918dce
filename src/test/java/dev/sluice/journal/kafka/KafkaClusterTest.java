package dev.sluice.journal.kafka;

import static dev.sluice.journal.kafka.KafkaJournalTest.devices;
import static dev.sluice.journal.kafka.KafkaJournalTest.read;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.journal.AppendResult;
import dev.sluice.journal.Feed;
import dev.sluice.reading.Reading;
import dev.sluice.reading.ReadingBuffer;
import dev.sluice.testing.TestKafka;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Three brokers, two of which must have a reading: what their deaths do to appends. */
@Tag("long")
class KafkaClusterTest {
  private static final Duration PATIENCE = Duration.ofMinutes(2);

  /** Half a second, and what a busy machine adds. */
  private static final Duration REFUSED_WITHIN = Duration.ofMillis(900);

  private static TestKafka kafka;

  private final String topic = Topics.name();

  @BeforeAll
  static void startCluster() {
    kafka = TestKafka.start(3);
  }

  @AfterAll
  static void stopCluster() {
    kafka.close();
  }

  @Test
  void goesOnWithoutOneBrokerAndRefusesWithoutTwo() throws Exception {
    try (KafkaJournal journal = open();
        Load load = new Load(journal)) {
      load.awaitMore(2_000);
      kafka.kill(0);
      load.awaitMore(5_000);

      kafka.kill(1);
      load.awaitRefusals(20);
      assertThat(load.longest()).isLessThan(REFUSED_WITHIN);
      await().atMost(PATIENCE).until(() -> !journal.stats().full().isEmpty());

      kafka.restart(0);
      kafka.restart(1);
      load.awaitMore(5_000);
      await().atMost(PATIENCE).until(() -> journal.stats().full().isEmpty());
      load.stop();
      load.assertKept(journal.feed("sink"));
    }
  }

  /** A broker that hangs is worse than a dead one: its connections stay, and nothing answers. */
  @Test
  void refusesInTimeWhileBrokersHang() throws Exception {
    try (KafkaJournal journal = open();
        Load load = new Load(journal)) {
      load.awaitMore(2_000);
      kafka.freeze(1);
      kafka.freeze(2);
      try {
        load.awaitRefusals(20);
        assertThat(load.longest()).isLessThan(REFUSED_WITHIN);
      } finally {
        kafka.thaw(1);
        kafka.thaw(2);
      }
      load.awaitMore(5_000);
      load.stop();
      load.assertKept(journal.feed("sink"));
    }
  }

  @Test
  void holdsNoMoreThanItsShareOfMemoryWhileNothingIsTaken() throws Exception {
    ReadingBuffer large = devices(0, 40_000);
    try (KafkaJournal journal = open()) {
      await()
          .atMost(PATIENCE)
          .until(() -> journal.append(devices(0, 1_000)) instanceof AppendResult.Accepted);
      for (int broker = 0; broker < 3; broker++) {
        kafka.freeze(broker);
      }
      Set<String> reasons = ConcurrentHashMap.newKeySet();
      try {
        List<Thread> threads = new ArrayList<>();
        for (int i = 0; i < 2 * Lanes.MAX_BYTES / large.length(); i++) {
          threads.add(
              Thread.ofVirtual()
                  .start(() -> {
                    if (journal.append(large) instanceof AppendResult.Full(String reason)) {
                      reasons.add(reason);
                    }
                  }));
        }
        for (Thread thread : threads) {
          thread.join();
        }
      } finally {
        for (int broker = 0; broker < 3; broker++) {
          kafka.thaw(broker);
        }
      }
      assertThat(reasons).anyMatch(reason -> reason.contains("allowed are " + Lanes.MAX_BYTES));
      await().atMost(PATIENCE).until(() -> journal.append(large) instanceof AppendResult.Accepted);
    }
  }

  private KafkaJournal open() throws Exception {
    return KafkaJournal.open(
        Topics.config(kafka, topic, 6, 3, 256 << 20),
        InstantSource.system(),
        Duration.ofMillis(200));
  }

  /** Appends numbered readings and knows which were acknowledged. */
  private static final class Load implements AutoCloseable {
    private final KafkaJournal journal;
    private final Set<Long> acknowledged = ConcurrentHashMap.newKeySet();
    private final AtomicInteger refused = new AtomicInteger();
    private final AtomicLong next = new AtomicLong();
    private final AtomicLong longestNanos = new AtomicLong();
    private final AtomicBoolean stop = new AtomicBoolean();
    private final List<Thread> threads = new ArrayList<>();

    Load(KafkaJournal journal) {
      this.journal = journal;
      for (int i = 0; i < 4; i++) {
        threads.add(Thread.ofPlatform().start(this::run));
      }
    }

    private void run() {
      while (!stop.get()) {
        long first = next.getAndAdd(10);
        long begin = System.nanoTime();
        AppendResult result = journal.append(devices(first, first + 10));
        longestNanos.accumulateAndGet(System.nanoTime() - begin, Math::max);
        if (result instanceof AppendResult.Accepted) {
          for (long n = first; n < first + 10; n++) {
            acknowledged.add(n);
          }
        } else {
          refused.incrementAndGet();
        }
      }
    }

    void awaitMore(int readings) {
      int before = acknowledged.size();
      await().atMost(PATIENCE).until(() -> acknowledged.size() > before + readings);
    }

    void awaitRefusals(int more) {
      int before = refused.get();
      longestNanos.set(0);
      await().atMost(PATIENCE).until(() -> refused.get() > before + more);
    }

    Duration longest() {
      return Duration.ofNanos(longestNanos.get());
    }

    void assertKept(Feed feed) throws Exception {
      Set<Long> found = new HashSet<>();
      while (true) {
        List<Reading> readings = read(feed, 1, Duration.ofSeconds(2));
        if (readings.isEmpty()) {
          break;
        }
        readings.forEach(reading -> found.add(reading.tsMicros()));
      }
      Set<Long> missing = new HashSet<>(acknowledged);
      missing.removeAll(found);
      assertThat(missing).as("acknowledged of %d, and lost", acknowledged.size()).isEmpty();
      feed.close();
    }

    @Override
    public void close() {
      stop();
    }

    void stop() {
      stop.set(true);
      for (Thread thread : threads) {
        try {
          thread.join();
        } catch (InterruptedException e) {
          throw new AssertionError(e);
        }
      }
    }
  }
}
