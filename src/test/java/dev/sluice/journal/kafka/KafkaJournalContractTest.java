package dev.sluice.journal.kafka;

import dev.sluice.journal.Journal;
import dev.sluice.journal.JournalContract;
import dev.sluice.testing.TestKafka;
import java.io.IOException;
import java.time.Duration;
import java.time.InstantSource;
import org.junit.jupiter.api.Tag;

@Tag("slow")
class KafkaJournalContractTest extends JournalContract {
  private static final int PARTITIONS = 2;

  private final TestKafka kafka = TestKafka.shared();
  private final String topic = Topics.name();

  @Override
  protected Journal open() throws IOException {
    return open(64 << 20);
  }

  @Override
  protected Journal openSmall() throws IOException {
    return open(SMALL_BYTES);
  }

  private Journal open(long maxBytes) throws IOException {
    return KafkaJournal.open(
        Topics.config(kafka, topic, PARTITIONS, 1, maxBytes),
        InstantSource.system(),
        Duration.ofMillis(100));
  }

  @Override
  protected void loseOldest() throws Exception {
    Topics.deleteAllButLast(kafka, topic, PARTITIONS);
  }
}
