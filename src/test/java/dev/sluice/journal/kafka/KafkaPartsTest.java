package dev.sluice.journal.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.sluice.journal.Feed;
import dev.sluice.journal.Lease;
import dev.sluice.reading.Reading;
import dev.sluice.testing.TestKafka;
import java.io.IOException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Two processes that deliver to one sink, each some of the partitions. */
class KafkaPartsTest {
  private static final int READINGS = 2_000;
  private static final Set<Integer> FIRST = Set.of(0, 2);
  private static final Set<Integer> SECOND = Set.of(1, 3);

  private final KafkaConfig config =
      Topics.config(TestKafka.shared(), Topics.name(), 4, 1, 64 << 20);

  @Test
  void eachReadsItsOwnPartitionsAndGoesOnWhereTheOtherStopped() throws Exception {
    try (KafkaJournal leader = open();
        KafkaJournal helper = open()) {
      leader.deliverUnder(Lease.ALWAYS);
      leader.append(KafkaJournalTest.devices(0, READINGS));
      Feed all = leader.feed("sink");
      assertThat(KafkaJournalTest.read(all, READINGS)).hasSize(READINGS);
      all.keep(all.kept().plusDelivered(READINGS));
      all.close();
      leader.append(KafkaJournalTest.devices(READINGS, 2 * READINGS));

      leader.deliverOnly(FIRST);
      helper.deliverUnder(Lease.ALWAYS, SECOND);
      Feed one = leader.feed("sink");
      Feed two = helper.feed("sink");
      List<Reading> ofOne = readAll(one);
      List<Reading> ofTwo = readAll(two);

      assertThat(ofOne).hasSizeBetween(1, READINGS - 1);
      assertThat(ofOne.size() + ofTwo.size()).isEqualTo(READINGS);
      Set<Reading> both = new HashSet<>(ofOne);
      both.addAll(ofTwo);
      assertThat(both)
          .isEqualTo(
              new HashSet<>(
                  IntStream.range(READINGS, 2 * READINGS)
                      .mapToObj(KafkaJournalTest::reading)
                      .toList()));
      one.keep(one.kept().plusDelivered(ofOne.size()));
      two.keep(two.kept().plusDelivered(ofTwo.size()));
      assertThat(one.kept().delivered() + two.kept().delivered()).isEqualTo(2 * READINGS);
      assertThat(one.kept().origin()).isEqualTo(two.kept().origin()).isZero();
      assertThat(leader.end().reachedBy(one.mark(one.kept().offset()))).isTrue();
      assertThat(one.end()).isEqualTo(one.kept().offset());
      one.close();
      two.close();
      helper.leaveDelivery();

      leader.deliverOnly(leader.partitions());
      Feed again = leader.feed("sink");
      leader.append(KafkaJournalTest.devices(2 * READINGS, 2 * READINGS + 10));
      assertThat(KafkaJournalTest.read(again, 10)).hasSize(10);
      assertThat(again.kept().delivered()).isEqualTo(2 * READINGS);
      again.close();
    }
  }

  @Test
  void deletesOnlyWhatTheOtherHasPassedToo() throws Exception {
    try (KafkaJournal leader = open();
        KafkaJournal helper = open()) {
      leader.deliverUnder(Lease.ALWAYS);
      leader.feed("sink").close();
      leader.append(KafkaJournalTest.devices(0, READINGS));
      leader.deliverOnly(FIRST);
      helper.deliverUnder(Lease.ALWAYS, SECOND);
      Feed one = leader.feed("sink");
      Feed two = helper.feed("sink");
      int ofOne = readAll(one).size();
      int ofTwo = readAll(two).size();
      one.keep(one.kept().plusDelivered(ofOne));

      await().until(() -> leader.behind("sink", SECOND) > 0); // where the ends are is known by now
      await().until(() -> FIRST.stream().allMatch(p -> begins(leader)[p] == leader.end(p)));
      assertThat(SECOND).allMatch(p -> begins(leader)[p] == 0);
      assertThat(leader.behind("sink", SECOND)).isPositive();
      assertThat(leader.behind("sink", FIRST)).isZero();

      two.keep(two.kept().plusDelivered(ofTwo));
      await().until(() -> SECOND.stream().allMatch(p -> begins(leader)[p] == leader.end(p)));
      assertThat(leader.behind("sink", SECOND)).isZero();
      assertThat(leader.stats().lost()).isZero();
      one.close();
      two.close();
    }
  }

  @Test
  void aHelperKeepsNothingWithoutItsRight() throws Exception {
    AtomicBoolean right = new AtomicBoolean(true);
    try (KafkaJournal helper = open()) {
      helper.deliverUnder(right::get, SECOND);
      Feed feed = helper.feed("sink");
      helper.append(KafkaJournalTest.devices(0, READINGS));
      int read = readAll(feed).size();
      right.set(false);

      assertThatThrownBy(() -> feed.keep(feed.kept().plusDelivered(read)))
          .isInstanceOf(IOException.class)
          .hasMessageContaining("delivers no more");
      assertThatThrownBy(() -> helper.feed("another")).isInstanceOf(IOException.class);
      feed.close();
    }
  }

  private KafkaJournal open() throws IOException {
    return KafkaJournal.open(config, InstantSource.system(), Duration.ofMillis(100));
  }

  private static long[] begins(KafkaJournal journal) {
    return journal.look().begins();
  }

  /** All that this feed has to read. */
  private static List<Reading> readAll(Feed feed) throws Exception {
    return KafkaJournalTest.read(feed, READINGS, Duration.ofSeconds(3));
  }
}
