package dev.sluice.ingest.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.http.RawHttp;
import dev.sluice.http.RawHttp.Answer;
import dev.sluice.testing.TightJournal;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What clients are told by a real journal that is full. */
@Tag("slow")
class JournalFullTest {
  @TempDir private Path folder;

  @Test
  void asksForTenSecondsOrMoreAndForMoreTheLongerItIsFull() {
    String lines = "temp,host=h value=21.5\n".repeat(10_000);

    try (var server = new IngestServer();
        TightJournal journal = new TightJournal(folder, server.kept);
        RawHttp http = server.connect()) {
      server.journal = journal::append;
      journal.stall();
      Answer answer = http.post("/write", "", lines);
      for (int i = 0; i < 100 && answer.status() == 204; i++) {
        answer = http.post("/write", "", lines);
      }

      assertThat(answer.status()).isEqualTo(503);
      assertThat(answer.body()).contains("nothing was stored, try again");
      assertThat(answer.header("Retry-After")).isEqualTo("10");
      await()
          .atMost(Duration.ofMinutes(2))
          .pollInterval(Duration.ofSeconds(1))
          .until(() -> Integer.parseInt(http.post("/write", "", lines).header("Retry-After")) > 10);
    }
  }
}
