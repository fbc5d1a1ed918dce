package dev.sluice.files;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

@DisabledOnOs(OS.WINDOWS)
class PrivateFilesTest {
  @TempDir Path folder;

  @Test
  void makesFilesAndFoldersForThisUserAlone() throws IOException {
    Path inner = folder.resolve("a/b");
    Path file = inner.resolve("c");

    PrivateFiles.createDirectories(inner);
    PrivateFiles.createFile(file);
    PrivateFiles.createDirectory(folder.resolve("d"));
    PrivateFiles.open(folder.resolve("e"), StandardOpenOption.CREATE, StandardOpenOption.WRITE)
        .close();
    PrivateFiles.write(folder.resolve("f"), "text");

    assertThat(mode(folder.resolve("a"))).isEqualTo("rwx------");
    assertThat(mode(inner)).isEqualTo("rwx------");
    assertThat(mode(folder.resolve("d"))).isEqualTo("rwx------");
    for (Path each : new Path[] {file, folder.resolve("e"), folder.resolve("f")}) {
      assertThat(mode(each)).isEqualTo("rw-------");
    }
    assertThatThrownBy(() -> PrivateFiles.createFile(file))
        .isInstanceOf(FileAlreadyExistsException.class);
  }

  @Test
  void replacesAllOfAFileThatIsThere() throws IOException {
    Path file = Files.writeString(folder.resolve("f"), "much longer than the next");

    PrivateFiles.write(file, "short");
    assertThat(file).content().isEqualTo("short");
    try (OutputStream out = PrivateFiles.newOutputStream(file)) {
      out.write('x');
    }

    assertThat(file).content().isEqualTo("x");
  }

  @Test
  void keepsASecretOnceMade() throws IOException {
    Path file = folder.resolve("secret");

    String first = PrivateFiles.secret(file);

    assertThat(first).matches("[0-9a-f]{32}").isEqualTo(PrivateFiles.secret(file));
    assertThat(PrivateFiles.secret(folder.resolve("other"))).isNotEqualTo(first);
    assertThat(mode(file)).isEqualTo("rw-------");
    Files.writeString(file, "\n");
    assertThatThrownBy(() -> PrivateFiles.secret(file)).hasMessageContaining("is empty: delete it");
  }

  @Test
  void takesTheRightsOfOthersAndNoneOfThisUser() throws IOException {
    Path program = Files.createFile(folder.resolve("program"));
    Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("r-xr-xr-x"));

    assertThat(PrivateFiles.isOpenToOthers(program)).isTrue();
    PrivateFiles.closeToOthers(program);

    assertThat(mode(program)).isEqualTo("r-x------");
    assertThat(PrivateFiles.isOpenToOthers(program)).isFalse();
  }

  private static String mode(Path path) throws IOException {
    return PosixFilePermissions.toString(Files.getPosixFilePermissions(path));
  }
}
