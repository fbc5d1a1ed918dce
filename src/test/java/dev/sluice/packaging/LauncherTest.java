package dev.sluice.packaging;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/**
 * {@code ./sluice} in a checkout of its own, with a java and a Maven that only write down their
 * arguments.
 */
@EnabledOnOs({OS.LINUX, OS.MAC})
@Tag("slow")
class LauncherTest {
  /** As cksum describes the empty file that jar() makes. */
  private static final String EMPTY_JAR = "4294967295_0";

  @TempDir private Path folder;
  private Path checkout;
  private Path bin;

  @BeforeEach
  void makeCheckout() throws IOException {
    checkout = Files.createDirectories(folder.resolve("a checkout"));
    bin = Files.createDirectories(folder.resolve("bin"));
    Path script = Files.copy(Path.of("sluice"), checkout.resolve("sluice"));
    makeExecutable(script);
    Files.createDirectories(checkout.resolve("src/main"));
    Files.createDirectories(checkout.resolve("target"));
    Files.writeString(checkout.resolve("pom.xml"), "");
    Files.createDirectories(checkout.resolve("jvm-options"));
    for (String name : List.of("jdk21-small", "jdk21-big", "jdk25-small", "jdk25-big")) {
      Files.writeString(checkout.resolve("jvm-options/" + name + ".options"), "");
    }
  }

  @Test
  void runsTheJarWithTheOptionsOfItsJdkFromAnyFolderAndThroughLinks() throws IOException {
    jar();
    Path link = Files.createSymbolicLink(bin.resolve("link"), checkout.resolve("sluice"));
    Path second = Files.createSymbolicLink(folder.resolve("sl"), Path.of("bin/link"));

    Program run = run(second, Map.of("JAVA_HOME", jdk("21.0.9")), "up", "--set", "a=b c");

    assertThat(run.out().lines())
        .containsExactly(
            "21.0.9",
            "@" + checkout.toRealPath() + "/jvm-options/jdk21-small.options",
            "-jar",
            checkout.toRealPath() + "/target/sluice.jar",
            "up",
            "--set",
            "a=b c");
    assertThat(link).exists();
    assertThat(run.err()).isEmpty();
  }

  @Test
  void givesACommandThatOnlyAsksASmallHeapAndNoServersOptions() throws IOException {
    jar();

    Program run = run(checkout.resolve("sluice"), Map.of("JAVA_HOME", jdk("25")), "status");

    assertThat(run.out().lines())
        .contains("-Xmx256m", "status")
        .noneMatch(line -> line.startsWith("@"));
  }

  @Test
  void passesMoreOptionsAndAnotherFile() throws IOException {
    jar();
    Map<String, String> environment = new HashMap<>(Map.of("JAVA_HOME", jdk("26")));
    environment.put("SLUICE_JVM_OPTIONS", "big");
    environment.put("SLUICE_JAVA_OPTIONS", "-Xmx1g -Dx=y");

    assertThat(run(checkout.resolve("sluice"), environment, "up").out().lines())
        .contains(
            "@" + checkout.toRealPath() + "/jvm-options/jdk25-big.options", "-Xmx1g", "-Dx=y");

    environment.put("SLUICE_JVM_OPTIONS", "/nowhere/x.options");
    Program missing = run(checkout.resolve("sluice"), environment, "up");
    assertThat(missing.exitCode()).isEqualTo(1);
    assertThat(missing.err()).contains("no options file /nowhere/x.options");
  }

  @Test
  void passesOverAJavaThatIsTooOld() throws IOException {
    jar();
    Path good = Path.of(jdk("25.0.3"), "bin", "java");
    wrap(bin.resolve("java"), good);

    Program run = run(checkout.resolve("sluice"), Map.of("JAVA_HOME", jdk("1.8.0_400")), "up");

    assertThat(run.out()).startsWith("25.0.3\n");
  }

