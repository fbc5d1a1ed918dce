package dev.sluice.http.auth;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.testing.TokenFiles;
import java.time.Instant;
import java.util.Locale;
import java.util.OptionalInt;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TokenLineTest {
  private static final String HASH = "0123456789abcdef".repeat(4);

  @Test
  void readsEveryAttribute() {
    TokenLine line =
        parse(
            "sha256:"
                + HASH
                + " read,write until=2027-12-31T12:00:00+01:00 name=fleet-1.a from=10.1.0.0/16,::1"
                + " devices=fleet-1-* readings-per-second=5000 bytes-per-second=1MiB"
                + " concurrent-requests=8  # since May");

    assertThat(line.kind()).isEqualTo(Client.Kind.TOKEN);
    assertThat(line.scopes()).containsExactlyInAnyOrder(Scope.WRITE, Scope.READ);
    assertThat(line.name()).isEqualTo("fleet-1.a");
    assertThat(line.until()).contains(Instant.parse("2027-12-31T11:00:00Z"));
    assertThat(line.from()).extracting(Object::toString).containsExactly("10.1.0.0/16", "::1");
    assertThat(line.devicePrefix()).isEqualTo("fleet-1-");
    assertThat(line.limits())
        .isEqualTo(
            new LimitOverrides(OptionalLong.of(5000), OptionalLong.of(1 << 20), OptionalInt.of(8)));
    assertThat(line.client())
        .isEqualTo(new Client("fleet-1.a", Client.Kind.TOKEN, line.scopes(), line.limits(), ""));
    assertThat(line.client().devicePrefix()).isEqualTo("fleet-1-");
    assertThat(line.client().limits()).isEqualTo(line.limits());
    assertThat(parse(line.text()))
        .usingRecursiveComparison()
        .ignoringFields("from")
        .isEqualTo(line);
    assertThat(parse(line.text()).from()).hasToString("[10.1.0.0/16, ::1]");
  }

  @Test
  void readsTheLineOfACertificate() {
    TokenLine line = parse("cert:sha256:" + HASH + " admin name=ops");

    assertThat(line.kind()).isEqualTo(Client.Kind.CERTIFICATE);
    assertThat(line.client().kind()).isEqualTo(Client.Kind.CERTIFICATE);
    assertThat(line.name()).isEqualTo("ops");
    assertThat(line.text()).isEqualTo("cert:sha256:" + HASH + " admin name=ops");
  }

  @Test
  void namesALineWithoutANameAfterItsHash() {
    assertThat(parse("sha256:" + HASH + " write").name()).isEqualTo("token:01234567");
    assertThat(parse("cert:sha256:" + HASH + " write").name()).isEqualTo("cert:01234567");
    assertThat(parse("sha256:" + HASH.toUpperCase(Locale.ROOT) + " write").name())
        .isEqualTo("token:01234567");
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "   ", "# sha256:", "\t# comment"})
  void skipsBlanksAndComments(String line) {
    assertThat(TokenLine.parse(line)).isEmpty();
  }

  @Test
  void isValidUntilTheEndOfItsDay() {
    TokenLine line = parse("sha256:" + HASH + " write until=2026-11-26");

    assertThat(line.isExpired(Instant.parse("2026-11-26T23:59:59.999Z"))).isFalse();
    assertThat(line.isExpired(Instant.parse("2026-11-27T00:00:00Z"))).isTrue();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "w-token write | expected sha256:",
        "sha256:%s | expected sha256:",
        "md5:%s write | expected sha256:",
        "sha256:abc write | the hash has 3 characters",
        "sha256:%sg write | the hash has 65 characters",
        "cert:sha256:abc write | the hash has 3 characters",
        "sha256:%s wrote | scope wrote is unknown, allowed are write, read, admin",
        "sha256:%s write, | scope is unknown",
        "sha256:%s write read | every word must be attribute=value",
        "sha256:%s write name= | every word must be attribute=value",
        "sha256:%s write =a | every word must be attribute=value",
        "sha256:%s write nmae=a | attribute nmae is unknown, allowed are name, until, from",
        "sha256:%s write name=a name=b | attribute name is there twice",
        "sha256:%s write name=10.0.0.1 | name must begin with a letter",
        "sha256:%s write name=a:b | name must begin with a letter",
        "sha256:%s write until=tomorrow | until must be a day",
        "sha256:%s write until=2026-02-30 | until must be a day",
        "sha256:%s write until=2026-02-03T10:00:00 | until must be a day",
        "sha256:%s write from=10.1.2.3/8 | bits set after its first 8",
        "sha256:%s write from=10.0.0.0/8, | must look like",
        "sha256:%s write devices=fleet | devices must be the beginning of a name and one asterisk",
        "sha256:%s write devices=* | devices must be",
        "sha256:%s write devices=a*b* | devices must be",
        "sha256:%s write readings-per-second=-1 | readings-per-second must be 0..2147483647",
        "sha256:%s write bytes-per-second=1MB | bytes-per-second must be bytes, 0..",
        "sha256:%s write concurrent-requests=many | concurrent-requests must be 0.."
      })
  void refusesAnyOtherLineAndSaysWhy(String line, String message) {
    assertThatThrownBy(() -> TokenLine.parse(line.replace("%s", HASH)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining(message);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "slc_9f3Kx= write",
        "sha256:%s slc_9f3Kx=",
        "sha256:%s write slc_9f3Kx=q",
        "sha256:%s write name=slc_9f3Kx="
      })
  void repeatsNothingThatMayBeASecret(String line) {
    assertThatThrownBy(() -> TokenLine.parse(line.replace("%s", HASH)))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageNotContaining("9f3Kx");
  }

  @Test
  void hashesANewTokenAsALineHasIt() {
    NewToken token = NewToken.random();

    assertThat(token.secret()).matches("slc_[A-Za-z0-9_-]{43}");
    assertThat(token.hashed() + " write").isEqualTo(TokenFiles.line(token.secret(), "write"));
    assertThat(token.toString()).doesNotContain(token.secret().substring(4));
    assertThat(NewToken.random().secret()).isNotEqualTo(token.secret());
  }

  private static TokenLine parse(String line) {
    return TokenLine.parse(line).orElseThrow();
  }
}
