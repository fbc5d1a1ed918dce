package dev.sluice.files;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.files.AtomicFile.Step;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AtomicFileTest {
  @TempDir Path data;

  @Test
  void replacesAFileAndMakesItsDirectories() throws IOException {
    Path file = data.resolve("a/b/file");
    List<Step> steps = new ArrayList<>();
    AtomicFile writer = new AtomicFile(steps::add);

    writer.replace(file, "old and longer");
    writer.replace(file, "grün");

    assertThat(file).hasContent("grün");
    assertThat(file.getParent()).isDirectoryNotContaining("glob:**.next");
    assertThat(steps).startsWith(Step.values()).endsWith(Step.values()).hasSize(6);
  }

  @Test
  void writesMoreThanItBuffers() throws IOException {
    Path file = data.resolve("file");

    new AtomicFile()
        .replace(
            file,
            out -> {
              for (int i = 0; i < 100_000; i++) {
                out.write('x');
              }
            });

    assertThat(Files.size(file)).isEqualTo(100_000);
  }

  @ParameterizedTest
  @CsvSource({"WRITTEN, old", "RENAMED, new", "SYNCED, new"})
  void leavesTheOldOrTheNewContentWhereverItIsKilled(Step last, String left) throws IOException {
    Path file = data.resolve("file");
    new AtomicFile().replace(file, "old");

    assertThatThrownBy(() -> Broken.killedAfter(last).replace(file, "new"))
        .isInstanceOf(Broken.Killed.class);

    assertThat(file).hasContent(left);
    new AtomicFile().replace(file, "later");
    assertThat(file).hasContent("later");
  }

  @Test
  void keepsTheOldContentWhenTheNewOneCannotBeWritten() throws IOException {
    Path file = data.resolve("file");
    new AtomicFile().replace(file, "old");

    assertThatThrownBy(() ->
            new AtomicFile()
                .replace(
                    file,
                    out -> {
                      out.write('n');
                      throw new IOException("no space left");
                    }))
        .hasMessage("no space left");

    assertThat(file).hasContent("old");
  }

  @Test
  @DisabledOnOs(OS.WINDOWS)
  void makesMissingFoldersOfAGuardedFileForThisUserAlone() throws IOException {
    Path file = data.resolve("a/b/tokens");

    new AtomicFile().replaceGuarded(file, "secret");

    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
        .isEqualTo("rw-------");
    for (Path folder : List.of(data.resolve("a"), data.resolve("a/b"))) {
      assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(folder)))
          .isEqualTo("rwx------");
    }
  }
}
