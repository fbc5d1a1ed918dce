package dev.sluice.server;

import dev.sluice.cluster.ControlTopic;
import dev.sluice.cluster.NodeHome;
import dev.sluice.journal.JournalConfig;
import dev.sluice.journal.move.JournalPlace;
import dev.sluice.migration.phase.PhaseRecord;
import dev.sluice.migration.phase.PhaseStore;
import dev.sluice.settings.Settings;
import java.io.IOException;
import java.util.Optional;

/** The phase in force, for commands that only look: no Sluice need run. */
public final class KeptPhase {
  private KeptPhase() {}

  /**
   * What the data directory keeps, or the topic that nodes share; until a node has led, the topic
   * keeps nothing, and goes by the file of the node that leads first.
   *
   * @throws IOException if it cannot be read, or is lost
   */
  public static Optional<PhaseRecord> of(Settings settings) throws IOException {
    PhaseStore file = new PhaseStore(settings.dataDirectory());
    if (isShared(settings)) {
      Optional<PhaseRecord> shared = ControlTopic.readPhase(settings.kafkaJournal());
      return shared.isPresent() ? shared : file.kept();
    }
    Optional<JournalPlace.Topic> left =
        JournalPlace.kept(settings.dataDirectory()).flatMap(JournalPlace::topic);
    if (left.isPresent()) {
      Optional<PhaseRecord> shared = ControlTopic.readPhase(OldJournal.config(left.get()));
      if (shared.isPresent()) {
        return shared; // the next start brings it along
      }
    }
    return file.keptUnlessLost();
  }

  /** Where that is, for a person. */
  public static String place(Settings settings) {
    return isShared(settings)
        ? "the topic " + settings.kafkaJournal().topic() + "-control"
        : settings.dataDirectory().toString();
  }

  /** Whether nodes share it. */
  public static boolean isShared(Settings settings) {
    return settings.journalKind() != JournalConfig.Kind.LOCAL;
  }

  /**
   * The id of the node of these settings; empty if it has never run.
   *
   * @throws IOException if what it keeps of itself cannot be read
   */
  public static Optional<String> node(Settings settings) throws IOException {
    return NodeHome.kept(settings.dataDirectory(), settings.node());
  }
}
