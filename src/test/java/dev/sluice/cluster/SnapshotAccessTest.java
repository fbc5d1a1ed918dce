package dev.sluice.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.sluice.journal.kafka.Clients;
import dev.sluice.journal.kafka.KafkaConfig;
import dev.sluice.testing.TestCertificates;
import dev.sluice.testing.TestKafka;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.acl.AccessControlEntry;
import org.apache.kafka.common.acl.AclBinding;
import org.apache.kafka.common.acl.AclOperation;
import org.apache.kafka.common.acl.AclPermissionType;
import org.apache.kafka.common.resource.PatternType;
import org.apache.kafka.common.resource.ResourcePattern;
import org.apache.kafka.common.resource.ResourceType;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A user that may use the journal's topic, but not the one for snapshots. */
@Tag("slow")
class SnapshotAccessTest {
  private static final String NEEDS =
      "topic readings-fleet at %s cannot %s: the user in journal.kafka.properties-file needs Create,"
          + " Describe, DescribeConfigs, Read and Write on it (";

  @TempDir Path folder;

  @Test
  void saysWhatTheUserMayNotAndNeeds() throws Exception {
    TestCertificates authority = TestCertificates.authority("kafka");
    try (TestKafka kafka = TestKafka.secured(authority, "sluice", "open-sesame")) {
      KafkaConfig config = config(kafka, authority);
      try (SnapshotTopic topic = new SnapshotTopic(config, "journal", 1);
          Admin admin = Clients.of(config).admin()) {
        topic.open();
        Path file = Files.writeString(folder.resolve("snapshot"), "some devices");

        deny(admin, AclOperation.WRITE);
        await()
            .untilAsserted(() -> {
              try (FileChannel open = FileChannel.open(file)) {
                assertThatThrownBy(() -> topic.write(open, 1, "mark", bytes -> {}))
                    .isInstanceOf(UnusableTopicException.class)
                    .hasMessageStartingWith(NEEDS.formatted(kafka.servers(), "be written"));
              }
            });

        deny(admin, AclOperation.ALL);
        await()
            .untilAsserted(() ->
                assertThatThrownBy(topic::open)
                    .isInstanceOf(UnusableTopicException.class)
                    .hasMessageStartingWith(NEEDS.formatted(kafka.servers(), "be used")));
        try (SnapshotKeeper keeper =
            new SnapshotKeeper(new SnapshotTopic(config, "journal", 2), () -> true, 1 << 20)) {
          assertThat(keeper.fetch(file)).isEmpty();
        }
      }
    }
  }

  private static void deny(Admin admin, AclOperation operation) throws Exception {
    admin
        .createAcls(
            List.of(
                new AclBinding(
                    new ResourcePattern(ResourceType.TOPIC, "readings-fleet", PatternType.LITERAL),
                    new AccessControlEntry("User:sluice", "*", operation, AclPermissionType.DENY))))
        .all()
        .get();
  }

  private KafkaConfig config(TestKafka kafka, TestCertificates trusted) throws IOException {
    Path authority = trusted.writeAuthority(folder.resolve("authority.pem"));
    Path properties =
        Files.writeString(
            folder.resolve("client.properties"),
            """
            security.protocol=SASL_SSL
            sasl.mechanism=PLAIN
            sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required \
              username="sluice" password="open-sesame";
            ssl.truststore.type=PEM
            ssl.truststore.location=%s
            """
                .formatted(authority));
    return new KafkaConfig(
        List.of(kafka.servers()),
        "readings",
        1,
        1,
        KafkaConfig.Compression.LZ4,
        Duration.ZERO,
        64 << 10,
        Optional.of(properties),
        256 << 20);
  }
}
