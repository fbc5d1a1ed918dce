package dev.sluice.store.mysql.embedded;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.testing.TestPorts;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EmbeddedMysqlIT {
  @TempDir private Path folder;

  private final List<String> said = new ArrayList<>();

  /** One test, because a first start takes most of a minute. */
  @Test
  void keepsItsDataThroughRestartsAndAfterItsOwnerWasKilled() throws Exception {
    Path home = folder.resolve("a folder whose name is long").resolve("x".repeat(100));

    String url;
    try (EmbeddedMysql first = EmbeddedMysql.start(home, said::add)) {
      url = first.url();
      assertThat(said).hasSize(1).first().asString().contains("unpacking MariaDB");
      execute(
          first, "CREATE TABLE t (id INT PRIMARY KEY, name VARCHAR(9)) DEFAULT CHARSET utf8mb4");
      execute(first, "INSERT INTO t VALUES (1, '😀')");
      assertThat(query(first, "SELECT @@innodb_flush_log_at_trx_commit")).isEqualTo("1");
      assertThat(query(first, "SELECT @@log_bin")).isEqualTo("0");
      assertThat(query(first, "SELECT @@bind_address")).isEqualTo("127.0.0.1");
      assertThat(query(first, "SELECT @@socket")).isEmpty();
      assertThat(query(first, "SELECT @@have_ssl")).isEqualTo("DISABLED");
      assertThat(
              query(
                  first,
                  "SELECT COUNT(*) FROM information_schema.schemata WHERE schema_name LIKE 'test%'"))
          .isEqualTo("0");
      assertThatThrownBy(() -> execute(first, "CREATE DATABASE test"))
          .hasMessageContaining("Access denied");
      assertThatThrownBy(() -> DriverManager.getConnection(first.url(), "root", ""))
          .isInstanceOf(SQLException.class);
      assertThatThrownBy(() -> EmbeddedMysql.start(home, said::add))
          .isInstanceOf(EmbeddedMysql.UnavailableException.class)
          .hasMessageContaining("in use by another Sluice");
    }
    assertThatThrownBy(() -> DriverManager.getConnection(url, "sluice", ""))
        .hasMessageContaining("ommunications");

    said.clear();
    int port = Integer.parseInt(Files.readString(home.resolve("port")).strip());
    Process orphan = startAsAKilledSluiceLeavesIt(home.toRealPath(), port);
    try (EmbeddedMysql second = EmbeddedMysql.start(home, said::add)) {
      assertThat(said)
          .singleElement()
          .asString()
          .contains("using", "killed Sluice", "" + orphan.pid());
      assertThat(second.url()).isEqualTo(url);
      assertThat(query(second, "SELECT name FROM t WHERE id = 1")).isEqualTo("😀");
      assertThat(orphan.isAlive()).isTrue();
    }
    assertThat(orphan.isAlive()).isFalse();

    said.clear();
    Process strange = startAsAKilledSluiceLeavesIt(home.toRealPath(), TestPorts.free());
    try (EmbeddedMysql third = EmbeddedMysql.start(home, said::add)) {
      assertThat(said)
          .singleElement()
          .asString()
          .contains("stopping", "killed Sluice", "" + strange.pid());
      assertThat(strange.isAlive()).isFalse();
      assertThat(third.url()).isEqualTo(url);
      assertThat(query(third, "SELECT name FROM t WHERE id = 1")).isEqualTo("😀");
    }
  }

  @Test
  void saysWhereItCannotWrite() throws Exception {
    Path file = Files.writeString(folder.resolve("file"), "");

    assertThatThrownBy(() -> EmbeddedMysql.start(file.resolve("mysql"), said::add))
        .isInstanceOf(EmbeddedMysql.UnavailableException.class)
        .hasMessageContaining(file.toString());
  }

  private static Process startAsAKilledSluiceLeavesIt(Path home, int port) throws Exception {
    MariaDbServer server = new MariaDbServer(home, MariaDbFiles.prepare(home, text -> {}));
    String password = Files.readString(home.resolve("password")).strip();
    Process process = server.start(port, "sluice", password, "sluice");
    server.awaitAnswer(
        process.toHandle(), "jdbc:mysql://127.0.0.1:" + port + "/sluice", "sluice", password);
    return process;
  }

  private static void execute(EmbeddedMysql mysql, String sql) throws SQLException {
    try (Connection connection = connect(mysql);
        Statement statement = connection.createStatement()) {
      statement.execute(sql);
    }
  }

  private static String query(EmbeddedMysql mysql, String sql) throws SQLException {
    try (Connection connection = connect(mysql);
        Statement statement = connection.createStatement();
        ResultSet rows = statement.executeQuery(sql)) {
      assertThat(rows.next()).isTrue();
      return rows.getString(1);
    }
  }

  private static Connection connect(EmbeddedMysql mysql) throws SQLException {
    DriverManager.setLoginTimeout((int) Duration.ofSeconds(10).toSeconds());
    return DriverManager.getConnection(mysql.url(), mysql.user(), mysql.password());
  }
}