  @Test
  void buildsWhenThereIsNoJarAndUnderUpWhenItIsOlderThanItsSources() throws IOException {
    maven("mkdir -p target; echo built >> target/sluice.jar; echo noise");
    Map<String, String> environment = Map.of("JAVA_HOME", jdk("25"));

    Program first = run(checkout.resolve("sluice"), environment, "up");
    assertThat(first.err().lines()).singleElement().asString().contains("building", "minute");
    assertThat(first.out()).startsWith("25\n@").doesNotContain("AOTCache");
    awaitCache("built\n");
    assertThat(run(checkout.resolve("sluice"), environment, "up").err()).isEmpty();

    Path source = Files.writeString(checkout.resolve("src/main/X.java"), "");
    Files.setLastModifiedTime(source, FileTime.from(Instant.now().plusSeconds(60)));
    for (String command : List.of("serve", "migrate", "status", "bench")) {
      Program run = run(checkout.resolve("sluice"), environment, command);
      assertThat(run.err()).contains("older than its sources").doesNotContain("building");
      assertThat(run.out()).contains(command);
    }
    assertThat(checkout.resolve("target/sluice.jar")).hasContent("built\n");
    assertThat(run(checkout.resolve("sluice"), environment, "up").err()).contains("building");
    assertThat(checkout.resolve("target/sluice.jar")).hasContent("built\nbuilt\n");
    awaitCache("built\nbuilt\n");
  }

  /** Waits for what a start that has built this jar goes on to do in the background. */
  private void awaitCache(String jar) {
    await()
        .atMost(Duration.ofMinutes(1))
        .untilAsserted(() -> {
          assertThat(checkout.resolve("target/train")).doesNotExist();
          try (Stream<Path> made = Files.list(checkout.resolve("target"))) {
            assertThat(made.map(path -> path.getFileName().toString()))
                .filteredOn(name -> name.endsWith("_" + jar.length() + ".aot"))
                .hasSize(2);
          }
        });
  }

  /** What it is trained on must be nobody's. */
  @Test
  void trainsInAFolderAndAnEnvironmentOfItsOwn() throws IOException {
    jar();
    Map<String, String> environment = new HashMap<>(Map.of("JAVA_HOME", jdk("25")));
    environment.put("SLUICE_MYSQL_URL", "jdbc:mysql://production/legacy");
    environment.put("SLUICE_TOKEN", "secret");
    environment.put("SLUICE_JAVA_OPTIONS", "-Dmine");
    environment.put("JAVA_TOOL_OPTIONS", "-Dmine");
    Path train = checkout.toRealPath().resolve("target/train");

    Program run = run(checkout.resolve("sluice"), environment, "--train");

    assertThat(run.exitCode()).as(run.toString()).isZero();
    assertThat(cache("small", "25")).hasContent("cache");
    assertThat(cache("ask", "25")).hasContent("cache");
    assertThat(train).doesNotExist();
    List<String> seen = Files.readAllLines(folder.resolve("jdk-25/seen"));
    assertThat(seen)
        .contains("PWD=" + train, "migrate", "serve", "--config", "train.yaml")
        .contains("status", "admin.port=2")
        .noneMatch(line -> line.contains("SLUICE_") || line.contains("mine"));
    List<String> settings = Files.readAllLines(folder.resolve("jdk-25/train.yaml"));
    assertThat(settings)
        .contains(
            "data.dir: data",
            "cutover.initial-phase: retired",
            "questdb.mode: embedded",
            "ingest.host: 127.0.0.1",
            "admin.host: 127.0.0.1");
  }

  @Test
  void startsWithTheCacheThatTheBuildMadeAndMakesNone() throws IOException {
    jar();
    Map<String, String> environment = new HashMap<>(Map.of("JAVA_HOME", jdk("25")));
    Program without = run(checkout.resolve("sluice"), environment, "serve");
    run(checkout.resolve("sluice"), environment, "--train");

    Program with = run(checkout.resolve("sluice"), environment, "serve");
    environment.put("SLUICE_JVM_OPTIONS", "big");
    Program big = run(checkout.resolve("sluice"), environment, "serve");

    assertThat(without.err()).isEmpty();
    assertThat(without.out().lines()).noneMatch(line -> line.contains("AOTCache"));
    assertThat(with.err()).isEmpty();
    assertThat(with.out().lines()).contains("-XX:AOTCache=" + cache("small", "25"), "serve");
    assertThat(big.out().lines()).noneMatch(line -> line.contains("AOTCache"));
  }

