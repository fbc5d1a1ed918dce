package dev.sluice.store.questdb.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.sluice.store.questdb.QuestDbConfig;
import dev.sluice.store.questdb.TestConfigs;
import io.questdb.cairo.CairoException;
import io.questdb.std.Files;
import io.questdb.std.MemoryTag;
import io.questdb.std.Os;
import io.questdb.std.Unsafe;
import io.questdb.std.str.Path;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Scanner;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class EngineFilesTest {
  private static final int BYTES = 1 << 20;

  @TempDir private java.nio.file.Path directory;
  private final EngineFiles files = new EngineFiles(new Mappings(Mappings.USUAL_LIMIT));
  private java.nio.file.Path file;
  private long fd;
  private long address;

  @BeforeEach
  void mapAFile() {
    Os.init();
    file = directory.resolve("column.d");
    try (Path path = new Path().of(file.toString())) {
      fd = files.openRW(path.$(), 0);
    }
    files.truncate(fd, BYTES);
    address = files.mmap(fd, BYTES, 0, Files.MAP_RW, MemoryTag.MMAP_DEFAULT);
  }

  @AfterEach
  void unmap() {
    files.munmap(address, BYTES, MemoryTag.MMAP_DEFAULT);
    files.close(fd);
  }

  @Test
  void makesFilesForThisUserAlone() throws IOException {
    java.nio.file.Path touched = directory.resolve("symbols.c");
    try (Path path = new Path().of(touched.toString())) {
      assertThat(files.touch(path.$())).isTrue();
    }

    for (java.nio.file.Path made : List.of(file, touched)) {
      assertThat(java.nio.file.Files.getPosixFilePermissions(made))
          .isEqualTo(PosixFilePermissions.fromString("rw-------"));
    }
  }

  @Test
  void keepsWhatAMappingHolds() throws IOException {
    fill(1);
    files.msync(address, BYTES, false);
    assertHolds(1);
    fill(2);
    files.msync(address, BYTES, true);
    assertHolds(2);
  }

  /** Or the kernel would take the entries away one by one: the point of the class. */
  @Test
  void leavesTheKernelNoEntriesToProtect() throws IOException {
    assumeTrue(isLinuxFrom(5, 18), "the advice is of Linux 5.18");
    fill(1);
    assertThat(residentBytes()).isEqualTo(BYTES);
    files.msync(address, BYTES, false);
    assertThat(residentBytes()).isZero();
  }

  @Test
  void isWhatTheEngineIsGiven() throws IOException {
    QuestDbConfig config = TestConfigs.embedded(directory);
    assertThat(
            EngineSettings.of(config, Mappings.here(), ConsoleLogin.of(config))
                .getCairoConfiguration()
                .getFilesFacade())
        .isInstanceOf(EngineFiles.class);
  }

  /** Not by an unmapped range: another thread may have mapped its own memory there meanwhile. */
  @Test
  void reportsASyncThatFails() {
    assertThatThrownBy(() -> files.msync(address + 1, 1, false))
        .isInstanceOf(CairoException.class)
        .hasMessageContaining("could not msync");
  }

  @Test
  void mapsNoMoreForReadersThanTheyMayHave() {
    Mappings few = new Mappings(4);
    EngineFiles bounded = new EngineFiles(few);
    long first = bounded.mmap(fd, 4_096, 0, Files.MAP_RO, MemoryTag.MMAP_TABLE_READER);
    long second = bounded.mmap(fd, 8_192, 0, Files.MAP_RO, MemoryTag.MMAP_TABLE_READER);

    assertThat(bounded.mmap(fd, BYTES, 0, Files.MAP_RO, MemoryTag.MMAP_TABLE_READER))
        .isEqualTo(EngineFiles.MAP_FAILED);
    long writers = bounded.mmap(fd, BYTES, 0, Files.MAP_RO, MemoryTag.MMAP_TABLE_WRITER);
    assertThat(writers).isPositive();
    bounded.munmap(writers, BYTES, MemoryTag.MMAP_TABLE_WRITER);
    bounded.munmap(first, 4_096, MemoryTag.MMAP_TABLE_READER);
    long again = bounded.mmap(fd, BYTES, 0, Files.MAP_RO, MemoryTag.MMAP_TABLE_READER);

    assertThat(again).isPositive();
    bounded.munmap(again, BYTES, MemoryTag.MMAP_TABLE_READER);
    bounded.munmap(second, 8_192, MemoryTag.MMAP_TABLE_READER);
    assertThat(few.taken()).isZero();
  }

  /** Twice a day since the first reading, where it lies in the far past or future. */
  @Test
  void knowsOfNoFolderLeftBehindWithoutAskingTheDisk() throws IOException {
    for (String name : List.of("2026-11-26.4", "2026-11-26-x-", "x-1", "2026-11-26-x-17")) {
      java.nio.file.Path folder = java.nio.file.Files.createDirectories(directory.resolve(name));
      try (Path path = new Path().of(folder.toString())) {
        assertThat(files.exists(path.$())).as(name).isEqualTo(!name.equals("2026-11-26-x-17"));
      }
    }
  }

  private void fill(int round) {
    for (long at = 0; at < BYTES; at += Long.BYTES) {
      Unsafe.getUnsafe().putLong(address + at, at * round);
    }
  }

  private void assertHolds(int round) throws IOException {
    byte[] stored = java.nio.file.Files.readAllBytes(file);
    ByteBuffer longs = ByteBuffer.wrap(stored).order(ByteOrder.nativeOrder());
    assertThat(stored).hasSize(BYTES);
    for (int at = 0; at < BYTES; at += Long.BYTES) {
      assertThat(longs.getLong(at)).isEqualTo((long) at * round);
      assertThat(Unsafe.getUnsafe().getLong(address + at)).isEqualTo((long) at * round);
    }
  }

  /** Of the mapping, as {@code /proc/self/smaps} has it in kB. */
  private long residentBytes() throws IOException {
    List<String> lines =
        java.nio.file.Files.readAllLines(java.nio.file.Path.of("/proc/self/smaps"));
    int at = 0;
    while (!lines.get(at).startsWith(Long.toHexString(address) + "-")) {
      at++;
    }
    while (!lines.get(at).startsWith("Rss:")) {
      at++;
    }
    return 1024 * Long.parseLong(lines.get(at).replaceAll("\\D", ""));
  }

  private static boolean isLinuxFrom(int major, int minor) {
    if (!Os.isLinux()) {
      return false;
    }
    Scanner version = new Scanner(System.getProperty("os.version")).useDelimiter("\\D");
    int ours = version.nextInt();
    return ours > major || (ours == major && version.nextInt() >= minor);
  }
}
