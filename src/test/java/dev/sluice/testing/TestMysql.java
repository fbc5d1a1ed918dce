package dev.sluice.testing;

import java.net.URI;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * A fresh database, with a user who may do anything in it and nothing else, on the one real server
 * of this test JVM. Immutable.
 *
 * <p>Which server: the one at {@code SLUICE_TEST_MYSQL_URL} (with {@code _USER} and {@code
 * _PASSWORD}, who must be allowed to create databases and users; of several URLs with blanks in
 * between, that of this JVM's number among those side by side: tests change what is global to a
 * server); else MySQL 8.4 in a container where an engine answers; else MariaDB from its jar. The
 * choice is printed.
 *
 * @param name of the database and of its user
 * @param url JDBC URL ending in the database's name, without parameters
 */
public record TestMysql(String name, String url, String user, String password) {
  private static final AtomicInteger COUNT = new AtomicInteger();

  /** Creates an empty database; it goes with the server, or on the next run of the same JVM id. */
  public static TestMysql freshDatabase() {
    String name = "sluice_" + ProcessHandle.current().pid() + "_" + COUNT.incrementAndGet();
    String password = "secret-" + name;
    TestMysqlServer server = TestMysqlServer.instance();
    run(
        server.adminUrl(""),
        server.user(),
        server.password(),
        "DROP DATABASE IF EXISTS " + name,
        "CREATE DATABASE " + name + " CHARACTER SET utf8mb4",
        "DROP USER IF EXISTS '" + name + "'@'%'",
        "CREATE USER '" + name + "'@'%' IDENTIFIED BY '" + password + "'",
        "GRANT ALL ON " + name + ".* TO '" + name + "'@'%'");
    return new TestMysql(name, server.adminUrl(name), name, password);
  }

  public String host() {
    return address().getHost();
  }

  public int port() {
    return address().getPort() < 0 ? 3306 : address().getPort();
  }

  /** The same database reached through a proxy in front of {@link #host()} and {@link #port()}. */
  public TestMysql through(TestProxy proxy) {
    return new TestMysql(
        name, "jdbc:mysql://127.0.0.1:" + proxy.port() + "/" + name, user, password);
  }

  /** A connection of the database's own user. */
  public Connection connect() throws SQLException {
    return DriverManager.getConnection(url, user, password);
  }

  /** A connection to this database that may do anything on the server. */
  public Connection connectAsAdmin() throws SQLException {
    TestMysqlServer server = TestMysqlServer.instance();
    return DriverManager.getConnection(server.adminUrl(name), server.user(), server.password());
  }

  /** Runs statements as the database's own user. */
  public void execute(String... statements) {
    run(url, user, password, statements);
  }

  /** Runs statements as one who may do anything on the server. */
  public void executeAsAdmin(String... statements) {
    TestMysqlServer server = TestMysqlServer.instance();
    run(server.adminUrl(name), server.user(), server.password(), statements);
  }

  /** The one value a query answers, as text. */
  public String query(String sql) {
    try (Connection connection = connect();
        Statement statement = connection.createStatement();
        ResultSet result = statement.executeQuery(sql)) {
      if (!result.next()) {
        throw new AssertionError("no row: " + sql);
      }
      return result.getString(1);
    } catch (SQLException e) {
      throw new AssertionError(sql, e);
    }
  }

  /** Whether the server is MariaDB rather than MySQL. */
  public boolean mariaDb() {
    return query("SELECT VERSION()").contains("MariaDB");
  }

  private URI address() {
    return URI.create(url.substring("jdbc:".length()));
  }

  private static void run(String url, String user, String password, String... statements) {
    try (Connection connection = DriverManager.getConnection(url, user, password);
        Statement statement = connection.createStatement()) {
      for (String sql : statements) {
        statement.execute(sql);
      }
    } catch (SQLException e) {
      throw new AssertionError("on " + url + ": " + String.join("; ", statements), e);
    }
  }
}
