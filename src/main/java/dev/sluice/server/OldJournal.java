package dev.sluice.server;

import dev.sluice.journal.Journal;
import dev.sluice.journal.JournalConfig;
import dev.sluice.journal.disk.DiskJournal;
import dev.sluice.journal.kafka.KafkaConfig;
import dev.sluice.journal.kafka.KafkaJournal;
import dev.sluice.journal.move.JournalMove;
import dev.sluice.journal.move.JournalPlace;
import dev.sluice.settings.Settings;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** Comes to the journal that the settings no longer name. */
record OldJournal(Path directory, InstantSource clock) implements JournalMove.OldJournals {
  /** Nothing is appended to it, so it needs no more than the least of everything. */
  private static final int LEAST_BYTES = 64 << 10;

  /** What is to be done about it at this start. */
  static JournalMove move(Settings settings, InstantSource clock) throws IOException {
    Path directory = settings.dataDirectory().resolve("journal");
    return new JournalMove(
        settings.dataDirectory(),
        place(settings),
        DiskJournal.isIn(directory),
        Stream.concat(RunningStores.NAMES.all().stream(), Stream.of(Fleet.CURSOR)).toList(),
        new OldJournal(directory, clock));
  }

  private static JournalPlace place(Settings settings) {
    if (settings.journalKind() == JournalConfig.Kind.LOCAL) {
      return JournalPlace.LOCAL;
    }
    KafkaConfig kafka = settings.kafkaJournal();
    return new JournalPlace(
        Optional.of(
            new JournalPlace.Topic(
                kafka.servers(),
                kafka.topic(),
                kafka.partitions(),
                kafka.replication(),
                kafka.propertiesFile().map(Path::toString),
                Optional.empty())));
  }

  @Override
  public Journal open(JournalPlace place) throws IOException {
    return place.topic().isPresent()
        ? open(place.topic().get(), clock)
        : DiskJournal.open(local(), clock);
  }

  /**
   * Opens a topic that is left.
   *
   * @throws IOException if it is not there, or it is another one of that name
   */
  static KafkaJournal open(JournalPlace.Topic topic, InstantSource clock) throws IOException {
    KafkaJournal journal = KafkaJournal.openToLeave(config(topic), clock);
    if (topic.id().isPresent() && !topic.id().get().equals(journal.topicId())) {
      journal.close();
      throw new IOException(
          "topic %s at %s is another one than the topic of that name which was in use: its id is %s, journal.json has %s"
              .formatted(
                  topic.name(),
                  String.join(",", topic.servers()),
                  journal.topicId(),
                  topic.id().get()));
    }
    return journal;
  }

  /** How to come to a topic that is left. */
  static KafkaConfig config(JournalPlace.Topic topic) {
    return new KafkaConfig(
        topic.servers(),
        topic.name(),
        topic.partitions(),
        topic.replication(),
        KafkaConfig.Compression.NONE,
        Duration.ZERO,
        LEAST_BYTES,
        topic.propertiesFile().map(Path::of),
        Long.MAX_VALUE);
  }

  private JournalConfig local() {
    return new JournalConfig(
        directory,
        JournalConfig.Ack.FSYNC,
        Duration.ofSeconds(1),
        Long.MAX_VALUE,
        JournalConfig.MIN_SEGMENT_BYTES);
  }

  @Override
  public void discard(JournalPlace place, List<String> cursors, Optional<String> moved)
      throws IOException {
    if (place.topic().isEmpty()) {
      DiskJournal.delete(directory);
      return;
    }
    try (KafkaJournal journal = open(place.topic().get(), clock)) {
      journal.discard(cursors, moved);
    }
  }
}
