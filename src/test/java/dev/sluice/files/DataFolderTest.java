package dev.sluice.files;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

@DisabledOnOs(OS.WINDOWS)
class DataFolderTest {
  @TempDir Path elsewhere;
  private Path data;

  @BeforeEach
  void name() {
    data = elsewhere.resolve("data");
  }

  @Test
  void makesAFolderForThisUserAlone() throws IOException {
    DataFolder.prepare(data);

    assertThat(mode(data)).isEqualTo("rwx------");
  }

  @Test
  void closesWhatAnOlderVersionLeftOpen() throws IOException {
    open(Files.createDirectory(data), "rwxr-xr-x");
    open(Files.createDirectory(data.resolve("journal")), "rwxr-xr-x");
    open(Files.createFile(data.resolve("phase.json")), "rw-r--r--");

    DataFolder.prepare(data);

    assertThat(mode(data)).isEqualTo("rwx------");
    assertThat(mode(data.resolve("journal"))).isEqualTo("rwx------");
    assertThat(mode(data.resolve("phase.json"))).isEqualTo("rw-------");
  }

  @Test
  void leavesAFolderThatHoldsSomethingElseButClosesWhatIsSluices() throws IOException {
    open(Files.createDirectory(data), "rwxr-xr-x");
    open(Files.createDirectory(data.resolve("journal")), "rwxr-xr-x");
    open(Files.createDirectory(data.resolve("photographs")), "rwxr-xr-x");

    DataFolder.prepare(data);

    assertThat(mode(data)).isEqualTo("rwxr-xr-x");
    assertThat(mode(data.resolve("photographs"))).isEqualTo("rwxr-xr-x");
    assertThat(mode(data.resolve("journal"))).isEqualTo("rwx------");
  }

  @Test
  void followsNoLinkOutOfTheFolder() throws IOException {
    Path disk = open(Files.createDirectory(elsewhere.resolve("disk")), "rwxr-xr-x");
    Files.createDirectory(data);
    Files.createSymbolicLink(data.resolve("journal"), disk);

    DataFolder.prepare(data);

    assertThat(mode(disk)).isEqualTo("rwxr-xr-x");
    assertThat(mode(data)).isEqualTo("rwx------");
  }

  private static Path open(Path path, String mode) throws IOException {
    return Files.setPosixFilePermissions(path, PosixFilePermissions.fromString(mode));
  }

  private static String mode(Path path) throws IOException {
    return PosixFilePermissions.toString(Files.getPosixFilePermissions(path));
  }
}
