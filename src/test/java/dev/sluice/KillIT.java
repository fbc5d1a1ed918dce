package dev.sluice;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.testing.Ledger;
import dev.sluice.testing.LoadClient;
import dev.sluice.testing.ServeFixture;
import dev.sluice.testing.SluiceProcess;
import dev.sluice.testing.Stores;
import java.nio.file.Path;
import java.time.Duration;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code kill -9} under load, again and again, in the middle of whatever it was doing. */
@Tag("mysql")
class KillIT {
  private static final int KILLS = Integer.getInteger("sluice.test.kills", 2);

  @TempDir Path directory;

  @ParameterizedTest
  @ValueSource(strings = {"os", "fsync"})
  void losesNothingAcknowledgedAndDeliversItOnce(String ack) {
    long seed = System.nanoTime();
    System.out.println("seed " + seed);
    SplittableRandom random = new SplittableRandom(seed);
    ServeFixture fixture = ServeFixture.migrated(directory);
    Ledger ledger = new Ledger();

    for (int kill = 0; kill < KILLS; kill++) {
      int acknowledged = ledger.acknowledgedCount();
      try (SluiceProcess sluice = fixture.start("journal.ack=" + ack);
          LoadClient load =
              new LoadClient(sluice.url("ingest"), ledger, 4, 200, Duration.ZERO, random.split())) {
        await().until(() -> ledger.acknowledgedCount() > acknowledged);
        await().pollDelay(Duration.ofMillis(random.nextInt(1_500))).until(load::running);
        sluice.kill();
      }
    }

    try (SluiceProcess sluice = fixture.start("journal.ack=" + ack)) {
      sluice.awaitCaughtUp("mysql");
      sluice.awaitCaughtUp("questdb");
      ledger.assertKeptBy("MySQL", Stores.mysql(fixture.mysql()));
      ledger.assertKeptBy("QuestDB", Stores.questDb(fixture.pg()));
      assertThat(sluice.status().getJsonObject("conservation").getInt("mysql")).isZero();
      assertThat(sluice.status().getJsonObject("conservation").getInt("questdb")).isZero();
      assertThat(sluice.terminate(Duration.ofMinutes(2))).isZero();
    }
    System.out.println("kept " + ledger.acknowledgedCount() + " acknowledged readings");
  }
}
