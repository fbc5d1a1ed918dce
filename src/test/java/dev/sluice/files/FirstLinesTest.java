package dev.sluice.files;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FirstLinesTest {
  @TempDir Path folder;
  private Path file;

  @BeforeEach
  void name() {
    file = folder.resolve("lines");
  }

  @Test
  void readsNothingWhereThereIsNoFile() throws IOException {
    assertThat(FirstLines.of(file, 10, 100))
        .isEqualTo(new FirstLines(0, java.util.List.of(), false));
  }

  @Test
  void readsAllOfASmallFile() throws IOException {
    Files.writeString(file, "ä\n\nb\n");

    FirstLines first = FirstLines.of(file, 10, 100);

    assertThat(first.lines()).containsExactly("ä", "", "b");
    assertThat(first.bytes()).isEqualTo(6);
    assertThat(first.more()).isFalse();
  }

  @Test
  void readsNoMoreLinesThanAskedFor() throws IOException {
    Files.writeString(file, "a\nb\nc\n");

    FirstLines first = FirstLines.of(file, 2, 100);

    assertThat(first.lines()).containsExactly("a", "b");
    assertThat(first.more()).isTrue();
  }

  @Test
  void readsNoMoreBytesThanAskedFor() throws IOException {
    Files.writeString(file, "a\n" + "b".repeat(100) + "\n");

    FirstLines first = FirstLines.of(file, 10, 50);

    assertThat(first.lines()).containsExactly("a");
    assertThat(first.bytes()).isEqualTo(103);
    assertThat(first.more()).isTrue();
  }

  @Test
  void leavesOutALineThatIsBeingWritten() throws IOException {
    Files.writeString(file, "a\n{\"device");

    FirstLines first = FirstLines.of(file, 10, 100);

    assertThat(first.lines()).containsExactly("a");
    assertThat(first.more()).isTrue();
  }
}
