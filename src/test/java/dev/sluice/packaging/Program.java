package dev.sluice.packaging;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.testing.TestJava;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * A finished run of a program.
 *
 * @param exitCode its exit code
 * @param out what it wrote to stdout
 * @param err what it wrote to stderr
 */
record Program(int exitCode, String out, String err) {
  private static final long LIMIT_SECONDS = 300;

  /** Runs it in this directory, with these variables on top of the inherited ones. */
  static Program run(Path directory, Map<String, String> environment, List<String> command) {
    try {
      Path out = Files.createTempFile(directory, "out", ".txt");
      Path err = Files.createTempFile(directory, "err", ".txt");
      ProcessBuilder builder = new ProcessBuilder(command);
      builder.environment().putAll(environment);
      builder.directory(directory.toFile());
      builder.redirectOutput(out.toFile()).redirectError(err.toFile());
      Process process = builder.start();
      try {
        assertThat(process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS))
            .as("%s ended", command)
            .isTrue();
      } finally {
        process.destroyForcibly();
      }
      return new Program(process.exitValue(), Files.readString(out), Files.readString(err));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new AssertionError(e);
    }
  }

  /** Runs the java of this test. */
  static Program java(Path directory, List<String> arguments) {
    List<String> command = TestJava.command();
    command.addAll(arguments);
    return run(directory, Map.of(), command);
  }

  static Path javaProgram() {
    return Path.of(System.getProperty("java.home"), "bin", "java");
  }

  /** The production jar. */
  static Path jar() {
    return Path.of(System.getProperty("sluice.jar"));
  }

  /** The text of a file. */
  static String text(Path file) {
    try {
      return Files.readString(file, StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
