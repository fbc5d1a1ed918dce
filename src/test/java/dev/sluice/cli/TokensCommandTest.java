package dev.sluice.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.api.Json;
import dev.sluice.api.TokenInfo;
import dev.sluice.api.TokenList;
import dev.sluice.testing.TokenFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TokensCommandTest {
  private static final String CERTIFICATE =
      """
      -----BEGIN CERTIFICATE-----
      MIIBdDCCARmgAwIBAgIUdQgmNqlpBwmob+xvaHOoS7i6VygwCgYIKoZIzj0EAwIw
      DjEMMAoGA1UEAwwDb3BzMCAXDTI2MTEyNjE2NDc1MVoYDzIxMjYxMTAyMTY0NzUx
      WjAOMQwwCgYDVQQDDANvcHMwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAAQk6xeO
      f2WkhRNEUqcIeHR8pFF3FMp/bR+H/pssUWRbCOYHXD0HNN/ftzWefaJByERA6RiX
      3BtYzw170LnT/WM8o1MwUTAdBgNVHQ4EFgQU80Z7ax/zWElvKefRrsx/w4iUqBAw
      HwYDVR0jBBgwFoAU80Z7ax/zWElvKefRrsx/w4iUqBAwDwYDVR0TAQH/BAUwAwEB
      /zAKBggqhkjOPQQDAgNJADBGAiEAxv7/cEqtbpCD44pm6EmvHVdL3wclmiVgAXUo
      vs2j6/ECIQDPpc3c8SUZvIYjCHVnyjooLWHjaAXWYu+m90o1+nGjuA==
      -----END CERTIFICATE-----
      """;

  /** As {@code openssl x509 -fingerprint -sha256} has it. */
  private static final String FINGERPRINT =
      "3dc0137c453d26aa940a7916574d99b22a7b3b23d524a69187e0ada5ac8805ed";

  @TempDir private Path folder;
  private Path file;
  private final CommandRun command = new CommandRun(1);

  @BeforeEach
  void name() {
    file = folder.resolve("tokens");
  }

  @Test
  void printsANewTokenOnceAndKeepsItsHash() throws IOException {
    assertThat(
            run(
                "add",
                "fleet-1",
                "--scopes",
                "write,read",
                "--until",
                "2126-12-31",
                "--from",
                "10.1.0.0/16",
                "--devices",
                "fleet-1-*",
                "--readings-per-second",
                "0",
                "--bytes-per-second",
                "1MiB",
                "--concurrent-requests",
                "4"))
        .isZero();

    String secret = command.out().strip();
    assertThat(secret).matches("slc_[A-Za-z0-9_-]{43}");
    assertThat(command.err())
        .contains("added fleet-1 to " + file, "cannot be shown again")
        .doesNotContain(secret);
    assertThat(Files.readString(file))
        .isEqualTo(
            TokenFiles.line(
                secret,
                "write,read name=fleet-1 until=2127-01-01T00:00:00Z from=10.1.0.0/16"
                    + " devices=fleet-1-* readings-per-second=0 bytes-per-second=1048576"
                    + " concurrent-requests=4\n"));
  }

  @Test
  void addsACertificateByItsFile() throws IOException {
    Path pem = Files.writeString(folder.resolve("ops.pem"), CERTIFICATE);

    assertThat(run("add", "ops", "--scopes", "admin", "--certificate", pem.toString())).isZero();

    assertThat(command.out()).isEmpty();
    assertThat(Files.readString(file))
        .isEqualTo("cert:sha256:" + FINGERPRINT + " admin name=ops\n");
  }

  @Test
  void listsWhatEachLineAllowsAndNoHash() {
    TokenFiles.write(
        file,
        TokenFiles.line("a", "write name=fleet-1 devices=f-* from=10.0.0.0/8"),
        TokenFiles.line("b", "read,admin until=2020-01-01 readings-per-second=1000"));

    assertThat(command.run("tokens", "--set", "auth.tokens-file=" + file)).isZero();

    assertThat(command.out())
        .containsPattern("name +kind +may +until +from +devices +limits")
        .containsPattern("fleet-1 +token +write +- +10.0.0.0/8 +f-\\* +-")
        .containsPattern(
            "token:[0-9a-f]{8} +token +read,admin +expired 2020-01-02T00:00:00Z +any +any +1,000"
                + " readings/s")
        .contains("2 lines in " + file + ", 1 of them expired")
        .doesNotContain(TokenFiles.line("a", "").substring(7, 16))
        .doesNotContain(TokenFiles.line("b", "").substring(7, 16));
  }

  @Test
  void listsAsJson() throws Exception {
    TokenFiles.write(file, TokenFiles.line("a", "write name=fleet-1 bytes-per-second=1KiB"));

    assertThat(run("list", "--json")).isZero();

    assertThat(Json.read(command.out(), TokenList.class))
        .isEqualTo(
            new TokenList(
                file.toString(),
                List.of(
                    new TokenInfo(
                        "fleet-1",
                        "token",
                        List.of("write"),
                        null,
                        false,
                        List.of(),
                        null,
                        null,
                        1024L,
                        null))));
  }

  @Test
  void revokesByName() throws IOException {
    TokenFiles.write(
        file, TokenFiles.line("a", "write name=a"), TokenFiles.line("b", "write name=b"));

    assertThat(run("revoke", "a")).isZero();
    assertThat(command.err()).contains("revoked a");
    assertThat(Files.readString(file)).isEqualTo(TokenFiles.line("b", "write name=b\n"));

    assertThat(run("revoke", "a")).isEqualTo(1);
    assertThat(command.err()).contains("has no a");
    assertThat(run("revoke", "b")).isEqualTo(1);
    assertThat(command.err()).contains("add another first");
  }

  @Test
  void checksTheFile() {
    TokenFiles.replace(file, TokenFiles.line("a", "write") + "\n", "rw-r--r--");
    assertThat(run("check")).isZero();
    assertThat(command.out()).contains("1 line in " + file);
    assertThat(command.err()).contains("chmod 600");

    TokenFiles.replace(file, "# none\n", "rw-------");
    assertThat(run("check")).isEqualTo(1);
    assertThat(command.err()).contains("holds no token");

    TokenFiles.replace(file, TokenFiles.line("a", "write") + "\n", "rw-rw----");
    assertThat(run("check")).isEqualTo(1);
    assertThat(command.err()).contains("has mode 660", "chmod 600");
  }

  @Test
  void checksATokenFromStandardInput() {
    TokenFiles.write(
        file,
        TokenFiles.line("open sesame", "write name=a"),
        TokenFiles.line("late", "write name=b until=2020-01-01"));

    command.in = "open sesame\n";
    assertThat(run("check", "--stdin")).isZero();
    assertThat(command.out()).contains("a ", "write").doesNotContain("sesame", "b ");

    command.in = "late";
    assertThat(run("check", "--stdin")).isEqualTo(1);
    assertThat(command.out()).contains("expired 2020-01-02T00:00:00Z");

    command.in = "open";
    assertThat(run("check", "--stdin")).isEqualTo(1);
    assertThat(command.err()).contains("no line of " + file).doesNotContain("open");
  }

  @Test
  void saysWhatIsMissing() {
    assertThat(run("list")).isEqualTo(1);
    assertThat(command.err()).contains(file + " is not there: sluice tokens add creates it");

    assertThat(command.run("tokens")).isEqualTo(2);
    assertThat(command.err()).contains("auth.tokens-file is not set", "--file");

    file = folder.resolve("no/tokens");
    assertThat(run("add", "a", "--scopes", "write")).isEqualTo(1);
    assertThat(command.err()).contains("the folder of " + file);
    assertThat(command.out()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "add | add needs a NAME",
        "list a | only add and revoke take a NAME",
        "revoke | revoke needs a NAME",
        "add a | add needs --scopes",
        "add a --scopes wrote | scope wrote is unknown",
        "add 1 --scopes write | name must begin with a letter",
        "add a --scopes write --until 2020-01-01 | --until is past: 2020-01-02T00:00:00Z",
        "add a --scopes write --until soon | until must be a day",
        "add a --scopes write --from 10.0.0.1/8 | bits set",
        "add a --scopes write --devices b#* | --devices must be one word",
        "add a --scopes write --certificate none.pem | --certificate none.pem holds no certificate",
        "revoke a --scopes write | only add takes options",
        "list --stdin | --stdin belongs to check",
        "add a --scopes write --json | --json belongs to list and check",
        "burn | ACTION"
      })
  void refusesWhatCannotBeUsedAsGiven(String line, String message) {
    assertThat(run(line.strip().split(" "))).isEqualTo(2);

    assertThat(command.err()).contains(message, "sluice tokens --help");
    assertThat(command.out()).isEmpty();
    assertThat(file).doesNotExist();
  }

  private int run(String... args) {
    String[] all = new String[args.length + 3];
    all[0] = "tokens";
    System.arraycopy(args, 0, all, 1, args.length);
    all[args.length + 1] = "--file";
    all[args.length + 2] = file.toString();
    return command.run(all);
  }
}
