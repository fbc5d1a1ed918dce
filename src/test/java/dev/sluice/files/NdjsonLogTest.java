package dev.sluice.files;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.sluice.files.AtomicFile.Step;
import dev.sluice.files.NdjsonLog.Contents;
import dev.sluice.files.NdjsonLog.DamagedException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NdjsonLogTest {
  private static final String ONE = "{\"n\":1}\n";
  private static final String TWO = "{\"n\":2}\n";

  @TempDir Path data;

  private final List<String> read = new ArrayList<>();
  private Path file;
  private NdjsonLog log;

  @BeforeEach
  void place() {
    file = data.resolve("kept/log.ndjson");
    log = new NdjsonLog(file);
  }

  @Test
  void appendsBehindWhatIsThere() throws IOException {
    assertThat(log.exists()).isFalse();
    assertThat(log.bytes()).isZero();

    log.append(ONE);
    log.appendAndSync(TWO + TWO);
    new NdjsonLog(file).appendAndSync(ONE);

    assertThat(contents()).isEqualTo(new Contents(4, false));
    assertThat(read).containsExactly("{\"n\":1}", "{\"n\":2}", "{\"n\":2}", "{\"n\":1}");
    assertThat(log.bytes()).isEqualTo(4L * ONE.length()).isEqualTo(Files.size(file));
  }

  @Test
  void beginsAnewWhenTheFileWasMovedAway() throws IOException {
    log.appendAndSync(ONE);
    Files.move(file, data.resolve("away"));

    log.appendAndSync(TWO);

    assertThat(Files.readString(file)).isEqualTo(TWO);
  }

  @Test
  void readsWholeLinesOnlyWhereverACrashCutsTheFile() throws IOException {
    log.appendAndSync(ONE + TWO);
    byte[] whole = Files.readAllBytes(file);

    for (int cut = 0; cut <= whole.length; cut++) {
      Files.write(file, Arrays.copyOf(whole, cut));

      assertThat(contents()).isEqualTo(new Contents(cut / ONE.length(), cut % ONE.length() != 0));
    }
  }

  @Test
  void leavesATornLineOnALineOfItsOwn() throws IOException {
    log.appendAndSync(ONE + "{\"n\":");
    assertThat(log.bytes()).isEqualTo(Files.size(file) + 1);

    log.appendAndSync(TWO);

    assertThat(Files.readString(file)).isEqualTo(ONE + "{\"n\":\n" + TWO);
  }

  @Test
  void fillsTheFileToItsLimitAndSaysWhatItHolds() throws IOException {
    long limit = 2L * ONE.length();
    log = new NdjsonLog(file, limit, "(log.max-bytes): move it away");
    log.appendAndSync(ONE);

    assertThatThrownBy(() -> log.appendAndSync(TWO + TWO))
        .hasMessage("it holds 8 bytes, allowed are 16 (log.max-bytes): move it away");
    assertThat(Files.readString(file)).as("nothing of it").isEqualTo(ONE);
    log.appendAndSync(TWO);
    assertThatThrownBy(() -> log.append(ONE)).hasMessageStartingWith("it holds 16 bytes");

    assertThat(Files.size(file)).isEqualTo(limit);
    Files.delete(file);
    log.appendAndSync(ONE);
    assertThat(Files.readString(file)).isEqualTo(ONE);
  }

  @Test
  void countsTheEndOfATornLineAgainstTheLimit() throws IOException {
    log = new NdjsonLog(file, 2L + ONE.length(), "");
    log.append("{\"");

    assertThatThrownBy(() -> log.append(ONE)).isInstanceOf(IOException.class);

    assertThat(Files.readString(file)).isEqualTo("{\"");
  }

  @Test
  void reportsWhereAWholeLineIsDamaged() throws IOException {
    log.appendAndSync(ONE + "x\n" + TWO);

    DamagedException damaged =
        catchThrowableOfType(
            DamagedException.class,
            () ->
                log.read((text, from, end) -> {
                  if (text[from] != '{') {
                    throw new IllegalArgumentException("expected {");
                  }
                  read.add(new String(text, from, end - from, StandardCharsets.UTF_8));
                }));

    assertThat(damaged.position()).isEqualTo(ONE.length());
    assertThat(damaged).hasMessageContaining(file.toString()).hasMessageContaining("expected {");
    assertThat(read).containsExactly("{\"n\":1}");
    assertThat(log.setAside(".damaged")).hasContent(ONE + "x\n" + TWO);
    assertThat(log.exists()).isFalse();
  }

  @ParameterizedTest
  @CsvSource({"WRITTEN, 1", "RENAMED, 2", "SYNCED, 2"})
  void holdsTheOldOrTheNewLinesWhereverARewriteIsKilled(Step last, String left) throws IOException {
    log.appendAndSync(ONE);
    NdjsonLog dying = new NdjsonLog(file, Long.MAX_VALUE, "", Broken.killedAfter(last));

    assertThatThrownBy(() -> dying.rewrite(TWO)).isInstanceOf(Broken.Killed.class);

    assertThat(Files.readString(file)).isEqualTo("{\"n\":" + left + "}\n");
    log.rewrite(TWO + ONE);
    log.append(ONE);
    assertThat(Files.readString(file)).isEqualTo(TWO + ONE + ONE);
  }

  @Test
  void isGoneOnceDeleted() throws IOException {
    log.appendAndSync(ONE);

    log.delete();
    log.delete();

    assertThat(file).doesNotExist();
    log.appendAndSync(TWO);
    assertThat(Files.readString(file)).isEqualTo(TWO);
  }

  @Test
  void failsWhereNothingCanBeWritten() throws IOException {
    Files.createDirectories(file);

    assertThatThrownBy(() -> log.append(ONE)).isInstanceOf(IOException.class);
    assertThatThrownBy(() -> log.rewrite(ONE)).isInstanceOf(IOException.class);

    assertThat(file).isEmptyDirectory();
  }

  private Contents contents() throws IOException {
    read.clear();
    return log.read(
        (text, from, end) -> read.add(new String(text, from, end - from, StandardCharsets.UTF_8)));
  }
}
