package dev.sluice.store.questdb;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.store.StoreFact;
import dev.sluice.store.StoreFact.Verdict;
import dev.sluice.store.questdb.engine.EmbeddedQuestDb;
import dev.sluice.store.questdb.remote.RemoteQuestDb;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class QuestDbCheckupIT {
  private static final QuestDbConfig.Mode EMBEDDED = QuestDbConfig.Mode.EMBEDDED;
  private static final QuestDbConfig.Mode REMOTE = QuestDbConfig.Mode.REMOTE;

  @TempDir private Path directory;

  @Test
  void findsNothingInTheEmbeddedEngine() throws IOException {
    try (EmbeddedQuestDb database = EmbeddedQuestDb.open(TestConfigs.embedded(directory, 0, 0))) {
      QuestDbCheckup checkup = new QuestDbCheckup(database.sql(), EMBEDDED);
      assertThat(Objects.requireNonNull(facts(checkup).get("table")).seen()).isEqualTo("none yet");

      new QuestDbSchema(database.sql()::execute, database.sql()::query).migrate();
      Map<String, StoreFact> facts = facts(checkup);

      assertThat(facts.keySet()).containsExactlyInAnyOrder("cairo.commit.mode", "table");
      assertThat(facts.values()).allMatch(fact -> fact.verdict() == Verdict.FINE);
      assertThat(Objects.requireNonNull(facts.get("cairo.commit.mode")).seen()).isEqualTo("sync");
      assertThat(Objects.requireNonNull(facts.get("table")).seen()).isEqualTo("not suspended");
    }
  }

  @Test
  void findsARemoteServerThatAcknowledgesBeforeItSyncsAndThenOneThatIsSuspended()
      throws IOException {
    try (QuestDbServer server = new QuestDbServer(directory, "nosync")) {
      server.start();
      try (RemoteQuestDb database = new RemoteQuestDb(server.config())) {
        Map<String, StoreFact> facts = facts(new QuestDbCheckup(database, REMOTE));

        assertThat(Objects.requireNonNull(facts.get("cairo.commit.mode")).verdict())
            .isEqualTo(Verdict.ADVICE);
        assertThat(facts.get("cairo.commit.mode").seen()).isEqualTo("nosync");
        assertThat(Objects.requireNonNull(facts.get("writes")).verdict()).isEqualTo(Verdict.FINE);
        // A server from the bare jar does not know its version.
        assertThat(Objects.requireNonNull(facts.get("version")).verdict())
            .isEqualTo(Verdict.UNKNOWN);

        new QuestDbSchema(database::execute, database::query).migrate();
        server.suspend();
        StoreFact table =
            Objects.requireNonNull(facts(new QuestDbCheckup(database, REMOTE)).get("table"));
        assertThat(table.verdict()).isEqualTo(Verdict.BROKEN);
        assertThat(table.seen()).startsWith("suspended: ");
      }
    }
  }

  @Test
  void judgesWhatAServerAllows() {
    assertThat(QuestDbCheckup.writable(Map.of("http.security.readonly", "true")).verdict())
        .isEqualTo(Verdict.BROKEN);
    assertThat(QuestDbCheckup.writable(Map.of("line.http.enabled", "false")).verdict())
        .isEqualTo(Verdict.BROKEN);
    assertThat(QuestDbCheckup.writable(Map.of("line.http.enabled", "true")).verdict())
        .isEqualTo(Verdict.FINE);
    assertThat(version("8.1.0")).isEqualTo(Verdict.ADVICE);
    assertThat(version("9.3.4")).isEqualTo(Verdict.FINE);
    assertThat(version("10.0.0")).isEqualTo(Verdict.FINE);
  }

  @Test
  void saysThatAServerDoesNotAnswer() {
    try (RemoteQuestDb nobody = new RemoteQuestDb(TestConfigs.remote("http://127.0.0.1:1"))) {
      assertThatThrownBy(() -> new QuestDbCheckup(nobody, REMOTE).facts())
          .isInstanceOf(IOException.class)
          .hasMessageContaining("does not answer");
    }
  }

  private static Verdict version(String version) {
    String build = "Build Information: QuestDB " + version + ", JDK 17.0.11, Commit Hash c1d5";
    return QuestDbCheckup.version(List.of(List.of(build))).verdict();
  }

  private static Map<String, StoreFact> facts(QuestDbCheckup checkup) throws IOException {
    return checkup.facts().stream().collect(Collectors.toMap(StoreFact::name, fact -> fact));
  }
}
