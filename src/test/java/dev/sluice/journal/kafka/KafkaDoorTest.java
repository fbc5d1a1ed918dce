package dev.sluice.journal.kafka;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.journal.AppendResult;
import dev.sluice.journal.Feed;
import dev.sluice.testing.TestCertificates;
import dev.sluice.testing.TestKafka;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A broker that encrypts and wants a password. */
@Tag("slow")
class KafkaDoorTest {
  private static final TestCertificates AUTHORITY = TestCertificates.authority("kafka");

  private static TestKafka kafka;

  private final String topic = Topics.name();

  @TempDir Path folder;

  @BeforeAll
  static void startBroker() {
    kafka = TestKafka.secured(AUTHORITY, "sluice", "open-sesame");
  }

  @AfterAll
  static void stopBroker() {
    kafka.close();
  }

  @Test
  void appendsAndReadsThroughAnEncryptedConnectionWithAPassword() throws Exception {
    KafkaConfig config = config("open-sesame", AUTHORITY);
    try (KafkaJournal journal = KafkaJournal.open(config, InstantSource.system());
        Feed feed = journal.feed("sink")) {
      assertThat(journal.append(KafkaJournalTest.devices(0, 1_000)))
          .isInstanceOf(AppendResult.Accepted.class);

      assertThat(KafkaJournalTest.read(feed, 1_000)).hasSize(1_000);
      feed.keep(feed.kept().plusDelivered(1_000));
    }
    assertThat(KafkaCheckup.findings(config)).isNotEmpty().allMatch(TopicFinding::fine);
  }

  @Test
  void refusesTheStartInWordsIfThePasswordIsWrong() throws Exception {
    KafkaConfig config = config("guessed", AUTHORITY);

    assertThatThrownBy(() -> KafkaJournal.open(config, InstantSource.system()))
        .isInstanceOf(IOException.class)
        .hasMessageContaining(topic)
        .hasMessageContaining("Invalid username or password")
        .hasMessageContaining("check journal.kafka.properties-file");
    assertThat(KafkaCheckup.findings(config))
        .singleElement()
        .satisfies(found -> assertThat(found.seen()).contains("Invalid username or password"));
  }

  @Test
  void refusesTheStartInWordsIfItDoesNotTrustTheCertificate() throws Exception {
    KafkaConfig config = config("open-sesame", TestCertificates.authority("somebody else"));

    assertThatThrownBy(() -> KafkaJournal.open(config, InstantSource.system()))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("SSL handshake failed")
        .hasMessageContaining("certification path")
        .hasMessageContaining("check journal.kafka.properties-file");
  }

  private KafkaConfig config(String password, TestCertificates trusted) throws IOException {
    Path authority = trusted.writeAuthority(folder.resolve("authority.pem"));
    Path properties =
        Files.writeString(
            folder.resolve("client.properties"),
            """
            security.protocol=SASL_SSL
            sasl.mechanism=PLAIN
            sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required \
              username="sluice" password="%s";
            ssl.truststore.type=PEM
            ssl.truststore.location=%s
            """
                .formatted(password, authority));
    return new KafkaConfig(
        List.of(kafka.servers()),
        topic,
        2,
        1,
        KafkaConfig.Compression.LZ4,
        Duration.ZERO,
        64 << 10,
        Optional.of(properties),
        256 << 20);
  }
}
