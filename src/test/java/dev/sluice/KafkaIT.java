package dev.sluice;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.testing.Ledger;
import dev.sluice.testing.LoadClient;
import dev.sluice.testing.ServeFixture;
import dev.sluice.testing.SluiceProcess;
import dev.sluice.testing.Stores;
import dev.sluice.testing.TestKafka;
import java.nio.file.Path;
import java.time.Duration;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The whole jar with its journal in Kafka: real brokers, killed like the jar itself. */
@Tag("mysql")
class KafkaIT {
  private static final int KILLS = Integer.getInteger("sluice.test.kills", 2);
  private static final AtomicInteger TOPICS = new AtomicInteger();

  @TempDir Path directory;

  @Test
  void deliversWhatItTookInBeforeAndAfterAKill() throws Exception {
    TestKafka kafka = TestKafka.shared();
    ServeFixture fixture = ServeFixture.migrated(directory);
    Ledger ledger = Ledger.replicated();
    String[] settings = settings(kafka, 1);

    try (SluiceProcess sluice = fixture.start(settings)) {
      try (LoadClient load = load(sluice, ledger, new SplittableRandom(1))) {
        await().until(() -> ledger.acknowledgedCount() > 2_000 && load.running());
        sluice.kill();
      }
    }

    try (SluiceProcess sluice = fixture.start(settings)) {
      try (LoadClient load = load(sluice, ledger, new SplittableRandom(2))) {
        await().until(() -> ledger.acknowledgedCount() > 4_000 && load.running());
      }
      sluice.awaitCaughtUp("mysql");
      sluice.awaitCaughtUp("questdb");
      assertKept(ledger, fixture, sluice);
      assertThat(sluice.status().getJsonObject("journal").getString("ack")).isEqualTo("replicated");
      assertThat(sluice.get("admin", "/metrics").body()).contains("sluice_journal_size_bytes");
      assertThat(sluice.get("admin", "/v1/doctor").body())
          .contains(
              "journal in-sync replicas", "journal retention.ms", "journal control cleanup.policy");
      assertThat(sluice.terminate(Duration.ofMinutes(2))).isZero();
    }
  }

  /** Acks are honest: what the broker cannot take is a 503, and at once. */
  @Test
  @Tag("long")
  void losesNothingWhenTheBrokerIsKilledUnderLoadAgainAndAgain() {
    long seed = System.nanoTime();
    System.out.println("seed " + seed);
    SplittableRandom random = new SplittableRandom(seed);
    ServeFixture fixture = ServeFixture.migrated(directory);
    Ledger ledger = Ledger.replicated();
    try (TestKafka kafka = TestKafka.start(1)) {
      String[] settings = settings(kafka, 1);
      for (int kill = 0; kill < KILLS; kill++) {
        try (SluiceProcess sluice = fixture.start(settings);
            LoadClient load = load(sluice, ledger, random.split())) {
          int before = ledger.acknowledgedCount();
          await().until(() -> ledger.acknowledgedCount() > before + 1_000);
          await().pollDelay(Duration.ofMillis(random.nextInt(1_500))).until(load::running);
          kafka.kill(0);
          await().until(() -> load.refused() > 20);
          int refused = ledger.acknowledgedCount();
          kafka.restart(0);
          await()
              .atMost(Duration.ofMinutes(1))
              .until(() -> ledger.acknowledgedCount() > refused + 1_000 && load.running());
          kafka.kill(0);
          sluice.kill();
        }
        kafka.restart(0);
      }

      try (SluiceProcess sluice = fixture.start(settings)) {
        sluice.awaitCaughtUp("mysql");
        sluice.awaitCaughtUp("questdb");
        assertKept(ledger, fixture, sluice);
        assertThat(sluice.terminate(Duration.ofMinutes(2))).isZero();
      }
    }
    System.out.println("kept " + ledger.acknowledgedCount() + " acknowledged readings");
  }

  private static void assertKept(Ledger ledger, ServeFixture fixture, SluiceProcess sluice) {
    ledger.assertKeptBy("MySQL", Stores.mysql(fixture.mysql()));
    ledger.assertKeptBy("QuestDB", Stores.questDb(fixture.pg()));
    for (String store : new String[] {"mysql", "questdb"}) {
      assertThat(sluice.status().getJsonObject("conservation").getInt(store)).isZero();
    }
  }

  private static LoadClient load(SluiceProcess sluice, Ledger ledger, SplittableRandom random) {
    return new LoadClient(sluice.url("ingest"), ledger, 4, 200, Duration.ofMillis(5), random);
  }

  private static String[] settings(TestKafka kafka, int replication) {
    return new String[] {
      "journal.kind=kafka",
      "journal.kafka.servers=" + kafka.servers(),
      "journal.kafka.topic=it-" + ProcessHandle.current().pid() + "-" + TOPICS.incrementAndGet(),
      "journal.kafka.partitions=8",
      "journal.kafka.replication=" + replication
    };
  }
}
