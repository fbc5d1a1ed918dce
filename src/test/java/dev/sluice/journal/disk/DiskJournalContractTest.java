package dev.sluice.journal.disk;

import dev.sluice.journal.Journal;
import dev.sluice.journal.JournalConfig;
import dev.sluice.journal.JournalConfig.Ack;
import dev.sluice.journal.JournalContract;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;

class DiskJournalContractTest extends JournalContract {
  @TempDir Path directory;

  @Override
  protected Journal open() throws IOException {
    return open(64 << 20);
  }

  @Override
  protected Journal openSmall() throws IOException {
    return open(SMALL_BYTES);
  }

  private Journal open(long maxBytes) throws IOException {
    return DiskJournal.open(
        new JournalConfig(directory, Ack.OS, Duration.ofMillis(20), maxBytes, 1 << 20),
        InstantSource.system());
  }

  /** Damages the first frame of the oldest segment. */
  @Override
  protected void loseOldest() throws IOException {
    try (Stream<Path> files = Files.list(directory)) {
      Path oldest =
          files.filter(file -> file.toString().endsWith(".log")).sorted().findFirst().orElseThrow();
      try (RandomAccessFile file = new RandomAccessFile(oldest.toFile(), "rw")) {
        file.seek(4_096);
        file.write(new byte[64]);
      }
    }
  }
}
