package dev.sluice.store.questdb;

import dev.sluice.testing.TestJava;
import java.util.List;

/** A second JVM on this one's class path. */
final class ChildJvm {
  private ChildJvm() {}

  static ProcessBuilder of(String mainClass, String... arguments) {
    List<String> command = TestJava.command();
    command.add("-Xmx512m");
    // The engine unpacks its libraries there.
    command.add("-Djava.io.tmpdir=" + System.getProperty("java.io.tmpdir"));
    command.add("--enable-native-access=ALL-UNNAMED");
    command.add("-cp");
    command.add(
        System.getProperty("surefire.test.class.path", System.getProperty("java.class.path")));
    command.add(mainClass);
    command.addAll(List.of(arguments));
    return new ProcessBuilder(command);
  }
}
