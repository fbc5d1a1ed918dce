package dev.sluice.fleet;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.files.AtomicFile;
import dev.sluice.journal.AppendResult;
import dev.sluice.journal.kafka.KafkaConfig;
import dev.sluice.journal.kafka.KafkaJournal;
import dev.sluice.reading.Reading;
import dev.sluice.reading.ReadingBuffer;
import dev.sluice.testing.TestKafka;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The ledger over a journal in Kafka. */
@Tag("slow")
class KafkaFleetTest {
  private static final Duration PATIENCE = Duration.ofMinutes(1);
  private static final int DEVICES = 12;
  private static final Duration INTERVAL = Duration.ofMillis(300);
  private static final Duration MIN_SILENCE = Duration.ofSeconds(2);

  private final InstantSource clock = InstantSource.system();

  @TempDir Path directory;

  /** A cluster that hangs says nothing about the devices. */
  @Test
  void takesAPauseOfTheClusterForNoSilence() throws Exception {
    try (TestKafka kafka = TestKafka.start(1);
        KafkaJournal journal = KafkaJournal.open(config(kafka), clock);
        FleetLedger ledger = open(journal)) {
      ledger.start();
      // Real time: how long the cluster has not been heard is measured, not told.
      await()
          .atMost(PATIENCE)
          .pollInSameThread()
          .pollDelay(INTERVAL)
          .pollInterval(INTERVAL)
          // On a busy machine the broker may not answer in time: the next one does.
          .until(() ->
              append(journal) instanceof AppendResult.Accepted
                  && ledger.states().live() == DEVICES);

      kafka.freeze(0);
      try {
        await()
            .during(MIN_SILENCE.multipliedBy(3))
            .atMost(PATIENCE)
            .until(() -> ledger.states().silent() == 0);
      } finally {
        kafka.thaw(0);
      }

      // Heard again, and the devices are not: now it is their silence.
      await().atMost(PATIENCE).until(() -> ledger.states().silent() == DEVICES);
      assertThat(ledger.gaps(Instant.EPOCH, Optional.empty(), 100).gaps()).hasSize(DEVICES);
    }
  }

  private FleetLedger open(KafkaJournal journal) throws IOException {
    return FleetLedger.open(
        new FleetConfig(
            true, directory.resolve("fleet"), 1_000, MIN_SILENCE, 0.5, Duration.ofDays(7)),
        journal.yieldingFeed("fleet"),
        () -> journal.forgetCursor("fleet"),
        () -> 0,
        () -> 0,
        (file, offset, mark) -> {},
        clock,
        new AtomicFile(),
        Path.of("/nonexistent"));
  }

  private static KafkaConfig config(TestKafka kafka) {
    return new KafkaConfig(
        List.of(kafka.servers()),
        "fleet",
        2,
        1,
        KafkaConfig.Compression.NONE,
        Duration.ZERO,
        64 << 10,
        Optional.empty(),
        256 << 20);
  }

  private AppendResult append(KafkaJournal journal) {
    ReadingBuffer buffer = new ReadingBuffer(256, 1 << 20);
    for (int device = 0; device < DEVICES; device++) {
      buffer.add(new Reading("device-" + device, "temp", clock.millis() * 1_000, 1));
    }
    return journal.append(buffer);
  }
}
