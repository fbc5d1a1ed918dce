package dev.sluice.http.auth;

import static dev.sluice.testing.TokenFiles.line;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.sluice.http.auth.TokensFileException.Fault;
import dev.sluice.testing.TokenFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class TokensFileTest {
  private static final Duration STALE_AFTER = Duration.ofHours(24);
  private static final Instant NOW = Instant.parse("2026-11-26T12:00:00Z");
  private static final int ANOTHER_USER = 54_321;

  @TempDir private Path folder;
  private Path path;
  private final AtomicLong nanos = new AtomicLong();

  @BeforeEach
  void write() {
    path =
        TokenFiles.write(folder.resolve("tokens"), "# two", line("a", "write"), line("b", "read"));
  }

  @Test
  void countsWhatIsValidAndWhatHasExpired() throws IOException {
    TokenFiles.write(
        path,
        line("a", "write"),
        line("b", "write until=2026-11-26T12:00:00Z"),
        "cert:" + line("c", "admin until=2026-11-26T12:00:01Z"));

    TokensFile file = open();

    assertThat(file.valid(NOW)).isEqualTo(2);
    assertThat(file.expired(NOW)).isEqualTo(1);
  }

  @ParameterizedTest
  @EnumSource(Fault.class)
  void isRefusedAtTheStart(Fault fault) throws IOException {
    spoil(fault);

    if (fault == Fault.UNREADABLE) {
      assertThatThrownBy(this::open).isInstanceOf(NoSuchFileException.class);
    } else {
      assertThatThrownBy(this::open)
          .isInstanceOfSatisfying(
              TokensFileException.class, e -> assertThat(e.fault()).isEqualTo(fault))
          .hasMessageContaining(path.toString());
    }
  }

  @ParameterizedTest
  @EnumSource(Fault.class)
  void saysInWordsWhyItIsRefusedAndHowLongTheOldTokensCount(Fault fault) throws IOException {
    TokensFile file = open();
    file.look();
    assertThat(file.problem()).isEmpty();
    spoil(fault);

    advance(Duration.ofHours(1));
    file.look();
    assertThat(file.problem().orElseThrow())
        .startsWith("the tokens file is refused, and the tokens read before are valid for another")
        .contains(" 23 h: ", path.toString());

    advance(Duration.ofMinutes(22 * 60 + 30));
    file.look();
    assertThat(file.problem().orElseThrow()).contains("valid for another 30 min: ");

    advance(Duration.ofHours(1));
    file.look();
    assertThat(file.problem().orElseThrow())
        .startsWith("no token is valid any more")
        .contains("auth.stale-after", path.toString());

    write();
    file.look();
    assertThat(file.problem()).isEmpty();
  }

  @ParameterizedTest
  @EnumSource(Fault.class)
  void keepsTheOldTokensUntilTheyAreStale(Fault fault) throws IOException {
    TokensFile file = open();
    advance(Duration.ofHours(1));
    file.look();
    Tokens before = file.tokens();
    spoil(fault);

    advance(STALE_AFTER);
    file.look();
    file.look();

    assertThat(file.tokens()).isSameAs(before);
    assertThat(file.refused(fault)).isEqualTo(1);
    assertThat(file.age()).isEqualTo(STALE_AFTER);

    advance(Duration.ofSeconds(1));
    file.look();

    assertThat(file.tokens()).isNull();
    assertThat(file.valid(NOW)).isZero();
    assertThat(file.expired(NOW)).isZero();
    assertThat(file.refused(fault)).isEqualTo(1);
  }

  @ParameterizedTest
  @EnumSource(Fault.class)
  void countsAgainAsSoonAsItIsPutRight(Fault fault) throws IOException {
    TokensFile file = open();
    spoil(fault);
    advance(STALE_AFTER.plusSeconds(1));
    file.look();
    assertThat(file.tokens()).isNull();

    Files.deleteIfExists(path);
    TokenFiles.write(path, line("c", "write"));
    file.look();

    assertThat(file.valid(NOW)).isEqualTo(1);
    assertThat(file.age()).isZero();
  }

  @Test
  void readsAFileThatWasReplaced() throws IOException {
    TokensFile file = open();

    TokenFiles.write(path, line("a", "write"), line("b", "read"), line("c", "read"));
    file.look();

    assertThat(file.valid(NOW)).isEqualTo(3);
  }

  @Test
  void noticesAModeThatChangesWithoutTheContent() throws IOException {
    TokensFile file = open();

    Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rw-rw----"));
    file.look();

    assertThat(file.refused(Fault.MODE)).isEqualTo(1);
  }

  @Test
  void takesAFileThatOthersMayRead() {
    TokenFiles.replace(path, line("a", "write") + "\n", "rw-r--r--");

    assertThatCode(this::open).doesNotThrowAnyException();
  }

  @Test
  void followsALinkAsMountedSecretsHaveIt() throws IOException {
    Path link = Files.createSymbolicLink(folder.resolve("link"), path);
    TokensFile file = new TokensFile(link, STALE_AFTER, nanos::get);

    TokenFiles.write(path, line("c", "write"));
    file.look();

    assertThat(file.valid(NOW)).isEqualTo(1);
  }

  @Test
  void namesTheLineAndBothOfTwoThatAreTheSame() {
    TokenFiles.write(path, line("a", "write name=x"), "", line("b", "read name=x"));
    assertThatThrownBy(this::open)
        .hasMessage(path + ":3: line 1 has the same name, x: give each its own");

    TokenFiles.write(path, line("a", "write"), line("a", "read"));
    assertThatThrownBy(this::open).hasMessageContaining(path + ":2: line 1 has the same hash");
  }

  private void spoil(Fault fault) throws IOException {
    String good = line("a", "write") + "\n";
    switch (fault) {
      case UNREADABLE -> Files.delete(path);
      case MODE -> TokenFiles.replace(path, good, "rw--w----");
      case OWNER -> {
        TokenFiles.replace(path, good, "rw-------");
        assumeTrue(Files.getAttribute(path, "unix:uid").equals(0), "only root can give files away");
        Files.setAttribute(path, "unix:uid", ANOTHER_USER);
      }
      case SIZE -> TokenFiles.replace(path, good + "#".repeat(16 << 20) + "\n", "rw-------");
      case EMPTY -> TokenFiles.replace(path, "# nothing\n\n", "rw-------");
      case CUT -> TokenFiles.replace(path, good + line("b", "write"), "rw-------");
      case LINE -> TokenFiles.replace(path, good + "sha256:12 write\n", "rw-------");
    }
  }

  private TokensFile open() throws IOException {
    return new TokensFile(path, STALE_AFTER, nanos::get);
  }

  private void advance(Duration by) {
    nanos.addAndGet(by.toNanos());
  }
}
