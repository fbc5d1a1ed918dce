package dev.sluice.server;

import dev.sluice.doctor.Patient;
import dev.sluice.journal.JournalConfig;
import dev.sluice.journal.kafka.KafkaCheckup;
import dev.sluice.journal.kafka.TopicFinding;
import dev.sluice.settings.Settings;
import dev.sluice.store.StoreFact;
import dev.sluice.store.StoreFact.Verdict;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** The journal in Kafka, as the doctor examines it; a local one is part of the disk's checks. */
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
            () ->
                KafkaCheckup.findings(settings.kafkaJournal()).stream()
                    .map(JournalPatient::fact)
                    .toList(),
            Optional.empty());
    return Stream.concat(Stream.of(journal), stores.stream()).toList();
  }

  private static StoreFact fact(TopicFinding finding) {
    return StoreFact.of(
        finding.name(),
        finding.fine(),
        Verdict.BROKEN,
        finding.seen(),
        finding.wanted(),
        "an ack is worth what the topic keeps; without it ingest answers 503",
        finding.mend());
  }
}
