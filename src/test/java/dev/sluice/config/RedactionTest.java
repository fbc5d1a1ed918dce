package dev.sluice.config;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RedactionTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = ' ',
      value = {
        "jdbc:mysql://db:3306/s jdbc:mysql://db:3306/s",
        "jdbc:mysql://ann:secret@db/s jdbc:mysql://***@db/s",
        "jdbc:mysql://ann:a/b@c@db/s jdbc:mysql://***@db/s",
        "jdbc:mysql://db/s?user=a&password=secret&x=1 jdbc:mysql://db/s?user=a&password=***&x=1",
        "jdbc:mysql://db/s?trustCertificateKeyStorePassword=b"
            + " jdbc:mysql://db/s?trustCertificateKeyStorePassword=***",
        "http://ann:secret@questdb:9000 http://***@questdb:9000"
      })
  void hidesUsersAndPasswords(String url, String shown) {
    assertThat(Redaction.of(url)).isEqualTo(shown);
  }
}
