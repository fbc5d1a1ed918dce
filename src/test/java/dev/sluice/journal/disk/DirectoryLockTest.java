package dev.sluice.journal.disk;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.sluice.journal.JournalConfig;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(300)
class DirectoryLockTest {
  @TempDir Path directory;

  @Test
  void refusesTheDirectoryOfAnotherProcessByNameUntilItDies() throws Exception {
    Process holder = startHolder();
    try (BufferedReader out = holder.inputReader()) {
      assertThat(out.readLine()).isEqualTo("open");

      assertThatThrownBy(() -> open(directory))
          .isInstanceOf(IOException.class)
          .hasMessageContaining(directory.toString())
          .hasMessageContaining("process " + holder.pid());
    } finally {
      holder.destroyForcibly();
      assertThat(holder.waitFor(30, TimeUnit.SECONDS)).isTrue();
    }

    DiskJournal journal = open(directory);
    Readings.append(journal, 0, 1);
    journal.close();
  }

  @Test
  void keepsItsHoldThoughThisProcessTriesAgain() throws Exception {
    try (DiskJournal journal = open(directory)) {
      assertThatThrownBy(() -> open(directory)).hasMessageContaining("this process");

      Process second = startHolder();
      assertThat(second.waitFor(30, TimeUnit.SECONDS)).isTrue();
      assertThat(second.exitValue()).isNotZero();
      assertThat(new String(second.getErrorStream().readAllBytes(), StandardCharsets.UTF_8))
          .contains("in use by process " + ProcessHandle.current().pid());
      Readings.append(journal, 0, 1);
    }
  }

  @Test
  void knowsTheDirectoryByAnyName() throws Exception {
    Path link = Files.createSymbolicLink(directory.resolve("link"), directory);
    try (DiskJournal journal = open(directory)) {
      Readings.append(journal, 0, 1);
      assertThatThrownBy(() -> open(link)).hasMessageContaining("this process");
    }
  }

  @Test
  void letsGoWhenClosed() throws Exception {
    open(directory).close();
    Process next = startHolder();
    try (BufferedReader out = next.inputReader()) {
      assertThat(out.readLine()).isEqualTo("open");
    } finally {
      next.destroyForcibly();
      await().atMost(Duration.ofMinutes(2)).until(() -> !next.isAlive());
    }
  }

  /** What the child process runs: holds the directory until it is killed. */
  static final class Holder {
    private Holder() {}

    public static void main(String[] args) {
      try (DiskJournal journal = open(Path.of(args[0]))) {
        System.out.println("open");
        journal.awaitBeyond(0, Duration.ofMinutes(1), () -> false);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      } catch (InterruptedException e) {
        throw new AssertionError(e);
      }
    }
  }

  private Process startHolder() throws IOException {
    return new ProcessBuilder(
            Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-Dlogback.configurationFile=none",
            "-cp",
            System.getProperty("java.class.path"),
            Holder.class.getName(),
            directory.toString())
        .start();
  }

  private static DiskJournal open(Path directory) throws IOException {
    return DiskJournal.open(
        new JournalConfig(directory, JournalConfig.Ack.OS, Duration.ofMillis(20), 4 << 20, 1 << 20),
        InstantSource.system());
  }
}
