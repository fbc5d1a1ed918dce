package dev.sluice.testing;

import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The java of processes that a test starts: this test's own, and it compiles as this JVM does. */
public final class TestJava {
  private TestJava() {}

  /** The beginning of a command line. */
  public static List<String> command() {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(options());
    return command;
  }

  /** For whoever finds a java by itself. */
  public static List<String> options() {
    return ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
        .filter(option -> option.startsWith("-XX:TieredStopAtLevel="))
        .toList();
  }
}
