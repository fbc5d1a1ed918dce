package dev.sluice.server;

import dev.sluice.cluster.ClusterCheckup;
import dev.sluice.doctor.Patient;
import dev.sluice.journal.JournalConfig;
import dev.sluice.journal.kafka.KafkaCheckup;
import dev.sluice.journal.kafka.KafkaConfig;
import dev.sluice.journal.kafka.TopicFinding;
import dev.sluice.settings.Settings;
import dev.sluice.store.StoreFact;
import dev.sluice.store.StoreFact.Verdict;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The journal in Kafka, and the topics beside it, as the doctor examines them; a local journal is
 * part of the disk's checks.
 */
final class JournalPatient {
  private JournalPatient() {}

  /** These stores, and the journal if it is a server too. */
  static List<Patient> and(List<Patient> stores, Settings settings) {
    if (settings.journalKind() == JournalConfig.Kind.LOCAL) {
      return stores;
    }
    Patient journal =
        new Patient(
            "journal",
            () -> facts(settings.kafkaJournal(), settings.fleet().enabled()),
            Optional.empty());
    return Stream.concat(Stream.of(journal), stores.stream()).toList();
  }

  private static List<StoreFact> facts(KafkaConfig config, boolean fleet) throws IOException {
    List<TopicFinding> topic = KafkaCheckup.findings(config);
    List<StoreFact> facts = new ArrayList<>();
    for (TopicFinding finding : topic) {
      facts.add(
          fact("", finding, "an ack is worth what the topic keeps; without it ingest answers 503"));
    }
    if (!KafkaCheckup.isAway(topic)) {
      for (TopicFinding finding : ClusterCheckup.control(config)) {
        facts.add(
            fact("control ", finding, "it keeps the phase, and tells the nodes which one leads"));
      }
      for (TopicFinding finding : fleet ? ClusterCheckup.fleet(config) : List.<TopicFinding>of()) {
        facts.add(fact("fleet ", finding, "without it the next node that leads knows no device"));
      }
    }
    return facts;
  }

  private static StoreFact fact(String topic, TopicFinding finding, String why) {
    return StoreFact.of(
        topic + finding.name(),
        finding.fine(),
        Verdict.BROKEN,
        finding.seen(),
        finding.wanted(),
        why,
        finding.mend());
  }
}
