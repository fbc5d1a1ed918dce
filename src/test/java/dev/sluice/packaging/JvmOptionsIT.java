package dev.sluice.packaging;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The options files, on the JDK that runs the tests, and by their text for the other line. */
class JvmOptionsIT {
  private static final int FIRST_OF_LATER_LINE = 23;

  @TempDir private Path folder;

  @ParameterizedTest
  @MethodSource("filesForThisJdk")
  void startsTheJarWithoutAWordFromTheVm(Path options) {
    Program version =
        Program.java(
            folder,
            List.of(
                "@" + options.toAbsolutePath(),
                // The last heap counts: the machine of a build need not hold 64 GB.
                "-Xms64m",
                "-Xmx256m",
                // Says so, on stdout, when an option is obsolete, unknown or has no effect.
                "-Xlog:all=warning:stdout",
                "-Xlog:all=warning:stderr",
                "-jar",
                Program.jar().toString(),
                "--version"));

    assertThat(version.exitCode()).as(version.toString()).isZero();
    assertThat(version.out()).startsWith("sluice ").hasLineCount(1);
    assertThat(version.err()).isEmpty();
  }

  @ParameterizedTest
  @MethodSource("files")
  void saysWhyOfEveryOption(Path options) {
    List<String> lines = Program.text(options).lines().toList();

    assertThat(lines).anyMatch(line -> line.startsWith("-Xmx"));
    boolean explained = false;
    for (String line : lines) {
      assertThat(line.startsWith("-") && !explained).as("%s: %s", options, line).isFalse();
      explained = line.startsWith("#") || (line.startsWith("-") && explained);
    }
  }

  @ParameterizedTest
  @MethodSource("files")
  void hasOnlyWhatItsLineOfJdksKnows(Path options) {
    String text = Program.text(options);
    boolean earlier = options.getFileName().toString().startsWith("jdk21");

    // Unknown before 23, and a VM that meets an unknown option does not start.
    assertThat(text.contains("--sun-misc-unsafe-memory-access")).isEqualTo(!earlier);
    // Needed with ZGC before 23, a warning from then on.
    assertThat(text.contains("\n-XX:+ZGenerational"))
        .isEqualTo(earlier && text.contains("\n-XX:+UseZGC"));
  }

  private static Stream<Path> files() throws IOException {
    try (Stream<Path> files = Files.list(Path.of("jvm-options"))) {
      return files.sorted().toList().stream();
    }
  }

  private static Stream<Path> filesForThisJdk() throws IOException {
    boolean later = Runtime.version().feature() >= FIRST_OF_LATER_LINE;
    return files()
        .filter(file -> file.getFileName().toString().startsWith(later ? "jdk25" : "jdk21"));
  }
}
