package dev.sluice.http.auth;

import static dev.sluice.testing.TokenFiles.line;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.sluice.testing.TokenFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TokensEditTest {
  private static final int ANOTHER_USER = 54_321;

  @TempDir private Path folder;
  private Path path;

  @BeforeEach
  void name() {
    path = folder.resolve("tokens");
  }

  @Test
  void makesAFileThatOnlyItsOwnerMayUse() throws IOException {
    new TokensEdit(path).add(token("a"));

    assertThat(path).hasContent(line("a", "write name=a"));
    assertThat(mode(path)).isEqualTo("rw-------");
    assertThat(new TokensFile(path, Duration.ofHours(1)).tokens()).isNotNull();
    assertThat(folder).isDirectoryNotContaining("glob:**.next");
  }

  @Test
  void leavesAllOtherLinesAsTheyAre() throws IOException {
    String before = "# ours\n\n  " + line("b", "write   name=b # bee") + "\n#end\n";
    TokenFiles.replace(path, before, "rw-------");

    new TokensEdit(path).add(token("a"));
    assertThat(path).hasContent(before + line("a", "write name=a"));

    new TokensEdit(path).revoke("b");
    assertThat(path).hasContent("# ours\n\n#end\n" + line("a", "write name=a"));
  }

  @Test
  void keepsOwnerAndTheGroupsRightToRead() throws IOException {
    TokenFiles.replace(path, line("b", "write") + "\n", "rw-r-----");
    boolean root = Files.getAttribute(path, "unix:uid").equals(0);
    if (root) {
      Files.setAttribute(path, "unix:uid", ANOTHER_USER);
      Files.setAttribute(path, "unix:gid", ANOTHER_USER);
    }

    new TokensEdit(path).add(token("a"));

    assertThat(mode(path)).isEqualTo("rw-r-----");
    assumeTrue(root, "only root can give files away");
    assertThat(Files.getAttribute(path, "unix:uid")).isEqualTo(ANOTHER_USER);
    assertThat(Files.getAttribute(path, "unix:gid")).isEqualTo(ANOTHER_USER);
  }

  @Test
  void takesTheRightsOfEverybodyElse() throws IOException {
    TokenFiles.replace(path, line("b", "write") + "\n", "rw-r--r--");

    new TokensEdit(path).add(token("a"));

    assertThat(mode(path)).isEqualTo("rw-r-----");
  }

  @Test
  void changesTheFileThatALinkLeadsTo() throws IOException {
    TokenFiles.write(path, line("b", "write"));
    Path link = Files.createSymbolicLink(folder.resolve("link"), path);

    new TokensEdit(link).add(token("a"));

    assertThat(link).isSymbolicLink();
    assertThat(new TokensEdit(path).read().named("a")).isPresent();
  }

  @Test
  void refusesASecondOfTheSameNameOrHash() throws IOException {
    new TokensEdit(path).add(token("a"));

    assertThatThrownBy(() -> new TokensEdit(path).add(token("a")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(path + " has a already: choose another name, or revoke that first");
    assertThatThrownBy(
            () -> new TokensEdit(path).add(TokenLine.parse(line("a", "read name=b")).orElseThrow()))
        .hasMessageContaining("has a already");
  }

  @Test
  void doesNotRevokeWhatIsNotThereOrTheOnlyOne() throws IOException {
    assertThatThrownBy(() -> new TokensEdit(path).revoke("a"))
        .isInstanceOf(NoSuchFileException.class);
    assertThat(path).doesNotExist();
    new TokensEdit(path).add(token("a"));

    assertThatThrownBy(() -> new TokensEdit(path).revoke("b")).hasMessageContaining("has no b");
    assertThatThrownBy(() -> new TokensEdit(path).revoke("a"))
        .hasMessageStartingWith("a is the only one in " + path)
        .hasMessageEndingWith("add another first");
    assertThat(new TokensEdit(path).read().named("a")).isPresent();
  }

  @Test
  void revokesALineWithoutANameByTheOneThatIsShown() throws IOException {
    TokenFiles.write(path, line("a", "write"), line("b", "write"));
    String shown = new TokensEdit(path).read().tokens().getFirst().name();

    new TokensEdit(path).revoke(shown);

    assertThat(path).hasContent(line("b", "write"));
  }

  @Test
  void doesNotHideWhatIsWrongWithAFile() {
    String good = line("b", "write") + "\n";
    List<Path> wrong =
        List.of(
            TokenFiles.replace(folder.resolve("open"), good, "rw-rw----"),
            TokenFiles.replace(folder.resolve("cut"), good + "sha256:", "rw-------"),
            TokenFiles.replace(folder.resolve("bad"), good + "b write\n", "rw-------"));

    for (Path file : wrong) {
      assertThatThrownBy(() -> new TokensEdit(file).add(token("a")))
          .isInstanceOf(TokensFileException.class)
          .hasMessageContaining(file.toString());
      assertThat(file).content().startsWith(good);
    }
  }

  @Test
  void losesNothingWhenManyChangeItAtTheSameTime() throws Exception {
    List<Future<?>> editors = new ArrayList<>();
    try (var threads = Executors.newFixedThreadPool(8)) {
      for (int i = 0; i < 40; i++) {
        TokenLine token = token("t" + i);
        editors.add(
            threads.submit(() -> {
              new TokensEdit(path).add(token);
              return token;
            }));
      }
      for (Future<?> editor : editors) {
        editor.get();
      }
    }

    assertThat(new TokensEdit(path).read().tokens()).hasSize(40);
  }

  private static TokenLine token(String name) {
    return TokenLine.parse(line(name, "write name=" + name)).orElseThrow();
  }

  private static String mode(Path file) throws IOException {
    return PosixFilePermissions.toString(Files.getPosixFilePermissions(file));
  }
}
