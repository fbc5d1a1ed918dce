package dev.sluice.store.mysql;

import static org.assertj.core.api.Assertions.assertThat;

import java.security.cert.CertificateException;
import java.sql.SQLException;
import java.util.Optional;
import javax.net.ssl.SSLHandshakeException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class MysqlTlsTest {
  @ParameterizedTest
  @ValueSource(
      strings = {
        "jdbc:mysql://localhost:3306/a",
        "jdbc:mysql://LOCALHOST/a",
        "jdbc:mysql://127.0.0.1:3306/a?x=y",
        "jdbc:mysql://127.8.0.1/a",
        "jdbc:mysql://[::1]:3306/a",
        "jdbc:mysql:///a"
      })
  void leavesItToTheDriverOnThisMachine(String url) {
    assertThat(MysqlTls.into(url, Optional.empty())).isEqualTo(url);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "jdbc:mysql://db.example:3306/a",
        "jdbc:mysql://10.0.0.7/a",
        "jdbc:mysql://127.0.0.1.example/a",
        "jdbc:mysql://localhost:3306,db.example:3306/a",
        "jdbc:mysql://address=(host=db.example)(port=3306)/a"
      })
  void verifiesAServerElsewhere(String url) {
    assertThat(MysqlTls.into(url, Optional.empty())).isEqualTo(url + "?sslMode=VERIFY_IDENTITY");
  }

  @ParameterizedTest
  @CsvSource({"VERIFY,VERIFY_IDENTITY", "ENCRYPT,REQUIRED", "OFF,DISABLED"})
  void doesWhatIsAskedForAnywhere(MysqlTls asked, String mode) {
    assertThat(MysqlTls.into("jdbc:mysql://localhost/a", Optional.of(asked)))
        .isEqualTo("jdbc:mysql://localhost/a?sslMode=" + mode);
    assertThat(MysqlTls.into("jdbc:mysql://db.example/a?x=y", Optional.of(asked)))
        .isEqualTo("jdbc:mysql://db.example/a?x=y&sslMode=" + mode);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "jdbc:mysql://db.example/a?sslMode=REQUIRED",
        "jdbc:mysql://db.example/a?x=y&useSSL=false",
        "jdbc:mysql://address=(host=db.example)(sslmode=DISABLED)/a"
      })
  void letsTheUrlDecide(String url) {
    assertThat(MysqlTls.isIn(url)).isTrue();
    assertThat(MysqlTls.into(url, Optional.empty())).isEqualTo(url);
  }

  @Test
  void advisesOnlyAboutCertificates() {
    assertThat(MysqlTls.advice(new SQLException("x", new SSLHandshakeException("y"))))
        .contains("mysql.tls");
    assertThat(MysqlTls.advice(new SQLException("x", new CertificateException("y"))))
        .contains("mysql.tls");
    assertThat(MysqlTls.advice(new SQLException("x"))).isEmpty();
  }
}