  @Test
  void asksWithACacheOfItsOwn() throws IOException {
    jar();
    Map<String, String> environment = Map.of("JAVA_HOME", jdk("25"));
    Program without = run(checkout.resolve("sluice"), environment, "status");
    run(checkout.resolve("sluice"), environment, "--train");

    Program with = run(checkout.resolve("sluice"), environment, "status", "--json");

    assertThat(without.out().lines()).noneMatch(line -> line.contains("AOTCache"));
    assertThat(with.err()).isEmpty();
    assertThat(with.out().lines())
        .contains("-XX:AOTCache=" + cache("ask", "25"), "-Xmx256m", "status", "--json");
  }

  /** Starting a JVM only to ask for its version would take longer than the command. */
  @Test
  void knowsAJdkByTheFileThatDescribesItThroughLinksToo() throws IOException {
    jar();
    Path home = Path.of(jdk("25"));
    Files.writeString(
        home.resolve("release"), "JAVA_RUNTIME_VERSION=\"26.0.1+8\"\nJAVA_VERSION=\"26.0.1\"\n");
    Files.createSymbolicLink(bin.resolve("java"), home.resolve("bin/java"));
    Path cache = cache("small", "26.0.1_8");
    Files.writeString(cache, "cache");
    Map<String, String> onlyThePath = Map.of("JAVA_HOME", folder.resolve("none").toString());

    Program run = run(checkout.resolve("sluice"), onlyThePath, "serve");

    assertThat(run.out().lines())
        .contains(
            "-XX:AOTCache=" + cache,
            "@" + checkout.toRealPath() + "/jvm-options/jdk25-small.options");
  }

  @Test
  void saysWhereToLookWhenItCouldNotBeTrained() throws IOException {
    jar();
    Map<String, String> environment = Map.of("JAVA_HOME", jdk("25"));
    Files.writeString(folder.resolve("jdk-25/fails"), "");

    Program train = run(checkout.resolve("sluice"), environment, "--train");
    Program up = run(checkout.resolve("sluice"), environment, "up");

    assertThat(train.exitCode()).isZero();
    assertThat(train.err()).contains("could not be prepared", "target/train/log");
    assertThat(up.out().lines()).contains("up").noneMatch(line -> line.contains("AOTCache"));
    assertThat(up.err()).isEmpty();
  }

  @Test
  void trainsNothingOnAnOlderJdk() throws IOException {
    jar();

    Program train = run(checkout.resolve("sluice"), Map.of("JAVA_HOME", jdk("24")), "--train");

    assertThat(train).isEqualTo(new Program(0, "", ""));
    assertThat(checkout.resolve("target/train")).doesNotExist();
  }

  /** For this version, or for this build of a JDK that is described by a file. */
  private Path cache(String options, String version) throws IOException {
    String build = version.contains("_") ? version : version + "_test";
    return checkout
        .toRealPath()
        .resolve("target/jdk25-" + options + "-" + build + "-" + EMPTY_JAR + ".aot");
  }

  @Test
  void usesNoCacheThatWasMadeOfAnotherJar() throws IOException {
    jar();
    Map<String, String> environment = Map.of("JAVA_HOME", jdk("25"));
    Program train = run(checkout.resolve("sluice"), environment, "--train");
    assertThat(train.exitCode()).isZero();
    assertThat(run(checkout.resolve("sluice"), environment, "serve").out())
        .contains("-XX:AOTCache=");

    Files.writeString(checkout.resolve("target/sluice.jar"), "x");
    assertThat(run(checkout.resolve("sluice"), environment, "serve").out())
        .doesNotContain("-XX:AOTCache=");
    assertThat(run(checkout.resolve("sluice"), environment, "status").out())
        .doesNotContain("-XX:AOTCache=");
  }

