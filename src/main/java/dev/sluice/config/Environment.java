package dev.sluice.config;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;

/** Reads environment variables as assignments. An empty variable counts as not set. */
final class Environment {
  /** Variables used elsewhere: by the launcher, the logging configuration and the commands. */
  private static final Set<String> OTHER_PURPOSE =
      Set.of(
          "SLUICE_HOME",
          "SLUICE_JAVA_OPTIONS",
          "SLUICE_JVM_OPTIONS",
          "SLUICE_LOG_LEVEL",
          "SLUICE_TOKEN");

  private Environment() {}

  static List<Assignment> read(Map<String, String> environment, KeyTable keys) {
    Map<String, String> keyByVariable =
        keys.keys().stream().collect(Collectors.toMap(Key::environmentVariable, Key::name));
    List<Assignment> assignments = new ArrayList<>();
    new TreeMap<>(environment)
        .forEach((variable, text) -> {
          if (!text.isEmpty() && isSetting(variable, text)) {
            String source = "environment variable " + variable;
            String key = keyByVariable.getOrDefault(variable, variable);
            assignments.add(new Assignment(source, key, text, false));
          }
        });
    return assignments;
  }

  private static boolean isSetting(String variable, String text) {
    return variable.startsWith(Key.ENVIRONMENT_PREFIX)
        && !variable.startsWith("SLUICE_TEST_")
        && !OTHER_PURPOSE.contains(variable)
        && !isServiceLink(variable, text);
  }

  /** Kubernetes sets these in containers if there is a service named {@code sluice}. */
  private static boolean isServiceLink(String variable, String text) {
    return variable.matches("SLUICE_SERVICE_(HOST|PORT(_.*)?)")
        || variable.matches("SLUICE_PORT_\\d+_(TCP|UDP)(_.*)?")
        || (variable.equals("SLUICE_PORT") && text.matches("(tcp|udp)://.*"));
  }

  /** How to spell the known keys for comparison with an unknown one: in the same notation. */
  static Function<Key<?>, String> spelling(String unknownKey) {
    return unknownKey.startsWith(Key.ENVIRONMENT_PREFIX) ? Key::environmentVariable : Key::name;
  }
}
