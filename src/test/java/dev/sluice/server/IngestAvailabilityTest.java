package dev.sluice.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.http.Gate;
import dev.sluice.http.connection.ListenerWatch;
import dev.sluice.journal.Journal;
import dev.sluice.journal.JournalConfig;
import dev.sluice.journal.disk.DiskJournal;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class IngestAvailabilityTest {
  @Test
  void isNotReadyBeforeTheGateOpensNorWhileTokensCannotBeChecked(@TempDir Path folder)
      throws Exception {
    var config =
        new JournalConfig(folder, JournalConfig.Ack.OS, Duration.ofMillis(50), 256 << 20, 64 << 20);
    Gate gate = new Gate();
    var tokens = new AtomicReference<>(Optional.of("tokens are stale"));
    try (Journal journal = DiskJournal.open(config, InstantSource.system());
        ListenerWatch listeners = new ListenerWatch()) {
      var ingest =
          new IngestAvailability(
              gate,
              Optional::empty,
              journal,
              () -> Objects.requireNonNull(tokens.get()),
              listeners);

      assertThat(ingest.refusal()).contains("Sluice is starting");
      gate.open();
      assertThat(ingest.refusal()).contains("tokens are stale");
      tokens.set(Optional.empty());
      assertThat(ingest.refusal()).isEmpty();
    }
  }
}