  @Test
  void showsTheEndOfABuildThatFailed() throws IOException {
    maven("echo 'no such symbol'; exit 1");

    Program run = run(checkout.resolve("sluice"), Map.of("JAVA_HOME", jdk("25")), "up");

    assertThat(run.exitCode()).isEqualTo(1);
    assertThat(run.err()).contains("no such symbol", "the build failed", "build.log");
  }

  @Test
  void saysWhatToInstallWhenThereIsNoMaven() throws IOException {
    Program run = run(checkout.resolve("sluice"), Map.of("JAVA_HOME", jdk("25")), "up");

    assertThat(run.exitCode()).isEqualTo(1);
    assertThat(run.err()).contains("no Maven", "install Maven 3.8 or newer");
  }

  private void jar() throws IOException {
    Files.writeString(checkout.resolve("target/sluice.jar"), "");
    Files.setLastModifiedTime(
        checkout.resolve("target/sluice.jar"), FileTime.from(Instant.now().plusSeconds(60)));
  }

  /**
   * A folder with a java that states this version, writes down what it is trained on and makes the
   * cache it is told to, and otherwise prints its version and its arguments.
   */
  private String jdk(String version) throws IOException {
    Path home = folder.resolve("jdk-" + version);
    Path java = Files.createDirectories(home.resolve("bin")).resolve("java");
    Files.writeString(
        java,
        """
        #!/bin/sh
        case "$*" in
          *-version)
            echo 'openjdk version "%1$s" 2026-01-01' >&2
            echo 'Fake Server VM (build %1$s+test)' >&2
            ;;
          *train.yaml*)
            printf 'PWD=%%s\\n' "$PWD" >> '%2$s/seen'
            env >> '%2$s/seen'
            printf '%%s\\n' "$@" >> '%2$s/seen'
            cat train.yaml > '%2$s/train.yaml'
            [ ! -f '%2$s/fails' ] || exit 1
            echo 'Sluice is ready: ingest=http://127.0.0.1:1 admin=http://127.0.0.1:2'
            for word in "$@"; do
              case $word in
                -XX:AOTCacheOutput=*) echo cache > "${word#*=}" ;;
              esac
            done
            ;;
          *) printf '%%s\\n' '%1$s' "$@" ;;
        esac
        """
            .formatted(version, home));
    makeExecutable(java);
    return home.toString();
  }

  private void maven(String script) throws IOException {
    makeExecutable(Files.writeString(bin.resolve("mvn"), "#!/bin/sh\n" + script + "\n"));
  }

  /** A link would do, but the clean-up of the folder warns about links that lead out of it. */
  private static void wrap(Path file, Path program) throws IOException {
    makeExecutable(Files.writeString(file, "#!/bin/sh\nexec '" + program + "' \"$@\"\n"));
  }

  private static void makeExecutable(Path file) throws IOException {
    Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
  }

  /** A PATH with the tools of the system, but no Maven and no java of its own. */
  private Program run(Path script, Map<String, String> environment, String... arguments)
      throws IOException {
    for (String tool :
        List.of(
            "sh",
            "sed",
            "head",
            "tail",
            "find",
            "dirname",
            "readlink",
            "mkdir",
            "cat",
            "rm",
            "mv",
            "env",
            "cksum",
            "tr",
            "nice",
            "sleep")) {
      for (Path place : List.of(Path.of("/bin"), Path.of("/usr/bin"))) {
        if (Files.exists(place.resolve(tool)) && !Files.exists(bin.resolve(tool))) {
          wrap(bin.resolve(tool), place.resolve(tool));
        }
      }
    }
    Map<String, String> all = new HashMap<>(environment);
    all.put("PATH", bin.toString());
    List<String> command = new ArrayList<>(List.of(script.toString()));
    command.addAll(List.of(arguments));
    return Program.run(folder, all, command);
  }
}
